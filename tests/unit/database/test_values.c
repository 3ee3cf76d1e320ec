/*
 * test_values.c - every type comes back as it went in, at its extremes, on every engine.
 */
#include "database/sample.h"

/* A row whose columns are all null but the id. */
static void clear_row(struct cell *cells, int number)
{
    struct uuid id = sample_id(number);

    for (size_t i = 0; i < SAMPLE_COLUMNS; i++) {
        cells[i] = cell_null(sample_table.columns[i].type);
        cells[i].scale = sample_table.columns[i].scale;
    }
    cells[SAMPLE_ID] = cell_uuid(&id);
}

static void assert_same(const struct cell *expected, const struct cell *actual)
{
    assert_int_equal(expected->type, actual->type);
    assert_int_equal(expected->is_null, actual->is_null);
    if (expected->is_null) {
        return;
    }
    switch (expected->type) {
    case COLUMN_TEXT:
        assert_string_equal(expected->text, actual->text);
        break;
    case COLUMN_INTEGER:
        assert_true(expected->integer == actual->integer);
        break;
    case COLUMN_DECIMAL:
        assert_true(expected->decimal.digits == actual->decimal.digits);
        assert_int_equal(expected->decimal.scale, actual->decimal.scale);
        break;
    case COLUMN_BOOLEAN:
        assert_int_equal(expected->boolean, actual->boolean);
        break;
    case COLUMN_DATE:
        assert_int_equal(expected->date, actual->date);
        break;
    case COLUMN_MOMENT:
        assert_true(expected->moment == actual->moment);
        break;
    case COLUMN_UUID:
        assert_true(uuid_is_equal(&expected->uuid, &actual->uuid));
        break;
    case COLUMN_BYTES:
        assert_int_equal(expected->bytes.length, actual->bytes.length);
        assert_memory_equal(expected->bytes.data, actual->bytes.data, expected->bytes.length);
        break;
    }
}

/* Writes SELECT of all columns, which come together where the engine's driver wants it. */
static void write_select_row(struct sql *sql, struct arena *arena, struct connection *connection)
{
    sql_begin(sql, arena, connection_dialect(connection));
    sql_add(sql, "SELECT ");
    sql_begin_row(sql);
    for (size_t i = 0; i < SAMPLE_COLUMNS; i++) {
        const struct table_column *column = &sample_table.columns[i];
        sql_add(sql, i == 0 ? "" : ", ");
        sql_add_result(sql, "s", column->name,
                       (struct sql_column){
                           .type = column->type, .scale = column->scale, .length = column->length});
    }
    sql_end_row(sql);
    sql_add(sql, " FROM sample s");
}

static void assert_found(struct connection *connection, struct sql *sql, const struct cell *cells)
{
    struct error error = {0};
    const struct cell *found = NULL;

    sql_add(sql, " WHERE s.id = ");
    sql_add_cell(sql, cells[SAMPLE_ID]);
    assert_done(connection_select_row(connection, sql, &found, &error));
    assert_non_null(found);
    for (size_t i = 0; i < SAMPLE_COLUMNS; i++) {
        assert_same(&cells[i], &found[i]);
    }
}

/* Inserts the row, reads it back by its id, column by column and together, compares. */
static void assert_round_trip(struct connection *connection, const struct cell *cells)
{
    struct arena *arena = arena_create();
    struct error error = {0};
    struct sql sql;

    write_insert(&sql, arena, connection, cells);
    assert_done(connection_change(connection, &sql, NULL, &error));
    write_select(&sql, arena, connection);
    assert_found(connection, &sql, cells);
    write_select_row(&sql, arena, connection);
    assert_found(connection, &sql, cells);
    arena_destroy(&arena);
}

/* Inserts rows with one column set to each of the values in turn. */
static void assert_values(enum sample_column column, const struct cell *values, size_t count)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);

    for (size_t i = 0; i < count; i++) {
        struct cell cells[SAMPLE_COLUMNS];

        clear_row(cells, (int)i);
        cells[column] = values[i];
        assert_round_trip(connection, cells);
    }
    database_release(&connection);
    test_database_close(&test);
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int64_t moment_of(const char *text)
{
    enum moment_zone zone;
    int64_t moment = 0;

    assert_true(moment_parse(text, &moment, &zone));
    return moment;
}

static int32_t date_of(const char *text)
{
    int32_t date = 0;

    assert_true(date_parse(text, &date));
    return date;
}

void test_values__text(void **state)
{
    char longest[401];
    const struct cell values[] = {
        cell_text(""),
        cell_text(" "),
        cell_text("trailing  "),
        cell_text("Связь, \xF0\x9F\x98\x80 \xF0\xA0\x80\x80 e\xCC\x81"),
        cell_text("quote ' double \" back \\ slash % _ ? {fn now()} $1 :name ; --"),
        cell_text("line\nfeed\r\ntab\t"),
        cell_text(","),
        cell_text("(a,\"b\")"),
        cell_text("\""),
        cell_text("\\"),
        cell_text("NULL"),
        cell_text(longest),
        cell_null(COLUMN_TEXT),
    };

    (void)state;
    for (size_t i = 0; i < 400; i += 4) {
        memcpy(longest + i, "\xF0\x9F\x98\x80", 4); /* 100 characters of four bytes */
    }
    longest[400] = '\0';
    assert_values(SAMPLE_NAME, values, COUNT_OF(values));
}

