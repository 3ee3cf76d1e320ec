/*
 * table.c - runs the steps that make and change tables, each only when it was not done yet.
 */
#include "database/table.h"

#include <string.h>

#include "base/arena.h"
#include "base/expect.h"
#include "database/connection.h"
#include "database/dialect_driver.h"
#include "database/pool.h"
#include "database/sql.h"
#include "database/table_text.h"

static const struct step_kind {
    const char *words;
    enum dialect_object object;
    bool is_checked;   /* ask whether the object exists, before */
    bool is_done_when; /* done already when the answer is this */
} kinds[] = {
    [TABLE_STEP_CREATE_TABLE] = {.words = "create table",
                                 .object = OBJECT_TABLE,
                                 .is_checked = true,
                                 .is_done_when = true},
    [TABLE_STEP_ADD_COLUMN] = {.words = "add column",
                               .object = OBJECT_COLUMN,
                               .is_checked = true,
                               .is_done_when = true},
    /* Changed again without asking: harmless, and simpler than to read how engines name types. */
    [TABLE_STEP_WIDEN_COLUMN] = {.words = "widen column", .object = OBJECT_COLUMN},
    /* Run above: this floor knows its words alone. */
    [TABLE_STEP_FILL_COLUMNS] = {.words = "fill columns of", .object = OBJECT_TABLE},
    [TABLE_STEP_CREATE_INDEX] = {.words = "create index",
                                 .object = OBJECT_INDEX,
                                 .is_checked = true,
                                 .is_done_when = true},
    [TABLE_STEP_DROP_INDEX] = {.words = "drop index",
                               .object = OBJECT_INDEX,
                               .is_checked = true,
                               .is_done_when = false},
    [TABLE_STEP_ADD_REFERENCE] = {.words = "add reference",
                                  .object = OBJECT_REFERENCE,
                                  .is_checked = true,
                                  .is_done_when = true},
};

static const char *object_name(struct arena *arena, const struct table_step *step)
{
    switch (kinds[step->kind].object) {
    case OBJECT_COLUMN:
        return step->column->name;
    case OBJECT_INDEX:
        return step->index->name;
    case OBJECT_REFERENCE:
        return table_reference_name(arena, step->table, step->column);
    case OBJECT_TABLE:
    case OBJECT_KINDS:
        break;
    }
    return NULL;
}

/* Writes a question of the dialect: its first mark is the table, its second the object. */
static void write_question(struct sql *sql, const char *question, const char *table,
                           const char *name)
{
    const char *value = table;

    for (; *question; question++) {
        if (*question == '?') {
            sql_add_cell(sql, cell_text(value));
            value = name;
        } else {
            buffer_add_char(&sql->text, *question);
        }
    }
    sql_expect(sql, (struct sql_column){.type = COLUMN_INTEGER});
}

static bool ask(struct connection *connection, struct arena *arena, enum dialect_object object,
                const char *table, const char *name, bool *answer_out, struct error *error)
{
    struct sql sql;
    const struct cell *cells;

    sql_begin(&sql, arena, connection->dialect);
    write_question(&sql, connection->dialect->questions[object], table, name);
    if (!connection_select_row(connection, &sql, &cells, error)) {
        return false;
    }
    *answer_out = cells && cells[0].integer > 0;
    return true;
}

bool table_exists(struct connection *connection, const char *name, bool *exists_out,
                  struct error *error)
{
    struct arena *scratch = arena_create();
    bool done = ask(connection, scratch, OBJECT_TABLE, name, NULL, exists_out, error);

    arena_destroy(&scratch);
    return done;
}

bool table_estimate(struct connection *connection, struct arena *arena, const char *name,
                    int64_t *rows_out, struct error *error)
{
    const struct dialect *dialect = connection_dialect(connection);
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, arena, dialect);
    dialect->write_estimate(&sql, name);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    if (!connection_select_row(connection, &sql, &cells, error)) {
        return false;
    }
    bool is_known = cells != NULL && !cells[0].is_null && cells[0].integer > 0;
    *rows_out = is_known ? cells[0].integer : 0;
    return true;
}

char *table_step_describe(struct arena *arena, const struct table_step *step)
{
    const char *words = kinds[step->kind].words;
    const char *name = object_name(arena, step);

    if (!name) {
        return arena_format(arena, "%s %s", words, step->table->name);
    }
    return arena_format(arena, "%s %s on %s", words, name, step->table->name);
}

static bool is_done(struct connection *connection, struct arena *arena,
                    const struct table_step *step, bool *is_done_out, struct error *error)
{
    const struct step_kind *kind = &kinds[step->kind];
    bool answer;

    if (!kind->is_checked || !connection->dialect->questions[kind->object]) {
        *is_done_out = false;
        return true;
    }
    if (!ask(connection, arena, kind->object, step->table->name, object_name(arena, step), &answer,
             error)) {
        return false;
    }
    *is_done_out = answer == kind->is_done_when;
    return true;
}

static bool run_step(struct connection *connection, struct arena *arena,
                     const struct table_step *step, struct error *error)
{
    const struct dialect *dialect = connection->dialect;
    struct sql sql;
    bool done;

    statement_drop_all(&connection->statements);
    if (dialect->change_column &&
        (step->kind == TABLE_STEP_WIDEN_COLUMN || step->kind == TABLE_STEP_ADD_REFERENCE)) {
        return dialect->change_column(connection, arena, step, error);
    }
    sql_begin(&sql, arena, dialect);
    table_step_write(&sql, step);
    if (!pool_begin_writing(connection->database, true, error)) {
        return false;
    }
    done = connection_run_unhurried(connection, sql.text.bytes, error);
    pool_end_writing(connection->database);
    return done;
}

bool table_step_run(struct connection *connection, const struct table_step *step,
                    struct error *error)
{
    struct arena *scratch = arena_create();
    bool is_done_already;
    bool done;

    expect(step->kind != TABLE_STEP_FILL_COLUMNS);
    /* MariaDB would commit what the transaction did so far. */
    expect(connection->state == TRANSACTION_NONE);
    done = is_done(connection, scratch, step, &is_done_already, error) &&
           (is_done_already || run_step(connection, scratch, step, error));
    arena_destroy(&scratch);
    return done;
}
