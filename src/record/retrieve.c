/*
 * retrieve.c - reads one record for somebody.
 */
#include "base/error.h"
#include "call/call.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/file.h"
#include "security/authorise.h"

/* Gives each file that was asked for a reader of its content. */
static bool open_files(struct call *call, struct record *record, const struct column_set *columns,
                       struct error *error)
{
    for (size_t index = 0; index < columns->count; index++) {
        const struct field *field = columns->fields[index];
        struct value *value = record_value(record, field);
        if (field->type != FIELD_FILE || value->state != VALUE_SET) {
            continue;
        }
        struct file *file = NULL;
        if (!file_open(call, &value->file->id, &file, error)) {
            return false;
        }
        value->file = file;
    }
    return true;
}

bool record_retrieve(struct call *call, const struct entity *entity, const struct uuid *id,
                     const struct column_set *columns, struct record **record_out,
                     struct error *error)
{
    struct record *record = NULL;
    if (!authorise_privilege(call->identity, entity, RIGHT_READ, error) ||
        !query_read(call, entity, id, columns, &record, error)) {
        return false;
    }
    /* None and forbidden are told alike. */
    if (record == NULL) {
        char text[UUID_TEXT_SIZE];
        uuid_format(id, text);
        return error_set_about(error, ERROR_RECORD_NOT_FOUND, entity->name, NULL,
                               "There is no %s %s", entity->name, text);
    }
    if (!open_files(call, record, columns, error)) {
        return false;
    }
    *record_out = record;
    return true;
}
