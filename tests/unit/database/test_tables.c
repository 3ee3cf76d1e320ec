/*
 * test_tables.c - tables are made and changed by plans that can be interrupted anywhere.
 */
#include "base/array.h"
#include "database/sample.h"

/* ---- one table through its life ---- */

static const struct table_column first_columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "name", .type = COLUMN_TEXT, .length = 20, .is_required = true},
    {.name = "note", .type = COLUMN_TEXT, .length = 200},
    {.name = "amount", .type = COLUMN_DECIMAL, .precision = 8, .scale = 2},
    {.name = "owner", .type = COLUMN_UUID},
};
static const struct table_index first_indexes[] = {
    {.name = "account_name", .columns = {"name"}},
    {.name = "account_amount", .columns = {"amount"}},
};
static const struct table first_account = {
    .name = "account",
    .columns = first_columns,
    .column_count = 5,
    .primary_key = {"id"},
    .indexes = first_indexes,
    .index_count = 2,
};

/* The name longer and no longer required, the note indexed, the amount wider, the owner refers to
 * a table that is new; two columns more, an index changed and one gone. */
static const struct table_column second_columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "name", .type = COLUMN_TEXT, .length = 400},
    {.name = "note", .type = COLUMN_TEXT, .length = 200},
    {.name = "amount", .type = COLUMN_DECIMAL, .precision = 18, .scale = 2},
    {.name = "owner", .type = COLUMN_UUID, .references = "person"},
    {.name = "size", .type = COLUMN_INTEGER, .is_required = true},
    {.name = "parent", .type = COLUMN_UUID, .references = "account"},
};
static const struct table_index second_indexes[] = {
    {.name = "account_name", .columns = {"name"}, .is_unique = true},
    {.name = "account_note", .columns = {"note", "size"}},
};
static const struct table second_account = {
    .name = "account",
    .columns = second_columns,
    .column_count = 7,
    .primary_key = {"id"},
    .indexes = second_indexes,
    .index_count = 2,
};
static const struct table_column person_columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "name", .type = COLUMN_TEXT, .length = 100},
};
static const struct table person = {
    .name = "person", .columns = person_columns, .column_count = 2, .primary_key = {"id"}};

static const struct table *const first_tables[] = {&first_account};
static const struct table *const second_tables[] = {&second_account, &person};

static void plan_change(struct test_database *test, struct array *steps)
{
    struct error error = {0};

    array_init(steps, test->arena);
    assert_done(table_plan(test->arena, database_dialect(test->database), first_tables, 1,
                           second_tables, 2, steps, &error));
}

/* Runs a statement with a uuid and a text; either may be missing. */
static bool run(struct connection *connection, const char *before, int number, const char *between,
                const char *value, const char *after, struct error *error)
{
    struct arena *arena = arena_create();
    struct uuid id = sample_id(number);
    struct sql sql;
    bool done;

    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, before);
    sql_add_cell(&sql, cell_uuid(&id));
    sql_add(&sql, between);
    if (after) {
        sql_add_cell(&sql, cell_text(value));
        sql_add(&sql, after);
    }
    done = connection_change(connection, &sql, NULL, error);
    arena_destroy(&arena);
    return done;
}

static void fill_first(struct connection *connection)
{
    struct error error = {0};

    assert_done(run(connection, "INSERT INTO account (id, name, note, amount) VALUES (", 1, ", ",
                    "Связь", ", 'a note', 123456)", &error));
    assert_done(
        run(connection, "INSERT INTO account (id, name) VALUES (", 2, ", ", "two", ")", &error));
}

