/*
 * row.c - writes the few statements that the platform's own tables need.
 */
#include "database/row.h"

#include <string.h>

#include "base/arena.h"
#include "base/expect.h"
#include "database/database.h"
#include "database/sql.h"
#include "database/table.h"

enum { IDS_AT_ONCE = 256 }; /* values bound in one statement are bounded by the engines */

static const char *const test_text[] = {
    [ROW_IS] = " = ",      [ROW_IS_BELOW] = " < ",     [ROW_IS_ABOVE] = " > ",
    [ROW_IS_NOT] = " <> ", [ROW_IS_NULL] = " IS NULL",
};

static const struct table_column *find_column(const struct table *table, const char *name)
{
    for (size_t index = 0; index < table->column_count; index++) {
        if (strcmp(table->columns[index].name, name) == 0) {
            return &table->columns[index];
        }
    }
    expect(!"the table has the column");
    return NULL;
}

/* Gives the cell the type and scale of its column, which a null lacks. */
static struct cell fit_cell(const struct table *table, const char *column, struct cell cell)
{
    const struct table_column *description = find_column(table, column);
    cell.type = description->type;
    cell.scale = description->scale;
    return cell;
}

static void add_conditions(struct sql *sql, const struct table *table,
                           const struct row_condition *conditions, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        const struct row_condition *condition = &conditions[index];
        sql_add(sql, index == 0 ? " WHERE " : " AND ");
        sql_add_name(sql, condition->column);
        sql_add(sql, test_text[condition->test]);
        if (condition->test != ROW_IS_NULL) {
            sql_add_cell(sql, fit_cell(table, condition->column, condition->cell));
        }
    }
}

/* The list is filled up to a power of two with its last item, so that few statements differ. */
static void add_among(struct sql *sql, const struct row_query *query)
{
    bool has_texts = query->texts != NULL;
    size_t count = has_texts ? query->text_count : query->id_count;
    size_t filled = 1;
    while (filled < count) {
        filled *= 2;
    }
    sql_add(sql, query->condition_count == 0 ? " WHERE " : " AND ");
    if (count == 0) {
        sql_add(sql, "1 = 0");
        return;
    }
    sql_add_name(sql, query->among);
    for (size_t index = 0; index < filled; index++) {
        size_t place = index < count ? index : count - 1;
        sql_add(sql, index == 0 ? " IN (" : ", ");
        sql_add_cell(sql,
                     has_texts ? cell_text(query->texts[place]) : cell_uuid(&query->ids[place]));
    }
    sql_add(sql, ")");
}

static void write_select(struct sql *sql, const struct row_query *query)
{
    for (size_t index = 0; index < query->column_count; index++) {
        const struct table_column *column = find_column(query->table, query->columns[index]);
        sql_add(sql, index == 0 ? "SELECT " : ", ");
        sql_add_name(sql, column->name);
        sql_expect(sql, (struct sql_column){.type = column->type,
                                            .scale = column->scale,
                                            .length = column->length});
    }
    sql_add(sql, " FROM ");
    sql_add_name(sql, query->table->name);
    add_conditions(sql, query->table, query->conditions, query->condition_count);
    if (query->among != NULL) {
        add_among(sql, query);
    }
    if (query->order != NULL) {
        sql_add(sql, " ORDER BY ");
        sql_add_name(sql, query->order);
        sql_add_direction(sql, query->is_descending,
                          !find_column(query->table, query->order)->is_required);
    }
    if (query->limit > 0) {
        sql_add_limit(sql, query->limit);
    }
    if (query->is_locked || query->is_free) {
        sql_add_row_lock(sql, query->is_free ? ROW_LOCK_FREE : ROW_LOCK_CHANGE);
    }
}

