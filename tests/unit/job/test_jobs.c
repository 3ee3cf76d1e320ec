/*
 * test_jobs.c - batches that are submitted, and run step by step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/thread.h"
#include "base/time.h"
#include "database/database.h"
#include "database/row.h"
#include "generated/messages.h"
#include "generated/settings.h"
#include "job/scheduler.h"
#include "job/step.h"
#include "job/worker.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"
#include "service/job.h"
#include "service/job_row.h"
#include "service/tables.h"
#include "support/office.h"

enum { MANY = 4 * STEP_ROWS_FIRST + 50, STEPS_MOST = 1000 };

static struct office office;
static struct job_worker *worker;
static struct array rows; /* struct batch_row *, to be submitted next */

static void open_office(void)
{
    office_open(&office);
    array_init(&rows, office.arena);
    worker = job_worker_create(&office.house.platform);
}

static void close_office(void)
{
    job_worker_destroy(&worker);
    office_close(&office);
}

/* ---- rows ---- */

static struct batch_row *add_row(const char *operation, const char *entity, const char *tag,
                                 const char *field, const char *value)
{
    struct batch_row *row = arena_allocate(office.arena, sizeof(*row));
    struct batch_field *given = arena_allocate(office.arena, sizeof(*given));
    void **fields = arena_allocate(office.arena, sizeof(*fields));

    *given = (struct batch_field){.name = field, .value = value};
    fields[0] = given;
    *row = (struct batch_row){
        .operation = operation,
        .entity = entity,
        .tag = tag,
        .fields = {.is_set = true, .count = 1, .items = fields},
    };
    array_add(&rows, row);
    return row;
}

static struct batch_row *add_account(const char *tag, const char *name)
{
    return add_row("create", "Account", tag, "name", name);
}

/* A row that fails: a contact has a last name. */
static void add_wrong(const char *tag)
{
    add_row("create", "Contact", tag, "firstName", "x");
}

static void add_accounts(int count)
{
    for (int i = 0; i < count; i++) {
        add_account(NULL, arena_format(office.arena, "account %d", i + 1));
    }
}

static struct message_list take_rows(void)
{
    struct message_list list = {.is_set = true, .count = rows.count, .items = rows.items};

    array_init(&rows, office.arena);
    return list;
}

/* ---- jobs ---- */

static const struct job *submit_as(struct submit_batch_request request)
{
    request.rows = take_rows();
    const struct submit_batch_response *response =
        office_run(&office, "Jobs", "SubmitBatch", &request);
    return response->job;
}

static struct uuid submit(void)
{
    return submit_as((struct submit_batch_request){.name = "test"})->id.value;
}

static void expect_refused(enum error_code code)
{
    const struct submit_batch_request request = {.rows = take_rows()};

    office_expect(&office, office_try(&office, "Jobs", "SubmitBatch", &request), code);
}

static struct message_uuid id_member(struct uuid id)
{
    return (struct message_uuid){.is_set = true, .value = id};
}

static const struct job *job_at(struct uuid id)
{
    const struct retrieve_job_request request = {.job_id = id_member(id)};
    const struct retrieve_job_response *response =
        office_run(&office, "Jobs", "RetrieveJob", &request);

    return response->job;
}

/* All of these have the shape of a request that names a job, and an answer that tells of it. */
static const void *do_with(const char *operation, struct uuid id)
{
    const struct retrieve_job_request request = {.job_id = id_member(id)};

    return office_try(&office, "Jobs", operation, &request);
}

static void must_do(const char *operation, struct uuid id)
{
    if (do_with(operation, id) == NULL) {
        fail_msg("%s: %s", operation, office.error.message);
    }
}

static const struct job_row_page *page_of(struct uuid id, int64_t after, int64_t limit,
                                          bool failed_only)
{
    const struct retrieve_job_rows_request request = {
        .job_id = id_member(id),
        .after = {.is_set = true, .value = after},
        .limit = {.is_set = true, .value = limit},
        .failed_only = {.is_set = true, .value = failed_only},
    };
    const struct retrieve_job_rows_response *response =
        office_run(&office, "Jobs", "RetrieveJobRows", &request);

    return response->page;
}