/* The tables are as the second description says, and hold what they held. */
static void assert_changed(struct test_database *test, struct connection *connection)
{
    const struct cell *cells = NULL;
    struct error error = {0};
    struct sql sql;

    sql_begin(&sql, test->arena, connection_dialect(connection));
    sql_add(&sql, "SELECT name, note, amount, size, parent FROM account WHERE name = ");
    sql_add_cell(&sql, cell_text("Связь"));
    sql_expect(&sql, (struct sql_column){.type = COLUMN_TEXT, .length = 400});
    sql_expect(&sql, (struct sql_column){.type = COLUMN_TEXT, .length = 200});
    sql_expect(&sql, (struct sql_column){.type = COLUMN_DECIMAL, .scale = 2});
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    sql_expect(&sql, (struct sql_column){.type = COLUMN_UUID});
    assert_done(connection_select_row(connection, &sql, &cells, &error));
    assert_non_null(cells);
    assert_string_equal(cells[1].text, "a note");
    assert_int_equal(cells[2].decimal.digits, is_engine(connection, "SQLite") ? 123456 : 12345600);
    assert_int_equal(cells[3].integer, 0);
    assert_true(cells[4].is_null);

    /* the name may be long and missing, but not there twice */
    char *long_name = arena_allocate(test->arena, 401);
    memset(long_name, 'n', 400);
    assert_done(run(connection, "INSERT INTO account (id, name, size) VALUES (", 3, ", ", long_name,
                    ", 1)", &error));
    assert_done(
        run(connection, "INSERT INTO account (id, size) VALUES (", 4, ", 1)", NULL, NULL, &error));
    assert_refused(run(connection, "INSERT INTO account (id, name, size) VALUES (", 5, ", ", "two",
                       ", 1)", &error),
                   ERROR_DATABASE_UNIQUE);
    /* both references hold */
    assert_refused(run(connection, "UPDATE account SET owner = ", 9, "", NULL, NULL, &error),
                   ERROR_DATABASE_FOREIGN_KEY);
    assert_refused(run(connection, "UPDATE account SET parent = ", 9, "", NULL, NULL, &error),
                   ERROR_DATABASE_FOREIGN_KEY);
    assert_done(run(connection, "INSERT INTO person (id) VALUES (", 9, ")", NULL, NULL, &error));
    assert_done(run(connection, "UPDATE account SET owner = ", 9, "", NULL, NULL, &error));
    assert_refused(run(connection, "DELETE FROM person WHERE id = ", 9, "", NULL, NULL, &error),
                   ERROR_DATABASE_FOREIGN_KEY);
}

void test_tables__change(void **state)
{
    struct test_database test;
    struct connection *connection;
    struct error error = {0};
    struct array steps;

    (void)state;
    test_database_open(&test);
    connection = acquire(&test);
    make_tables(connection, first_tables, 1);
    fill_first(connection);
    plan_change(&test, &steps);
    for (size_t i = 0; i < steps.count; i++) {
        assert_done(table_step_run(connection, steps.items[i], &error));
    }
    assert_changed(&test, connection);
    database_release(&connection);
    test_database_close(&test);
}

/* Interrupted after each of its steps, the plan runs again from its beginning. */
void test_tables__interrupted_anywhere(void **state)
{
    struct test_database test;
    struct array steps;
    size_t count = 1;

    (void)state;
    for (size_t stop = 0; stop < count; stop++) {
        struct connection *connection;
        struct error error = {0};

        test_database_open(&test);
        connection = acquire(&test);
        make_tables(connection, first_tables, 1);
        fill_first(connection);
        plan_change(&test, &steps);
        count = steps.count;
        for (size_t i = 0; i <= stop; i++) {
            assert_done(table_step_run(connection, steps.items[i], &error));
        }
        for (size_t i = 0; i < count; i++) {
            assert_done(table_step_run(connection, steps.items[i], &error));
        }
        assert_changed(&test, connection);
        database_release(&connection);
        test_database_close(&test);
    }
    assert_true(count > 7);
}

/* How many of the engine's indexes leave out nulls. */
static int64_t count_partial_indexes(struct test_database *test, struct connection *connection)
{
    const struct cell *cells = NULL;
    struct error error = {0};
    struct sql sql;

    sql_begin(&sql, test->arena, connection_dialect(connection));
    sql_add(&sql, is_engine(connection, "SQLite")
                      ? "SELECT COUNT(*) FROM sqlite_master WHERE sql LIKE '%IS NOT NULL%'"
                      : "SELECT COUNT(*) FROM pg_indexes WHERE schemaname = current_schema() AND "
                        "tablename = 'account' AND indexdef LIKE '%IS NOT NULL%'");
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    assert_done(connection_select_row(connection, &sql, &cells, &error));
    return cells[0].integer;
}

