/*
 * test_schema.c - a schema change may stop anywhere and is finished by whoever comes next.
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
#include "metadata/schema.h"
#include "metadata/schema_journal.h"
#include "metadata/schema_run.h"
#include "metadata/schema_text.h"
#include "sample.h"
#include "support/test_database.h"

static const struct log quiet = {.descriptor = 2, .level = LOG_LEVEL_ERROR};

/* ---- two releases of two tables ---- */

static const struct table_column old_shop_columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "name", .type = COLUMN_TEXT, .length = 20},
    {.name = "forgotten", .type = COLUMN_INTEGER},
};
static const struct table_index old_shop_indexes[] = {
    {.name = "shop_find_name", .columns = {"name"}},
};
static const struct table old_shop = {.name = "shop",
                                      .columns = old_shop_columns,
                                      .column_count = 3,
                                      .primary_key = {"id"},
                                      .indexes = old_shop_indexes,
                                      .index_count = 1};

static const struct table_column new_shop_columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "name", .type = COLUMN_TEXT, .length = 40},
    {.name = "opened", .type = COLUMN_DATE},
    {.name = "town", .type = COLUMN_UUID, .references = "town"},
};
static const struct table_index new_shop_indexes[] = {
    {.name = "shop_key_name", .columns = {"name"}, .is_unique = true},
    {.name = "shop_of_town", .columns = {"town"}},
};
static const struct table new_shop = {.name = "shop",
                                      .columns = new_shop_columns,
                                      .column_count = 4,
                                      .primary_key = {"id"},
                                      .indexes = new_shop_indexes,
                                      .index_count = 2};

static const struct table_column town_columns[] = {
    {.name = "id", .type = COLUMN_UUID, .is_required = true},
    {.name = "population", .type = COLUMN_INTEGER},
};
static const struct table town = {
    .name = "town", .columns = town_columns, .column_count = 2, .primary_key = {"id"}};

/* ---- runs ---- */

static bool stop_at(void *context, size_t steps_run)
{
    size_t *questions_left = context;
    (void)steps_run;
    if (*questions_left == 0) {
        return false;
    }
    --*questions_left;
    return true;
}

/* Runs to the tables; questions: how often it is let go on, SIZE_MAX for ever. */
static bool run_to(struct test_database *test, const struct table *const *tables, size_t count,
                   size_t questions, struct error *error)
{
    struct arena *arena = arena_create();
    struct array list;
    struct schema_run run = {.database = test->database,
                             .log = &quiet,
                             .release = 1,
                             .lease_time = 1,
                             .patience = 2000,
                             .may_go_on = stop_at,
                             .context = &questions};
    array_init(&list, arena);
    for (size_t i = 0; i < count; i++) {
        array_add(&list, tables[i]);
    }
    bool done = schema_run(&run, &list, error);
    arena_destroy(&arena);
    return done;
}

static void reach(struct test_database *test, const struct table *const *tables, size_t count)
{
    struct error error = {.code = ERROR_NONE};
    if (!run_to(test, tables, count, SIZE_MAX, &error)) {
        fail_msg("%s %s", error.message, error.cause);
    }
}

/* Everything the database says it reached, as one text. */
static char *describe(struct test_database *test, struct arena *arena)
{
    struct connection *connection = NULL;
    struct error error = {.code = ERROR_NONE};
    struct array tables;
    char *text = arena_copy_text(arena, "");
    array_init(&tables, arena);
    assert_true(database_acquire(test->database, &connection, &error));
    assert_true(schema_journal_read(connection, arena, SCHEMA_REACHED, &tables, &error));
    for (size_t i = 0; i < tables.count; i++) {
        const struct table *table = tables.items[i];
        text = arena_format(arena, "%s%s\n%s", text, table->name, schema_text_write(arena, table));
    }
    database_release(&connection);
    return text;
}

/* The engine takes a row of the new shop, so the columns are there. */
static void insert_shop(struct test_database *test)
{
    struct arena *arena = arena_create();
    struct connection *connection = NULL;
    struct error error = {.code = ERROR_NONE};
    struct uuid id = {.bytes = {1}};
    struct row_value values[] = {
        {.column = "id", .cell = cell_uuid(&id)},
        {.column = "name", .cell = cell_text("longer than twenty letters")},
        {.column = "opened", .cell = cell_date(1)}};
    assert_true(database_acquire(test->database, &connection, &error));
    if (!row_insert(connection, arena, &new_shop, values, 3, &error)) {
        fail_msg("%s %s", error.message, error.cause);
    }
    database_release(&connection);
    arena_destroy(&arena);
}

static const struct table *const old_tables[] = {&old_shop};
static const struct table *const new_tables[] = {&new_shop, &town};
static const struct table *const other_tables[] = {&town};

void test_schema__goes_on_where_it_was_interrupted(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    const char *uninterrupted = NULL;
    size_t interruptions = 0;

    test_database_open(&test);
    reach(&test, old_tables, 1);
    reach(&test, new_tables, 2);
    uninterrupted = describe(&test, arena);
    test_database_close(&test);
    for (bool is_done = false; !is_done; interruptions++) {
        test_database_open(&test);
        reach(&test, old_tables, 1);
        error_clear(&error);
        is_done = run_to(&test, new_tables, 2, interruptions, &error);
        assert_int_equal(error.code, is_done ? ERROR_NONE : ERROR_INTERNAL);
        reach(&test, new_tables, 2);
        assert_string_equal(describe(&test, arena), uninterrupted);
        insert_shop(&test);
        test_database_close(&test);
    }
    assert_true(interruptions > 12);
    arena_destroy(&arena);
}

