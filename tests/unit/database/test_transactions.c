/*
 * test_transactions.c - what is written together, and what is undone.
 */
#include <pthread.h>
#include <unistd.h>

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

/* ---- changes that wait ---- */

/* The words of whoever made the change. */
static bool explain(void *context, struct error *error)
{
    return error_set(error, error->code, context, "In words of ours");
}

/* Gives a row a count; in the arena of the test, as a change that waits needs it. */
static bool change_count(struct test_database *test, struct connection *connection, int number,
                         bool is_last, struct error *error)
{
    struct uuid id = sample_id(number);
    struct change change = {
        .is_last = is_last, .must_find = true, .explain = explain, .context = (void *)"mine"};

    sql_begin(&change.sql, test->arena, connection_dialect(connection));
    sql_add(&change.sql, "UPDATE sample SET ");
    sql_add_name(&change.sql, "count");
    sql_add(&change.sql, " = ");
    sql_add_cell(&change.sql, cell_integer(number));
    sql_add(&change.sql, " WHERE id = ");
    sql_add_cell(&change.sql, cell_uuid(&id));
    return connection_apply(connection, &change, error);
}

static bool insert_last(struct test_database *test, struct connection *connection, int number,
                        const char *name, struct error *error)
{
    struct uuid id = sample_id(number);
    struct change change = {.is_last = true, .explain = explain, .context = (void *)"mine"};

    sql_begin(&change.sql, test->arena, connection_dialect(connection));
    sql_add(&change.sql, "INSERT INTO sample (id, name) VALUES (");
    sql_add_cell(&change.sql, cell_uuid(&id));
    sql_add(&change.sql, ", ");
    sql_add_cell(&change.sql, cell_text(name));
    sql_add(&change.sql, ")");
    return connection_apply(connection, &change, error);
}

/* Old enough for BEGIN to be sent, or young enough to go without: kept either way. */
void test_transactions__the_last_change_waits_for_the_commit(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct connection *other = acquire(&test);
    struct error error = {0};

    (void)state;
    for (int number = 1; number <= 4; number++) {
        char name[12];

        snprintf(name, sizeof(name), "%d", number);
        assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
        assert_done(insert_last(&test, connection, number, name, &error));
        assert_int_equal(count_rows(other), number - 1);
        if (number % 2 == 0) {
            usleep(80000);
        }
        assert_done(connection_commit(connection, &error));
        assert_int_equal(count_rows(other), number);
    }
    database_release(&other);
    database_release(&connection);
    test_database_close(&test);
}

void test_transactions__a_change_that_waits_goes_before_what_follows(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct connection *other = acquire(&test);
    struct error error = {0};

    (void)state;
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_last(&test, connection, 1, "one", &error));
    assert_int_equal(count_rows(connection), 1); /* it sees its own */
    assert_int_equal(count_rows(other), 0);
    connection_rollback(connection);
    assert_int_equal(count_rows(other), 0);

    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_last(&test, connection, 1, "one", &error));
    assert_done(insert_last(&test, connection, 2, "two", &error));
    assert_done(connection_savepoint(connection, &error));
    assert_done(insert_last(&test, connection, 3, "three", &error));
    assert_done(connection_savepoint_undo(connection, &error));
    assert_done(insert_last(&test, connection, 4, "four", &error));
    assert_done(connection_commit(connection, &error));
    assert_int_equal(count_rows(other), 3);

    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_last(&test, connection, 5, "five", &error));
    connection_rollback(connection);
    assert_int_equal(count_rows(other), 3);
    database_release(&other);
    database_release(&connection);
    test_database_close(&test);
}

/* Whoever meets the failure tells it in the words of whoever made the change, and nothing of the
 * transaction is kept. */
