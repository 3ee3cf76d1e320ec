/*
 * test_rows.c - rows by conditions on columns, and leases.
 */
#include <unistd.h>

#include "database/lease.h"
#include "database/row.h"
#include "database/sample.h"

static struct row_condition where_id(int number)
{
    struct uuid id = sample_id(number);

    return (struct row_condition){.column = "id", .cell = cell_uuid(&id)};
}

/* Rows 0 to 9, counting themselves. */
static struct connection *open_rows(struct test_database *test)
{
    struct connection *connection = open_sample(test);
    struct error error = {0};

    for (int i = 0; i < 10; i++) {
        struct uuid id = sample_id(i);
        const struct row_value values[] = {
            {.column = "id", .cell = cell_uuid(&id)},
            {.column = "name", .cell = cell_text(arena_format(test->arena, "name %d", i))},
            {.column = "count", .cell = cell_integer(i)},
            {.column = "amount", .cell = cell_null(COLUMN_TEXT)}, /* takes its column's type */
        };

        assert_done(row_insert(connection, test->arena, &sample_table, values, 4, &error));
    }
    return connection;
}

void test_rows__select(void **state)
{
    static const char *const columns[] = {"name", "count"};
    const struct row_condition conditions[] = {
        {.column = "count", .test = ROW_IS_BELOW, .cell = cell_integer(8)},
        {.column = "name", .test = ROW_IS_NOT, .cell = cell_text("name 0")},
    };
    struct test_database test;
    struct connection *connection = open_rows(&test);
    struct row_query query = {.table = &sample_table,
                              .columns = columns,
                              .column_count = 2,
                              .conditions = conditions,
                              .condition_count = 2,
                              .order = "count"};
    struct row_set rows = {0};
    struct error error = {0};

    (void)state;
    assert_done(row_select(connection, test.arena, &query, &rows, &error));
    assert_int_equal(rows.count, 7);
    for (size_t i = 0; i < rows.count; i++) {
        assert_int_equal(row_cell(&rows, i, 1)->integer, i + 1);
        assert_string_equal(row_cell(&rows, i, 0)->text,
                            arena_format(test.arena, "name %zu", i + 1));
    }
    query.limit = 3;
    query.is_locked = true;
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(row_select(connection, test.arena, &query, &rows, &error));
    assert_done(connection_commit(connection, &error));
    assert_int_equal(rows.count, 3);
    database_release(&connection);
    test_database_close(&test);
}

/* As in indexes: else the engine sorts all that matches, each time a few are wanted. */
void test_rows__nulls_are_the_smallest(void **state)
{
    static const char *const columns[] = {"count"};
    const struct row_condition all[] = {
        {.column = "name", .test = ROW_IS_NOT, .cell = cell_text("name 0")}};
    struct test_database test;
    struct connection *connection = open_rows(&test);
    const struct row_value none = {.column = "count", .cell = cell_null(COLUMN_INTEGER)};
    const struct row_condition third = where_id(3);
    struct row_query query = {.table = &sample_table,
                              .columns = columns,
                              .column_count = 1,
                              .conditions = all,
                              .condition_count = 1,
                              .order = "count"};
    struct row_set rows = {0};
    struct error error = {0};

    (void)state;
    assert_done(
        row_update(connection, test.arena, &sample_table, &none, 1, &third, 1, NULL, &error));
    assert_done(row_select(connection, test.arena, &query, &rows, &error));
    assert_true(row_cell(&rows, 0, 0)->is_null);
    assert_int_equal(row_cell(&rows, 1, 0)->integer, 1);
    query.is_descending = true;
    assert_done(row_select(connection, test.arena, &query, &rows, &error));
    assert_int_equal(row_cell(&rows, 0, 0)->integer, 9);
    assert_true(row_cell(&rows, rows.count - 1, 0)->is_null);
    database_release(&connection);
    test_database_close(&test);
}

void test_rows__what_others_hold_is_left_out(void **state)
{
    static const char *const columns[] = {"count"};
    struct test_database test;
    struct connection *holder = open_rows(&test), *other = NULL;
    const struct row_condition third = where_id(3);
    const struct row_query held = {.table = &sample_table,
                                   .columns = columns,
                                   .column_count = 1,
                                   .conditions = &third,
                                   .condition_count = 1,
                                   .is_locked = true};
    const struct row_query unheld = {
        .table = &sample_table, .columns = columns, .column_count = 1, .is_free = true};
    struct row_set rows = {0};
    struct error error = {0};

    (void)state;
    assert_done(connection_begin(holder, TRANSACTION_WRITE, &error));
    assert_done(row_select(holder, test.arena, &held, &rows, &error));
    assert_int_equal(rows.count, 1);
    /* Where there is one writer, nobody else comes so far. */
    if (dialect_locks_rows(connection_dialect(holder))) {
        assert_done(database_acquire(test.database, &other, &error));
        assert_done(connection_begin(other, TRANSACTION_WRITE, &error));
        assert_done(row_select(other, test.arena, &unheld, &rows, &error));
        assert_int_equal(rows.count, 9);
        connection_rollback(other);
        database_release(&other);
    }
    assert_done(connection_commit(holder, &error));
    assert_done(connection_begin(holder, TRANSACTION_WRITE, &error));
    assert_done(row_select(holder, test.arena, &unheld, &rows, &error));
    assert_int_equal(rows.count, 10);
    connection_rollback(holder);
    database_release(&holder);
    test_database_close(&test);
}