/* An index becomes sparse where the engine knows such; elsewhere there is nothing to do. */
void test_tables__sparse_index(void **state)
{
    static const struct table_index sparse_indexes[] = {
        {.name = "account_name", .columns = {"name"}},
        {.name = "account_amount", .columns = {"amount", "name"}, .is_sparse = true},
    };
    static const struct table_index whole_indexes[] = {
        {.name = "account_name", .columns = {"name"}},
        {.name = "account_amount", .columns = {"amount", "name"}},
    };
    struct table sparse = first_account, whole = first_account;
    const struct table *const sparse_tables[] = {&sparse}, *const whole_tables[] = {&whole};
    struct test_database test;
    struct connection *connection;
    struct array steps;
    struct error error = {0};

    (void)state;
    sparse.indexes = sparse_indexes;
    whole.indexes = whole_indexes;
    test_database_open(&test);
    connection = acquire(&test);
    bool is_known = !is_engine(connection, "MariaDB");
    make_tables(connection, whole_tables, 1);
    fill_first(connection);
    array_init(&steps, test.arena);
    assert_done(table_plan(test.arena, database_dialect(test.database), whole_tables, 1,
                           sparse_tables, 1, &steps, &error));
    assert_int_equal(steps.count, is_known ? 2 : 0);
    for (size_t i = 0; i < steps.count; i++) {
        assert_done(table_step_run(connection, steps.items[i], &error));
    }
    if (is_known) {
        assert_int_equal(count_partial_indexes(&test, connection), 1);
    }
    assert_done(
        run(connection, "INSERT INTO account (id, name) VALUES (", 3, ", ", "three", ")", &error));
    assert_done(table_plan(test.arena, database_dialect(test.database), sparse_tables, 1,
                           sparse_tables, 1, &steps, &error));
    assert_int_equal(steps.count, is_known ? 2 : 0);
    database_release(&connection);
    test_database_close(&test);
}

/* An index that a reference leans on can go too. */
void test_tables__index_of_reference_dropped(void **state)
{
    static const struct table_column columns[] = {
        {.name = "id", .type = COLUMN_UUID, .is_required = true},
        {.name = "owner", .type = COLUMN_UUID, .references = "person"},
    };
    static const struct table_index indexes[] = {{.name = "note_owner", .columns = {"owner"}}};
    static const struct table indexed = {.name = "note",
                                         .columns = columns,
                                         .column_count = 2,
                                         .primary_key = {"id"},
                                         .indexes = indexes,
                                         .index_count = 1};
    static const struct table plain = {
        .name = "note", .columns = columns, .column_count = 2, .primary_key = {"id"}};
    const struct table *const old_tables[] = {&indexed, &person};
    const struct table *const new_tables[] = {&plain, &person};
    struct test_database test;
    struct connection *connection;
    struct array steps;
    struct error error = {0};

    (void)state;
    test_database_open(&test);
    connection = acquire(&test);
    make_tables(connection, old_tables, 2);
    array_init(&steps, test.arena);
    assert_done(table_plan(test.arena, database_dialect(test.database), old_tables, 2, new_tables,
                           2, &steps, &error));
    assert_int_equal(steps.count, 1);
    assert_done(table_step_run(connection, steps.items[0], &error));
    assert_done(table_step_run(connection, steps.items[0], &error));
    assert_done(run(connection, "INSERT INTO note (id) VALUES (", 1, ")", NULL, NULL, &error));
    assert_refused(run(connection, "UPDATE note SET owner = ", 9, "", NULL, NULL, &error),
                   ERROR_DATABASE_FOREIGN_KEY);
    database_release(&connection);
    test_database_close(&test);
}

void test_tables__exists(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    bool exists = false;

    (void)state;
    assert_done(table_exists(connection, "sample", &exists, &error));
    assert_true(exists);
    assert_done(table_exists(connection, "nothing", &exists, &error));
    assert_false(exists);
    database_release(&connection);
    test_database_close(&test);
}

