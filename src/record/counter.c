/*
 * counter.c - adds to the row of a series, and reads what it came to.
 */
#include "record/counter.h"

#include "base/error.h"
#include "database/database.h"
#include "database/row.h"
#include "record/tables.h"

static bool add(struct connection *connection, struct arena *arena, const char *series,
                int64_t count, bool *is_counted_out, struct error *error)
{
    const struct row_condition by_name = {"name", ROW_IS, cell_text(series)};
    int64_t rows = 0;
    if (!row_add(connection, arena, &counter_table, "last_number", count, &by_name, 1, &rows,
                 error)) {
        return false;
    }
    *is_counted_out = rows == 1;
    return true;
}

/* Begins a series; another call may do so at the same moment, which is as good. */
static bool begin_series(struct connection *connection, struct arena *arena, const char *series,
                         struct error *error)
{
    const struct row_value values[] = {
        {"name", cell_text(series)},
        {"last_number", cell_integer(0)},
    };
    if (!connection_savepoint(connection, error)) {
        return false;
    }
    if (row_insert(connection, arena, &counter_table, values, 2, error)) {
        return connection_savepoint_keep(connection, error);
    }
    if (error->code != ERROR_DATABASE_UNIQUE) {
        return false;
    }
    error_clear(error);
    return connection_savepoint_undo(connection, error);
}

static bool read_last(struct connection *connection, struct arena *arena, const char *series,
                      int64_t *last_out, struct error *error)
{
    static const char *const columns[] = {"last_number"};
    const struct row_condition by_name = {"name", ROW_IS, cell_text(series)};
    const struct row_query query = {
        .table = &counter_table,
        .columns = columns,
        .column_count = 1,
        .conditions = &by_name,
        .condition_count = 1,
    };
    struct row_set rows;
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    if (rows.count == 0) {
        return error_set(error, ERROR_INTERNAL, NULL, "A number series has no counter");
    }
    *last_out = row_cell(&rows, 0, 0)->integer;
    return true;
}

bool counter_add(struct connection *connection, struct arena *arena, const char *series,
                 int64_t count, int64_t *last_out, struct error *error)
{
    bool is_counted = false;
    if (!add(connection, arena, series, count, &is_counted, error)) {
        return false;
    }
    if (!is_counted && (!begin_series(connection, arena, series, error) ||
                        !add(connection, arena, series, count, &is_counted, error))) {
        return false;
    }
    return read_last(connection, arena, series, last_out, error);
}