static const struct job_row *row_of(struct uuid id, int64_t number)
{
    const struct job_row_page *page = page_of(id, number - 1, 1, false);

    assert_int_equal(page->rows.count, 1);
    const struct job_row *row = page->rows.items[0];
    assert_int_equal(row->number.value, number);
    return row;
}

static const char *code_of(struct uuid id, int64_t number)
{
    const struct row_result *result = row_of(id, number)->result;

    assert_non_null(result);
    return result->code;
}

static void expect_job(struct uuid id, const char *state, int64_t succeeded, int64_t failed)
{
    const struct job *job = job_at(id);

    if (strcmp(job->state, state) != 0) {
        fail_msg("the job is %s, not %s: %s %s", job->state, state,
                 job->code == NULL ? "" : job->code, job->message == NULL ? "" : job->message);
    }
    assert_int_equal(job->succeeded.value, succeeded);
    assert_int_equal(job->failed.value, failed);
}

/* ---- steps ---- */

static bool run_chore(const struct job_worker *one, int index)
{
    const struct chore *chore = &job_worker_chores(one)[index];
    struct arena *arena = arena_create();
    struct chore_call call = {
        .platform = &office.house.platform, .arena = arena, .context = chore->context};
    struct error error = {0};
    bool has_more = false;

    bool is_done = database_acquire(office.house.platform.database, &call.connection, &error) &&
                   chore->run(&call, &has_more, &error);
    database_release(&call.connection);
    arena_destroy(&arena);
    if (!is_done && error.code != ERROR_DATABASE_CONFLICT) {
        fail_msg("%s: %s (%s)", error_kind(error.code)->name, error.message, error.cause);
    }
    return has_more || !is_done;
}

static void step(void)
{
    assert_true(run_chore(worker, JOB_CHORE_RUN));
}

static int run_all(void)
{
    int steps = 0;

    while (run_chore(worker, JOB_CHORE_RUN)) {
        assert_true(++steps < STEPS_MOST);
    }
    return steps;
}

static int64_t count_of(const char *entity)
{
    struct query_request query = {.count = {.is_set = true, .value = true},
                                  .page_size = {.is_set = true, .value = 1}};
    const struct retrieve_multiple_entity_request all = {.query = &query};
    const struct retrieve_multiple_entity_response *response =
        office_run(&office, entity, arena_format(office.arena, "RetrieveMultiple%s", entity), &all);

    return response->page->total.value;
}

static void log_in_as(const char *name)
{
    office.credentials = (struct credentials){.basic_name = name, .basic_password = PASSWORD};
}

/* ---- the tests ---- */

void test_job__rows_are_run_and_their_results_kept(void **state)
{
    (void)state;
    open_office();
    add_account("a", "Ромашка");
    add_wrong("b");
    add_row("create", "Contact", "c", "lastName", "Иванова");
    add_row("delete", "Contact", NULL, "x", "x");
    const struct job *submitted = submit_as((struct submit_batch_request){.name = "night"});
    struct uuid id = submitted->id.value;

    assert_string_equal(submitted->state, "ready");
    assert_string_equal(submitted->name, "night");
    assert_false(submitted->started_on.is_set);
    assert_null(row_of(id, 1)->result);
    assert_string_equal(row_of(id, 1)->row_tag, "a");
    assert_int_equal(count_of("Account"), 0);
    run_all();

    expect_job(id, "completed", 2, 2);
    const struct job *job = job_at(id);
    assert_int_equal(job->row_count.value, 4);
    assert_true(job->started_on.is_set && job->ended_on.is_set);
    const struct job_row *first = row_of(id, 1);
    assert_string_equal(first->row_tag, "a");
    assert_true(first->result->ok.value && first->result->created.value);
    assert_int_equal(first->result->version.value, 1);
    assert_string_equal(code_of(id, 2), "FIELD_REQUIRED");
    assert_string_equal(row_of(id, 2)->result->field, "lastName");
    assert_string_equal(code_of(id, 4), "VALUE_INVALID");
    assert_int_equal(count_of("Account"), 1);
    assert_int_equal(run_all(), 0);
    close_office();
}