/* The same tables need no steps. */
void test_tables__nothing_to_do(void **state)
{
    struct test_database test;
    struct array steps;
    struct error error = {0};

    (void)state;
    test_database_open(&test);
    array_init(&steps, test.arena);
    assert_done(table_plan(test.arena, database_dialect(test.database), second_tables, 2,
                           second_tables, 2, &steps, &error));
    assert_int_equal(steps.count, 0);
    assert_done(table_plan(test.arena, database_dialect(test.database), second_tables, 2, NULL, 0,
                           &steps, &error));
    assert_int_equal(steps.count, 0); /* tables no longer wanted are left */
    test_database_close(&test);
}

/* ---- what would lose data is refused ---- */

static void assert_plan_refused(struct table_column changed)
{
    struct table_column columns[2] = {first_columns[0], changed};
    struct table_column old_columns[] = {
        first_columns[0],
        {.name = "x", .type = COLUMN_DECIMAL, .length = 10, .precision = 8, .scale = 2}};
    struct table old_table = {
        .name = "t", .columns = old_columns, .column_count = 2, .primary_key = {"id"}};
    struct table new_table = old_table;
    const struct table *old_tables[] = {&old_table}, *new_tables[] = {&new_table};
    struct test_database test;
    struct array steps;
    struct error error = {0};

    test_database_open(&test);
    new_table.columns = columns;
    array_init(&steps, test.arena);
    assert_refused(table_plan(test.arena, database_dialect(test.database), old_tables, 1,
                              new_tables, 1, &steps, &error),
                   ERROR_SCHEMA_MISMATCH);
    assert_string_equal(error.entity, "t");
    test_database_close(&test);
}

void test_tables__refuses_loss(void **state)
{
    const struct table_column same = {
        .name = "x", .type = COLUMN_DECIMAL, .length = 10, .precision = 8, .scale = 2};
    struct table_column changed = same;

    (void)state;
    changed.type = COLUMN_INTEGER;
    assert_plan_refused(changed);
    changed = same;
    changed.length = 9;
    assert_plan_refused(changed);
    changed = same;
    changed.precision = 7;
    assert_plan_refused(changed);
    changed = same;
    changed.scale = 3;
    assert_plan_refused(changed);
    changed = same;
    changed.is_required = true;
    assert_plan_refused(changed);
    changed = same;
    changed.references = "nowhere";
    assert_plan_refused(changed);
    changed = (struct table_column){.name = "y", .type = COLUMN_UUID, .is_required = true};
    assert_plan_refused(changed);
}

void test_tables__described(void **state)
{
    struct test_database test;
    struct array steps;
    struct error error = {0};
    const struct table *const tables[] = {&sample_table};

    (void)state;
    test_database_open(&test);
    array_init(&steps, test.arena);
    assert_done(table_plan(test.arena, database_dialect(test.database), NULL, 0, tables, 1, &steps,
                           &error));
    assert_string_equal(table_step_describe(test.arena, steps.items[0]), "create table sample");
    assert_string_equal(table_step_describe(test.arena, steps.items[1]),
                        "create index sample_name on sample");
    test_database_close(&test);
}

/* A table as wide as a record may become. */
void test_tables__many_columns(void **state)
{
    enum { COLUMNS = 190 };
    struct table_column columns[COLUMNS];
    const struct table table = {
        .name = "wide", .columns = columns, .column_count = COLUMNS, .primary_key = {"id"}};
    const struct table *tables[] = {&table};
    struct test_database test;
    struct connection *connection;
    struct error error = {0};

    (void)state;
    test_database_open(&test);
    connection = acquire(&test);
    columns[0] = first_columns[0];
    for (int i = 1; i < COLUMNS; i++) {
        columns[i] = (struct table_column){.name = arena_format(test.arena, "column_%d", i),
                                           .type = COLUMN_TEXT,
                                           .length = i % 2 ? 40 : 300};
    }
    make_tables(connection, tables, 1);
    assert_done(
        run(connection, "INSERT INTO wide (id, column_1) VALUES (", 1, ", ", "x", ")", &error));
    database_release(&connection);
    test_database_close(&test);
}
