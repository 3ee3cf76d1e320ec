/*
 * test_schema_fill.c - columns that are made of others are right in the rows that were there
 * before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/log.h"
#include "database/row.h"
#include "database/table.h"
#include "metadata/catalog.h"
#include "metadata/schema_fill.h"
#include "metadata/schema_journal.h"
#include "metadata/schema_run.h"
#include "metadata/schema_text.h"
#include "sample.h"
#include "support/test_database.h"
#include "text/fold.h"

static const struct log quiet = {.descriptor = 2, .level = LOG_LEVEL_ERROR};

enum { ROWS = 2 * SCHEMA_FILL_PIECE + 7, FOLD_LENGTH = 8, SORT_LENGTH = 60, EVER = 1000000 };

/* ---- a shop whose name becomes searchable ---- */

static const struct table_column columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "name", .type = COLUMN_TEXT, .length = 20},
    {.name = "name_fold",
     .type = COLUMN_TEXT,
     .length = FOLD_LENGTH,
     .making = MAKING_FOLD,
     .made_from = "name"},
    {.name = "name_sort",
     .type = COLUMN_BYTES,
     .length = SORT_LENGTH,
     .making = MAKING_SORT_KEY,
     .made_from = "name"},
};
static const struct table_column unsaid_columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "name", .type = COLUMN_TEXT, .length = 20},
    {.name = "name_fold", .type = COLUMN_TEXT, .length = FOLD_LENGTH},
    {.name = "name_sort", .type = COLUMN_BYTES, .length = SORT_LENGTH},
};
static const struct table_index indexes[] = {
    {.name = "shop_key_name", .columns = {"name_fold"}, .is_unique = true},
};

/* As a release left it that did not fill what was made of the rows that were there. */
static const struct table unsaid_keyed_shop = {.name = "shop",
                                               .columns = unsaid_columns,
                                               .column_count = 4,
                                               .primary_key = {"id"},
                                               .indexes = indexes,
                                               .index_count = 1};
static const struct table plain_shop = {
    .name = "shop", .columns = columns, .column_count = 2, .primary_key = {"id"}};
static const struct table unsaid_shop = {
    .name = "shop", .columns = unsaid_columns, .column_count = 4, .primary_key = {"id"}};
static const struct table shop = {
    .name = "shop", .columns = columns, .column_count = 4, .primary_key = {"id"}};
static const struct table keyed_shop = {.name = "shop",
                                        .columns = columns,
                                        .column_count = 4,
                                        .primary_key = {"id"},
                                        .indexes = indexes,
                                        .index_count = 1};

/* ---- short ways ---- */

static bool count_down(void *context, size_t steps_run)
{
    int *questions_left = context;
    (void)steps_run;
    return (*questions_left)-- > 0;
}

/* Runs to the table; questions: how often it is let go on. */
static bool run_to(struct test_database *test, const struct table *table, int questions,
                   struct error *error)
{
    struct arena *arena = arena_create();
    struct array list;
    struct schema_run run = {.database = test->database,
                             .log = &quiet,
                             .release = 1,
                             .lease_time = 1,
                             .patience = 2000,
                             .may_go_on = count_down,
                             .context = &questions};
    array_init(&list, arena);
    array_add(&list, table);
    bool done = schema_run(&run, &list, error);
    arena_destroy(&arena);
    return done;
}

static void reach(struct test_database *test, const struct table *table)
{
    struct error error = {.code = ERROR_NONE};
    if (!run_to(test, table, EVER, &error)) {
        fail_msg("%s %s", error.message, error.cause);
    }
}

static struct connection *connect(struct test_database *test)
{
    struct connection *connection = NULL;
    struct error error = {.code = ERROR_NONE};
    assert_true(database_acquire(test->database, &connection, &error));
    return connection;
}

static struct uuid id_of(int row)
{
    return (struct uuid){.bytes = {(uint8_t)(row * 37), (uint8_t)(row >> 8), (uint8_t)row}};
}

/* Every seventh row has no name. */
static struct cell name_of(struct arena *arena, int row)
{
    return row % 7 == 3 ? cell_null(COLUMN_TEXT)
                        : cell_text(arena_format(arena, "%s %d", row % 2 == 0 ? "ЁЖ" : "ＡB", row));
}