void test_rows__change(void **state)
{
    const struct row_value renamed[] = {{.column = "name", .cell = cell_text("renamed")}};
    struct test_database test;
    struct connection *connection = open_rows(&test);
    struct row_condition condition = where_id(3);
    struct error error = {0};
    int64_t count = -1;

    (void)state;
    assert_done(row_update(connection, test.arena, &sample_table, renamed, 1, &condition, 1, &count,
                           &error));
    assert_int_equal(count, 1);
    assert_done(
        row_add(connection, test.arena, &sample_table, "count", 40, &condition, 1, &count, &error));
    assert_int_equal(count, 1);
    condition = (struct row_condition){.column = "count", .cell = cell_integer(43)};
    assert_done(row_delete(connection, test.arena, &sample_table, &condition, 1, &count, &error));
    assert_int_equal(count, 1);
    condition = where_id(3);
    assert_done(row_delete(connection, test.arena, &sample_table, &condition, 1, &count, &error));
    assert_int_equal(count, 0);
    assert_int_equal(count_rows(connection), 9);
    database_release(&connection);
    test_database_close(&test);
}

void test_rows__lease(void **state)
{
    const struct table *tables[] = {&lease_table};
    struct test_database test;
    struct connection *connection;
    const struct uuid one = sample_id(1), two = sample_id(2);
    struct error error = {0};
    bool taken = false;

    (void)state;
    test_database_open(&test);
    connection = acquire(&test);
    make_tables(connection, tables, 1);
    assert_done(lease_take(connection, "work", &one, 60000, &taken, &error));
    assert_true(taken);
    assert_done(lease_take(connection, "work", &two, 60000, &taken, &error));
    assert_false(taken);
    assert_done(lease_take(connection, "other work", &two, 60000, &taken, &error));
    assert_true(taken);
    assert_done(lease_give_back(connection, "work", &two, &error)); /* not his */
    assert_done(lease_take(connection, "work", &one, 200, &taken, &error));
    assert_true(taken); /* renewed, for a short time */
    usleep(400000);
    assert_done(lease_take(connection, "work", &two, 60000, &taken, &error));
    assert_true(taken);
    assert_done(lease_take(connection, "work", &one, 60000, &taken, &error));
    assert_false(taken);
    assert_done(lease_give_back(connection, "work", &two, &error));
    assert_done(lease_take(connection, "work", &one, 60000, &taken, &error));
    assert_true(taken);
    database_release(&connection);
    test_database_close(&test);
}

/* A kept statement forgets that a value was null, and that it was not. */
void test_rows__nulls_come_and_go(void **state)
{
    static const char *const columns[] = {"name",     "note",    "count",  "amount", "done",
                                          "birthday", "changed", "parent", "key",    "content"};
    struct test_database test;
    struct connection *connection = open_rows(&test);
    struct uuid id = sample_id(3);
    const struct cell cells[] = {
        cell_text("three"), cell_text("note"),
        cell_integer(3),    cell_decimal((struct decimal){.digits = 3}),
        cell_boolean(true), cell_date(3),
        cell_moment(3),     cell_uuid(&id),
        cell_bytes("k", 1), cell_bytes("c", 1),
    };
    enum { COLUMNS = sizeof(cells) / sizeof(cells[0]) };
    const struct row_condition condition = where_id(3);
    struct row_value values[COLUMNS];
    struct row_query query = {.table = &sample_table,
                              .columns = columns,
                              .column_count = COLUMNS,
                              .conditions = &condition,
                              .condition_count = 1};
    struct row_set rows = {0};
    struct error error = {0};

    (void)state;
    for (int round = 0; round < 6; round++) {
        bool is_null = round % 2 == 0;

        for (size_t i = 0; i < COLUMNS; i++) {
            values[i] = (struct row_value){.column = columns[i],
                                           .cell = is_null ? cell_null(cells[i].type) : cells[i]};
        }
        assert_done(row_update(connection, test.arena, &sample_table, values, COLUMNS, &condition,
                               1, NULL, &error));
        assert_done(row_select(connection, test.arena, &query, &rows, &error));
        for (size_t i = 0; i < COLUMNS; i++) {
            assert_int_equal(row_cell(&rows, 0, i)->is_null, is_null);
        }
        assert_true(is_null || row_cell(&rows, 0, 4)->boolean);
    }
    database_release(&connection);
    test_database_close(&test);
}
