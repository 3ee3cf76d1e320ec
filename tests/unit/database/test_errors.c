/*
 * test_errors.c - what goes wrong is told the same way on every engine.
 */
#include <pthread.h>

#include "database/sample.h"

void test_errors__unique(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    assert_done(insert_name(connection, 1, "secret value", &error));
    assert_refused(insert_name(connection, 1, "other", &error), ERROR_DATABASE_UNIQUE);
    assert_refused(insert_name(connection, 2, "secret value", &error), ERROR_DATABASE_UNIQUE);
    assert_null(strstr(error.cause, "secret")); /* no value reaches the log */
    assert_null(strstr(error.message, "INSERT"));
    assert_non_null(strstr(error.subject, "name")); /* which key it was */
    assert_done(insert_name(connection, 2, "another", &error));
    assert_int_equal(count_rows(connection), 2);
    database_release(&connection);
    test_database_close(&test);
}

/* Writes a statement about a row and its parent. */
static bool run_with_ids(struct connection *connection, const char *before, int first,
                         const char *between, int second, struct error *error)
{
    struct arena *arena = arena_create();
    struct uuid ids[] = {sample_id(first), sample_id(second)};
    struct sql sql;
    bool done;

    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, before);
    sql_add_cell(&sql, cell_uuid(&ids[0]));
    if (between) {
        sql_add(&sql, between);
        sql_add_cell(&sql, cell_uuid(&ids[1]));
    }
    done = connection_change(connection, &sql, NULL, error);
    arena_destroy(&arena);
    return done;
}

void test_errors__foreign_key(void **state)
{
    static const char set_parent[] = "UPDATE sample SET parent = ";
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    assert_done(insert_name(connection, 1, "parent", &error));
    assert_done(insert_name(connection, 2, "child", &error));
    assert_refused(run_with_ids(connection, set_parent, 99, " WHERE id = ", 2, &error),
                   ERROR_DATABASE_FOREIGN_KEY);
    assert_done(run_with_ids(connection, set_parent, 1, " WHERE id = ", 2, &error));
    assert_refused(run_with_ids(connection, "DELETE FROM sample WHERE id = ", 1, NULL, 0, &error),
                   ERROR_DATABASE_FOREIGN_KEY);
    assert_done(run_with_ids(connection, "DELETE FROM sample WHERE id = ", 2, NULL, 0, &error));
    assert_done(run_with_ids(connection, "DELETE FROM sample WHERE id = ", 1, NULL, 0, &error));
    database_release(&connection);
    test_database_close(&test);
}

void test_errors__statement_refused(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    struct sql sql;

    (void)state;
    sql_begin(&sql, test.arena, connection_dialect(connection));
    sql_add(&sql, "UPDATE nowhere SET x = ");
    sql_add_cell(&sql, cell_text("secret"));
    assert_refused(connection_change(connection, &sql, NULL, &error), ERROR_DATABASE_FAILED);
    assert_null(strstr(error.message, "nowhere"));
    assert_non_null(strstr(error.cause, "nowhere"));
    assert_null(strstr(error.cause, "secret"));
    assert_done(insert_name(connection, 1, "still usable", &error));
    database_release(&connection);
    test_database_close(&test);
}

/* One side of a deadlock, in a thread: it has row 1 and wants row 2. */
struct side {
    struct connection *connection;
    bool done;
    struct error error;
};

static void *want_second_row(void *object)
{
    struct side *side = object;

    side->done = set_count(side->connection, 2, 1, NULL, &side->error);
    if (!side->done) {
        connection_rollback(side->connection);
    }
    return NULL;
}

void test_errors__deadlock(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct side other = {.connection = NULL};
    struct error error = {0};
    pthread_t thread;
    bool done;

    (void)state;
    if (is_engine(connection, "SQLite")) {
        database_release(&connection);
        test_database_close(&test);
        skip(); /* one writer at a time */
    }
    other.connection = acquire(&test);
    assert_done(insert_name(connection, 1, "one", &error));
    assert_done(insert_name(connection, 2, "two", &error));
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(connection_begin(other.connection, TRANSACTION_WRITE, &error));
    assert_done(set_count(other.connection, 1, 1, NULL, &error));
    assert_done(set_count(connection, 2, 2, NULL, &error));
    assert_int_equal(pthread_create(&thread, NULL, want_second_row, &other), 0);
    done = set_count(connection, 1, 2, NULL, &error);
    if (!done) {
        connection_rollback(connection);
    }
    pthread_join(thread, NULL);

    assert_true(done != other.done); /* one of them goes on */
    assert_int_equal(done ? other.error.code : error.code, ERROR_DATABASE_CONFLICT);
    assert_done(connection_commit(done ? connection : other.connection, &error));
    database_release(&other.connection);
    database_release(&connection);
    test_database_close(&test);
}

