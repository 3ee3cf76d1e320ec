/*
 * test_database.c - makes, restores and removes the database of a test.
 */
#include "support/test_database.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/random.h"
#include "support/test_engine.h"

static const char *server_url(void)
{
    const char *url = getenv("SVYAZ_TEST_DATABASE");
    return url == NULL || *url == '\0' ? NULL : url;
}

static const struct test_engine *find_engine(void)
{
    const char *url = server_url();
    if (url == NULL) {
        return &test_engine_sqlite;
    }
    return strstr(url, "MariaDB") != NULL ? &test_engine_mariadb : &test_engine_postgresql;
}

const char *test_database_choose_name(struct arena *arena, const char *prefix)
{
    uint64_t number;

    random_bytes(&number, sizeof(number));
    return arena_format(arena, "%s_%016" PRIx64, prefix, number);
}

/* Names are drawn at random: no test meets what another, or a run that was cut off, has left. */
static void begin(struct test_database *test, struct database_options options)
{
    *test = (struct test_database){.arena = arena_create(), .options = options};
    test->options.url = server_url();
    test->name = test_database_choose_name(test->arena, "test");
}

static void open_pool(struct test_database *test)
{
    struct error error = {0};

    if (!database_open(&test->options, &test->database, &error)) {
        fail_msg("%s: %s", error.message, error.cause);
    }
}

static const struct database_options usual = {
    .pool_size = 4, .acquire_timeout = 2000, .statement_timeout = 10000};

void test_database_open_with(struct test_database *test, struct database_options options)
{
    begin(test, options);
    find_engine()->make(test);
    open_pool(test);
}

void test_database_open(struct test_database *test)
{
    test_database_open_with(test, usual);
}

void test_database_close(struct test_database *test)
{
    database_close(&test->database);
    if (!test->is_model) {
        find_engine()->remove(test);
    }
    arena_destroy(&test->arena);
}

/* ---- models ---- */

static void begin_model(struct test_database *test, const char *name)
{
    begin(test, usual);
    test->name = arena_copy_text(test->arena, name);
    test->is_model = true;
}

void test_database_use_model(struct test_database *test, const char *name)
{
    begin_model(test, name);
    find_engine()->use(test);
    find_engine()->restore(test);
    open_pool(test);
}

void test_database_open_model(struct test_database *test, const char *name)
{
    begin_model(test, name);
    find_engine()->make(test);
    open_pool(test);
}

void test_database_keep_model(struct test_database *test)
{
    database_close(&test->database);
    find_engine()->keep(test);
    arena_destroy(&test->arena);
}

void test_database_remove_model(const char *name)
{
    struct test_database test;

    begin_model(&test, name);
    find_engine()->remove(&test);
    arena_destroy(&test.arena);
}

void test_database_run(struct test_database *test, const char *text)
{
    test_engine_run(test->arena, test->database, text);
}