void test_transactions__a_change_that_waited_fails(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    assert_done(insert_name(connection, 1, "one", &error));
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_last(&test, connection, 2, "one", &error));
    assert_refused(connection_commit(connection, &error), ERROR_DATABASE_UNIQUE);
    assert_string_equal(error.subject, "mine");

    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_name(connection, 3, "three", &error));
    assert_done(insert_last(&test, connection, 2, "one", &error));
    assert_refused(connection_commit(connection, &error), ERROR_DATABASE_UNIQUE);
    assert_int_equal(count_rows(connection), 1);

    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(insert_last(&test, connection, 2, "one", &error));
    assert_refused(insert_name(connection, 3, "three", &error), ERROR_DATABASE_UNIQUE);
    assert_string_equal(error.subject, "mine");
    assert_refused(connection_commit(connection, &error), ERROR_DATABASE_FAILED);
    assert_int_equal(count_rows(connection), 1);
    database_release(&connection);
    test_database_close(&test);
}

void test_transactions__a_change_that_must_find_its_row(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    assert_done(insert_name(connection, 1, "one", &error));
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(change_count(&test, connection, 1, true, &error));
    assert_done(connection_commit(connection, &error));
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(change_count(&test, connection, 1, false, &error));
    assert_refused(change_count(&test, connection, 2, false, &error), ERROR_DATABASE_CONFLICT);
    connection_rollback(connection);
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(change_count(&test, connection, 2, true, &error));
    assert_refused(connection_commit(connection, &error), ERROR_DATABASE_CONFLICT);
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    assert_done(connection_commit(connection, &error)); /* nothing was asked */
    database_release(&connection);
    test_database_close(&test);
}

/* A lock belongs in the transaction, so it holds on others until its end. */
void test_transactions__a_lock_begins_one(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct connection *other = acquire(&test);
    struct error error = {0};
    struct uuid id = sample_id(1);
    const struct cell *cells = NULL;
    struct sql sql;

    (void)state;
    assert_done(insert_name(connection, 1, "one", &error));
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    sql_begin(&sql, test.arena, connection_dialect(connection));
    sql_add(&sql, "SELECT ");
    sql_add_name(&sql, "count");
    sql_add(&sql, " FROM sample WHERE id = ");
    sql_add_cell(&sql, cell_uuid(&id));
    sql_add_row_lock(&sql, ROW_LOCK_CHANGE);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    assert_done(connection_select_row(connection, &sql, &cells, &error));
    assert_refused(set_count(other, 1, 2, NULL, &error), ERROR_DATABASE_CONFLICT);
    assert_done(connection_commit(connection, &error));
    assert_done(set_count(other, 1, 2, NULL, &error));
    database_release(&other);
    database_release(&connection);
    test_database_close(&test);
}

/* Lost before its change was sent: nothing was written. */
void test_transactions__a_connection_lost_before_the_last_change(void **state)
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
    break_connection(&test, connection); /* takes longer than an answer is fresh */
    assert_done(insert_last(&test, connection, 1, "one", &error));
    assert_refused(connection_commit(connection, &error), ERROR_DATABASE_UNAVAILABLE);
    database_release(&connection);
    test_database_close(&test);
}

/* Lost with the change that goes alone: nobody knows. Where the machine is slow it may have been
 * asked before, or the server may have ended it later: then it is tried again. */
void test_transactions__a_connection_lost_with_the_last_change(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct connection *killer = acquire(&test);
    struct error error = {0};

    (void)state;
    if (is_engine(connection, "SQLite")) {
        database_release(&killer);
        database_release(&connection);
        test_database_close(&test);
        skip(); /* no server to lose */
    }
    for (int number = 1; error.code != ERROR_OUTCOME_UNKNOWN; number++) {
        char name[12];
        int64_t server_name = ask_server_name(&test, connection);

        snprintf(name, sizeof(name), "%d", number);
        error_clear(&error);
        assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
        assert_done(insert_last(&test, connection, number, name, &error));
        end_connection(&test, killer, server_name);
        usleep(1000);
        if (!connection_commit(connection, &error) && error.code != ERROR_OUTCOME_UNKNOWN) {
            assert_int_equal(error.code, ERROR_DATABASE_UNAVAILABLE);
        }
        database_release(&connection);
        connection = acquire(&test);
    }
    database_release(&killer);
    database_release(&connection);
    test_database_close(&test);
}

