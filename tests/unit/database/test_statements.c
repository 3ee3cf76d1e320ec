/*
 * test_statements.c - prepared statements, their parameters and the rows they find.
 */
#include "database/connection.h"
#include "database/sample.h"

void test_statements__rows_found(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    int64_t rows = -1;

    (void)state;
    assert_done(insert_name(connection, 1, "one", &error));
    assert_done(set_count(connection, 1, 5, &rows, &error));
    assert_int_equal(rows, 1);
    assert_done(set_count(connection, 1, 5, &rows, &error)); /* changes nothing, finds one */
    assert_int_equal(rows, 1);
    assert_done(set_count(connection, 2, 5, &rows, &error));
    assert_int_equal(rows, 0);
    database_release(&connection);
    test_database_close(&test);
}

void test_statements__kept_by_text(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    size_t before;

    (void)state;
    assert_done(insert_name(connection, 1, "one", &error));
    before = connection->statements.count;
    for (int i = 2; i < 50; i++) {
        assert_done(insert_name(connection, i, arena_format(test.arena, "name %d", i), &error));
    }
    assert_int_equal(connection->statements.count, before);
    assert_int_equal(count_rows(connection), 49);

    database_set_revision(test.database, 2);
    database_release(&connection);
    connection = acquire(&test);
    assert_int_equal(connection->statements.count, 0);
    assert_int_equal(count_rows(connection), 49);
    database_release(&connection);
    test_database_close(&test);
}

static void select_number(struct test_database *test, struct connection *connection, int number)
{
    struct error error = {0};
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, test->arena, connection_dialect(connection));
    sql_add(&sql, arena_format(test->arena, "SELECT %d FROM sample WHERE name = ", number));
    sql_add_cell(&sql, cell_text("one"));
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    assert_done(connection_select_row(connection, &sql, &cells, &error));
    assert_non_null(cells);
    assert_int_equal(cells[0].integer, number);
}

void test_statements__unused_longest_go_first(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    struct statement *kept;

    (void)state;
    assert_done(insert_name(connection, 1, "one", &error));
    select_number(&test, connection, 0);
    kept = connection->statements.newest;
    for (int i = 1; i < 3 * STATEMENT_CACHE_SIZE; i++) {
        select_number(&test, connection, i);
        select_number(&test, connection, 0);
        assert_ptr_equal(connection->statements.newest, kept);
    }
    assert_int_equal(connection->statements.count, STATEMENT_CACHE_SIZE);
    for (int i = 1; i < 3 * STATEMENT_CACHE_SIZE; i++) {
        select_number(&test, connection, i);
    }
    database_release(&connection);
    test_database_close(&test);
}

/* Selects by a list of ids. */
static bool select_ids(struct test_database *test, struct connection *connection, int count,
                       int *found_out, struct error *error)
{
    struct result *result = NULL;
    bool has_row = true;
    struct sql sql;

    *found_out = 0;
    sql_begin(&sql, test->arena, connection_dialect(connection));
    sql_add(&sql, "SELECT id FROM sample WHERE id IN (");
    for (int i = 0; i < count; i++) {
        struct uuid id = sample_id(i);

        sql_add(&sql, i > 0 ? ", " : "");
        sql_add_cell(&sql, cell_uuid(&id));
    }
    sql_add(&sql, ")");
    sql_expect(&sql, (struct sql_column){.type = COLUMN_UUID});
    if (!connection_select(connection, &sql, &result, error)) {
        return false;
    }
    while (has_row) {
        if (!result_next(result, &has_row, error)) {
            result_close(&result);
            return false;
        }
        *found_out += has_row;
    }
    result_close(&result);
    return true;
}

void test_statements__at_most_950_parameters(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    int found;

    (void)state;
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    for (int i = 0; i < 950; i++) {
        assert_done(insert_name(connection, i, NULL, &error));
    }
    assert_done(select_ids(&test, connection, 950, &found, &error));
    assert_int_equal(found, 950);
    assert_refused(select_ids(&test, connection, 951, &found, &error), ERROR_LIMIT_EXCEEDED);
    assert_done(connection_commit(connection, &error)); /* nothing was sent, nothing failed */
    database_release(&connection);
    test_database_close(&test);
}

void test_statements__same_text_of_other_types(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    const struct cell *cells = NULL;
    const struct cell values[] = {cell_integer(1), cell_text("1"), cell_integer(2)};
    struct sql sql;

    (void)state;
    assert_done(insert_name(connection, 1, "1", &error));
    assert_done(set_count(connection, 1, 1, NULL, &error));
    for (size_t i = 0; i < 3; i++) {
        sql_begin(&sql, test.arena, connection_dialect(connection));
        sql_add(&sql, "SELECT 1 FROM sample WHERE ");
        sql_add_name(&sql, values[i].type == COLUMN_TEXT ? "name" : "count");
        sql_add(&sql, " = ");
        sql_add_cell(&sql, values[i]);
        sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
        assert_done(connection_select_row(connection, &sql, &cells, &error));
        assert_true((cells != NULL) == (i < 2));
    }
    database_release(&connection);
    test_database_close(&test);
}

