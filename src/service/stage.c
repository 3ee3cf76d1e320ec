/*
 * stage.c - walks the records of a request, by its shape, and stages their files.
 */
#include "service/stage.h"

#include <stddef.h>

#include "base/uuid.h"
#include "metadata/entity.h"
#include "metadata/field.h"
#include "metadata/record.h"
#include "metadata/shape.h"
#include "record/file.h"
#include "service/operation.h"

static bool stage_value(struct call *call, const struct field *field, const struct value *value,
                        struct error *error)
{
    if (value->state != VALUE_SET || value->file->read == NULL ||
        !uuid_is_empty(&value->file->id)) {
        return true;
    }
    return file_stage(call, field, value->file, error);
}

/* The door bounds how deep records nest. */
static bool stage_record(struct call *call, const struct record *record, struct error *error)
{
    const struct entity *entity = record->entity;

    for (size_t i = 0; i < entity->field_count; i++) {
        if (entity->fields[i]->type == FIELD_FILE &&
            !stage_value(call, entity->fields[i], &record->values[i], error)) {
            return false;
        }
    }
    for (const struct record_children *children = record->children; children != NULL;
         children = children->next) {
        for (size_t i = 0; i < children->count; i++) {
            if (!stage_record(call, children->records[i], error)) {
                return false;
            }
        }
    }
    return true;
}

static bool stage_list(struct call *call, const struct message_list *list, struct error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!stage_record(call, list->items[i], error)) {
            return false;
        }
    }
    return true;
}

bool stage_files(struct call *call, const struct operation *operation, const void *request,
                 struct error *error)
{
    const struct shape *shape = operation->pattern->request;

    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        const void *place = (const char *)request + member->offset;
        if (member->type != SHAPE_RECORD) {
            continue;
        }
        if (member->is_list) {
            if (!stage_list(call, place, error)) {
                return false;
            }
        } else if (*(const struct record *const *)place != NULL &&
                   !stage_record(call, *(const struct record *const *)place, error)) {
            return false;
        }
    }
    return true;
}