void test_errors__lock_timeout(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct connection *other = acquire(&test);
    struct error error = {0};

    (void)state;
    assert_done(insert_name(connection, 1, "one", &error));
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(set_count(connection, 1, 1, NULL, &error));
    if (is_engine(connection, "SQLite")) {
        assert_refused(connection_begin(other, TRANSACTION_WRITE, &error), ERROR_DATABASE_CONFLICT);
    } else {
        assert_done(connection_begin(other, TRANSACTION_WRITE, &error));
        assert_refused(set_count(other, 1, 2, NULL, &error), ERROR_DATABASE_CONFLICT);
        /* the whole transaction has to be run again, on every engine */
        assert_refused(set_count(other, 1, 2, NULL, &error), ERROR_DATABASE_CONFLICT);
        assert_refused(connection_commit(other, &error), ERROR_DATABASE_CONFLICT);
    }
    assert_done(connection_commit(connection, &error));
    assert_done(connection_begin(other, TRANSACTION_WRITE, &error));
    assert_done(set_count(other, 1, 2, NULL, &error));
    assert_done(connection_commit(other, &error));
    database_release(&other);
    database_release(&connection);
    test_database_close(&test);
}

/* A statement that would run for minutes. */
static bool run_long(struct test_database *test, struct connection *connection, struct error *error)
{
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, test->arena, connection_dialect(connection));
    sql_add(&sql, "SELECT COUNT(*) FROM sample a, sample b, sample c, sample d, sample e "
                  "WHERE a.name < b.name AND c.name > ");
    sql_add_cell(&sql, cell_text("a"));
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    return connection_select_row(connection, &sql, &cells, error);
}

void test_errors__statement_timeout(void **state)
{
    const struct table *tables[] = {&sample_table};
    struct test_database test;
    struct connection *connection;
    struct error error = {0};
    int64_t start;

    (void)state;
    test_database_open_with(&test, (struct database_options){.pool_size = 2,
                                                             .acquire_timeout = 1000,
                                                             .statement_timeout = 500});
    connection = acquire(&test);
    make_tables(connection, tables, 1);
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    for (int i = 0; i < 300; i++) {
        assert_done(insert_name(connection, i, arena_format(test.arena, "name %d", i), &error));
    }
    assert_done(connection_commit(connection, &error));

    start = time_monotonic();
    assert_refused(run_long(&test, connection, &error), ERROR_DATABASE_TIMEOUT);
    assert_in_range(time_monotonic() - start, 400, 2000);
    assert_int_equal(count_rows(connection), 300);

    /* in a transaction: it fails as after any failed statement */
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(set_count(connection, 1, 7, NULL, &error));
    assert_refused(run_long(&test, connection, &error), ERROR_DATABASE_TIMEOUT);
    assert_refused(connection_commit(connection, &error), ERROR_DATABASE_FAILED);
    assert_int_equal(count_rows(connection), 300);
    database_release(&connection);
    test_database_close(&test);
}

void test_errors__connection_lost(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    int open, used;

    (void)state;
    if (is_engine(connection, "SQLite")) {
        database_release(&connection);
        test_database_close(&test);
        skip(); /* no server to lose */
    }
    assert_done(insert_name(connection, 1, "kept", &error));
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_name(connection, 2, "lost", &error));
    break_connection(&test, connection);
    assert_refused(insert_name(connection, 3, "never", &error), ERROR_DATABASE_UNAVAILABLE);
    assert_refused(insert_name(connection, 3, "never", &error), ERROR_DATABASE_UNAVAILABLE);
    assert_refused(connection_commit(connection, &error), ERROR_DATABASE_UNAVAILABLE);
    database_release(&connection);
    database_count(test.database, &open, &used);
    assert_int_equal(used, 0);

    connection = acquire(&test);
    assert_int_equal(count_rows(connection), 1);
    database_release(&connection);
    test_database_close(&test);
}