/* Makes every insert fail as one does on a node of Galera that is cut off from the others. */
static bool cut_off(struct test_database *test, struct connection *connection, struct error *error)
{
    struct sql sql;

    sql_begin(&sql, test->arena, connection_dialect(connection));
    sql_add(&sql, "CREATE OR REPLACE TRIGGER cut_off BEFORE INSERT ON sample FOR EACH ROW "
                  "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1180");
    return connection_change(connection, &sql, NULL, error);
}

/* Others may have a change that a node was about to commit when it was cut off from them. */
void test_transactions__cut_off_while_a_change_goes_alone(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct error error = {0};

    (void)state;
    if (!is_engine(connection, "MariaDB")) {
        database_release(&connection);
        test_database_close(&test);
        skip(); /* the others are no cluster of that kind */
    }
    assert_done(cut_off(&test, connection, &error));
    /* On a slow machine BEGIN goes first, and what follows it is known to be undone. */
    for (int tries = 0; tries < 100 && error.code != ERROR_OUTCOME_UNKNOWN; tries++) {
        error_clear(&error);
        count_rows(connection);
        assert_true(connection_begin(connection, TRANSACTION_WRITE, &error));
        assert_true(insert_last(&test, connection, 1, "one", &error));
        assert_false(connection_commit(connection, &error));
        assert_true(error.code == ERROR_OUTCOME_UNKNOWN ||
                    error.code == ERROR_DATABASE_UNAVAILABLE);
        database_release(&connection);
        connection = acquire(&test);
    }
    assert_int_equal(error.code, ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(count_rows(connection), 0);
    database_release(&connection);
    test_database_close(&test);
}

/* ---- what is held back ---- */

struct held_names {
    struct connection *connection;
    int written;
    bool must_fail;
};

static bool write_names(void *context, struct error *error)
{
    struct held_names *names = context;
    char name[] = {(char)('a' + names->written++), '\0'};
    return insert_name(names->connection, 10 + names->written, name, error) &&
           (!names->must_fail || insert_name(names->connection, 1, "again", error));
}

void test_transactions__what_is_held_is_written_in_time(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct held_names names = {.connection = connection};
    const struct holder holder = {.write = write_names, .context = &names};
    struct error error = {0};

    (void)state;
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    connection_hold(connection, &holder);
    assert_int_equal(count_rows(connection), 1); /* before a question */
    assert_int_equal(count_rows(connection), 1); /* once */
    connection_hold(connection, &holder);
    assert_done(insert_name(connection, 1, "one", &error)); /* before a change */
    assert_int_equal(names.written, 2);
    connection_hold(connection, &holder);
    assert_done(connection_savepoint(connection, &error)); /* before a savepoint */
    assert_int_equal(names.written, 3);
    connection_hold(connection, &holder);
    assert_done(connection_savepoint_undo(connection, &error)); /* not when it is undone */
    assert_int_equal(names.written, 3);
    connection_hold(connection, &holder);
    assert_done(connection_commit(connection, &error)); /* before the commit */
    assert_int_equal(count_rows(connection), 5);

    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    connection_hold(connection, &holder);
    connection_rollback(connection);
    assert_int_equal(names.written, 4);
    database_release(&connection);
    test_database_close(&test);
}

void test_transactions__what_is_held_fails_the_commit(void **state)
{
    struct test_database test;
    struct connection *connection = open_sample(&test);
    struct held_names names = {.connection = connection, .must_fail = true};
    const struct holder holder = {.write = write_names, .context = &names};
    struct error error = {0};

    (void)state;
    assert_done(connection_begin(connection, TRANSACTION_WRITE, &error));
    int64_t before = connection_count_changes(connection);
    assert_done(insert_name(connection, 1, "one", &error));
    assert_true(connection_count_changes(connection) > before);
    connection_hold(connection, &holder);
    assert_refused(connection_commit(connection, &error), ERROR_DATABASE_UNIQUE);
    assert_int_equal(count_rows(connection), 0);
    database_release(&connection);
    test_database_close(&test);
}