static void insert_shops(struct test_database *test)
{
    static const char *const names[] = {"id", "name"};
    struct arena *arena = arena_create();
    struct connection *connection = connect(test);
    struct error error = {.code = ERROR_NONE};
    struct cell *cells = arena_allocate_array(arena, 2 * ROWS, sizeof(*cells));
    const struct row_batch batch = {.table = &plain_shop,
                                    .columns = names,
                                    .column_count = 2,
                                    .cells = cells,
                                    .row_count = ROWS};
    for (int row = 0; row < ROWS; row++) {
        struct uuid id = id_of(row);
        cells[2 * row] = cell_uuid(&id);
        cells[2 * row + 1] = name_of(arena, row);
    }
    assert_true(connection_begin(connection, TRANSACTION_WRITE, &error));
    if (!row_insert_all(connection, arena, &batch, &error) ||
        !connection_commit(connection, &error)) {
        fail_msg("%s %s", error.message, error.cause);
    }
    database_release(&connection);
    arena_destroy(&arena);
}

/* Writes a column of one row as a program does that knows no other. */
static void write_cell(struct test_database *test, int row, const char *column, struct cell cell)
{
    struct arena *arena = arena_create();
    struct connection *connection = connect(test);
    struct uuid id = id_of(row);
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(&id)};
    const struct row_value value = {column, cell};
    struct error error = {.code = ERROR_NONE};
    assert_true(row_update(connection, arena, &unsaid_shop, &value, 1, &by_id, 1, NULL, &error));
    database_release(&connection);
    arena_destroy(&arena);
}

/* Whether the cells of a row, name, fold and sort, fit one another. */
static bool fits(struct arena *arena, struct text_rules *rules, const struct cell *cells)
{
    const uint8_t *key = NULL;
    size_t length = 0;
    if (cells[0].is_null) {
        return cells[1].is_null && cells[2].is_null;
    }
    text_sort_key(arena, rules, cells[0].text, SORT_LENGTH, &key, &length);
    return !cells[1].is_null && !cells[2].is_null &&
           strcmp(cells[1].text, text_fold_within(arena, rules, cells[0].text, FOLD_LENGTH)) == 0 &&
           cells[2].bytes.length == length && memcmp(cells[2].bytes.data, key, length) == 0;
}

/* How many rows have columns that do not fit. */
static int count_wrong(struct test_database *test)
{
    static const char *const names[] = {"name", "name_fold", "name_sort"};
    const struct row_query query = {.table = &shop, .columns = names, .column_count = 3};
    struct arena *arena = arena_create();
    struct connection *connection = connect(test);
    struct error error = {.code = ERROR_NONE};
    struct text_rules *rules = NULL;
    struct row_set rows;
    int wrong = 0;
    assert_true(text_rules_open(arena, &rules, &error));
    assert_true(row_select(connection, arena, &query, &rows, &error));
    assert_int_equal(rows.count, ROWS);
    for (size_t row = 0; row < rows.count; row++) {
        wrong += !fits(arena, rules, row_cell(&rows, row, 0));
    }
    database_release(&connection);
    arena_destroy(&arena);
    return wrong;
}

/* ---- tests ---- */

void test_schema_fill__fills_a_new_column(void **state)
{
    (void)state;
    struct test_database test;
    test_database_open(&test);
    reach(&test, &plain_shop);
    insert_shops(&test);
    reach(&test, &shop);
    assert_int_equal(count_wrong(&test), 0);
    test_database_close(&test);
}

void test_schema_fill__fills_what_an_earlier_release_left_empty(void **state)
{
    (void)state;
    struct test_database test;
    test_database_open(&test);
    reach(&test, &unsaid_shop);
    insert_shops(&test);
    assert_true(count_wrong(&test) > ROWS / 2);
    reach(&test, &shop);
    assert_int_equal(count_wrong(&test), 0);
    test_database_close(&test);
}

void test_schema_fill__goes_on_after_any_piece(void **state)
{
    (void)state;
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    int interruptions = 0;
    for (bool is_done = false; !is_done; interruptions++) {
        test_database_open(&test);
        reach(&test, &plain_shop);
        insert_shops(&test);
        error_clear(&error);
        is_done = run_to(&test, &shop, interruptions, &error);
        assert_int_equal(error.code, is_done ? ERROR_NONE : ERROR_INTERNAL);
        reach(&test, &shop);
        assert_int_equal(count_wrong(&test), 0);
        test_database_close(&test);
    }
    assert_true(interruptions > 9);
}

