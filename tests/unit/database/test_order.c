/*
 * test_order.c - text, bytes and ids compare by their bytes, and LIKE means the same, on every
 * engine.
 */
#include "database/sample.h"

/* Inserts rows 0.. with a column set to the values, in an order other than theirs. */
static void insert_values(struct connection *connection, const char *column,
                          const struct cell *values, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        struct arena *arena = arena_create();
        struct uuid id = sample_id(i);
        struct error error = {0};
        struct sql sql;

        sql_begin(&sql, arena, connection_dialect(connection));
        sql_add(&sql, "INSERT INTO sample (id, ");
        sql_add_name(&sql, column);
        sql_add(&sql, ") VALUES (");
        sql_add_cell(&sql, cell_uuid(&id));
        sql_add(&sql, ", ");
        sql_add_cell(&sql, values[i]);
        sql_add(&sql, ")");
        assert_done(connection_change(connection, &sql, NULL, &error));
        arena_destroy(&arena);
    }
}

/* The rows, ordered by the column, come with ids 0, 1, 2... */
static void assert_order(struct test_database *test, struct connection *connection,
                         const char *column, int count)
{
    struct result *result = NULL;
    struct error error = {0};
    struct sql sql;
    bool has_row;

    sql_begin(&sql, test->arena, connection_dialect(connection));
    sql_add(&sql, "SELECT id FROM sample ORDER BY ");
    sql_add_name(&sql, column);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_UUID});
    assert_done(connection_select(connection, &sql, &result, &error));
    for (int i = 0; i < count; i++) {
        assert_done(result_next(result, &has_row, &error));
        assert_true(has_row);
        assert_int_equal(result_cell(result, 0)->uuid.bytes[15], i);
    }
    result_close(&result);
}

/* How many rows have a column less than the value. */
static int count_below(struct test_database *test, struct connection *connection,
                       const char *column, struct cell value)
{
    const struct cell *cells = NULL;
    struct error error = {0};
    struct sql sql;

    sql_begin(&sql, test->arena, connection_dialect(connection));
    sql_add(&sql, "SELECT COUNT(*) FROM sample WHERE ");
    sql_add_name(&sql, column);
    sql_add(&sql, " < ");
    sql_add_cell(&sql, value);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    assert_done(connection_select_row(connection, &sql, &cells, &error));
    return (int)cells[0].integer;
}

static void assert_ordered(const char *column, const struct cell *values, int count)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);

    insert_values(connection, column, values, count);
    assert_order(&test, connection, column, count);
    for (int i = 0; i < count; i++) {
        assert_int_equal(count_below(&test, connection, column, values[i]), i);
    }
    database_release(&connection);
    test_database_close(&test);
}

void test_order__text(void **state)
{
    /* all different, also to a unique index; ordered by their bytes */
    const struct cell values[] = {
        cell_text(""),
        cell_text(" "),
        cell_text("A"),
        cell_text("B"),
        cell_text("a"),
        cell_text("a\t"),
        cell_text("a "),
        cell_text("a  "),
        cell_text("a-"),
        cell_text("aa"),
        cell_text("b"),
        cell_text("e\xCC\x81"),
        cell_text("\xC3\xA9"),
        cell_text("\xD1\x8F"),
        cell_text("\xEF\xBF\xBD"),
        cell_text("\xF0\x9F\x98\x80"),
    };

    (void)state;
    assert_ordered("name", values, sizeof(values) / sizeof(values[0]));
}

void test_order__bytes(void **state)
{
    const struct cell values[] = {
        cell_bytes("", 0),       cell_bytes("\0", 1),       cell_bytes("\0\0", 2),
        cell_bytes("\0 ", 2),    cell_bytes(" ", 1),        cell_bytes("A", 1),
        cell_bytes("a", 1),      cell_bytes("a\0", 2),      cell_bytes("a ", 2),
        cell_bytes("\x7f", 1),   cell_bytes("\x80", 1),     cell_bytes("\xff", 1),
        cell_bytes("\xff\0", 2), cell_bytes("\xff\xff", 2),
    };

    (void)state;
    assert_ordered("key", values, sizeof(values) / sizeof(values[0]));
}

