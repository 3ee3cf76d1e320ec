/*
 * security_note.c - a row for each field that says who may what, and the kinds of its events.
 */
#include "record/security_note.h"

#include <string.h>

#include "base/arena.h"
#include "change/event.h"
#include "metadata/record.h"
#include "record/write.h"

/* The entities whose records are made and deleted with a note. */
static const char *const entities[] = {
    "BusinessUnit", "FieldSecurityProfile", "Role", "SystemUser", "Team",
};

/* Of a field that is true or false there are two kinds, of others one. */
static const struct watched {
    const char *entity, *field;
    enum event_kind kind, kind_when_false;
} all_watched[] = {
    {"BusinessUnit", "isDisabled", EVENT_DISABLED, EVENT_ENABLED},
    {"BusinessUnit", "parentBusinessUnit", EVENT_MOVED, EVENT_MOVED},
    {"SystemUser", "businessUnit", EVENT_MOVED, EVENT_MOVED},
    {"SystemUser", "isDisabled", EVENT_DISABLED, EVENT_ENABLED},
    {"SystemUser", "manager", EVENT_MANAGER_CHANGED, EVENT_MANAGER_CHANGED},
    {"SystemUser", "userName", EVENT_RENAMED, EVENT_RENAMED},
    {"Team", "businessUnit", EVENT_MOVED, EVENT_MOVED},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_of_security(const struct entity *entity)
{
    for (size_t index = 0; index < COUNT(entities); index++) {
        if (strcmp(entities[index], entity->name) == 0) {
            return true;
        }
    }
    return false;
}

static struct event begin(const struct write *write, const struct record *record,
                          enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .about = {.entity = write->entity, .id = record_value(record, write->entity->id)->uuid},
    };
}

/* ---- one field ---- */

static const char *text_of(struct arena *arena, const struct field *field,
                           const struct value *value)
{
    return value->state == VALUE_SET ? value_format(arena, field, value) : NULL;
}

static struct reference *reference_of(struct arena *arena, const struct field *field,
                                      const struct value *value)
{
    bool is_one = field->type == FIELD_LOOKUP && value->state == VALUE_SET;
    return is_one ? arena_copy(arena, &value->reference, sizeof(value->reference)) : NULL;
}

static bool note_field(const struct write *write, const struct watched *watched,
                       struct error *error)
{
    struct arena *arena = write->call->arena;
    const struct field *field = entity_find_field(write->entity, watched->field);
    if (field == NULL || !write_is_changing(write, field)) {
        return true;
    }
    const struct value *was = record_value(write->before, field);
    const struct value *is = record_value(write->after, field);
    if (value_is_equal(field, was, is)) {
        return true; /* it counts as changed where the writer may not know what it was */
    }
    bool is_false = field->type == FIELD_BOOLEAN && !(is->state == VALUE_SET && is->boolean);
    const struct event_detail detail = {
        .name = field->name,
        .old_value = text_of(arena, field, was),
        .new_value = text_of(arena, field, is),
        .old_reference = reference_of(arena, field, was),
        .new_reference = reference_of(arena, field, is),
    };
    struct event event =
        begin(write, write->after, is_false ? watched->kind_when_false : watched->kind);
    event.details = &detail;
    event.detail_count = 1;
    return event_note(write->call, &event, error);
}

/* ---- writes ---- */

static bool note_fields(const struct write *write, struct error *error)
{
    for (size_t index = 0; index < COUNT(all_watched); index++) {
        const struct watched *watched = &all_watched[index];
        if (strcmp(watched->entity, write->entity->name) == 0 &&
            !note_field(write, watched, error)) {
            return false;
        }
    }
    return true;
}

bool security_note_write(const struct write *write, struct error *error)
{
    if (!is_of_security(write->entity)) {
        return true;
    }
    if (write->before != NULL) {
        return note_fields(write, error);
    }
    const struct event event =
        begin(write, write->after, write->is_restored ? EVENT_RESTORED : EVENT_CREATED);
    return event_note(write->call, &event, error);
}

/* Nobody can look the name up any more. */
bool security_note_deleted(const struct write *write, struct error *error)
{
    const struct field *name = write->entity->name_field;
    if (!is_of_security(write->entity)) {
        return true;
    }
    const struct event_detail detail = {
        .name = name == NULL ? "" : name->name,
        .old_value = name == NULL
                         ? NULL
                         : text_of(write->call->arena, name, record_value(write->before, name)),
    };
    struct event event = begin(write, write->before, EVENT_DELETED);
    event.details = &detail;
    event.detail_count = name == NULL ? 0 : 1;
    return event_note(write->call, &event, error);
}