void test_job__pages_of_rows_are_by_number(void **state)
{
    (void)state;
    open_office();
    for (int i = 0; i < 5; i++) {
        add_account(NULL, "x");
        add_wrong(arena_format(office.arena, "wrong %d", i));
    }
    struct uuid id = submit();

    assert_int_equal(page_of(id, 8, 5, false)->rows.count, 2);
    assert_false(page_of(id, 8, 5, false)->more.value);
    assert_true(page_of(id, 0, 9, false)->more.value);
    run_all();
    assert_int_equal(page_of(id, 0, 10, false)->rows.count, 10);
    assert_false(page_of(id, 0, 10, false)->more.value);
    const struct job_row_page *page = page_of(id, 2, 3, true);
    assert_int_equal(page->rows.count, 3);
    assert_true(page->more.value);
    assert_int_equal(((struct job_row *)page->rows.items[2])->number.value, 8);
    assert_string_equal(((struct job_row *)page->rows.items[2])->row_tag, "wrong 3");
    assert_int_equal(page_of(id, 8, 3, true)->rows.count, 1);
    assert_false(page_of(id, 8, 3, true)->more.value);
    close_office();
}

void test_job__rows_run_while_a_page_is_read_are_on_it(void **state)
{
    struct message_list found;
    struct error error = {0};

    (void)state;
    open_office();
    add_accounts(2);
    struct uuid id = submit();
    const struct kept_job as_it_was = {.id = id, .row_count = 2};
    run_all();
    struct call *call = test_call_begin(&office.house);
    assert_true(job_row_list(call, &as_it_was, 0, 10, false, &found, &error));
    assert_int_equal(found.count, 2);
    test_call_end(&call);
    assert_int_equal(page_of(id, -5, 10, false)->rows.count, 2);
    close_office();
}

void test_job__rows_refer_to_those_of_earlier_steps(void **state)
{
    (void)state;
    open_office();
    add_account("customer", "Ромашка");
    add_wrong("wrong");
    add_accounts(MANY);
    struct batch_row *contact = add_row("create", "Contact", NULL, "lastName", "Иванова");
    contact->fields.items = arena_allocate_array(office.arena, 2, sizeof(void *));
    struct batch_field names[] = {{.name = "lastName", .value = "Иванова"},
                                  {.name = "parentCustomer", .result_of = "customer"}};
    contact->fields.items[0] = &names[0];
    contact->fields.items[1] = &names[1];
    contact->fields.count = 2;
    struct batch_row *update = add_row("update", "Account", NULL, "name", "Другая");
    update->result_of = "customer";
    add_row("update", "Contact", NULL, "lastName", "x")->result_of = "wrong";
    add_row("update", "Contact", NULL, "lastName", "x")->result_of = "nobody";
    struct uuid id = submit();

    assert_true(run_all() >= 3);
    expect_job(id, "completed", MANY + 3, 3);
    const struct row_result *changed = row_of(id, MANY + 4)->result;
    assert_int_equal(changed->version.value, 2);
    assert_true(uuid_is_equal(&changed->id.value, &row_of(id, 1)->result->id.value));
    assert_string_equal(code_of(id, MANY + 5), "EARLIER_ROW_FAILED");
    assert_string_equal(code_of(id, MANY + 6), "VALUE_INVALID");
    close_office();
}

void test_job__one_that_stops_at_an_error_can_be_resumed(void **state)
{
    (void)state;
    open_office();
    add_account(NULL, "one");
    add_wrong(NULL);
    add_account(NULL, "two");
    add_wrong(NULL);
    const struct submit_batch_request request = {.stop_on_error = {.is_set = true, .value = true}};
    struct uuid id = submit_as(request)->id.value;

    run_all();
    expect_job(id, "failed", 1, 1);
    assert_string_equal(job_at(id)->code, "FIELD_REQUIRED");
    assert_memory_equal(job_at(id)->message, "Row 2: ", 7);
    assert_true(job_at(id)->ended_on.is_set);
    assert_null(row_of(id, 3)->result);
    must_do("ResumeJob", id);
    assert_string_equal(job_at(id)->state, "ready");
    assert_null(job_at(id)->code);
    assert_false(job_at(id)->ended_on.is_set);
    run_all();
    expect_job(id, "failed", 2, 2);
    must_do("ResumeJob", id);
    run_all();
    expect_job(id, "completed", 2, 2);
    assert_int_equal(count_of("Account"), 2);
    close_office();
}

