/*
 * test_pool.c - connections are shared, bounded, waited for and counted.
 */
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database/sample.h"

void test_pool__exhausted(void **state)
{
    struct test_database test;
    struct connection *connections[2] = {NULL}, *late = NULL;
    struct error error = {0};
    int open, used;
    int64_t start;

    (void)state;
    test_database_open_with(&test, (struct database_options){.pool_size = 2,
                                                             .acquire_timeout = 300,
                                                             .statement_timeout = 1000});
    database_count(test.database, &open, &used);
    assert_int_equal(open, 1);
    assert_int_equal(used, 0);
    connections[0] = acquire(&test);
    connections[1] = acquire(&test);
    database_count(test.database, &open, &used);
    assert_int_equal(open, 2);
    assert_int_equal(used, 2);

    start = time_monotonic();
    assert_refused(database_acquire(test.database, &late, &error), ERROR_BUSY);
    assert_in_range(time_monotonic() - start, 290, 1000);
    assert_null(late);
    database_release(&connections[0]);
    late = acquire(&test);
    database_release(&late);
    database_release(&connections[1]);
    database_count(test.database, &open, &used);
    assert_int_equal(open, 2);
    assert_int_equal(used, 0);
    test_database_close(&test);
}

static void *release_later(void *object)
{
    usleep(200000);
    database_release(object);
    return NULL;
}

void test_pool__waits_for_release(void **state)
{
    struct test_database test;
    struct connection *connection, *second = NULL;
    struct error error = {0};
    pthread_t thread;

    (void)state;
    test_database_open_with(&test, (struct database_options){.pool_size = 1,
                                                             .acquire_timeout = 2000,
                                                             .statement_timeout = 1000});
    connection = acquire(&test);
    assert_int_equal(pthread_create(&thread, NULL, release_later, &connection), 0);
    assert_done(database_acquire(test.database, &second, &error));
    pthread_join(thread, NULL);
    database_release(&second);
    test_database_close(&test);
}

static void *use_often(void *object)
{
    struct test_database *test = object;
    struct error error = {0};

    for (int i = 0; i < 200; i++) {
        struct connection *connection = NULL;

        if (!database_acquire(test->database, &connection, &error)) {
            return "no connection";
        }
        if (!connection_begin(connection, TRANSACTION_READ, &error) ||
            !connection_commit(connection, &error)) {
            return "no transaction";
        }
        database_release(&connection);
    }
    return NULL;
}

void test_pool__many_threads(void **state)
{
    struct test_database test;
    pthread_t threads[8];
    int open, used;

    (void)state;
    test_database_open(&test);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, use_often, &test), 0);
    }
    for (int i = 0; i < 8; i++) {
        void *complaint;

        pthread_join(threads[i], &complaint);
        assert_null(complaint);
    }
    database_count(test.database, &open, &used);
    assert_in_range(open, 1, 4);
    assert_int_equal(used, 0);
    test_database_close(&test);
}

void test_pool__engine_has_a_name(void **state)
{
    struct test_database test;
    const char *name;

    (void)state;
    test_database_open(&test);
    name = dialect_name(database_dialect(test.database));
    assert_memory_equal(database_engine(test.database), name, strlen(name));
    assert_ptr_equal(dialect_find(name), database_dialect(test.database));
    assert_null(dialect_find("Nobody"));
    test_database_close(&test);
}

/* With tracing on, the driver manager would write every value to a file. */
void test_pool__refuses_tracing(void **state)
{
    static const char folder[] = "build/test-databases/traced";
    static const char file[] = "build/test-databases/traced/odbcinst.ini";
    const struct database_options options = {
        .folder = folder, .pool_size = 1, .acquire_timeout = 100, .statement_timeout = 1000};
    struct database *database = NULL;
    struct error error = {0};
    FILE *stream;

    (void)state;
    mkdir("build/test-databases", 0755);
    mkdir(folder, 0755);
    stream = fopen(file, "w");
    assert_non_null(stream);
    fputs("[ODBC]\nTrace = Yes\nTraceFile = /dev/null\n"
          "[SQLite3]\nDriver = libsqlite3odbc.so\n",
          stream);
    fclose(stream);
    setenv("ODBCSYSINI", folder, 1);
    assert_refused(database_open(&options, &database, &error), ERROR_DATABASE_UNAVAILABLE);
    assert_non_null(strstr(error.message, "Trace"));
    assert_null(database);
    unlink(file);
    rmdir(folder);
}
