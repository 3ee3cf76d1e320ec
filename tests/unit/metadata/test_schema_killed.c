/*
 * test_schema_killed.c - a process that makes the tables of the product is killed, again and again.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/log.h"
#include "metadata/catalog.h"
#include "metadata/schema.h"
#include "metadata/schema_run.h"
#include "sample.h"
#include "support/test_database.h"

#define URL_VARIABLE "SVYAZ_TEST_SCHEMA_URL"
#define FOLDER_VARIABLE "SVYAZ_TEST_SCHEMA_FOLDER"

enum { RUNS_LIMIT = 60, FIRST_LIFE = 10, LONGER_LIFE = 12 /* milliseconds */ };

static const struct log quiet = {.descriptor = 2, .level = LOG_LEVEL_ERROR};

static bool make_tables(struct database *database, struct error *error)
{
    struct catalog *catalog = read_catalog();
    struct arena *arena = arena_create();
    struct array tables;
    struct schema_run run = {
        .database = database, .log = &quiet, .release = 1, .lease_time = 1, .patience = 5000};
    array_init(&tables, arena);
    for (size_t i = 0; i < catalog->table_count; i++) {
        array_add(&tables, catalog->tables[i]);
    }
    bool done = schema_run(&run, &tables, error);
    arena_destroy(&arena);
    catalog_release(&catalog);
    return done;
}

/* What the killed process does; run by itself it has nothing to do. */
void test_schema_killed__process(void **state)
{
    (void)state;
    const char *url = getenv(URL_VARIABLE);
    const char *folder = getenv(FOLDER_VARIABLE);
    struct error error = {.code = ERROR_NONE};
    struct database *database = NULL;
    struct database_options options = {.url = url,
                                       .folder = folder,
                                       .pool_size = 2,
                                       .acquire_timeout = 5000,
                                       .statement_timeout = 10000};
    if (url == NULL && folder == NULL) {
        return;
    }
    bool done = database_open(&options, &database, &error) && make_tables(database, &error);
    database_close(&database);
    _exit(done ? EXIT_SUCCESS : EXIT_FAILURE);
}

static pid_t start_process(const struct test_database *test)
{
    pid_t process = fork();
    if (process != 0) {
        return process;
    }
    if (test->options.url != NULL) {
        setenv(URL_VARIABLE, test->options.url, 1);
    }
    if (test->options.folder != NULL) {
        setenv(FOLDER_VARIABLE, test->options.folder, 1);
    }
    execl("/proc/self/exe", "metadata", "test_schema_killed__process", (char *)NULL);
    _exit(EXIT_FAILURE);
}

/* Whether it ended well within its life. */
static bool ends_well(pid_t process, int life)
{
    struct timespec pause = {.tv_nsec = 1000000};
    int status = 0;
    for (int i = 0; i < life; i++) {
        nanosleep(&pause, NULL);
        if (waitpid(process, &status, WNOHANG) == process) {
            return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
        }
    }
    kill(process, SIGKILL);
    waitpid(process, &status, 0);
    return false;
}

void test_schema_killed__is_finished_by_the_next(void **state)
{
    (void)state;
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    int runs = 0;
    test_database_open(&test);
    /* Each lives longer than the one before by more and more, so that a slow machine ends too. */
    for (int life = FIRST_LIFE; !ends_well(start_process(&test), life);) {
        life += LONGER_LIFE + life / 10;
        assert_true(++runs < RUNS_LIMIT);
    }
    if (!make_tables(test.database, &error)) {
        fail_msg("%s %s", error.message, error.cause);
    }
    struct catalog *catalog = read_catalog();
    bool is_up_to_date = false;
    assert_true(schema_check(test.database, catalog, NULL, 0, &is_up_to_date, &error));
    assert_true(is_up_to_date);
    assert_true(runs > 3);
    catalog_release(&catalog);
    test_database_close(&test);
}