void test_job__what_is_done_stays_done_when_it_is_canceled(void **state)
{
    (void)state;
    open_office();
    add_accounts(MANY);
    struct uuid id = submit();

    step();
    assert_string_equal(job_at(id)->state, "running");
    must_do("SuspendJob", id);
    must_do("SuspendJob", id);
    assert_int_equal(run_all(), 0);
    must_do("ResumeJob", id);
    step();
    must_do("CancelJob", id);
    must_do("CancelJob", id);
    assert_int_equal(run_all(), 0);
    const struct job *job = job_at(id);
    int64_t done = job->succeeded.value;
    assert_string_equal(job->state, "canceled");
    assert_true(done > 0 && done < MANY);
    assert_int_equal(count_of("Account"), done);
    assert_non_null(row_of(id, done)->result);
    assert_null(row_of(id, done + 1)->result);
    office_expect(&office, do_with("ResumeJob", id), ERROR_STATE_INVALID);
    office_expect(&office, do_with("SuspendJob", id), ERROR_STATE_INVALID);
    close_office();
}

static const void *add_to(struct uuid id)
{
    const struct add_job_rows_request request = {.job_id = id_member(id), .rows = take_rows()};

    return office_try(&office, "Jobs", "AddJobRows", &request);
}

void test_job__rows_are_added_to_one_that_waits(void **state)
{
    const struct submit_batch_request request = {.suspended = {.is_set = true, .value = true}};

    (void)state;
    open_office();
    struct uuid id = submit_as(request)->id.value;
    add_account("a", "one");
    assert_non_null(add_to(id));
    add_account("b", "two");
    add_row("update", "Account", NULL, "name", "three")->result_of = "a";
    assert_non_null(add_to(id));
    add_account("a", "again");
    office_expect(&office, add_to(id), ERROR_VALUE_INVALID);
    assert_int_equal(job_at(id)->row_count.value, 3);
    assert_int_equal(run_all(), 0);
    must_do("ResumeJob", id);
    add_account(NULL, "late");
    office_expect(&office, add_to(id), ERROR_STATE_INVALID);
    run_all();
    expect_job(id, "completed", 3, 0);
    assert_int_equal(row_of(id, 3)->result->version.value, 2);
    close_office();
}

void test_job__one_without_rows_completes(void **state)
{
    (void)state;
    open_office();
    struct uuid id = submit();
    run_all();
    expect_job(id, "completed", 0, 0);
    assert_int_equal(page_of(id, 0, 1, false)->rows.count, 0);
    close_office();
}

void test_job__limits_are_kept(void **state)
{
    static const char letters[] = "0123456789012345678901234567890123456789";
    const char *tag = NULL;

    (void)state;
    open_office();
    office.house.settings.limits.job_rows = 3;
    add_accounts(4);
    expect_refused(ERROR_LIMIT_EXCEEDED);
    office.house.settings.limits.job_size = 1024;
    add_account(NULL, arena_format(office.arena, "%1000s", "x"));
    expect_refused(ERROR_LIMIT_EXCEEDED);
    office.house.settings.limits.open_jobs = 2;
    add_accounts(3);
    struct uuid first = submit();
    submit();
    expect_refused(ERROR_LIMIT_EXCEEDED);
    must_do("CancelJob", first);
    submit();
    office.house.settings.limits.open_jobs = 3;
    tag = arena_format(office.arena, "%s%s%s%s%s", letters, letters, letters, letters, letters);
    add_account(tag, "x");
    must_do("CancelJob", submit());
    add_account(arena_format(office.arena, "%sx", tag), "x");
    expect_refused(ERROR_VALUE_TOO_LONG);
    add_account("a", "x");
    add_account("a", "x");
    expect_refused(ERROR_VALUE_INVALID);
    add_account(NULL, "x")->request_id = "no id";
    expect_refused(ERROR_VALUE_INVALID);
    close_office();
}

void test_job__validation_leaves_no_trace(void **state)
{
    const struct retrieve_jobs_request mine = {.state = NULL};

    (void)state;
    open_office();
    add_accounts(2);
    office.is_validate_only = true;
    submit();
    add_account("a", "x");
    add_account("a", "x");
    expect_refused(ERROR_VALUE_INVALID);
    office.is_validate_only = false;
    const struct retrieve_jobs_response *response =
        office_run(&office, "Jobs", "RetrieveJobs", &mine);
    assert_int_equal(response->page->jobs.count, 0);
    assert_int_equal(run_all(), 0);
    close_office();
}