/* The statement is a new one, so it is met while it is prepared. */
void test_errors__connection_lost_before_a_new_statement(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    if (is_engine(connection, "SQLite")) {
        database_release(&connection);
        test_database_close(&test);
        skip(); /* no server to lose */
    }
    assert_done(insert_name(connection, 1, "kept", &error));
    break_connection(&test, connection);
    assert_refused(set_count(connection, 1, 7, NULL, &error), ERROR_DATABASE_UNAVAILABLE);
    database_release(&connection);
    connection = acquire(&test);
    assert_done(set_count(connection, 1, 7, NULL, &error));
    database_release(&connection);
    test_database_close(&test);
}

void test_errors__connection_lost_at_commit(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    if (is_engine(connection, "SQLite")) {
        database_release(&connection);
        test_database_close(&test);
        skip(); /* no server to lose */
    }
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_name(connection, 1, "unknown", &error));
    break_connection(&test, connection);
    assert_refused(connection_commit(connection, &error), ERROR_OUTCOME_UNKNOWN);
    database_release(&connection);
    connection = acquire(&test);
    assert_int_equal(count_rows(connection), 0);
    database_release(&connection);
    test_database_close(&test);
}

/* Runs into the end of the disk, or what each engine says of it. */
static bool run_full(struct test_database *test, struct connection *connection, struct error *error)
{
    struct sql sql;

    sql_begin(&sql, test->arena, connection_dialect(connection));
    if (is_engine(connection, "PostgreSQL")) {
        sql_add(&sql, "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$");
    } else if (is_engine(connection, "MariaDB")) {
        sql_add(&sql, "BEGIN NOT ATOMIC SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114; END");
    } else {
        sql_add(&sql, "INSERT INTO sample (id, content) VALUES (x'00', zeroblob(10000000))");
    }
    return connection_change(connection, &sql, NULL, error);
}

/* The engine may have undone all by itself then; the connection is as good as before. */
void test_errors__no_room(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};
    struct sql sql;
    int open, used;

    (void)state;
    if (is_engine(connection, "SQLite")) {
        sql_begin(&sql, test.arena, connection_dialect(connection));
        sql_add(&sql, "PRAGMA max_page_count = 1000");
        assert_done(connection_change(connection, &sql, NULL, &error));
    }
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_name(connection, 1, "undone", &error));
    assert_refused(run_full(&test, connection, &error), ERROR_DATABASE_FULL);
    connection_rollback(connection);
    assert_int_equal(count_rows(connection), 0);
    assert_done(insert_name(connection, 1, "kept", &error));
    database_release(&connection);
    database_count(test.database, &open, &used);
    assert_int_equal(open, 1);
    test_database_close(&test);
}

/* What engines say while they have no memory, cannot reach their disk, or stand by for another that
 * takes the writes. */
static const struct {
    const char *engine;
    const char *statement;
    enum error_code code;
} passing[] = {
    {"PostgreSQL", "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53200'; END $$",
     ERROR_DATABASE_UNAVAILABLE},
    {"PostgreSQL", "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53400'; END $$",
     ERROR_DATABASE_UNAVAILABLE},
    {"PostgreSQL", "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '58030'; END $$",
     ERROR_DATABASE_UNAVAILABLE},
    {"PostgreSQL", "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '25006'; END $$",
     ERROR_DATABASE_UNAVAILABLE},
    {"MariaDB", "BEGIN NOT ATOMIC SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1037; END",
     ERROR_DATABASE_UNAVAILABLE},
    {"MariaDB", "BEGIN NOT ATOMIC SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1038; END",
     ERROR_DATABASE_UNAVAILABLE},
    {"MariaDB", "BEGIN NOT ATOMIC SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1041; END",
     ERROR_DATABASE_UNAVAILABLE},
    {"MariaDB", "BEGIN NOT ATOMIC SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290; END",
     ERROR_DATABASE_UNAVAILABLE},
    {"MariaDB", "BEGIN NOT ATOMIC SIGNAL SQLSTATE '25006' SET MYSQL_ERRNO = 1792; END",
     ERROR_DATABASE_UNAVAILABLE},
    {"MariaDB", "BEGIN NOT ATOMIC SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1836; END",
     ERROR_DATABASE_UNAVAILABLE},
    {"MariaDB", "BEGIN NOT ATOMIC SIGNAL SQLSTATE '70100' SET MYSQL_ERRNO = 1317; END",
     ERROR_DATABASE_TIMEOUT},
};

