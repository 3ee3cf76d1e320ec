/*
 * lease.c - leases: one statement takes a lease that is free, ours or over.
 */
#include "database/lease.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "database/connection.h"
#include "database/dialect_driver.h"
#include "database/sql.h"
#include "database/table.h"

static const struct table_column lease_columns[] = {
    {.name = "name", .type = COLUMN_TEXT, .length = 60, .is_required = true},
    {.name = "holder", .type = COLUMN_UUID, .is_required = true},
    {.name = "expires", .type = COLUMN_INTEGER, .is_required = true}, /* of the database's clock */
};

const struct table lease_table = {
    .name = "svyaz_lease",
    .columns = lease_columns,
    .column_count = sizeof(lease_columns) / sizeof(lease_columns[0]),
    .primary_key = {"name"},
};

/* The end of a lease that begins now. */
static void add_expiry(struct sql *sql, int64_t milliseconds)
{
    sql_add(sql, sql->dialect->clock);
    sql_add(sql, " + ");
    sql_add_cell(sql, cell_integer(milliseconds));
}

static void write_renewal(struct sql *sql, const char *name, const struct uuid *holder,
                          int64_t milliseconds)
{
    sql_add(sql, "UPDATE ");
    sql_add_name(sql, lease_table.name);
    sql_add(sql, " SET holder = ");
    sql_add_cell(sql, cell_uuid(holder));
    sql_add(sql, ", expires = ");
    add_expiry(sql, milliseconds);
    sql_add(sql, " WHERE name = ");
    sql_add_cell(sql, cell_text(name));
    sql_add(sql, " AND (holder = ");
    sql_add_cell(sql, cell_uuid(holder));
    sql_add(sql, " OR expires < ");
    sql_add(sql, sql->dialect->clock);
    sql_add(sql, ")");
}

static void write_first(struct sql *sql, const char *name, const struct uuid *holder,
                        int64_t milliseconds)
{
    sql_add(sql, "INSERT INTO ");
    sql_add_name(sql, lease_table.name);
    sql_add(sql, " (name, holder, expires) VALUES (");
    sql_add_cell(sql, cell_text(name));
    sql_add(sql, ", ");
    sql_add_cell(sql, cell_uuid(holder));
    sql_add(sql, ", ");
    add_expiry(sql, milliseconds);
    sql_add(sql, ")");
}

bool lease_take(struct connection *connection, const char *name, const struct uuid *holder,
                int64_t milliseconds, bool *taken_out, struct error *error)
{
    struct arena *scratch = arena_create();
    struct sql sql;
    int64_t rows = 0;
    bool done = false;

    expect(connection->state == TRANSACTION_NONE);
    sql_begin(&sql, scratch, connection_dialect(connection));
    write_renewal(&sql, name, holder, milliseconds);
    if (!connection_change(connection, &sql, &rows, error)) {
        goto finish;
    }
    if (rows == 0) { /* another's, or never taken: then the row is still missing */
        sql_begin(&sql, scratch, connection_dialect(connection));
        write_first(&sql, name, holder, milliseconds);
        if (connection_change(connection, &sql, NULL, error)) {
            rows = 1;
        } else if (error->code == ERROR_DATABASE_UNIQUE) {
            error_clear(error);
        } else {
            goto finish;
        }
    }
    *taken_out = rows > 0;
    done = true;

finish:
    arena_destroy(&scratch);
    return done;
}

bool lease_clock(struct connection *connection, struct arena *arena, int64_t *now_out,
                 struct error *error)
{
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, "SELECT ");
    sql_add(&sql, sql.dialect->clock);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    if (!connection_select_row(connection, &sql, &cells, error)) {
        return false;
    }
    *now_out = cells[0].integer;
    return true;
}

bool lease_give_back(struct connection *connection, const char *name, const struct uuid *holder,
                     struct error *error)
{
    struct arena *scratch = arena_create();
    struct sql sql;
    bool done = false;

    sql_begin(&sql, scratch, connection_dialect(connection));
    sql_add(&sql, "DELETE FROM ");
    sql_add_name(&sql, lease_table.name);
    sql_add(&sql, " WHERE name = ");
    sql_add_cell(&sql, cell_text(name));
    sql_add(&sql, " AND holder = ");
    sql_add_cell(&sql, cell_uuid(holder));
    done = connection_change(connection, &sql, NULL, error);
    arena_destroy(&scratch);
    return done;
}