/* ---- whose they are ---- */

void test_job__is_seen_by_who_submitted_it_and_who_manages_jobs(void **state)
{
    (void)state;
    open_office();
    office_add_user(&office, "olga", "salesperson");
    office_add_user(&office, "oleg", "salesperson");
    log_in_as("olga");
    add_accounts(2);
    struct uuid id = submit();
    assert_string_equal(job_at(id)->state, "ready");
    log_in_as("oleg");
    static const char *const all[] = {"RetrieveJob", "RetrieveJobRows", "SuspendJob",
                                      "ResumeJob",   "CancelJob",       "DeleteJob"};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const struct retrieve_job_rows_request request = {.job_id = id_member(id)};
        office_expect(&office, office_try(&office, "Jobs", all[i], &request),
                      ERROR_RECORD_NOT_FOUND);
    }
    office_expect(&office, add_to(id), ERROR_RECORD_NOT_FOUND);
    const struct retrieve_jobs_request everybody = {.everybody = {.is_set = true, .value = true}};
    office_expect(&office, office_try(&office, "Jobs", "RetrieveJobs", &everybody),
                  ERROR_NOT_ALLOWED);
    log_in_as(ADMINISTRATOR);
    assert_string_equal(job_at(id)->state, "ready");
    const struct retrieve_job_rows_request request = {.job_id = id_member(id)};
    office_expect(&office, office_try(&office, "Jobs", "RetrieveJobRows", &request),
                  ERROR_NOT_ALLOWED);
    const struct retrieve_jobs_response *response =
        office_run(&office, "Jobs", "RetrieveJobs", &everybody);
    assert_int_equal(response->page->jobs.count, 1);
    must_do("CancelJob", id);
    close_office();
}

static const struct job_page *list(struct retrieve_jobs_request request)
{
    const struct retrieve_jobs_response *response =
        office_run(&office, "Jobs", "RetrieveJobs", &request);

    return response->page;
}

void test_job__lists_are_from_the_newest_on(void **state)
{
    (void)state;
    open_office();
    struct uuid ids[3];
    for (int i = 0; i < 3; i++) {
        add_accounts(1);
        ids[i] = submit();
    }
    must_do("SuspendJob", ids[0]);
    const struct job_page *page =
        list((struct retrieve_jobs_request){.limit = {.is_set = true, .value = 2}});
    assert_int_equal(page->jobs.count, 2);
    assert_true(page->more.value);
    const struct job *last = page->jobs.items[1];
    assert_true(uuid_is_equal(&last->id.value, &ids[1]));
    page = list((struct retrieve_jobs_request){.before = last->number});
    assert_int_equal(page->jobs.count, 1);
    assert_false(page->more.value);
    page = list((struct retrieve_jobs_request){.state = "suspended"});
    assert_int_equal(page->jobs.count, 1);
    last = page->jobs.items[0];
    assert_true(uuid_is_equal(&last->id.value, &ids[0]));
    close_office();
}

static void log_in_with(const char *name, const char *const *operations, size_t count)
{
    struct session_scope scope = {
        .operations = {.is_set = true, .count = count, .items = (void **)operations}};
    const struct login_with_scope_request request = {
        .user_name = name, .password = PASSWORD, .application = "shop", .scope = &scope};

    office.credentials = (struct credentials){.token = NULL};
    const struct login_with_scope_response *response =
        office_run(&office, "Session", "LoginWithScope", &request);
    office.credentials = (struct credentials){.token = response->result->token};
}

