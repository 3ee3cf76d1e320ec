/*
 * record.c - one record in memory: an array of values and lists of children.
 */
#include "metadata/record.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "metadata/entity.h"

struct record *record_make(struct arena *arena, const struct entity *entity)
{
    struct record *record = arena_allocate(arena, sizeof(*record));
    record->entity = entity;
    record->values = arena_allocate_array(arena, entity->field_count, sizeof(*record->values));
    return record;
}

struct value *record_value(const struct record *record, const struct field *field)
{
    expect(field->entity == record->entity);
    return &record->values[field->index];
}

const struct field *record_find_field(const struct record *record, const char *name)
{
    const struct field *field = entity_find_field(record->entity, name);
    return field == NULL || field->is_secret ? NULL : field;
}

bool record_make_null(struct record *record, const char *name, struct error *error)
{
    const struct entity *entity = record->entity;
    const struct field *field = record_find_field(record, name);
    if (field == NULL) {
        return error_set_about(error, ERROR_FIELD_UNKNOWN, entity->name, name,
                               "%s has no field %s to make null", entity->name, name);
    }
    if (record_has(record, field)) {
        return error_set_about(error, ERROR_VALUE_INVALID, entity->name, field->name,
                               "%s: the field has a value and is named in fieldsToNull",
                               field->name);
    }
    *record_value(record, field) = (struct value){.state = VALUE_NULL};
    return true;
}

bool record_has(const struct record *record, const struct field *field)
{
    return record_value(record, field)->state == VALUE_SET;
}

bool record_is_merged(const struct record *record)
{
    const struct field *merged = record->entity->is_merged;
    return merged != NULL && record_has(record, merged) && record_value(record, merged)->boolean;
}

struct record_children *record_children_of(struct arena *arena, struct record *record,
                                           const struct field *link)
{
    struct record_children **place = &record->children;
    while (*place != NULL && (*place)->link != link) {
        place = &(*place)->next;
    }
    if (*place == NULL) {
        *place = arena_allocate(arena, sizeof(**place));
        (*place)->link = link;
    }
    return *place;
}

void record_add_child(struct arena *arena, struct record_children *children, struct record *child)
{
    size_t count = children->count;
    /* The room doubles at each power of two, so no capacity need be kept. */
    if ((count & (count - 1)) == 0) {
        size_t capacity = count == 0 ? 1 : 2 * count;
        children->records = arena_grow(arena, children->records, count * sizeof(struct record *),
                                       capacity * sizeof(struct record *));
    }
    children->records[children->count++] = child;
}

struct record *record_copy(struct arena *arena, const struct record *record)
{
    struct record *copy = record_make(arena, record->entity);

    copy->part_by = record->part_by;
    for (size_t i = 0; i < record->entity->field_count; i++) {
        copy->values[i] = record->values[i];
    }
    for (const struct record_children *children = record->children; children != NULL;
         children = children->next) {
        struct record_children *copies = record_children_of(arena, copy, children->link);
        for (size_t i = 0; i < children->count; i++) {
            record_add_child(arena, copies, record_copy(arena, children->records[i]));
        }
        copies->deleted = children->deleted;
        copies->deleted_count = children->deleted_count;
    }
    return copy;
}
