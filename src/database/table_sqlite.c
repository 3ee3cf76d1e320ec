/*
 * table_sqlite.c - changes a column of an SQLite table where it stands.
 *
 * SQLite can neither relax a column nor add a reference to it; but both only change the text of
 * the table in its schema, not what is stored. That text was written by us, column after column,
 * so the column's part of it is replaced: the way its manual allows ("Making Other Kinds Of Table
 * Schema Changes").
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/connection.h"
#include "database/dialect_driver.h"
#include "database/sql.h"
#include "database/table_text.h"

/* Where the column's part begins: its quoted name after the bracket or a comma. */
static const char *find_column(struct arena *arena, const char *text, const char *name)
{
    const char *quoted = arena_format(arena, "\"%s\" ", name);
    const char *place = strstr(text, quoted);

    while (place && place > text && place[-1] != '(' && strncmp(place - 2, ", ", 2) != 0) {
        place = strstr(place + 1, quoted);
    }
    return place;
}

static bool replace_column(struct arena *arena, const char *text, const struct table_step *step,
                           const char **text_out, struct error *error)
{
    const char *place = find_column(arena, text, step->column->name);
    struct sql sql;

    if (!place) {
        return error_set_about(error, ERROR_SCHEMA_MISMATCH, step->table->name, step->column->name,
                               "The table %s has no column %s", step->table->name,
                               step->column->name);
    }
    sql_begin(&sql, arena, &dialect_sqlite);
    buffer_add(&sql.text, text, (size_t)(place - text));
    table_column_write(&sql, step->table, step->column);
    sql_add(&sql, place + strcspn(place, ",)"));
    *text_out = sql.text.bytes;
    return true;
}

static bool read_text(struct connection *connection, struct arena *arena, const char *table,
                      const char **text_out, struct error *error)
{
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, arena, &dialect_sqlite);
    sql_add(&sql, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ");
    sql_add_cell(&sql, cell_text(table));
    sql_expect(&sql, (struct sql_column){.type = COLUMN_TEXT});
    if (!connection_select_row(connection, &sql, &cells, error)) {
        return false;
    }
    if (!cells) {
        return error_set_about(error, ERROR_SCHEMA_MISMATCH, table, NULL, "There is no table %s",
                               table);
    }
    *text_out = cells[0].text;
    return true;
}

static bool write_text(struct connection *connection, struct arena *arena, const char *table,
                       const char *text, struct error *error)
{
    struct sql sql;

    sql_begin(&sql, arena, &dialect_sqlite);
    sql_add(&sql, "UPDATE sqlite_schema SET sql = ");
    sql_add_cell(&sql, cell_text(text));
    sql_add(&sql, " WHERE type = 'table' AND name = ");
    sql_add_cell(&sql, cell_text(table));
    return connection_change(connection, &sql, NULL, error);
}

/* Other connections read the schema again when its version has changed. */
static bool raise_version(struct connection *connection, struct arena *arena, struct error *error)
{
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, arena, &dialect_sqlite);
    sql_add(&sql, "SELECT schema_version + 1 FROM pragma_schema_version");
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    return connection_select_row(connection, &sql, &cells, error) &&
           connection_run_text(
               connection,
               arena_format(arena, "PRAGMA schema_version = %lld", (long long)cells[0].integer),
               error);
}

/* The rows there must hold the new reference already, as other engines demand. */
static bool check_reference(struct connection *connection, struct arena *arena,
                            const struct table_step *step, struct error *error)
{
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, arena, &dialect_sqlite);
    sql_add(&sql, "SELECT COUNT(*) FROM ");
    sql_add_name(&sql, step->table->name);
    sql_add(&sql, " WHERE ");
    sql_add_name(&sql, step->column->name);
    sql_add(&sql, " IS NOT NULL AND ");
    sql_add_name(&sql, step->column->name);
    sql_add(&sql, " NOT IN (SELECT ");
    sql_add_name(&sql, step->referred->primary_key[0]);
    sql_add(&sql, " FROM ");
    sql_add_name(&sql, step->referred->name);
    sql_add(&sql, ")");
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    if (!connection_select_row(connection, &sql, &cells, error)) {
        return false;
    }
    return cells[0].integer == 0 ||
           error_set_about(error, ERROR_DATABASE_FOREIGN_KEY, step->table->name, step->column->name,
                           "%lld rows of %s refer to nothing by %s", (long long)cells[0].integer,
                           step->table->name, step->column->name);
}

bool table_sqlite_change(struct connection *connection, struct arena *arena,
                         const struct table_step *step, struct error *error)
{
    const char *text = NULL;
    struct error ignored;
    bool done;

    if (!connection_begin(connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    done = (!step->referred || check_reference(connection, arena, step, error)) &&
           read_text(connection, arena, step->table->name, &text, error) &&
           replace_column(arena, text, step, &text, error) &&
           connection_run_text(connection, "PRAGMA writable_schema = ON", error) &&
           write_text(connection, arena, step->table->name, text, error) &&
           raise_version(connection, arena, error) && connection_commit(connection, error);
    connection_rollback(connection);
    /* RESET also makes this connection read the schema again. */
    if (!connection_run_text(connection, "PRAGMA writable_schema = RESET", &ignored)) {
        connection->is_broken = true;
    }
    return done;
}