void test_job__keeps_the_scope_of_its_session(void **state)
{
    static const char *const narrow[] = {"SubmitBatch",     "RetrieveJob",   "RetrieveJobs",
                                         "RetrieveJobRows", "CreateAccount", "CancelJob"};

    (void)state;
    open_office();
    add_accounts(1);
    struct uuid whole = submit();
    log_in_with(ADMINISTRATOR, narrow, 6);
    add_account(NULL, "x");
    add_row("create", "Contact", NULL, "lastName", "x");
    struct uuid id = submit();
    assert_string_equal(job_at(id)->application, "shop");
    /* What was not submitted under this scope is out of its reach. */
    office_expect(&office, do_with("RetrieveJob", whole), ERROR_RECORD_NOT_FOUND);
    office_expect(&office, do_with("CancelJob", whole), ERROR_RECORD_NOT_FOUND);
    assert_int_equal(list((struct retrieve_jobs_request){.state = NULL})->jobs.count, 1);
    run_all();
    expect_job(id, "completed", 1, 1);
    assert_string_equal(code_of(id, 2), "NOT_ALLOWED");
    log_in_as(ADMINISTRATOR);
    assert_int_equal(list((struct retrieve_jobs_request){.state = NULL})->jobs.count, 2);
    expect_job(id, "completed", 1, 1);
    close_office();
}

static void set_of_user(struct uuid user, const char *field, const char *text)
{
    struct record *record = office_record(&office, "SystemUser", field, text);
    char id[UUID_TEXT_SIZE];

    uuid_format(&user, id);
    office_set(&office, record, "id", id);
    const struct update_entity_request request = {.record = record};
    office_run(&office, "SystemUser", "UpdateSystemUser", &request);
}

void test_job__of_a_disabled_user_fails_and_goes_on_when_he_is_enabled(void **state)
{
    (void)state;
    open_office();
    struct uuid olga = office_add_user(&office, "olga", "salesperson");
    log_in_as("olga");
    add_accounts(MANY);
    struct uuid id = submit();
    step();
    log_in_as(ADMINISTRATOR);
    int64_t done = job_at(id)->succeeded.value;
    set_of_user(olga, "isDisabled", "true");
    run_all();
    expect_job(id, "failed", done, 0);
    assert_string_equal(job_at(id)->code, "SUBMITTER_DISABLED");
    set_of_user(olga, "isDisabled", "false");
    must_do("ResumeJob", id);
    run_all();
    expect_job(id, "completed", MANY, 0);
    close_office();
}

void test_job__goes_by_the_rights_of_each_step(void **state)
{
    (void)state;
    open_office();
    struct uuid olga = office_add_user(&office, "olga", "salesperson");
    log_in_as("olga");
    add_accounts(MANY);
    struct uuid id = submit();
    step();
    int64_t done = job_at(id)->succeeded.value;
    log_in_as(ADMINISTRATOR);
    const struct retrieve_user_roles_request roles = {.user_id = id_member(olga)};
    const struct retrieve_user_roles_response *held =
        office_run(&office, "Security", "RetrieveUserRoles", &roles);
    for (size_t i = 0; i < held->roles.count; i++) {
        const struct reference *role = held->roles.items[i];
        const struct remove_user_role_request remove = {.user_id = id_member(olga),
                                                        .role_id = id_member(role->id)};
        office_run(&office, "Security", "RemoveUserRole", &remove);
    }
    run_all();
    expect_job(id, "completed", done, MANY - done);
    log_in_as("olga");
    assert_string_equal(code_of(id, done + 1), "NOT_ALLOWED");
    close_office();
}

void test_job__reads_moments_in_the_zone_of_its_submitter(void **state)
{
    (void)state;
    open_office();
    set_of_user(office_add_user(&office, "olga", "salesperson"), "timeZone", "Europe/Moscow");
    log_in_as("olga");
    struct batch_row *row = add_row("create", "Task", NULL, "subject", "x");
    struct batch_field fields[] = {{.name = "subject", .value = "x"},
                                   {.name = "scheduledStart", .value = "2026-07-01T12:00:00"}};
    void *both[] = {&fields[0], &fields[1]};
    row->fields = (struct message_list){.is_set = true, .count = 2, .items = both};
    struct uuid id = submit();
    run_all();
    expect_job(id, "completed", 1, 0);
    const struct retrieve_entity_request request = {
        .id = row_of(id, 1)->result->id, .columns = office_list(&office, "scheduledStart", NULL)};
    const struct retrieve_entity_response *task =
        office_run(&office, "Task", "RetrieveTask", &request);
    assert_string_equal(office_text(&office, task->record, "scheduledStart"),
                        "2026-07-01T09:00:00Z");
    close_office();
}