void test_order__uuid(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    struct result *result = NULL;
    struct uuid ids[6] = {{{0}}};
    struct sql sql;
    bool has_row;

    (void)state;
    ids[1].bytes[15] = 1;
    ids[2].bytes[8] = 1;
    ids[3].bytes[6] = 0x70;
    ids[4].bytes[4] = 1;
    ids[5].bytes[0] = 0xff;
    for (int i = 5; i >= 0; i--) {
        sql_begin(&sql, test.arena, connection_dialect(connection));
        sql_add(&sql, "INSERT INTO sample (id) VALUES (");
        sql_add_cell(&sql, cell_uuid(&ids[i]));
        sql_add(&sql, ")");
        assert_done(connection_change(connection, &sql, NULL, &error));
    }
    sql_begin(&sql, test.arena, connection_dialect(connection));
    sql_add(&sql, "SELECT id FROM sample WHERE id > ");
    sql_add_cell(&sql, cell_uuid(&ids[0]));
    sql_add(&sql, " ORDER BY id");
    sql_expect(&sql, (struct sql_column){.type = COLUMN_UUID});
    assert_done(connection_select(connection, &sql, &result, &error));
    for (int i = 1; i < 6; i++) {
        assert_done(result_next(result, &has_row, &error));
        assert_true(has_row);
        assert_true(uuid_is_equal(&result_cell(result, 0)->uuid, &ids[i]));
    }
    result_close(&result);
    database_release(&connection);
    test_database_close(&test);
}

void test_order__decimal_and_time(void **state)
{
    const struct cell amounts[] = {
        cell_decimal((struct decimal){.digits = -999999999999999999, .scale = 4}),
        cell_decimal((struct decimal){.digits = -1, .scale = 4}),
        cell_decimal((struct decimal){.digits = 0, .scale = 4}),
        cell_decimal((struct decimal){.digits = 9, .scale = 4}),
        cell_decimal((struct decimal){.digits = 10, .scale = 4}),
        cell_decimal((struct decimal){.digits = 999999999999999999, .scale = 4}),
    };
    const struct cell moments[] = {
        cell_moment(-6847804800000),
        cell_moment(-1),
        cell_moment(0),
        cell_moment(1),
        cell_moment(1000000),
        cell_moment(253402300799999),
    };

    (void)state;
    assert_ordered("amount", amounts, sizeof(amounts) / sizeof(amounts[0]));
    assert_ordered("changed", moments, sizeof(moments) / sizeof(moments[0]));
}

/* How many names are like the pattern. */
static int count_like(struct test_database *test, struct connection *connection,
                      const char *pattern)
{
    const struct cell *cells = NULL;
    struct error error = {0};
    struct sql sql;

    sql_begin(&sql, test->arena, connection_dialect(connection));
    sql_add(&sql, "SELECT COUNT(*) FROM sample s WHERE ");
    sql_add_like(&sql, "s", "name", pattern);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    assert_done(connection_select_row(connection, &sql, &cells, &error));
    return (int)cells[0].integer;
}

void test_order__like(void **state)
{
    static const char *const names[] = {
        "100%", "100 per cent", "a_b", "acb", "a!b", "a\\b", "ABC", "abc", "abc ", "Ёлка", "ёлка",
    };
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++) {
        assert_done(insert_name(connection, i, names[i], &error));
    }
    assert_int_equal(count_like(&test, connection, "100%"), 2);
    assert_int_equal(count_like(&test, connection, sql_escape_like(test.arena, "100%")), 1);
    assert_int_equal(count_like(&test, connection, "a_b"), 4);
    assert_int_equal(count_like(&test, connection, sql_escape_like(test.arena, "a_b")), 1);
    assert_int_equal(count_like(&test, connection, sql_escape_like(test.arena, "a!b")), 1);
    assert_int_equal(count_like(&test, connection, sql_escape_like(test.arena, "a\\b")), 1);
    assert_int_equal(count_like(&test, connection, "abc"), 1);
    assert_int_equal(count_like(&test, connection, "ABC"), 1);
    assert_int_equal(count_like(&test, connection, "_лка"), 2);
    assert_int_equal(count_like(&test, connection, "ё%"), 1);
    assert_int_equal(count_like(&test, connection, "%"), 11);
    database_release(&connection);
    test_database_close(&test);
}

void test_order__limit(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    struct result *result = NULL;
    struct sql sql;
    bool has_row = true;
    int count = -1;

    (void)state;
    for (int i = 0; i < 9; i++) {
        assert_done(insert_name(connection, i, NULL, &error));
    }
    write_select(&sql, test.arena, connection);
    sql_add(&sql, " ORDER BY s.id DESC");
    sql_add_limit(&sql, 4);
    assert_done(connection_select(connection, &sql, &result, &error));
    while (has_row) {
        assert_done(result_next(result, &has_row, &error));
        count++;
    }
    assert_int_equal(count, 4);
    result_close(&result);
    database_release(&connection);
    test_database_close(&test);
}
