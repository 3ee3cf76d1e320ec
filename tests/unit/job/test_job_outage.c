/*
 * test_job_outage.c - a database that fails at any statement of a step fails no row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/interrupt.h"
#include "database/database.h"
#include "generated/messages.h"
#include "job/scheduler.h"
#include "job/worker.h"
#include "metadata/value.h"
#include "query/request.h"
#include "security/session.h"
#include "support/office.h"

enum { ROUNDS = 10 };

static struct office office;
static struct job_worker *worker;

static struct uuid submit(void)
{
    struct batch_field name = {.name = "name", .value = "x"};
    void *fields[] = {&name};
    struct batch_row row = {.operation = "create",
                            .entity = "Account",
                            .fields = {.is_set = true, .count = 1, .items = fields}};
    void *rows[] = {&row, &row, &row};
    const struct submit_batch_request request = {
        .rows = {.is_set = true, .count = 3, .items = rows}};
    const struct submit_batch_response *response =
        office_run(&office, "Jobs", "SubmitBatch", &request);

    return response->job->id.value;
}

static void expect_done(struct uuid id)
{
    const struct retrieve_job_request request = {.job_id = {.is_set = true, .value = id}};
    const struct retrieve_job_response *response =
        office_run(&office, "Jobs", "RetrieveJob", &request);

    assert_string_equal(response->job->state, "completed");
    assert_int_equal(response->job->succeeded.value, 3);
}

/* One round, whatever comes of it. */
static void go_round(void)
{
    const struct chore *chore = &job_worker_chores(worker)[JOB_CHORE_RUN];
    struct arena *arena = arena_create();
    struct chore_call call = {
        .platform = &office.house.platform, .arena = arena, .context = chore->context};
    struct error error = {0};
    bool has_more = false;

    session_forget_all(office.house.platform.sessions);
    if (database_acquire(office.house.platform.database, &call.connection, &error)) {
        (void)!chore->run(&call, &has_more, &error);
    }
    database_release(&call.connection);
    arena_destroy(&arena);
}

static int64_t count_accounts(void)
{
    struct query_request query = {.count = {.is_set = true, .value = true}};
    const struct retrieve_multiple_entity_request all = {.query = &query};
    const struct retrieve_multiple_entity_response *response =
        office_run(&office, "Account", "RetrieveMultipleAccount", &all);

    return response->page->total.value;
}

/* Each job meets the next of its statements failing. */
static int run_jobs(const char *way)
{
    int number = 0, count = 0;

    do {
        struct uuid id = submit();
        number++;
        setenv("CRM_INTERRUPT", arena_format(office.arena, "statement:%s:%d", way, number), 1);
        for (int round = 0; round < ROUNDS; round++) {
            go_round();
        }
        count = interrupt_count();
        unsetenv("CRM_INTERRUPT");
        expect_done(id);
    } while (count >= number);
    return number;
}

void test_job_outage__fails_no_row_and_doubles_none(void **state)
{
    (void)state;
    office_open(&office);
    worker = job_worker_create(&office.house.platform);
    int jobs = run_jobs("late") + run_jobs("lost") + run_jobs("met");
    assert_int_equal(count_accounts(), 3 * jobs);
    job_worker_destroy(&worker);
    office_close(&office);
}