static void add_row(struct arena *arena, const struct result *result, struct row_set *rows)
{
    size_t width = rows->column_count * sizeof(struct cell);
    /* The room doubles at each power of two, so no capacity need be kept. */
    if ((rows->count & (rows->count - 1)) == 0) {
        size_t capacity = rows->count == 0 ? 1 : 2 * rows->count;
        rows->cells = arena_grow(arena, rows->cells, rows->count * width, capacity * width);
    }
    for (size_t column = 0; column < rows->column_count; column++) {
        rows->cells[rows->count * rows->column_count + column] =
            cell_copy(arena, result_cell(result, column));
    }
    rows->count++;
}

/* Adds the rows of one statement. */
static bool select_part(struct connection *connection, struct arena *arena,
                        const struct row_query *query, struct row_set *rows, struct error *error)
{
    struct result *result = NULL;
    struct sql sql;
    bool has_row = false;
    bool done = false;

    sql_begin(&sql, arena, connection_dialect(connection));
    write_select(&sql, query);
    if (!connection_select(connection, &sql, &result, error)) {
        goto finish;
    }
    do {
        if (!result_next(result, &has_row, error)) {
            goto finish;
        }
        if (has_row) {
            add_row(arena, result, rows);
        }
    } while (has_row);
    done = true;

finish:
    result_close(&result);
    return done;
}

bool row_select(struct connection *connection, struct arena *arena, const struct row_query *query,
                struct row_set *rows_out, struct error *error)
{
    struct row_set rows = {.column_count = query->column_count};
    struct row_query part = *query;
    size_t taken = 0;

    expect(query->id_count <= IDS_AT_ONCE || (query->order == NULL && query->limit == 0));
    do {
        size_t left = query->id_count - taken;
        part.ids = taken == 0 ? query->ids : query->ids + taken;
        part.id_count = left < IDS_AT_ONCE ? left : IDS_AT_ONCE;
        taken += part.id_count;
        if (!select_part(connection, arena, &part, &rows, error)) {
            return false;
        }
    } while (taken < query->id_count);
    *rows_out = rows;
    return true;
}

bool row_select_ids(struct connection *connection, struct arena *arena,
                    const struct row_query *query, struct uuid **ids_out, size_t *count_out,
                    struct error *error)
{
    struct row_set rows;
    expect(query->column_count == 1);
    if (!row_select(connection, arena, query, &rows, error)) {
        return false;
    }
    *ids_out = arena_allocate_array(arena, rows.count, sizeof(**ids_out));
    *count_out = rows.count;
    for (size_t row = 0; row < rows.count; row++) {
        (*ids_out)[row] = row_cell(&rows, row, 0)->uuid;
    }
    return true;
}

bool row_count(struct connection *connection, struct arena *arena, const struct table *table,
               const struct row_condition *conditions, size_t condition_count, int64_t *count_out,
               struct error *error)
{
    const struct cell *cells = NULL;
    struct sql sql;
    expect(condition_count > 0);
    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, "SELECT COUNT(*) FROM ");
    sql_add_name(&sql, table->name);
    add_conditions(&sql, table, conditions, condition_count);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    if (!connection_select_row(connection, &sql, &cells, error)) {
        return false;
    }
    *count_out = cells == NULL ? 0 : cells[0].integer;
    return true;
}

const struct cell *row_cell(const struct row_set *rows, size_t row, size_t column)
{
    expect(row < rows->count && column < rows->column_count);
    return &rows->cells[row * rows->column_count + column];
}

bool row_insert(struct connection *connection, struct arena *arena, const struct table *table,
                const struct row_value *values, size_t value_count, struct error *error)
{
    struct sql sql;
    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, "INSERT INTO ");
    sql_add_name(&sql, table->name);
    for (size_t index = 0; index < value_count; index++) {
        sql_add(&sql, index == 0 ? " (" : ", ");
        sql_add_name(&sql, values[index].column);
    }
    for (size_t index = 0; index < value_count; index++) {
        sql_add(&sql, index == 0 ? ") VALUES (" : ", ");
        sql_add_cell(&sql, fit_cell(table, values[index].column, values[index].cell));
    }
    sql_add(&sql, ")");
    return connection_change(connection, &sql, NULL, error);
}

/* ---- many rows ---- */

