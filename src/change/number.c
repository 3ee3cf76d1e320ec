/*
 * number.c - positions for committed changes, and an end for old ones.
 */
#include "change/number.h"

#include <string.h>

#include "base/error.h"
#include "change/tables.h"
#include "database/database.h"
#include "database/row.h"

/* The last position given, the last position swept. */
static const char numbered_mark[] = "numbered", swept_mark[] = "swept";

/* ---- marks ---- */

/* Zero where there is no row yet. */
static bool read_mark(struct connection *connection, struct arena *arena, const char *name,
                      bool is_locked, int64_t *position_out, bool *is_found_out,
                      struct error *error)
{
    static const char *const columns[] = {"position"};
    const struct row_condition by_name = {"name", ROW_IS, cell_text(name)};
    const struct row_query query = {
        .table = &change_mark_table,
        .columns = columns,
        .column_count = 1,
        .conditions = &by_name,
        .condition_count = 1,
        .is_locked = is_locked,
    };
    struct row_set rows;

    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    *is_found_out = rows.count == 1;
    *position_out = rows.count == 1 ? row_cell(&rows, 0, 0)->integer : 0;
    return true;
}

bool change_read_marks(struct connection *connection, struct arena *arena,
                       struct change_marks *marks_out, struct error *error)
{
    bool is_found = false;

    return read_mark(connection, arena, numbered_mark, false, &marks_out->numbered, &is_found,
                     error) &&
           read_mark(connection, arena, swept_mark, false, &marks_out->swept, &is_found, error);
}

/* Of two who make the same mark the second fails, and is told to come again. */
static bool make_mark(struct connection *connection, struct arena *arena, const char *name,
                      struct error *error)
{
    const struct row_value values[] = {{"name", cell_text(name)}, {"position", cell_integer(0)}};

    return row_insert(connection, arena, &change_mark_table, values, 2, error) ||
           (error->code == ERROR_DATABASE_UNIQUE &&
            error_set(error, ERROR_DATABASE_CONFLICT, NULL, "Another node made the mark %s", name));
}

static bool lock_mark(struct connection *connection, struct arena *arena, const char *name,
                      int64_t *position_out, struct error *error)
{
    bool is_found = false;

    return read_mark(connection, arena, name, true, position_out, &is_found, error) &&
           (is_found || make_mark(connection, arena, name, error));
}

static bool set_mark(struct connection *connection, struct arena *arena, const char *name,
                     int64_t position, struct error *error)
{
    const struct row_value value = {"position", cell_integer(position)};
    const struct row_condition by_name = {"name", ROW_IS, cell_text(name)};

    return row_update(connection, arena, &change_mark_table, &value, 1, &by_name, 1, NULL, error);
}

/* ---- numbering ---- */

static bool find_new(struct connection *connection, struct arena *arena, int64_t limit,
                     struct row_set *rows_out, struct error *error)
{
    static const char *const columns[] = {"number"};
    const struct row_condition has_none = {.column = "position", .test = ROW_IS_NULL};
    const struct row_query query = {
        .table = &change_table,
        .columns = columns,
        .column_count = 1,
        .conditions = &has_none,
        .condition_count = 1,
        .order = "number",
        .limit = limit,
    };

    return row_select(connection, arena, &query, rows_out, error);
}

static int64_t number_of(const struct row_set *rows, size_t row)
{
    return row_cell(rows, row, 0)->integer;
}

/* Rows whose numbers follow one another are given positions that do, by one statement; there is no
 * other row between them. */
static bool place_run(struct connection *connection, struct arena *arena, int64_t first,
                      int64_t last, int64_t position, struct error *error)
{
    const struct row_condition between[] = {
        {"number", ROW_IS_ABOVE, cell_integer(first - 1)},
        {"number", ROW_IS_BELOW, cell_integer(last + 1)},
    };
    const struct row_sum sum = {.column = "position", .from = "number", .amount = position - first};

    return row_set_sum(connection, arena, &change_table, &sum, between, 2, NULL, error);
}

