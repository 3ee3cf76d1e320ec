/*
 * schema_journal.c - the rows that keep a schema change from being half done and forgotten.
 */
#include "metadata/schema_journal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "database/database.h"
#include "database/lease.h"
#include "database/row.h"
#include "database/table.h"
#include "metadata/schema_text.h"

static const struct table_column schema_columns[] = {
    {.name = "kind", .type = COLUMN_TEXT, .length = 10, .is_required = true},
    {.name = "name", .type = COLUMN_TEXT, .length = 63, .is_required = true},
    {.name = "description", .type = COLUMN_TEXT},
};

static const struct table schema_table = {
    .name = "svyaz_schema",
    .columns = schema_columns,
    .column_count = sizeof(schema_columns) / sizeof(schema_columns[0]),
    .primary_key = {"kind", "name"},
};

static const struct table_column step_columns[] = {
    {.name = "position", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "description", .type = COLUMN_TEXT},
    {.name = "done", .type = COLUMN_BOOLEAN, .is_required = true},
};

static const struct table step_table = {
    .name = "svyaz_schema_step",
    .columns = step_columns,
    .column_count = sizeof(step_columns) / sizeof(step_columns[0]),
    .primary_key = {"position"},
};

static const char *const kind_names[] = {
    [SCHEMA_REACHED] = "reached",
    [SCHEMA_PLANNED] = "planned",
};

#define RELEASE_KIND "release"

bool schema_journal_prepare(struct connection *connection, struct error *error)
{
    static const struct table *const tables[] = {&schema_table, &step_table, &lease_table};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct table_step step = {.kind = TABLE_STEP_CREATE_TABLE, .table = tables[i]};
        if (!table_step_run(connection, &step, error)) {
            return false;
        }
    }
    return true;
}

bool schema_journal_exists(struct connection *connection, bool *exists_out, struct error *error)
{
    return table_exists(connection, step_table.name, exists_out, error);
}

/* ---- reading ---- */

static int compare_tables(const void *left, const void *right)
{
    const struct table *const *left_table = left;
    const struct table *const *right_table = right;
    return strcmp((*left_table)->name, (*right_table)->name);
}

static bool read_rows(struct connection *connection, struct arena *arena, const char *kind,
                      struct row_set *rows_out, struct error *error)
{
    static const char *const columns[] = {"name", "description"};
    struct row_condition condition = {.column = "kind", .test = ROW_IS, .cell = cell_text(kind)};
    struct row_query query = {.table = &schema_table,
                              .columns = columns,
                              .column_count = 2,
                              .conditions = &condition,
                              .condition_count = 1};
    return row_select(connection, arena, &query, rows_out, error);
}

bool schema_journal_read(struct connection *connection, struct arena *arena, enum schema_kind kind,
                         struct array *tables, struct error *error)
{
    struct row_set rows;
    if (!read_rows(connection, arena, kind_names[kind], &rows, error)) {
        return false;
    }
    for (size_t i = 0; i < rows.count; i++) {
        const struct table *table = NULL;
        if (!schema_text_read(arena, row_cell(&rows, i, 0)->text, row_cell(&rows, i, 1)->text,
                              &table, error)) {
            return false;
        }
        array_add(tables, table);
    }
    if (tables->count > 0) {
        qsort(tables->items, tables->count, sizeof(void *), compare_tables);
    }
    return true;
}

bool schema_journal_release(struct connection *connection, struct arena *arena,
                            int64_t *release_out, struct error *error)
{
    struct row_set rows;
    if (!read_rows(connection, arena, RELEASE_KIND, &rows, error)) {
        return false;
    }
    *release_out = rows.count == 0 ? 0 : strtoll(row_cell(&rows, 0, 1)->text, NULL, 10);
    return true;
}

bool schema_journal_count_done(struct connection *connection, struct arena *arena,
                               size_t *count_out, struct error *error)
{
    static const char *const columns[] = {"done"};
    struct row_query query = {
        .table = &step_table, .columns = columns, .column_count = 1, .order = "position"};
    struct row_set rows;
    size_t count = 0;
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    while (count < rows.count && row_cell(&rows, count, 0)->boolean) {
        count++;
    }
    *count_out = count;
    return true;
}