/* A single row is selected, so that it may follow from a change before it. */
static void write_rows(struct sql *sql, const struct row_batch *batch, const struct cell *cells,
                       size_t row_count)
{
    bool is_single = row_count == 1;
    sql_add(sql, "INSERT INTO ");
    sql_add_name(sql, batch->table->name);
    for (size_t column = 0; column < batch->column_count; column++) {
        sql_add(sql, column == 0 ? " (" : ", ");
        sql_add_name(sql, batch->columns[column]);
    }
    sql_add(sql, is_single ? ") SELECT " : ") VALUES ");
    for (size_t row = 0; row < row_count; row++) {
        sql_add(sql, is_single ? "" : row == 0 ? "(" : ", (");
        for (size_t column = 0; column < batch->column_count; column++) {
            const struct cell *cell = &cells[row * batch->column_count + column];
            sql_add(sql, column == 0 ? "" : ", ");
            sql_add_cell(sql, fit_cell(batch->table, batch->columns[column], *cell));
        }
        sql_add(sql, is_single ? "" : ")");
    }
}

bool row_insert_all(struct connection *connection, struct arena *arena,
                    const struct row_batch *batch, struct error *error)
{
    size_t done = 0;
    while (done < batch->row_count) {
        struct change change = {.is_last = batch->is_last && batch->row_count == 1};
        size_t rows = sql_rows_at_once(batch->row_count - done, batch->column_count);
        sql_begin(&change.sql, arena, connection_dialect(connection));
        write_rows(&change.sql, batch, batch->cells + done * batch->column_count, rows);
        change.follows = change.is_last;
        if (!connection_apply(connection, &change, error)) {
            return false;
        }
        done += rows;
    }
    return true;
}

bool row_update(struct connection *connection, struct arena *arena, const struct table *table,
                const struct row_value *values, size_t value_count,
                const struct row_condition *conditions, size_t condition_count, int64_t *rows_out,
                struct error *error)
{
    struct sql sql;
    expect(condition_count > 0);
    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, "UPDATE ");
    sql_add_name(&sql, table->name);
    for (size_t index = 0; index < value_count; index++) {
        sql_add(&sql, index == 0 ? " SET " : ", ");
        sql_add_name(&sql, values[index].column);
        sql_add(&sql, " = ");
        sql_add_cell(&sql, fit_cell(table, values[index].column, values[index].cell));
    }
    add_conditions(&sql, table, conditions, condition_count);
    return connection_change(connection, &sql, rows_out, error);
}

bool row_delete(struct connection *connection, struct arena *arena, const struct table *table,
                const struct row_condition *conditions, size_t condition_count, int64_t *rows_out,
                struct error *error)
{
    struct sql sql;
    expect(condition_count > 0);
    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, "DELETE FROM ");
    sql_add_name(&sql, table->name);
    add_conditions(&sql, table, conditions, condition_count);
    return connection_change(connection, &sql, rows_out, error);
}

bool row_set_sum(struct connection *connection, struct arena *arena, const struct table *table,
                 const struct row_sum *sum, const struct row_condition *conditions,
                 size_t condition_count, int64_t *rows_out, struct error *error)
{
    struct sql sql;
    expect(condition_count > 0);
    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, "UPDATE ");
    sql_add_name(&sql, table->name);
    sql_add(&sql, " SET ");
    sql_add_name(&sql, sum->column);
    sql_add(&sql, " = ");
    sql_add_name(&sql, sum->from);
    sql_add(&sql, " + ");
    sql_add_cell(&sql, cell_integer(sum->amount));
    add_conditions(&sql, table, conditions, condition_count);
    return connection_change(connection, &sql, rows_out, error);
}

bool row_add(struct connection *connection, struct arena *arena, const struct table *table,
             const char *column, int64_t amount, const struct row_condition *conditions,
             size_t condition_count, int64_t *rows_out, struct error *error)
{
    const struct row_sum sum = {.column = column, .from = column, .amount = amount};
    return row_set_sum(connection, arena, table, &sum, conditions, condition_count, rows_out,
                       error);
}