static bool place(struct connection *connection, struct arena *arena, const struct row_set *rows,
                  int64_t position, struct error *error)
{
    size_t first = 0;

    for (size_t row = 0; row < rows->count; row++) {
        bool is_end =
            row + 1 == rows->count || number_of(rows, row + 1) != number_of(rows, row) + 1;
        if (is_end) {
            if (!place_run(connection, arena, number_of(rows, first), number_of(rows, row),
                           position + (int64_t)first + 1, error)) {
                return false;
            }
            first = row + 1;
        }
    }
    return true;
}

/* The rows are looked for once the mark is held: whoever held it before has committed. All are,
 * from the smallest number on: a change that its transaction made long ago comes before what others
 * made of the same record since it was committed. */
static bool number(struct connection *connection, struct arena *arena, int64_t *count_out,
                   struct error *error)
{
    struct row_set rows;
    int64_t position = 0;

    if (!lock_mark(connection, arena, numbered_mark, &position, error) ||
        !find_new(connection, arena, CHANGE_NUMBERED_MOST, &rows, error)) {
        return false;
    }
    *count_out = (int64_t)rows.count;
    return rows.count == 0 ||
           (place(connection, arena, &rows, position, error) &&
            set_mark(connection, arena, numbered_mark, position + *count_out, error));
}

/* Commits what was done, or undoes what was not. */
static bool end(struct connection *connection, bool is_done, struct error *error)
{
    if (!is_done) {
        connection_rollback(connection);
        return false;
    }
    return connection_commit(connection, error);
}

bool change_number(struct connection *connection, struct arena *arena, int64_t *count_out,
                   struct error *error)
{
    struct row_set rows;

    *count_out = 0;
    if (!find_new(connection, arena, 1, &rows, error)) {
        return false;
    }
    return rows.count == 0 || (connection_begin(connection, TRANSACTION_WRITE_AT_ONCE, error) &&
                               end(connection, number(connection, arena, count_out, error), error));
}

/* ---- sweeping ---- */

enum { SWEPT_POSITION, SWEPT_CHANGED_ON, SWEPT_COLUMNS };

/* The last of the oldest changes that were all made before the moment; positions and times go
 * together but for moments, so what stands behind a younger one waits for it. */
static bool find_old(struct connection *connection, struct arena *arena, int64_t swept,
                     int64_t before, int64_t *last_out, int64_t *count_out, struct error *error)
{
    static const char *const columns[] = {
        [SWEPT_POSITION] = "position", [SWEPT_CHANGED_ON] = "changed_on"};
    const struct row_condition after = {"position", ROW_IS_ABOVE, cell_integer(swept)};
    const struct row_query query = {
        .table = &change_table,
        .columns = columns,
        .column_count = SWEPT_COLUMNS,
        .conditions = &after,
        .condition_count = 1,
        .order = "position",
        .limit = CHANGE_NUMBERED_MOST,
    };
    struct row_set rows;
    size_t row = 0;

    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    while (row < rows.count && row_cell(&rows, row, SWEPT_CHANGED_ON)->moment < before) {
        *last_out = row_cell(&rows, row++, SWEPT_POSITION)->integer;
    }
    *count_out = (int64_t)row;
    return true;
}

static bool drop(struct connection *connection, struct arena *arena, int64_t last,
                 struct error *error)
{
    /* What can still be restored goes later. */
    const struct row_condition up_to[] = {
        {"position", ROW_IS_BELOW, cell_integer(last + 1)},
        {.column = "bin_entity", .test = ROW_IS_NULL},
    };
    int64_t swept = 0;

    return lock_mark(connection, arena, swept_mark, &swept, error) &&
           (swept >= last || (set_mark(connection, arena, swept_mark, last, error) &&
                              row_delete(connection, arena, &change_table, up_to, 2, NULL, error)));
}

bool change_sweep(struct connection *connection, struct arena *arena, int64_t before,
                  int64_t *count_out, struct error *error)
{
    struct change_marks marks;
    int64_t last = 0;

    if (!change_read_marks(connection, arena, &marks, error) ||
        !find_old(connection, arena, marks.swept, before, &last, count_out, error)) {
        return false;
    }
    return *count_out == 0 || (connection_begin(connection, TRANSACTION_WRITE_AT_ONCE, error) &&
                               end(connection, drop(connection, arena, last, error), error));
}
