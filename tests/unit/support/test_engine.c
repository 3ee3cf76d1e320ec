/*
 * test_engine.c - a database that many tests use one after the other: SQLite copies its file back,
 * and servers fill its tables again, which takes them a tenth of the time that making them does.
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
    if (test->is_model) {
        run_on_server(test, "CREATE DATABASE %s");
        use_database(test);
        return;
    }
    run_on_server(test, "CREATE SCHEMA %s");
    test->options.url = arena_format(test->arena, "%s;ConnSettings={SET search_path TO %s}",
                                     test->options.url, test->name);
}

/* What the tables hold is kept beside them, in a schema. */
static const char keep_on_server[] =
    "DO $$ DECLARE name text; BEGIN CREATE SCHEMA kept; "
    "FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP "
    "EXECUTE format('CREATE TABLE kept.%1$I AS SELECT * FROM public.%1$I', name); "
    "END LOOP; END $$";

/* Foreign keys are minded by triggers, which replicas do not run. */
static const char restore_on_server[] =
    "DO $$ DECLARE name text; BEGIN SET LOCAL session_replication_role = replica; "
    "FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP "
    "IF to_regclass(format('kept.%I', name)) IS NULL THEN "
    "EXECUTE format('DROP TABLE public.%I CASCADE', name); "
    "ELSE "
    "EXECUTE format('DELETE FROM public.%I', name); "
    "EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM kept.%1$I', "
    "name); "
    "END IF; END LOOP; END $$";

/* As the one who made the database. */
static void run_inside(struct test_database *test, const char *text)
{
    struct database *inside = open_server(test->options.url);

    test_engine_run(test->arena, inside, text);
    database_close(&inside);
}

static void keep_on_postgresql(struct test_database *test)
{
    run_inside(test, keep_on_server);
}

static void restore_on_postgresql(struct test_database *test)
{
    run_inside(test, restore_on_server);
}

static void remove_on_postgresql(struct test_database *test)
{
    run_on_server(test, test->is_model ? "DROP DATABASE %s" : "DROP SCHEMA %s CASCADE");
}

const struct test_engine test_engine_postgresql = {
    .make = make_on_postgresql,
    .keep = keep_on_postgresql,
    .use = use_database,
    .restore = restore_on_postgresql,
    .remove = remove_on_postgresql,
};

/* ---- MariaDB ---- */

static void make_on_mariadb(struct test_database *test)
{
    run_on_server(test, "CREATE DATABASE %s");
    use_database(test);
}

/* What the tables hold is kept in a database of its own, @kept, which is named after theirs. Runs
 * a statement for each table; where @ stands in it the name of the table comes. */
#define NAME_KEPT "SET @kept = CONCAT(DATABASE(), '_kept'); "
#define FOR_EACH_TABLE(condition, statement)                                                       \
    "FOR found IN (SELECT table_name AS name FROM information_schema.tables "                      \
    "WHERE table_schema = DATABASE() AND " condition ") DO "                                       \
    "EXECUTE IMMEDIATE REPLACE(" statement ", '@', CONCAT('`', found.name, '`')); END FOR; "
#define IS_KEPT                                                                                    \
    "table_name IN (SELECT table_name FROM information_schema.tables WHERE table_schema = @kept)"

static const char keep_in_mariadb[] =
    "BEGIN NOT ATOMIC " NAME_KEPT
    "EXECUTE IMMEDIATE CONCAT('CREATE DATABASE ', @kept); " FOR_EACH_TABLE(
        "TRUE", "CONCAT('CREATE TABLE ', @kept, '.@ AS SELECT * FROM @')") "END";

static const char restore_in_mariadb[] =
    "BEGIN NOT ATOMIC " NAME_KEPT "SET SESSION foreign_key_checks = 0; " FOR_EACH_TABLE(
        "NOT " IS_KEPT, "'DROP TABLE @'") "START TRANSACTION; " FOR_EACH_TABLE("TRUE",
                                                                               "'DELETE FROM @'")
        FOR_EACH_TABLE("TRUE", "CONCAT('INSERT INTO @ SELECT * FROM ', @kept, '.@')") "COMMIT; END";

static void keep_on_mariadb(struct test_database *test)
{
    run_inside(test, keep_in_mariadb);
}

/* A key that was deleted is locked by whoever writes it anew, as long as its row is not purged: two
 * transactions that draw neighbouring numbers would wait for each other. */
static void restore_on_mariadb(struct test_database *test)
{
    run_inside(test, restore_in_mariadb);
    run_inside(test, "SET GLOBAL innodb_max_purge_lag_wait = 0");
}

static void remove_on_mariadb(struct test_database *test)
{
    run_on_server(test, "DROP DATABASE %s");
    run_on_server(test, "DROP DATABASE IF EXISTS %s_kept");
}

const struct test_engine test_engine_mariadb = {
    .make = make_on_mariadb,
    .keep = keep_on_mariadb,
    .use = use_database,
    .restore = restore_on_mariadb,
    .remove = remove_on_mariadb,
};

/* ---- SQLite ---- */

static const char folders[] = "build/test-databases";

static const char *file_of(struct arena *arena, const char *name, const char *ending)
{
    return arena_format(arena, "%s/%s/svyaz.db%s", folders, name, ending);
}

static void use_on_sqlite(struct test_database *test)
{
    test->options.folder = arena_format(test->arena, "%s/%s", folders, test->name);
}

static void make_on_sqlite(struct test_database *test)
{
    mkdir("build", 0755);
    mkdir(folders, 0755);
    use_on_sqlite(test);
}

static void copy_file(const char *from_name, const char *to_name)
{
    char bytes[64 * 1024];
    ssize_t length = 0;

    int from = open(from_name, O_RDONLY | O_CLOEXEC);
    int to = open(to_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    assert_true(from >= 0 && to >= 0);
    while ((length = read(from, bytes, sizeof(bytes))) > 0) {
        assert_int_equal(write(to, bytes, (size_t)length), length);
    }
    assert_int_equal(length, 0);
    close(from);
    close(to);
}

/* Whoever closed it last has brought all of the log into the file. */
static void keep_on_sqlite(struct test_database *test)
{
    assert_int_not_equal(access(file_of(test->arena, test->name, "-wal"), F_OK), 0);
    copy_file(file_of(test->arena, test->name, ""), file_of(test->arena, test->name, "-kept"));
}

/* All that belongs to the file but what was kept. */
static void unlink_all(struct test_database *test)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        unlink(file_of(test->arena, test->name, endings[i]));
    }
}

static void restore_on_sqlite(struct test_database *test)
{
    unlink_all(test);
    copy_file(file_of(test->arena, test->name, "-kept"), file_of(test->arena, test->name, ""));
}

static void remove_on_sqlite(struct test_database *test)
{
    unlink_all(test);
    unlink(file_of(test->arena, test->name, "-kept"));
    rmdir(arena_format(test->arena, "%s/%s", folders, test->name));
}

const struct test_engine test_engine_sqlite = {
    .make = make_on_sqlite,
    .keep = keep_on_sqlite,
    .use = use_on_sqlite,
    .restore = restore_on_sqlite,
    .remove = remove_on_sqlite,
};
