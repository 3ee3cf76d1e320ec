/*
 * test_engine.c - SQLite copies a file, PostgreSQL copies a database by itself, and on MariaDB each
 * table is made again by what SHOW CREATE TABLE tells of it.
 */
#include "support/test_engine.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "database/database.h"
#include "database/sql.h"
#include "support/test_database.h"

static void must(bool done, const struct error *error)
{
    if (!done) {
        fail_msg("%s: %s", error->message, error->cause);
    }
}

void test_engine_run(struct arena *arena, struct database *database, const char *text)
{
    struct connection *connection = NULL;
    struct error error = {0};
    struct sql sql;

    must(database_acquire(database, &connection, &error), &error);
    sql_begin(&sql, arena, database_dialect(database));
    sql_add(&sql, text);
    must(connection_change(connection, &sql, NULL, &error), &error);
    database_release(&connection);
}

/* ---- servers ---- */

/* Outside the database of the test: one connection, so that what is set there stays; and patient,
 * because to copy a database may take long where much else goes on. */
static struct database *open_server(const char *url)
{
    const struct database_options options = {
        .url = url, .pool_size = 1, .acquire_timeout = 2000, .statement_timeout = 60000};
    struct database *server = NULL;
    struct error error = {0};

    must(database_open(&options, &server, &error), &error);
    return server;
}

/* The format takes the name. */
static void run_on_server(struct test_database *test, const char *format)
{
    struct database *server = open_server(getenv("SVYAZ_TEST_DATABASE"));

    test_engine_run(test->arena, server, arena_format(test->arena, format, test->name));
    database_close(&server);
}

static void use_database(struct test_database *test)
{
    test->options.url = arena_format(test->arena, "%s;Database=%s", test->options.url, test->name);
}

/* ---- PostgreSQL ---- */

static void make_on_postgresql(struct test_database *test)
{
    if (test->is_whole) {
        run_on_server(test, "CREATE DATABASE %s");
        use_database(test);
        return;
    }
    run_on_server(test, "CREATE SCHEMA %s");
    test->options.url = arena_format(test->arena, "%s;ConnSettings={SET search_path TO %s}",
                                     test->options.url, test->name);
}

/* By files: half the work of copying through the log. */
static void copy_on_postgresql(struct test_database *test, const char *model)
{
    run_on_server(test, arena_format(test->arena,
                                     "CREATE DATABASE %%s TEMPLATE %s STRATEGY FILE_COPY", model));
    use_database(test);
}

static void remove_on_postgresql(struct test_database *test)
{
    run_on_server(test, test->is_whole ? "DROP DATABASE %s" : "DROP SCHEMA %s CASCADE");
}

const struct test_engine test_engine_postgresql = {
    .make = make_on_postgresql,
    .copy = copy_on_postgresql,
    .remove = remove_on_postgresql,
};

/* ---- MariaDB ---- */

static void make_on_mariadb(struct test_database *test)
{
    run_on_server(test, "CREATE DATABASE %s");
    use_database(test);
}

/* The texts in one column of what a statement answers, whose columns are all texts. */
static void read_texts(struct arena *arena, struct database *database, const char *text,
                       size_t column_count, size_t wanted, struct array *texts_out)
{
    struct connection *connection = NULL;
    struct result *result = NULL;
    struct error error = {0};
    struct sql sql;
    bool has_row = false;

    must(database_acquire(database, &connection, &error), &error);
    sql_begin(&sql, arena, database_dialect(database));
    sql_add(&sql, text);
    for (size_t i = 0; i < column_count; i++) {
        sql_expect(&sql, (struct sql_column){.type = COLUMN_TEXT});
    }
    must(connection_select(connection, &sql, &result, &error), &error);
    array_init(texts_out, arena);
    must(result_next(result, &has_row, &error), &error);
    while (has_row) {
        array_add(texts_out, arena_copy_text(arena, result_cell(result, wanted)->text));
        must(result_next(result, &has_row, &error), &error);
    }
    result_close(&result);
    database_release(&connection);
}

/* The text of a table names no database: it becomes one of the database that is used. */
static void copy_table(struct arena *arena, struct database *server, const char *model,
                       const char *table)
{
    struct array texts;

    read_texts(arena, server, arena_format(arena, "SHOW CREATE TABLE %s.%s", model, table), 2, 1,
               &texts);
    test_engine_run(arena, server, texts.items[0]);
    test_engine_run(arena, server,
                    arena_format(arena, "INSERT INTO %s SELECT * FROM %s.%s", table, model, table));
}

static void copy_on_mariadb(struct test_database *test, const char *model)
{
    struct arena *arena = test->arena;
    struct database *server = NULL;
    struct array tables;

    make_on_mariadb(test);
    server = open_server(test->options.url);
    test_engine_run(arena, server, "SET SESSION foreign_key_checks = 0");
    read_texts(arena, server, arena_format(arena, "SHOW TABLES FROM %s", model), 1, 0, &tables);
    for (size_t i = 0; i < tables.count; i++) {
        copy_table(arena, server, model, tables.items[i]);
    }
    database_close(&server);
}

static void remove_on_mariadb(struct test_database *test)
{
    run_on_server(test, "DROP DATABASE %s");
}

const struct test_engine test_engine_mariadb = {
    .make = make_on_mariadb,
    .copy = copy_on_mariadb,
    .remove = remove_on_mariadb,
};

/* ---- SQLite ---- */

static const char folders[] = "build/test-databases";

static const char *file_of(struct arena *arena, const char *name, const char *ending)
{
    return arena_format(arena, "%s/%s/svyaz.db%s", folders, name, ending);
}

static void make_on_sqlite(struct test_database *test)
{
    mkdir("build", 0755);
    mkdir(folders, 0755);
    test->options.folder = arena_format(test->arena, "%s/%s", folders, test->name);
}

/* Whoever closed it last has brought all of the log into the file. */
static void copy_on_sqlite(struct test_database *test, const char *model)
{
    char bytes[64 * 1024];
    ssize_t length = 0;

    make_on_sqlite(test);
    mkdir(test->options.folder, 0750);
    int from = open(file_of(test->arena, model, ""), O_RDONLY | O_CLOEXEC);
    int to = open(file_of(test->arena, test->name, ""), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    assert_true(from >= 0 && to >= 0);
    assert_int_not_equal(access(file_of(test->arena, model, "-wal"), F_OK), 0);
    while ((length = read(from, bytes, sizeof(bytes))) > 0) {
        assert_int_equal(write(to, bytes, (size_t)length), length);
    }
    assert_int_equal(length, 0);
    close(from);
    close(to);
}

static void remove_on_sqlite(struct test_database *test)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        unlink(file_of(test->arena, test->name, endings[i]));
    }
    rmdir(arena_format(test->arena, "%s/%s", folders, test->name));
}

const struct test_engine test_engine_sqlite = {
    .make = make_on_sqlite,
    .copy = copy_on_sqlite,
    .remove = remove_on_sqlite,
};
