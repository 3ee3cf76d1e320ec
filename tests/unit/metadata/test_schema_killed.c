/*
 * test_schema_killed.c - a process that makes the tables of the product is killed, again and again.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
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

#define LIFE_VARIABLE "SVYAZ_TEST_SCHEMA_LIFE"

/* A life is counted in what is done, not in time: so it is as long on a slow machine. */
enum { RUNS_LIMIT = 60, LIFE = 60 /* moments between two statements */, AGONY = 3000 /* us */ };

static const struct log quiet = {.descriptor = 2, .level = LOG_LEVEL_ERROR};

/* The process may see so many moments yet. Then it is killed somewhere in the statements that come
 * next: soon enough that few of them are done. */
struct life {
    int moments; /* 0: it lives on */
    int agony;   /* microseconds */
};

static bool live(void *context, size_t steps_run)
{
    struct life *life = context;
    (void)steps_run;
    if (life->moments > 0 && --life->moments == 0) {
        const struct itimerval death = {.it_value.tv_usec = life->agony};
        setitimer(ITIMER_REAL, &death, NULL);
    }
    return true;
}

static bool make_tables(struct database *database, struct life *life, struct error *error)
{
    struct catalog *catalog = read_catalog();
    struct arena *arena = arena_create();
    struct array tables;
    struct schema_run run = {.database = database,
                             .log = &quiet,
                             .release = 1,
                             .lease_time = 1,
                             .patience = 5000,
                             .may_go_on = live,
                             .context = life};
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
    const char *agony = getenv(LIFE_VARIABLE);
    struct life life = {.moments = LIFE, .agony = agony == NULL ? 1 : atoi(agony)};
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
    bool done = database_open(&options, &database, &error) && make_tables(database, &life, &error);
    database_close(&database);
    _exit(done ? EXIT_SUCCESS : EXIT_FAILURE);
}

static pid_t start_process(const struct test_database *test, int agony)
{
    char text[16];
    pid_t process = fork();
    if (process != 0) {
        return process;
    }
    snprintf(text, sizeof(text), "%d", agony);
    setenv(LIFE_VARIABLE, text, 1);
    if (test->options.url != NULL) {
        setenv(URL_VARIABLE, test->options.url, 1);
    }
    if (test->options.folder != NULL) {
        setenv(FOLDER_VARIABLE, test->options.folder, 1);
    }
    execl("/proc/self/exe", "metadata", "test_schema_killed__process", (char *)NULL);
    _exit(EXIT_FAILURE);
}

/* Whether it ended well; else it was killed. */
static bool ends_well(pid_t process)
{
    int status = 0;
    waitpid(process, &status, 0);
    if (WIFEXITED(status)) {
        assert_int_equal(WEXITSTATUS(status), EXIT_SUCCESS);
        return true;
    }
    assert_int_equal(WTERMSIG(status), SIGALRM);
    return false;
}

void test_schema_killed__is_finished_by_the_next(void **state)
{
    (void)state;
    struct test_database test;
    struct error error = {.code = ERROR_NONE};
    struct life unbound = {.moments = 0};
    int runs = 0;
    test_database_open(&test);
    while (!ends_well(start_process(&test, runs * 371 % AGONY + 1))) {
        assert_true(++runs < RUNS_LIMIT);
    }
    if (!make_tables(test.database, &unbound, &error)) {
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