void test_job__a_row_with_a_request_id_is_done_once(void **state)
{
    (void)state;
    open_office();
    add_account(NULL, "x")->request_id = "shop-1";
    const struct execute_batch_request batch = {.rows = take_rows()};
    office_run(&office, "Batch", "ExecuteBatch", &batch);
    add_account(NULL, "x")->request_id = "shop-1";
    add_account(NULL, "other")->request_id = "shop-1";
    add_account(NULL, "x")->request_id = "shop-2";
    struct uuid id = submit();
    run_all();
    expect_job(id, "completed", 2, 1);
    assert_true(row_of(id, 1)->result->repeated.value);
    assert_string_equal(code_of(id, 2), "REQUEST_ID_REUSED");
    assert_int_equal(count_of("Account"), 2);
    close_office();
}

void test_job__a_step_can_be_undone(void **state)
{
    char text[UUID_TEXT_SIZE];

    (void)state;
    open_office();
    add_account(NULL, "one");
    struct uuid id = submit();
    run_all();
    assert_int_equal(count_of("Account"), 1);
    uuid_format(&id, text);
    const struct undo_request_request request = {.undone_request =
                                                     arena_format(office.arena, "%s/1", text)};
    office_run(&office, "Changes", "UndoRequest", &request);
    assert_int_equal(count_of("Account"), 0);
    close_office();
}

void test_job__users_are_served_by_turns(void **state)
{
    (void)state;
    open_office();
    office_add_user(&office, "olga", "salesperson");
    struct uuid first[3];
    for (int i = 0; i < 3; i++) {
        add_accounts(MANY);
        first[i] = submit();
    }
    log_in_as("olga");
    add_accounts(MANY);
    struct uuid hers = submit();
    step();
    step();
    assert_true(job_at(hers)->succeeded.value > 0);
    log_in_as(ADMINISTRATOR);
    int served = 0;
    for (int i = 0; i < 3; i++) {
        served += job_at(first[i])->succeeded.value > 0;
    }
    assert_int_equal(served, 1);
    close_office();
}

/* ---- what goes wrong ---- */

static void change_row(struct uuid id, const struct row_value *values, size_t count)
{
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(&id)};
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};

    assert_true(row_update(call->connection, call->arena, &job_table, values, count, &by_id, 1,
                           NULL, &error));
    test_call_end(&call);
}

void test_job__a_row_that_ends_every_process_is_given_up(void **state)
{
    const struct uuid nobody = {{1}};
    const struct row_value fatal[] = {{"attempts", cell_integer(6)},
                                      {"runner_id", cell_uuid(&nobody)}};

    (void)state;
    open_office();
    add_account(NULL, "one");
    add_account("fatal", "two");
    add_account(NULL, "three");
    struct uuid id = submit();
    change_row(id, fatal, 2);
    run_all();
    expect_job(id, "completed", 2, 1);
    assert_string_equal(code_of(id, 1), "INTERNAL");
    assert_int_equal(count_of("Account"), 2);
    close_office();
}

void test_job__a_row_that_cannot_be_read_harms_no_other(void **state)
{
    (void)state;
    open_office();
    add_accounts(5);
    struct uuid id = submit();
    const struct row_value broken = {"content", cell_text("{operation=6:creat")};
    const struct row_condition third[] = {{"job_id", ROW_IS, cell_uuid(&id)},
                                          {"number", ROW_IS, cell_integer(3)}};
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};
    assert_true(row_update(call->connection, call->arena, &job_row_table, &broken, 1, third, 2,
                           NULL, &error));
    test_call_end(&call);
    run_all();
    expect_job(id, "completed", 4, 1);
    assert_string_equal(code_of(id, 3), "INTERNAL");
    close_office();
}

/* ---- several at once ---- */

static int64_t later; /* than the clock says */

static int64_t now_later(void)
{
    return time_now() + later;
}

void test_job__of_another_process_is_taken_over_when_it_moves_no_more(void **state)
{
    (void)state;
    open_office();
    office.house.platform.now = now_later;
    struct job_worker *other = job_worker_create(&office.house.platform);
    add_accounts(MANY);
    struct uuid id = submit();

    assert_true(run_chore(other, JOB_CHORE_RUN));
    int64_t done = job_at(id)->succeeded.value;
    assert_false(run_chore(worker, JOB_CHORE_RUN));
    later = 10000;
    assert_true(run_chore(other, JOB_CHORE_RUN)); /* it moves */
    assert_false(run_chore(worker, JOB_CHORE_RUN));
    assert_true(job_at(id)->succeeded.value > done);
    later = 20000;
    assert_true(run_all() > 0);
    assert_false(run_chore(other, JOB_CHORE_RUN));
    expect_job(id, "completed", MANY, 0);
    job_worker_destroy(&other);
    close_office();
}