/* A column that nobody wanted for a while was not kept up. */
void test_schema_fill__mends_what_was_left_alone(void **state)
{
    (void)state;
    struct test_database test;
    test_database_open(&test);
    reach(&test, &plain_shop);
    insert_shops(&test);
    reach(&test, &shop);
    reach(&test, &plain_shop);
    write_cell(&test, 0, "name", cell_text("Other"));
    write_cell(&test, 1, "name", cell_null(COLUMN_TEXT));
    assert_int_equal(count_wrong(&test), 2);
    reach(&test, &shop);
    assert_int_equal(count_wrong(&test), 0);
    test_database_close(&test);
}

/* What a key is made of is there before its index is; where rows break the key it is refused, and
 * the metadata without it serve on. */
void test_schema_fill__comes_before_the_key(void **state)
{
    (void)state;
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    test_database_open(&test);
    reach(&test, &plain_shop);
    insert_shops(&test);
    write_cell(&test, 4, "name", cell_text("same"));
    write_cell(&test, 5, "name", cell_text("SAME"));
    for (int attempt = 0; attempt < 2; attempt++) {
        error_clear(&error);
        assert_false(run_to(&test, &keyed_shop, EVER, &error));
        assert_int_equal(error.code, ERROR_SCHEMA_MISMATCH);
        assert_non_null(strstr(error.message, "shop_key_name"));
        reach(&test, &shop);
        assert_int_equal(count_wrong(&test), 0);
    }
    write_cell(&test, 5, "name", cell_text("not the same"));
    write_cell(&test, 5, "name_fold", cell_text("not the"));
    reach(&test, &keyed_shop);
    test_database_close(&test);
}

/* A key that let a row in beside one whose fold was empty is refused as any other, by its name,
 * and the metadata without it serve on. */
void test_schema_fill__comes_before_a_key_that_was_there(void **state)
{
    (void)state;
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    test_database_open(&test);
    reach(&test, &plain_shop);
    insert_shops(&test);
    reach(&test, &unsaid_keyed_shop);
    write_cell(&test, 4, "name", cell_text("same"));
    write_cell(&test, 5, "name", cell_text("SAME"));
    write_cell(&test, 5, "name_fold", cell_text("same"));
    assert_false(run_to(&test, &keyed_shop, EVER, &error));
    assert_int_equal(error.code, ERROR_SCHEMA_MISMATCH);
    assert_non_null(strstr(error.message, "shop_key_name"));
    reach(&test, &shop);
    assert_int_equal(count_wrong(&test), 0);
    write_cell(&test, 5, "name", cell_text("other"));
    write_cell(&test, 5, "name_fold", cell_text("other"));
    reach(&test, &keyed_shop);
    test_database_close(&test);
}

/* Folds that stand in one another's way while they are filled are no rows that break the key. */
void test_schema_fill__keys_are_as_the_rows_are_in_the_end(void **state)
{
    (void)state;
    struct test_database test;
    test_database_open(&test);
    reach(&test, &plain_shop);
    insert_shops(&test);
    reach(&test, &unsaid_keyed_shop);
    for (int row = 4; row < 6; row++) {
        write_cell(&test, row, "name", cell_text(row == 4 ? "one" : "two"));
        write_cell(&test, row, "name_fold", cell_text(row == 4 ? "two" : "one"));
    }
    reach(&test, &keyed_shop);
    assert_int_equal(count_wrong(&test), 0);
    test_database_close(&test);
}

/* The catalog says of every folded text and every sort key what it is made of. */
void test_schema_fill__knows_the_columns_of_the_product(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    int made = 0;
    for (size_t i = 0; i < catalog->table_count; i++) {
        const struct table *table = catalog->tables[i];
        for (size_t j = 0; j < table->column_count; j++) {
            const struct table_column *column = &table->columns[j];
            const char *suffix = strrchr(column->name, '_');
            bool is_made =
                suffix != NULL && (strcmp(suffix, "_fold") == 0 || strcmp(suffix, "_sort") == 0);
            assert_int_equal(column->making != MAKING_NONE, is_made);
            made += is_made;
        }
    }
    assert_true(made > 100);
    catalog_release(&catalog);
}
