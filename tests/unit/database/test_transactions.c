/*
 * test_transactions.c - what is written together, and what is undone.
 */
#include <pthread.h>

#include "database/sample.h"

void test_transactions__commit_and_rollback(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct connection *other = acquire(&test);
    struct error error = {0};

    (void)state;
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_name(connection, 1, "one", &error));
    assert_int_equal(count_rows(connection), 1);
    assert_int_equal(count_rows(other), 0);
    connection_rollback(connection);
    assert_int_equal(count_rows(connection), 0);

    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_name(connection, 1, "one", &error));
    assert_done(connection_commit(connection, &error));
    assert_int_equal(count_rows(other), 1);
    connection_rollback(connection); /* nothing to roll back */
    assert_int_equal(count_rows(other), 1);
    database_release(&other);
    database_release(&connection);
    test_database_close(&test);
}

/* Each statement of a transaction sees what others have committed meanwhile. */
void test_transactions__read_committed(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct connection *reader = acquire(&test);
    struct error error = {0};

    (void)state;
    assert_done(connection_begin(reader, TRANSACTION_READ, &error));
    assert_int_equal(count_rows(reader), 0);
    assert_done(insert_name(connection, 1, "one", &error));
    assert_int_equal(count_rows(reader), 1);
    assert_done(connection_commit(reader, &error));
    database_release(&reader);
    database_release(&connection);
    test_database_close(&test);
}

void test_transactions__release_rolls_back(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_name(connection, 1, "one", &error));
    database_release(&connection);
    assert_null(connection);
    connection = acquire(&test);
    assert_int_equal(count_rows(connection), 0);
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_name(connection, 1, "one", &error));
    assert_done(connection_commit(connection, &error));
    database_release(&connection);
    test_database_close(&test);
}

/* After a failed statement nothing of the transaction can be committed, on any engine. */
void test_transactions__failed_statement_fails_all(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_name(connection, 1, "one", &error));
    assert_refused(insert_name(connection, 1, "again", &error), ERROR_DATABASE_UNIQUE);
    assert_refused(insert_name(connection, 2, "two", &error), ERROR_DATABASE_FAILED);
    assert_refused(connection_commit(connection, &error), ERROR_DATABASE_FAILED);
    assert_int_equal(count_rows(connection), 0);

    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_name(connection, 2, "two", &error));
    assert_done(connection_commit(connection, &error));
    assert_int_equal(count_rows(connection), 1);
    database_release(&connection);
    test_database_close(&test);
}

void test_transactions__savepoint(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_name(connection, 1, "one", &error));
    for (int i = 0; i < 3; i++) { /* each undone, and the transaction goes on */
        assert_done(connection_savepoint(connection, &error));
        assert_done(insert_name(connection, 2, "two", &error));
        assert_refused(insert_name(connection, 1, "again", &error), ERROR_DATABASE_UNIQUE);
        assert_done(connection_savepoint_undo(connection, &error));
    }
    assert_done(connection_savepoint(connection, &error));
    assert_done(insert_name(connection, 3, "three", &error));
    assert_done(connection_savepoint(connection, &error));
    assert_done(insert_name(connection, 4, "four", &error));
    assert_done(connection_savepoint_undo(connection, &error));
    assert_done(connection_savepoint_keep(connection, &error));
    assert_int_equal(count_rows(connection), 2);
    assert_done(connection_commit(connection, &error));
    assert_int_equal(count_rows(connection), 2);
    database_release(&connection);
    test_database_close(&test);
}

/* Some threads each add one to the same row many times: none is lost. */
enum { WRITERS = 4, ADDITIONS = 25 };

static bool add_one(struct connection *connection, struct error *error)
{
    struct arena *arena = arena_create();
    struct uuid id = sample_id(1);
    struct sql sql;
    const struct cell *cells = NULL;
    bool done = false;

    if (!connection_begin(connection, TRANSACTION_WRITE, error)) {
        goto finish;
    }
    sql_begin(&sql, arena, connection_dialect(connection));
    sql_add(&sql, "SELECT ");
    sql_add_name(&sql, "count");
    sql_add(&sql, " FROM sample WHERE id = ");
    sql_add_cell(&sql, cell_uuid(&id));
    sql_add_row_lock(&sql, ROW_LOCK_CHANGE);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    if (!connection_select_row(connection, &sql, &cells, error)) {
        goto finish;
    }
    done = set_count(connection, 1, cells[0].integer + 1, NULL, error) &&
           connection_commit(connection, error);

finish:
    connection_rollback(connection);
    arena_destroy(&arena);
    return done;
}

static void *add_many(void *object)
{
    struct test_database *test = object;
    struct error error = {0};

    for (int i = 0; i < ADDITIONS;) {
        struct connection *connection = NULL;

        if (!database_acquire(test->database, &connection, &error)) {
            return "no connection";
        }
        if (add_one(connection, &error)) {
            i++;
        } else if (error.code != ERROR_DATABASE_CONFLICT) {
            return "failed";
        }
        database_release(&connection);
    }
    return NULL;
}

void test_transactions__writers_lose_nothing(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    pthread_t threads[WRITERS];
    struct error error = {0};
    struct sql sql;
    const struct cell *cells = NULL;

    (void)state;
    assert_done(insert_name(connection, 1, "one", &error));
    assert_done(set_count(connection, 1, 0, NULL, &error));
    database_release(&connection);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &test), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        void *complaint;

        pthread_join(threads[i], &complaint);
        assert_null(complaint);
    }
    connection = acquire(&test);
    sql_begin(&sql, test.arena, connection_dialect(connection));
    sql_add(&sql, "SELECT ");
    sql_add_name(&sql, "count");
    sql_add(&sql, " FROM sample");
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    assert_done(connection_select_row(connection, &sql, &cells, &error));
    assert_int_equal(cells[0].integer, WRITERS * ADDITIONS);
    database_release(&connection);
    test_database_close(&test);
}

/* Two pools on one database, as two nodes have: a writer of one waits for that of the other. */
void test_transactions__writers_of_two_pools(void **state)
{
    struct test_database test, second;
    struct connection *connection = open_sample(&test);
    struct connection *other = NULL;
    struct error error = {0};

    (void)state;
    second = test;
    assert_done(database_open(&second.options, &second.database, &error));
    other = acquire(&second);
    assert_done(insert_name(connection, 1, "one", &error));
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(set_count(connection, 1, 1, NULL, &error));
    error_clear(&error);
    if (connection_begin(other, TRANSACTION_WRITE, &error)) {
        assert_refused(set_count(other, 1, 2, NULL, &error), ERROR_DATABASE_CONFLICT);
        connection_rollback(other);
    } else {
        assert_int_equal(error.code, ERROR_DATABASE_CONFLICT);
    }
    assert_done(connection_commit(connection, &error));
    assert_done(connection_begin(other, TRANSACTION_WRITE, &error));
    assert_done(set_count(other, 1, 2, NULL, &error));
    assert_done(connection_commit(other, &error));
    database_release(&other);
    database_close(&second.database);
    database_release(&connection);
    test_database_close(&test);
}