/* Goes on where others have left off. */
static void finish(struct uuid id)
{
    for (int round = 0; round < STEPS_MOST && strcmp(job_at(id)->state, "completed") != 0;
         round++) {
        run_all();
        later += 10000;
    }
}

static void *work(void *context)
{
    struct job_worker *one = job_worker_create(&office.house.platform);
    const int64_t *until = context;

    while (time_monotonic() < *until && run_chore(one, JOB_CHORE_RUN)) {
    }
    job_worker_destroy(&one);
    return NULL;
}

void test_job__each_row_is_run_once_however_many_run_it(void **state)
{
    pthread_t threads[3];
    struct error error = {0};

    (void)state;
    open_office();
    office.house.platform.now = now_later;
    add_accounts(MANY);
    struct uuid id = submit();
    add_accounts(MANY);
    struct uuid other = submit();
    int64_t until = time_monotonic() + 60000;
    for (int i = 0; i < 3; i++) {
        assert_true(thread_start(&threads[i], work, &until, &error));
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    finish(id);
    finish(other);
    expect_job(id, "completed", MANY, 0);
    expect_job(other, "completed", MANY, 0);
    assert_int_equal(count_of("Account"), 2 * MANY);
    close_office();
}

/* ---- the end ---- */

static size_t count_rows(const struct table *table, const char *column,
                         const struct row_condition *condition)
{
    const struct row_query query = {.table = table,
                                    .columns = &column,
                                    .column_count = 1,
                                    .conditions = condition,
                                    .condition_count = condition != NULL};
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};
    struct row_set found;

    assert_true(row_select(call->connection, call->arena, &query, &found, &error));
    size_t count = found.count;
    test_call_end(&call);
    return count;
}

void test_job__what_was_sent_is_dropped_from_one_that_was_canceled(void **state)
{
    const struct row_condition is_kept = {"content", ROW_IS_NOT, cell_text("")};

    (void)state;
    open_office();
    for (int i = 0; i < 1500; i++) {
        add_account(arena_format(office.arena, "%d", i), "x");
    }
    struct uuid id = submit();
    add_accounts(1);
    submit_as((struct submit_batch_request){.suspended = {.is_set = true, .value = true}});
    must_do("CancelJob", id);
    while (run_chore(worker, JOB_CHORE_SWEEP)) {
    }
    assert_int_equal(count_rows(&job_row_table, "job_id", &is_kept), 1);
    assert_string_equal(row_of(id, 1500)->row_tag, "1499");
    assert_null(row_of(id, 1500)->result);
    close_office();
}

void test_job__one_that_is_deleted_is_swept(void **state)
{
    (void)state;
    open_office();
    add_accounts(MANY);
    struct uuid id = submit();
    add_accounts(2);
    struct uuid kept = submit();
    step();
    office_expect(&office, do_with("DeleteJob", id), ERROR_STATE_INVALID);
    must_do("CancelJob", id);
    must_do("DeleteJob", id);
    office_expect(&office, do_with("RetrieveJob", id), ERROR_RECORD_NOT_FOUND);
    run_all();
    while (run_chore(worker, JOB_CHORE_SWEEP)) {
    }
    assert_int_equal(count_rows(&job_table, "id", NULL), 1);
    assert_int_equal(count_rows(&job_row_table, "job_id", NULL), 0);
    assert_int_equal(count_rows(&job_result_table, "job_id", NULL), 2);
    expect_job(kept, "completed", 2, 0);
    const struct row_value old = {"touched_on", cell_moment(1000)};
    change_row(kept, &old, 1);
    while (run_chore(worker, JOB_CHORE_SWEEP)) {
    }
    assert_int_equal(count_rows(&job_table, "id", NULL), 0);
    assert_int_equal(count_rows(&job_result_table, "job_id", NULL), 0);
    close_office();
}
