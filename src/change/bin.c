/*
 * bin.c - deletions that can be undone, found and taken out.
 */
#include "change/bin.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "change/sight.h"
#include "change/tables.h"
#include "generated/settings.h"
#include "metadata/catalog.h"
#include "security/access.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- finding ---- */

bool bin_could_read(struct call *call, const struct change_row *row, bool *could_out,
                    struct error *error)
{
    const struct access_scope *scope =
        access_scope_make(call->arena, call->identity, row->entity, RIGHT_READ);
    return sight_had(call, scope, row->sight, could_out, error);
}

static bool refuse(const struct entity *entity, const struct uuid *id, struct error *error)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return error_set_about(error, ERROR_RECORD_NOT_FOUND, entity->name, NULL,
                           "There is no deleted %s %s that can be restored", entity->name, text);
}

static int64_t oldest(const struct call *call)
{
    return call->now - call->settings->bin.keep;
}

bool bin_find(struct call *call, const struct entity *entity, const struct uuid *id,
              struct change_row *row_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"record_id", ROW_IS, cell_uuid(id)},
        {"bin_entity", ROW_IS, cell_text(entity->name)},
        {"changed_on", ROW_IS_ABOVE, cell_moment(oldest(call))},
    };
    struct change_row *row = NULL;
    bool could = false;
    if (!change_select_last(call, conditions, COUNT(conditions), true, &row, error) ||
        (row != NULL && !bin_could_read(call, row, &could, error))) {
        return false;
    }
    if (!could) {
        return refuse(entity, id, error);
    }
    *row_out = *row;
    return true;
}

bool bin_find_request(struct call *call, const struct change_row *deletion, int64_t limit,
                      struct array *rows, struct error *error)
{
    const struct row_condition conditions[] = {
        {"request_id", ROW_IS, cell_text(deletion->request_id)},
        {"changed_on", ROW_IS, cell_moment(deletion->changed_on)},
        {"user_id", ROW_IS, cell_uuid(&deletion->user_id)},
    };
    bool has_user = !uuid_is_empty(&deletion->user_id);
    const struct row_query query = {
        .conditions = conditions,
        .condition_count = COUNT(conditions) - (has_user ? 0 : 1),
        .order = "number",
        .limit = limit,
    };
    struct change_row *found = NULL;
    size_t count = 0;
    if (!change_select(call, query, CHANGE_WITH_FORMER, &found, &count, error)) {
        return false;
    }
    for (size_t row = 0; row < count; row++) {
        array_add(rows, &found[row]);
    }
    return true;
}

bool bin_find_last(struct call *call, const char *request_id, const struct uuid *user_id,
                   struct change_row **row_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"request_id", ROW_IS, cell_text(request_id)},
        {"user_id", ROW_IS, cell_uuid(user_id)},
    };
    return change_select_last(call, conditions, COUNT(conditions), false, row_out, error);
}

bool bin_find_last_change(struct call *call, const struct entity *entity, const struct uuid *id,
                          int64_t *number_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"record_id", ROW_IS, cell_uuid(id)},
        {"entity_name", ROW_IS, cell_text(entity->name)},
        {"kind", ROW_IS_NOT, cell_integer(CHANGE_SHARED)},
    };
    struct change_row *row = NULL;
    if (!change_select_last(call, conditions, COUNT(conditions), false, &row, error)) {
        return false;
    }
    *number_out = row == NULL ? 0 : row->number;
    return true;
}

bool bin_went_with(const struct change_row *row, const struct change_row *deletion)
{
    return row->number == deletion->number ||
           (row->is_in_bin && uuid_is_equal(&row->with_id, &deletion->id));
}

bool bin_list(struct call *call, const struct entity *entity, int64_t before, int64_t limit,
              struct change_row **rows_out, size_t *count_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"bin_entity", ROW_IS, cell_text(entity->name)},
        {"number", ROW_IS_BELOW, cell_integer(before)},
        {"changed_on", ROW_IS_ABOVE, cell_moment(oldest(call))},
        {.column = "with_id", .test = ROW_IS_NULL},
    };
    return change_select(call,
                         (struct row_query){
                             .conditions = conditions,
                             .condition_count = COUNT(conditions),
                             .order = "number",
                             .is_descending = true,
                             .limit = limit,
                         },
                         CHANGE_WITH_FORMER, rows_out, count_out, error);
}

bool bin_find_old(struct call *call, int64_t before, int64_t limit, struct change_row **rows_out,
                  size_t *count_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"bin_entity", ROW_IS_ABOVE, cell_text("")},
        {"changed_on", ROW_IS_BELOW, cell_moment(before)},
    };
    return change_select(call,
                         (struct row_query){
                             .conditions = conditions,
                             .condition_count = COUNT(conditions),
                             .limit = limit,
                         },
                         CHANGE_WITH_FORMER, rows_out, count_out, error);
}

/* ---- changing ---- */

bool bin_take_out(struct call *call, const struct change_row *row, bool *was_in_out,
                  struct error *error)
{
    const struct row_value value = {"bin_entity", cell_null(COLUMN_TEXT)};
    const struct row_condition is_in[] = {
        {"number", ROW_IS, cell_integer(row->number)},
        {"bin_entity", ROW_IS_ABOVE, cell_text("")},
    };
    int64_t rows = 0;
    if (!row_update(call->connection, call->arena, &change_table, &value, 1, is_in, COUNT(is_in),
                    &rows, error)) {
        return false;
    }
    *was_in_out = rows == 1;
    return true;
}

bool bin_purge(struct call *call, const struct change_row *row, struct error *error)
{
    const struct row_value value = {"former", cell_null(COLUMN_TEXT)};
    const struct row_condition of_record[] = {
        {"record_id", ROW_IS, cell_uuid(&row->id)},
        {"entity_name", ROW_IS, cell_text(row->entity->name)},
    };
    return row_update(call->connection, call->arena, &change_table, &value, 1, of_record,
                      COUNT(of_record), NULL, error);
}