void test_schema__goes_on_after_every_single_step(void **state)
{
    (void)state;
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    int runs = 0;
    test_database_open(&test);
    reach(&test, old_tables, 1);
    /* Each run is let to do one step and to mark it, no more. */
    while (!run_to(&test, new_tables, 2, 2, &error)) {
        assert_int_equal(error.code, ERROR_INTERNAL);
        assert_true(++runs < 30);
    }
    assert_true(runs > 4);
    insert_shop(&test);
    test_database_close(&test);
}

void test_schema__finishes_what_another_release_began(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    test_database_open(&test);
    reach(&test, old_tables, 1);
    assert_false(run_to(&test, new_tables, 2, 4, &error));
    reach(&test, other_tables, 1);
    /* Another release, without shops: what was made of them stays, and is remembered. */
    assert_non_null(strstr(describe(&test, arena), "column opened date"));
    assert_non_null(strstr(describe(&test, arena), "column forgotten integer"));
    reach(&test, new_tables, 2);
    insert_shop(&test);
    test_database_close(&test);
    arena_destroy(&arena);
}

void test_schema__refuses_what_would_lose_data(void **state)
{
    (void)state;
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    test_database_open(&test);
    reach(&test, new_tables, 2);
    struct table_column narrow_columns[] = {new_shop_columns[0], new_shop_columns[1]};
    narrow_columns[1].length = 10;
    struct table narrow = {
        .name = "shop", .columns = narrow_columns, .column_count = 2, .primary_key = {"id"}};
    const struct table *const tables[] = {&narrow};
    assert_false(run_to(&test, tables, 1, SIZE_MAX, &error));
    assert_int_equal(error.code, ERROR_SCHEMA_MISMATCH);
    test_database_close(&test);
}

void test_schema__refuses_a_later_release(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    struct array tables;
    array_init(&tables, arena);
    array_add(&tables, &town);
    test_database_open(&test);
    struct schema_run run = {
        .database = test.database, .log = &quiet, .release = 2, .lease_time = 1000, .patience = 0};
    assert_true(schema_run(&run, &tables, &error));
    assert_false(run_to(&test, new_tables, 2, SIZE_MAX, &error));
    assert_int_equal(error.code, ERROR_SCHEMA_MISMATCH);
    test_database_close(&test);
    arena_destroy(&arena);
}

void test_schema__waits_for_another_node_and_gives_up(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    struct array tables;
    size_t questions = 1;
    array_init(&tables, arena);
    array_add(&tables, &town);
    test_database_open(&test);
    struct schema_run run = {.database = test.database,
                             .log = &quiet,
                             .release = 1,
                             .lease_time = 60000,
                             .patience = 300,
                             .may_go_on = stop_at,
                             .context = &questions};
    /* The first dies and keeps the lease; the second waits in vain. */
    assert_false(schema_run(&run, &tables, &error));
    assert_int_equal(error.code, ERROR_INTERNAL);
    questions = SIZE_MAX;
    error_clear(&error);
    assert_false(schema_run(&run, &tables, &error));
    assert_int_equal(error.code, ERROR_DATABASE_TIMEOUT);
    test_database_close(&test);
    arena_destroy(&arena);
}

void test_schema__makes_the_tables_of_the_product(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    bool is_up_to_date = true;
    test_database_open(&test);
    assert_true(schema_check(test.database, catalog, NULL, 0, &is_up_to_date, &error));
    assert_false(is_up_to_date);
    if (!schema_bring_up_to_date(test.database, catalog, NULL, 0, &quiet, &error)) {
        fail_msg("%s %s", error.message, error.cause);
    }
    assert_true(schema_check(test.database, catalog, NULL, 0, &is_up_to_date, &error));
    assert_true(is_up_to_date);
    assert_true(schema_bring_up_to_date(test.database, catalog, NULL, 0, &quiet, &error));
    test_database_close(&test);
    catalog_release(&catalog);
}

void test_schema__reads_the_text_it_writes(void **state)
{
    (void)state;
    struct catalog *catalog = read_catalog();
    struct arena *arena = arena_create();
    for (size_t i = 0; i < catalog->table_count; i++) {
        const struct table *read = NULL;
        struct error error = {.code = ERROR_NONE};
        const char *text = schema_text_write(arena, catalog->tables[i]);
        assert_true(schema_text_read(arena, catalog->tables[i]->name, text, &read, &error));
        assert_string_equal(schema_text_write(arena, read), text);
    }
    arena_destroy(&arena);
    catalog_release(&catalog);
}

void test_schema__refuses_text_that_it_did_not_write(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "column id\n", "column id float 0 0 0 required -\n",  "table x\n", "index a unique\n",
        "primary\n",   "primary a b c d e f g h i j k l m\n",
    };
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct table *read = NULL;
        struct error error = {.code = ERROR_NONE};
        assert_false(schema_text_read(arena, "shop", texts[i], &read, &error));
        assert_int_equal(error.code, ERROR_SCHEMA_MISMATCH);
    }
    arena_destroy(&arena);
}