void test_errors__what_passes_is_told_as_that(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
        struct sql sql;
        if (is_engine(connection, passing[i].engine)) {
            sql_begin(&sql, test.arena, connection_dialect(connection));
            sql_add(&sql, passing[i].statement);
            assert_refused(connection_change(connection, &sql, NULL, &error), passing[i].code);
            database_release(&connection);
            connection = acquire(&test);
        }
    }
    assert_done(insert_name(connection, 1, "kept", &error));
    database_release(&connection);
    test_database_close(&test);
}

/* A connection that died while it lay in the pool is never handed out. */
void test_errors__connection_lost_while_free(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct connection *broken, *other;
    struct error error = {0};

    (void)state;
    if (is_engine(connection, "SQLite")) {
        database_release(&connection);
        test_database_close(&test);
        skip(); /* no server to lose */
    }
    broken = acquire(&test);
    other = acquire(&test);
    break_connection(&test, broken);
    break_connection(&test, other);
    assert_refused(insert_name(other, 3, "never", &error), ERROR_DATABASE_UNAVAILABLE);
    database_release(&broken); /* was not used: nobody knows yet that it is dead */
    database_release(&other);
    database_release(&connection);
    for (int i = 0; i < 4; i++) {
        connection = acquire(&test);
        assert_done(insert_name(connection, i, NULL, &error));
        database_release(&connection);
    }
    test_database_close(&test);
}

/* Kills the server of the run, or starts it again; false when the run says nothing about it. */
static bool command_server(struct test_database *test, const char *action)
{
    const char *server = getenv("SVYAZ_TEST_SERVER");
    const char *folder = getenv("SVYAZ_TEST_SERVER_FOLDER");

    if (!server || !folder) {
        return false;
    }
    assert_int_equal(system(arena_format(test->arena, "%s %s %s", server, action, folder)), 0);
    return true;
}

/* The server crashes with four connections open, and comes back. */
void test_errors__server_killed(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct connection *writer = acquire(&test);
    struct connection *committer = acquire(&test);
    struct connection *late = NULL;
    struct error error = {0};
    int64_t start;
    int open, used;

    (void)state;
    assert_done(insert_name(connection, 1, "kept", &error));
    if (!is_engine(connection, "SQLite")) {
        assert_done(connection_begin(writer, TRANSACTION_WRITE, &error));
        assert_done(insert_name(writer, 2, "lost", &error));
        assert_done(connection_begin(committer, TRANSACTION_WRITE, &error));
        assert_done(insert_name(committer, 3, "unknown", &error));
    }
    if (is_engine(connection, "SQLite") || !command_server(&test, "kill")) {
        database_release(&committer);
        database_release(&writer);
        database_release(&connection);
        test_database_close(&test);
        skip();
    }
    assert_refused(insert_name(writer, 4, "never", &error), ERROR_DATABASE_UNAVAILABLE);
    assert_refused(connection_commit(committer, &error), ERROR_OUTCOME_UNKNOWN);
    database_release(&writer);
    database_release(&committer);
    database_release(&connection); /* nobody has noticed yet that it is dead */
    for (int i = 0; i < 3; i++) {
        start = time_monotonic();
        assert_refused(database_acquire(test.database, &late, &error), ERROR_DATABASE_UNAVAILABLE);
        assert_in_range(time_monotonic() - start, 0, 5000);
    }
    database_count(test.database, &open, &used);
    assert_int_equal(used, 0);

    assert_true(command_server(&test, "restart"));
    late = acquire(&test);
    assert_int_equal(count_rows(late), 1);
    database_release(&late);
    test_database_close(&test);
}

void test_errors__no_database(void **state)
{
    struct test_database test;
    struct database_options options;
    struct database *database = NULL;
    struct error error = {0};

    (void)state;
    test_database_open(&test);
    options = test.options;
    options.url = "Driver=Nobody;Server=127.0.0.1;PWD=secret";
    assert_refused(database_open(&options, &database, &error), ERROR_DATABASE_UNAVAILABLE);
    assert_null(strstr(error.cause, "secret"));
    assert_null(database);
    options.url = "Driver=PostgreSQL Unicode;Server=127.0.0.1;Port=1;Database=x;UID=x;PWD=secret";
    assert_refused(database_open(&options, &database, &error), ERROR_DATABASE_UNAVAILABLE);
    assert_null(strstr(error.cause, "secret"));
    test_database_close(&test);
}