void test_values__long_text(void **state)
{
    static char pieces[3][200001];
    const size_t lengths[] = {4095, 4097, 200000};
    struct cell values[COUNT_OF(lengths) + 2];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        for (size_t j = 0; j < lengths[i]; j++) {
            pieces[i][j] = (char)('a' + (i + j) % 26);
        }
        values[i] = cell_text(pieces[i]);
    }
    values[COUNT_OF(lengths)] = cell_text("");
    values[COUNT_OF(lengths) + 1] = cell_text("Й\xF0\x9F\x98\x80");
    assert_values(SAMPLE_NOTE, values, COUNT_OF(values));
}

void test_values__integer(void **state)
{
    const struct cell values[] = {
        cell_integer(0),
        cell_integer(-1),
        cell_integer(INT64_MAX),
        cell_integer(INT64_MIN),
        cell_integer(9007199254740993),
        cell_null(COLUMN_INTEGER),
    };

    (void)state;
    assert_values(SAMPLE_COUNT, values, COUNT_OF(values));
}

void test_values__decimal(void **state)
{
    const int64_t digits[] = {0,
                              1,
                              -1,
                              10000,
                              999999999999999999,
                              -999999999999999999,
                              123456789012345678,
                              900719925474099301};
    struct cell values[COUNT_OF(digits)];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(digits); i++) {
        values[i] = cell_decimal((struct decimal){.digits = digits[i], .scale = 4});
    }
    assert_values(SAMPLE_AMOUNT, values, COUNT_OF(values));
}

/* A value of a smaller scale is stored at the scale of its column. */
void test_values__decimal_of_smaller_scale(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct cell cells[SAMPLE_COLUMNS];
    struct error error = {0};
    const struct cell *found = NULL;
    struct arena *arena = arena_create();
    struct sql sql;

    (void)state;
    clear_row(cells, 1);
    cells[SAMPLE_AMOUNT] = cell_decimal((struct decimal){.digits = 125, .scale = 1});
    cells[SAMPLE_AMOUNT].scale = 4;
    write_insert(&sql, arena, connection, cells);
    assert_done(connection_change(connection, &sql, NULL, &error));
    write_select(&sql, arena, connection);
    assert_done(connection_select_row(connection, &sql, &found, &error));
    assert_int_equal(found[SAMPLE_AMOUNT].decimal.digits, 125000);
    assert_int_equal(found[SAMPLE_AMOUNT].decimal.scale, 4);

    cells[SAMPLE_AMOUNT] = cell_decimal((struct decimal){.digits = 999999999999999999});
    cells[SAMPLE_AMOUNT].scale = 4;
    write_insert(&sql, arena, connection, cells);
    assert_refused(connection_change(connection, &sql, NULL, &error), ERROR_VALUE_OUT_OF_RANGE);
    arena_destroy(&arena);
    database_release(&connection);
    test_database_close(&test);
}

void test_values__boolean(void **state)
{
    const struct cell values[] = {cell_boolean(true), cell_boolean(false),
                                  cell_null(COLUMN_BOOLEAN)};

    (void)state;
    assert_values(SAMPLE_DONE, values, COUNT_OF(values));
}

void test_values__date(void **state)
{
    const struct cell values[] = {
        cell_date(date_of("1753-01-01")),
        cell_date(date_of("9999-12-31")),
        cell_date(0),
        cell_date(-1),
        cell_date(date_of("2024-02-29")),
        cell_null(COLUMN_DATE),
    };

    (void)state;
    assert_values(SAMPLE_BIRTHDAY, values, COUNT_OF(values));
}

void test_values__moment(void **state)
{
    const struct cell values[] = {
        cell_moment(moment_of("1753-01-01T00:00:00Z")),
        cell_moment(moment_of("9999-12-31T23:59:59.999Z")),
        cell_moment(moment_of("2024-03-31T02:30:00.001Z")), /* an hour that summer time skips */
        cell_moment(moment_of("1969-12-31T23:59:59.999Z")),
        cell_moment(0),
        cell_null(COLUMN_MOMENT),
    };

    (void)state;
    assert_values(SAMPLE_CHANGED, values, COUNT_OF(values));
}

void test_values__bytes(void **state)
{
    static char large[300000];
    unsigned char all[256];
    const struct cell values[] = {
        cell_bytes("", 0),
        cell_bytes("\0a\0", 3),
        cell_bytes(all, sizeof(all)),
        cell_bytes(large, sizeof(large)),
        cell_null(COLUMN_BYTES),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (unsigned char)i;
    }
    for (size_t i = 0; i < sizeof(large); i++) {
        large[i] = (char)(i * 7 >> 3);
    }
    assert_values(SAMPLE_CONTENT, values, COUNT_OF(values));
}

void test_values__short_bytes(void **state)
{
    const struct cell values[] = {cell_bytes("", 0), cell_bytes("\xff\0\x27\x5c", 4),
                                  cell_bytes("0123456789012345678901234567890123456789", 40),
                                  cell_null(COLUMN_BYTES)};

    (void)state;
    assert_values(SAMPLE_KEY, values, COUNT_OF(values));
}
