/*
 * link.c - a file belongs to one record, or to none and is swept after a day.
 */
#include "record/link.h"

#include "base/error.h"
#include "database/row.h"
#include "query/tables.h"
#include "record/write.h"

static bool set_linked(struct call *call, const struct uuid *file_id, bool is_linked,
                       int64_t *rows_out, struct error *error)
{
    const struct row_value values[] = {
        {"is_linked", cell_boolean(is_linked)},
        {"staged_on", cell_moment(call->now)},
    };
    const struct row_condition conditions[] = {
        {"id", ROW_IS, cell_uuid(file_id)},
        {"is_linked", ROW_IS, cell_boolean(!is_linked)},
    };
    return row_update(call->connection, call->arena, &file_table, values, 2, conditions, 2,
                      rows_out, error);
}

bool link_drop(struct call *call, const struct uuid *file_id, struct error *error)
{
    return set_linked(call, file_id, false, NULL, error);
}

bool link_file(struct write *write, const struct field *field, struct error *error)
{
    const struct value *after = record_value(write->after, field);
    int64_t rows = 0;
    if (write->before != NULL && record_has(write->before, field) &&
        !link_drop(write->call, &record_value(write->before, field)->file->id, error)) {
        return false;
    }
    if (after->state != VALUE_SET) {
        return true;
    }
    if (!set_linked(write->call, &after->file->id, true, &rows, error)) {
        return false;
    }
    if (rows == 0) {
        return error_set_about(error, ERROR_REFERENCE_NOT_FOUND, field->entity->name, field->name,
                               "%s names a file without its content", field->name);
    }
    return true;
}
