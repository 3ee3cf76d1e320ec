/*
 * sample.c - the sample table of the database tests.
 */
#include "database/sample.h"

#include <unistd.h>

#include "base/array.h"

static const struct table_column sample_columns[] = {
    [SAMPLE_ID] = {.name = "id", .type = COLUMN_UUID, .is_required = true},
    [SAMPLE_NAME] = {.name = "name", .type = COLUMN_TEXT, .length = 100},
    [SAMPLE_NOTE] = {.name = "note", .type = COLUMN_TEXT},
    [SAMPLE_COUNT] = {.name = "count", .type = COLUMN_INTEGER},
    [SAMPLE_AMOUNT] = {.name = "amount", .type = COLUMN_DECIMAL, .precision = 18, .scale = 4},
    [SAMPLE_DONE] = {.name = "done", .type = COLUMN_BOOLEAN},
    [SAMPLE_BIRTHDAY] = {.name = "birthday", .type = COLUMN_DATE},
    [SAMPLE_CHANGED] = {.name = "changed", .type = COLUMN_MOMENT},
    [SAMPLE_PARENT] = {.name = "parent", .type = COLUMN_UUID, .references = "sample"},
    [SAMPLE_KEY] = {.name = "key", .type = COLUMN_BYTES, .length = 40},
    [SAMPLE_CONTENT] = {.name = "content", .type = COLUMN_BYTES},
};

static const struct table_index sample_indexes[] = {
    {.name = "sample_name", .columns = {"name"}, .is_unique = true},
    {.name = "sample_key", .columns = {"key"}},
};

const struct table sample_table = {
    .name = "sample",
    .columns = sample_columns,
    .column_count = SAMPLE_COLUMNS,
    .primary_key = {"id"},
    .indexes = sample_indexes,
    .index_count = sizeof(sample_indexes) / sizeof(sample_indexes[0]),
};

struct uuid sample_id(int number)
{
    struct uuid id = {.bytes = {0x01, 0x8f, 0x01}};

    id.bytes[14] = (uint8_t)(number >> 8);
    id.bytes[15] = (uint8_t)number;
    return id;
}

void make_tables(struct connection *connection, const struct table *const *tables, size_t count)
{
    struct arena *arena = arena_create();
    struct array steps;
    struct error error = {0};

    array_init(&steps, arena);
    assert_done(
        table_plan(arena, connection_dialect(connection), NULL, 0, tables, count, &steps, &error));
    for (size_t i = 0; i < steps.count; i++) {
        assert_done(table_step_run(connection, steps.items[i], &error));
    }
    arena_destroy(&arena);
}

struct connection *open_sample(struct test_database *test)
{
    const struct table *tables[] = {&sample_table};
    struct connection *connection = NULL;
    struct error error = {0};

    test_database_open(test);
    assert_done(database_acquire(test->database, &connection, &error));
    make_tables(connection, tables, 1);
    return connection;
}

void write_insert(struct sql *sql, struct arena *arena, struct connection *connection,
                  const struct cell *cells)
{
    sql_begin(sql, arena, connection_dialect(connection));
    sql_add(sql, "INSERT INTO ");
    sql_add_name(sql, "sample");
    for (size_t i = 0; i < SAMPLE_COLUMNS; i++) {
        sql_add(sql, i > 0 ? ", " : " (");
        sql_add_name(sql, sample_columns[i].name);
    }
    for (size_t i = 0; i < SAMPLE_COLUMNS; i++) {
        sql_add(sql, i > 0 ? ", " : ") VALUES (");
        sql_add_cell(sql, cells[i]);
    }
    sql_add(sql, ")");
}

bool insert_name(struct connection *connection, int number, const char *name, struct error *error)
{
    struct arena *arena = arena_create();
    struct uuid id = sample_id(number);
    struct sql sql;
    bool done;

    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, "INSERT INTO sample (id, name) VALUES (");
    sql_add_cell(&sql, cell_uuid(&id));
    sql_add(&sql, ", ");
    sql_add_cell(&sql, cell_text(name));
    sql_add(&sql, ")");
    done = connection_change(connection, &sql, NULL, error);
    arena_destroy(&arena);
    return done;
}

void write_select(struct sql *sql, struct arena *arena, struct connection *connection)
{
    sql_begin(sql, arena, connection_dialect(connection));
    for (size_t i = 0; i < SAMPLE_COLUMNS; i++) {
        sql_add(sql, i > 0 ? ", " : "SELECT ");
        sql_add_column(sql, "s", sample_columns[i].name);
        sql_expect(sql, (struct sql_column){.type = sample_columns[i].type,
                                            .scale = sample_columns[i].scale,
                                            .length = sample_columns[i].length});
    }
    sql_add(sql, " FROM sample s");
}

int64_t count_rows(struct connection *connection)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    const struct cell *cells = NULL;
    struct sql sql;
    int64_t count;

    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, "SELECT COUNT(*) FROM sample");
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    assert_done(connection_select_row(connection, &sql, &cells, &error));
    count = cells[0].integer;
    arena_destroy(&arena);
    return count;
}

bool set_count(struct connection *connection, int number, int64_t count, int64_t *rows_out,
               struct error *error)
{
    struct arena *arena = arena_create();
    struct uuid id = sample_id(number);
    struct sql sql;
    bool done;

    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, "UPDATE sample SET ");
    sql_add_name(&sql, "count");
    sql_add(&sql, " = ");
    sql_add_cell(&sql, cell_integer(count));
    sql_add(&sql, " WHERE id = ");
    sql_add_cell(&sql, cell_uuid(&id));
    done = connection_change(connection, &sql, rows_out, error);
    arena_destroy(&arena);
    return done;
}

struct connection *acquire(struct test_database *test)
{
    struct connection *connection = NULL;
    struct error error = {0};

    assert_done(database_acquire(test->database, &connection, &error));
    return connection;
}

bool is_engine(struct connection *connection, const char *name)
{
    return strcmp(dialect_name(connection_dialect(connection)), name) == 0;
}

static int64_t ask_number(struct connection *connection, struct arena *arena, const char *question)
{
    struct error error = {0};
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, question);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    assert_done(connection_select_row(connection, &sql, &cells, &error));
    return cells[0].integer;
}

int64_t ask_server_name(struct test_database *test, struct connection *connection)
{
    return ask_number(connection, test->arena,
                      is_engine(connection, "PostgreSQL") ? "SELECT pg_backend_pid()"
                                                          : "SELECT CONNECTION_ID()");
}

void end_connection(struct test_database *test, struct connection *killer, int64_t name)
{
    struct error error = {0};
    struct sql sql;

    if (is_engine(killer, "PostgreSQL")) {
        ask_number(killer, test->arena,
                   arena_format(test->arena,
                                "SELECT CASE WHEN pg_terminate_backend(%lld) THEN 1 ELSE 0 END",
                                (long long)name));
    } else {
        sql_begin(&sql, test->arena, connection_dialect(killer));
        sql_add(&sql, arena_format(test->arena, "KILL %lld", (long long)name));
        assert_done(connection_change(killer, &sql, NULL, &error));
    }
}

void break_connection(struct test_database *test, struct connection *connection)
{
    struct connection *killer = acquire(test);

    end_connection(test, killer, ask_server_name(test, connection));
    database_release(&killer);
    usleep(100000); /* the server ends it when it gets to it */
}