/* Values of growing and shrinking length pass through the same bound buffers. */
void test_statements__lengths_change(void **state)
{
    static char text[20001];
    const size_t lengths[] = {0, 1, 63, 64, 65, 5000, 3, 4095, 4096, 20000, 0, 100};
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    const struct cell *cells = NULL;
    struct sql sql;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    assert_done(insert_name(connection, 1, "one", &error));
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        const char *value = text + sizeof(text) - 1 - lengths[i];

        sql_begin(&sql, test.arena, connection_dialect(connection));
        sql_add(&sql, "UPDATE sample SET note = ");
        sql_add_cell(&sql, i % 4 == 3 ? cell_null(COLUMN_TEXT) : cell_text(value));
        sql_add(&sql, ", content = ");
        sql_add_cell(&sql, cell_bytes(value, lengths[i]));
        assert_done(connection_change(connection, &sql, NULL, &error));
        sql_begin(&sql, test.arena, connection_dialect(connection));
        sql_add(&sql, "SELECT note, content FROM sample");
        sql_expect(&sql, (struct sql_column){.type = COLUMN_TEXT});
        sql_expect(&sql, (struct sql_column){.type = COLUMN_BYTES});
        assert_done(connection_select_row(connection, &sql, &cells, &error));
        if (i % 4 == 3) {
            assert_true(cells[0].is_null);
        } else {
            assert_string_equal(cells[0].text, value);
        }
        assert_int_equal(cells[1].bytes.length, lengths[i]);
    }
    database_release(&connection);
    test_database_close(&test);
}

/* A result left open is closed by its arena, or by the release of its connection. */
void test_statements__result_left_open(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    struct result *result = NULL;
    struct arena *arena = arena_create();
    struct sql sql;
    bool has_row;

    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_done(insert_name(connection, i, NULL, &error));
    }
    write_select(&sql, arena, connection);
    assert_done(connection_select(connection, &sql, &result, &error));
    assert_done(result_next(result, &has_row, &error));
    assert_true(has_row);
    arena_reset(arena);
    assert_int_equal(count_rows(connection), 20);

    write_select(&sql, arena, connection);
    assert_done(connection_select(connection, &sql, &result, &error));
    assert_done(result_next(result, &has_row, &error));
    database_release(&connection);
    connection = acquire(&test);
    assert_int_equal(count_rows(connection), 20);
    arena_destroy(&arena);
    assert_int_equal(count_rows(connection), 20);
    database_release(&connection);
    test_database_close(&test);
}

/* Many rows with long values: each row has its own. */
void test_statements__long_values_row_by_row(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    struct result *result = NULL;
    struct sql sql;
    bool has_row;

    (void)state;
    for (int i = 0; i < 10; i++) {
        char *value = arena_allocate(test.arena, 10000);

        memset(value, 'a' + i, 1000 * (size_t)i);
        assert_done(insert_name(connection, i, NULL, &error));
        sql_begin(&sql, test.arena, connection_dialect(connection));
        sql_add(&sql, "UPDATE sample SET note = ");
        sql_add_cell(&sql, cell_text(value));
        sql_add(&sql, ", content = ");
        sql_add_cell(&sql, cell_bytes(value, 1000 * (size_t)i));
        sql_add(&sql, " WHERE id = ");
        struct uuid id = sample_id(i);
        sql_add_cell(&sql, cell_uuid(&id));
        assert_done(connection_change(connection, &sql, NULL, &error));
    }
    write_select(&sql, test.arena, connection);
    sql_add(&sql, " ORDER BY s.id");
    assert_done(connection_select(connection, &sql, &result, &error));
    for (int i = 0; i < 10; i++) {
        assert_done(result_next(result, &has_row, &error));
        assert_true(has_row);
        assert_int_equal(strlen(result_cell(result, SAMPLE_NOTE)->text), 1000 * i);
        assert_int_equal(result_cell(result, SAMPLE_CONTENT)->bytes.length, 1000 * i);
        if (i > 0) {
            assert_int_equal(result_cell(result, SAMPLE_NOTE)->text[500], 'a' + i);
            assert_int_equal(((const char *)result_cell(result, SAMPLE_CONTENT)->bytes.data)[500],
                             'a' + i);
        }
    }
    assert_done(result_next(result, &has_row, &error));
    assert_false(has_row);
    result_close(&result);
    database_release(&connection);
    test_database_close(&test);
}

/* Kept statements answer the row that was asked for, however often and in whatever order. */
void test_statements__each_key_finds_its_row(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_done(insert_name(connection, i, arena_format(test.arena, "name %d", i), &error));
    }
    for (int i = 0; i < 1000; i++) {
        int number = i * 37 % 101; /* 100 is not there */
        struct uuid id = sample_id(number);
        const struct cell *cells = NULL;
        struct arena *arena = arena_create();
        struct sql sql;

        write_select(&sql, arena, connection);
        sql_add(&sql, " WHERE s.id = ");
        sql_add_cell(&sql, cell_uuid(&id));
        assert_done(connection_select_row(connection, &sql, &cells, &error));
        assert_true((cells != NULL) == (number < 100));
        if (cells) {
            assert_true(uuid_is_equal(&cells[SAMPLE_ID].uuid, &id));
            assert_string_equal(cells[SAMPLE_NAME].text, arena_format(arena, "name %d", number));
            assert_true(cells[SAMPLE_PARENT].is_null);
        }
        arena_destroy(&arena);
    }
    database_release(&connection);
    test_database_close(&test);
}