/* ---- writing ---- */

static bool insert_description(struct connection *connection, struct arena *arena, const char *kind,
                               const char *name, const char *text, struct error *error)
{
    struct row_value values[] = {{.column = "kind", .cell = cell_text(kind)},
                                 {.column = "name", .cell = cell_text(name)},
                                 {.column = "description", .cell = cell_text(text)}};
    return row_insert(connection, arena, &schema_table, values, 3, error);
}

static bool delete_kind(struct connection *connection, struct arena *arena, const char *kind,
                        struct error *error)
{
    struct row_condition condition = {.column = "kind", .test = ROW_IS, .cell = cell_text(kind)};
    return row_delete(connection, arena, &schema_table, &condition, 1, NULL, error);
}

static bool delete_steps(struct connection *connection, struct arena *arena, struct error *error)
{
    struct row_condition all = {
        .column = "position", .test = ROW_IS_NOT, .cell = cell_integer(INT64_MIN)};
    return row_delete(connection, arena, &step_table, &all, 1, NULL, error);
}

static bool insert_tables(struct connection *connection, struct arena *arena,
                          const struct array *tables, struct error *error)
{
    for (size_t i = 0; i < tables->count; i++) {
        const struct table *table = tables->items[i];
        if (!insert_description(connection, arena, kind_names[SCHEMA_PLANNED], table->name,
                                schema_text_write(arena, table), error)) {
            return false;
        }
    }
    return true;
}

static bool insert_steps(struct connection *connection, struct arena *arena,
                         const struct array *steps, struct error *error)
{
    for (size_t i = 0; i < steps->count; i++) {
        struct row_value values[] = {
            {.column = "position", .cell = cell_integer((int64_t)i)},
            {.column = "description",
             .cell = cell_text(table_step_describe(arena, steps->items[i]))},
            {.column = "done", .cell = cell_boolean(false)}};
        if (!row_insert(connection, arena, &step_table, values, 3, error)) {
            return false;
        }
    }
    return true;
}

bool schema_journal_plan(struct connection *connection, struct arena *arena,
                         const struct array *tables, const struct array *steps, int64_t release,
                         struct error *error)
{
    if (!connection_begin(connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    const char *number = arena_format(arena, "%" PRId64, release);
    bool done = delete_kind(connection, arena, kind_names[SCHEMA_PLANNED], error) &&
                delete_kind(connection, arena, RELEASE_KIND, error) &&
                delete_steps(connection, arena, error) &&
                insert_description(connection, arena, RELEASE_KIND, RELEASE_KIND, number, error) &&
                insert_tables(connection, arena, tables, error) &&
                insert_steps(connection, arena, steps, error) &&
                connection_commit(connection, error);
    if (!done) {
        connection_rollback(connection);
    }
    return done;
}

bool schema_journal_mark_done(struct connection *connection, struct arena *arena, size_t position,
                              struct error *error)
{
    struct row_value value = {.column = "done", .cell = cell_boolean(true)};
    struct row_condition condition = {
        .column = "position", .test = ROW_IS, .cell = cell_integer((int64_t)position)};
    return row_update(connection, arena, &step_table, &value, 1, &condition, 1, NULL, error);
}

static bool promote(struct connection *connection, struct arena *arena, struct error *error)
{
    struct row_value value = {.column = "kind", .cell = cell_text(kind_names[SCHEMA_REACHED])};
    struct row_condition condition = {
        .column = "kind", .test = ROW_IS, .cell = cell_text(kind_names[SCHEMA_PLANNED])};
    return row_update(connection, arena, &schema_table, &value, 1, &condition, 1, NULL, error);
}

bool schema_journal_finish(struct connection *connection, struct arena *arena, struct error *error)
{
    if (!connection_begin(connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    bool done = delete_kind(connection, arena, kind_names[SCHEMA_REACHED], error) &&
                promote(connection, arena, error) && delete_steps(connection, arena, error) &&
                connection_commit(connection, error);
    if (!done) {
        connection_rollback(connection);
    }
    return done;
}
