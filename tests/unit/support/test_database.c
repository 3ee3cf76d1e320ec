/*
 * test_database.c - makes and removes the database of one test.
 */
#include "support/test_database.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/random.h"
#include "database/dialect.h"
#include "database/sql.h"

static struct database *open_or_fail(const struct database_options *options)
{
    struct database *database = NULL;
    struct error error = {0};

    if (!database_open(options, &database, &error)) {
        fail_msg("%s: %s", error.message, error.cause);
    }
    return database;
}

static void run_on(struct arena *arena, struct database *database, const char *text)
{
    struct connection *connection = NULL;
    struct error error = {0};
    struct sql sql;

    if (!database_acquire(database, &connection, &error)) {
        fail_msg("%s: %s", error.message, error.cause);
    }
    sql_begin(&sql, arena, database_dialect(database));
    sql_add(&sql, text);
    if (!connection_change(connection, &sql, NULL, &error)) {
        fail_msg("%s: %s", error.message, error.cause);
    }
    database_release(&connection);
}

/* Runs a statement of the server's, outside the database of the test. */
static void run_on_server(struct test_database *test, const char *url, const char *format)
{
    struct database_options options = test->options;
    struct database *server;

    options.url = url;
    server = open_or_fail(&options);
    run_on(test->arena, server, arena_format(test->arena, format, test->name));
    database_close(&server);
}

static bool is_mariadb(const char *url)
{
    return strstr(url, "MariaDB") != NULL;
}

/* Drawn at random: no test meets what another one, or a run that was cut off, has left. */
static const char *choose_name(struct arena *arena)
{
    uint64_t number;

    random_bytes(&number, sizeof(number));
    return arena_format(arena, "test_%016" PRIx64, number);
}

static void choose_folder(struct test_database *test)
{
    mkdir("build", 0755);
    mkdir("build/test-databases", 0755);
    test->options.url = NULL;
    test->options.folder = arena_format(test->arena, "build/test-databases/%s", test->name);
}

static void choose_schema(struct test_database *test, const char *url)
{
    if (is_mariadb(url)) {
        run_on_server(test, url, "CREATE DATABASE %s");
        test->options.url = arena_format(test->arena, "%s;Database=%s", url, test->name);
    } else {
        run_on_server(test, url, "CREATE SCHEMA %s");
        test->options.url =
            arena_format(test->arena, "%s;ConnSettings={SET search_path TO %s}", url, test->name);
    }
}

void test_database_open_with(struct test_database *test, struct database_options options)
{
    const char *url = getenv("SVYAZ_TEST_DATABASE");

    *test = (struct test_database){.arena = arena_create(), .options = options};
    test->name = choose_name(test->arena);
    if (url && *url) {
        choose_schema(test, url);
    } else {
        choose_folder(test);
    }
    test->database = open_or_fail(&test->options);
}

void test_database_open(struct test_database *test)
{
    test_database_open_with(test, (struct database_options){.pool_size = 4,
                                                            .acquire_timeout = 2000,
                                                            .statement_timeout = 10000});
}

static void remove_folder(struct test_database *test)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        unlink(arena_format(test->arena, "%s/svyaz.db%s", test->options.folder, endings[i]));
    }
    rmdir(test->options.folder);
}

void test_database_close(struct test_database *test)
{
    const char *url = getenv("SVYAZ_TEST_DATABASE");

    database_close(&test->database);
    if (!url || !*url) {
        remove_folder(test);
    } else if (is_mariadb(url)) {
        run_on_server(test, url, "DROP DATABASE %s");
    } else {
        run_on_server(test, url, "DROP SCHEMA %s CASCADE");
    }
    arena_destroy(&test->arena);
}

void test_database_run(struct test_database *test, const char *text)
{
    run_on(test->arena, test->database, text);
}
