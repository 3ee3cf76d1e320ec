/*
 * stage.c - walks the records of a request, by its shape, to the files that came with them.
 */
#include "service/stage.h"

#include <stddef.h>

#include "base/array.h"
#include "base/error.h"
#include "base/uuid.h"
#include "call/call.h"
#include "metadata/entity.h"
#include "metadata/field.h"
#include "metadata/record.h"
#include "metadata/shape.h"
#include "record/file.h"
#include "service/operation.h"

/* What is done with each file that was sent. */
typedef bool (*file_step)(struct call *call, const struct field *field, struct file *file,
                          struct error *error);

static bool stage_one(struct call *call, const struct field *field, struct file *file,
                      struct error *error)
{
    return !uuid_is_empty(&file->id) || file_stage(call, field, file, error);
}

static bool drop_one(struct call *call, const struct field *field, struct file *file,
                     struct error *error)
{
    (void)field;
    return uuid_is_empty(&file->id) || file_drop(call, &file->id, error);
}

/* The door bounds how deep records nest. */
static bool walk_record(struct call *call, const struct record *record, file_step step,
                        struct error *error)
{
    const struct entity *entity = record->entity;

    for (size_t i = 0; i < entity->field_count; i++) {
        const struct value *value = &record->values[i];
        bool is_sent = entity->fields[i]->type == FIELD_FILE && value->state == VALUE_SET &&
                       value->file->read != NULL;
        if (is_sent && !step(call, entity->fields[i], value->file, error)) {
            return false;
        }
    }
    for (const struct record_children *children = record->children; children != NULL;
         children = children->next) {
        for (size_t i = 0; i < children->count; i++) {
            if (!walk_record(call, children->records[i], step, error)) {
                return false;
            }
        }
    }
    return true;
}

static bool walk_list(struct call *call, const struct message_list *list, file_step step,
                      struct error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!walk_record(call, list->items[i], step, error)) {
            return false;
        }
    }
    return true;
}

static bool walk_request(struct call *call, const struct operation *operation, const void *request,
                         file_step step, struct error *error)
{
    const struct shape *shape = operation->pattern->request;

    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        const void *place = (const char *)request + member->offset;
        if (member->type != SHAPE_RECORD) {
            continue;
        }
        if (member->is_list) {
            if (!walk_list(call, place, step, error)) {
                return false;
            }
        } else if (*(const struct record *const *)place != NULL &&
                   !walk_record(call, *(const struct record *const *)place, step, error)) {
            return false;
        }
    }
    return true;
}

bool stage_files(struct call *call, const struct operation *operation, const void *request,
                 struct error *error)
{
    return walk_request(call, operation, request, stage_one, error);
}

void stage_drop_files(struct call *call, const struct operation *operation, const void *request)
{
    struct error ignored; /* the sweep gets what cannot be deleted now */

    (void)!walk_request(call, operation, request, drop_one, &ignored);
    for (size_t i = 0; call->staged != NULL && i < call->staged->count; i++) {
        (void)!drop_one(call, NULL, call->staged->items[i], &ignored);
    }
}
