/*
 * jobs.c - the operations of the Jobs service: batches submitted, watched, suspended, cancelled.
 *
 * A job is its submitter's. Who manages jobs sees those of others and may stop them; what became of
 * their rows he is not told, since that is of records which he may not be able to read. Who came by
 * a session with a scope has in hand what was submitted under the same scope, and no more.
 */
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "generated/settings.h"
#include "security/authorise.h"
#include "security/identity.h"
#include "security/scope.h"
#include "service/batch.h"
#include "service/job.h"
#include "service/job_row.h"
#include "service/operation.h"
#include "service/page_limit.h"
#include "text/zone.h"

/* ---- what a job looks like ---- */

static struct message_moment moment_member(int64_t moment)
{
    return (struct message_moment){.is_set = moment != 0, .value = moment};
}

static struct message_integer integer_member(int64_t value)
{
    return (struct message_integer){.is_set = true, .value = value};
}

static struct message_uuid uuid_member(const struct uuid *id)
{
    return (struct message_uuid){.is_set = true, .value = *id};
}

static struct message_boolean boolean_member(bool value)
{
    return (struct message_boolean){.is_set = true, .value = value};
}

static struct job *answer_of(struct arena *arena, const struct kept_job *job)
{
    struct job *answer = arena_allocate(arena, sizeof(*answer));

    answer->id = uuid_member(&job->id);
    answer->number = integer_member(job->number);
    answer->name = job->name;
    answer->state = job_state_name(job->state);
    answer->user_id = uuid_member(&job->user_id);
    answer->application = job->application;
    answer->row_count = integer_member(job->row_count);
    answer->succeeded = integer_member(job->succeeded);
    answer->failed = integer_member(job->failed);
    answer->stop_on_error = boolean_member(job->stops_on_error);
    answer->submitted_on = moment_member(job->submitted_on);
    answer->started_on = moment_member(job->started_on);
    answer->progress_on = moment_member(job->touched_on);
    answer->ended_on = moment_member(job->ended_on);
    answer->code = job->error_code;
    answer->message = job->error_message;
    return answer;
}

/* ---- whose it is ---- */

static bool is_same_text(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

static bool is_same_scope(const struct scope *left, const struct scope *right)
{
    return left == right ||
           (left != NULL && right != NULL && left->is_read_only == right->is_read_only &&
            is_same_text(left->operations, right->operations) &&
            is_same_text(left->entities, right->entities));
}

static bool is_own(const struct call *call, const struct kept_job *job)
{
    const struct scope *scope = call->identity->scope;

    return uuid_is_equal(&job->user_id, &call->identity->user_id) &&
           (scope == NULL || is_same_scope(scope, job->scope));
}

static bool may_manage(const struct call *call)
{
    struct error ignored = {0};

    return authorise_task(call->identity, TASK_MANAGE_JOBS, &ignored);
}

/* A job that is somebody else's and one that is not there look the same. */
static bool find_job(struct call *call, const struct message_uuid *id, enum job_lock lock,
                     struct kept_job **job_out, struct error *error)
{
    struct kept_job *job = NULL;

    if (!job_find(call, &id->value, lock, &job, error)) {
        return false;
    }
    if (job == NULL || job->state == JOB_DELETED || (!is_own(call, job) && !may_manage(call))) {
        return error_set(error, ERROR_RECORD_NOT_FOUND, "jobId", "There is no such job");
    }
    *job_out = job;
    return true;
}

static bool find_own_job(struct call *call, const struct message_uuid *id, enum job_lock lock,
                         struct kept_job **job_out, struct error *error)
{
    return find_job(call, id, lock, job_out, error) &&
           (is_own(call, *job_out) ||
            error_set(error, ERROR_NOT_ALLOWED, "jobId",
                      "The rows of a job are for who submitted it alone"));
}

/* ---- submitting ---- */

static bool check_header(const struct call *call, struct error *error)
{
    return !call->has_expected_version ||
           error_set(error, ERROR_VALUE_INVALID, "expectedVersion",
                     "Each row says in its version what it expects, not the header");
}

static bool check_open(struct call *call, struct error *error)
{
    int64_t most = call->settings->limits.open_jobs;
    int64_t count = 0;

    if (!job_count_open(call, &call->identity->user_id, most, &count, error)) {
        return false;
    }
    return count < most || error_set(error, ERROR_LIMIT_EXCEEDED, NULL,
                                     "%lld jobs of yours have not ended or can be resumed; "
                                     "limits.open_jobs allows no more",
                                     (long long)count);
}

bool job_begin(struct call *call, const char *name, struct kept_job *job_out, struct error *error)
{
    *job_out = (struct kept_job){
        .id = call_new_id(call),
        .name = name,
        .state = JOB_READY,
        .user_id = call->identity->user_id,
        .application = call->application,
        .language = call->language,
        .zone = call->zone == NULL ? NULL : zone_name(call->zone),
        .scope = call->identity->scope,
        .submitted_on = call->now,
        .touched_on = call->now,
    };
    return check_header(call, error) && check_open(call, error);
}

bool job_submit(struct call *call, const struct kept_job *job, struct job **answer_out,
                struct error *error)
{
    struct kept_job *stored = NULL;

    if (!job_insert(call, job, error) || !job_find(call, &job->id, JOB_AS_IT_IS, &stored, error)) {
        return false;
    }
    call->row_count = job->row_count;
    *answer_out = answer_of(call->arena, stored);
    return true;
}

bool service_submit_batch(struct call *call, const struct operation *operation, const void *request,
                          void *response, struct error *error)
{
    const struct submit_batch_request *asked = request;
    struct submit_batch_response *answer = response;
    struct kept_job job;

    (void)operation;
    if (!check_header(call, error) || !batch_check(call, &asked->rows, error) ||
        !job_begin(call, asked->name, &job, error)) {
        return false;
    }
    job.state = asked->suspended.value ? JOB_SUSPENDED : JOB_READY;
    job.stops_on_error = asked->stop_on_error.value;
    return job_row_add(call, &job, &asked->rows, error) &&
           job_submit(call, &job, &answer->job, error);
}

bool service_add_job_rows(struct call *call, const struct operation *operation, const void *request,
                          void *response, struct error *error)
{
    const struct add_job_rows_request *asked = request;
    struct add_job_rows_response *answer = response;
    struct kept_job *job = NULL;

    (void)operation;
    if (!check_header(call, error) || !batch_check(call, &asked->rows, error) ||
        !find_own_job(call, &asked->job_id, JOB_LOCKED, &job, error)) {
        return false;
    }
    if (job->state != JOB_SUSPENDED || job->started_on != 0) {
        return error_set(error, ERROR_STATE_INVALID, "jobId",
                         "Rows are added to a job that is suspended and has not begun");
    }
    job->touched_on = call->now;
    if (!job_row_add(call, job, &asked->rows, error) || !job_save(call, job, error)) {
        return false;
    }
    call->row_count = (int64_t)asked->rows.count;
    answer->job = answer_of(call->arena, job);
    return true;
}

/* ---- watching ---- */

bool service_retrieve_job(struct call *call, const struct operation *operation, const void *request,
                          void *response, struct error *error)
{
    const struct retrieve_job_request *asked = request;
    struct retrieve_job_response *answer = response;
    struct kept_job *job = NULL;

    (void)operation;
    if (!find_job(call, &asked->job_id, JOB_AS_IT_IS, &job, error)) {
        return false;
    }
    answer->job = answer_of(call->arena, job);
    return true;
}

/* Whose jobs, and which, are asked for; one more than fits on the page tells whether there are
 * more. */
static bool read_query(const struct call *call, const struct retrieve_jobs_request *asked,
                       struct job_query *query, struct error *error)
{
    bool is_own =
        !asked->everybody.value &&
        (!asked->user_id.is_set || uuid_is_equal(&asked->user_id.value, &call->identity->user_id));

    if (asked->everybody.value && asked->user_id.is_set) {
        return error_set(error, ERROR_VALUE_INVALID, "userId",
                         "The jobs of one user are asked for, or those of everybody");
    }
    if (!is_own && !authorise_task(call->identity, TASK_MANAGE_JOBS, error)) {
        return false;
    }
    query->user_id = asked->everybody.value  ? NULL
                     : asked->user_id.is_set ? &asked->user_id.value
                                             : &call->identity->user_id;
    query->scope = call->identity->scope;
    query->has_state = asked->state != NULL;
    query->before = asked->before.value;
    if (asked->before.is_set && asked->before.value < 1) {
        return error_set(error, ERROR_VALUE_OUT_OF_RANGE, "before", "Numbers of jobs begin with 1");
    }
    return !query->has_state || job_state_parse(asked->state, &query->state) ||
           error_set(error, ERROR_CHOICE_UNKNOWN, "state", "No job is ever %.100s", asked->state);
}

bool service_retrieve_jobs(struct call *call, const struct operation *operation,
                           const void *request, void *response, struct error *error)
{
    const struct retrieve_jobs_request *asked = request;
    struct retrieve_jobs_response *answer = response;
    int64_t usual = call->settings->limits.page_default;
    struct job_query query;
    struct kept_job *jobs = NULL;
    struct array items;
    int64_t limit = 0;
    size_t count = 0;

    (void)operation;
    if (!page_limit(call, &asked->limit, usual, &limit, error) ||
        !read_query(call, asked, &query, error)) {
        return false;
    }
    query.limit = limit + 1;
    if (!job_list(call, &query, &jobs, &count, error)) {
        return false;
    }
    array_init(&items, call->arena);
    for (size_t i = 0; i < count && i < (size_t)limit; i++) {
        array_add(&items, answer_of(call->arena, &jobs[i]));
    }
    answer->page = arena_allocate(call->arena, sizeof(*answer->page));
    answer->page->jobs =
        (struct message_list){.is_set = true, .count = items.count, .items = items.items};
    answer->page->more = boolean_member(count > (size_t)limit);
    call->row_count = (int64_t)items.count;
    return true;
}

/* One row more than fits was asked for, which tells whether there are more. */
static void answer_rows(struct call *call, int64_t limit, struct job_row_page *page)
{
    bool has_more = page->rows.count > (size_t)limit;

    page->rows.count = has_more ? (size_t)limit : page->rows.count;
    page->more = boolean_member(has_more);
    call->row_count = (int64_t)page->rows.count;
}

bool service_retrieve_job_rows(struct call *call, const struct operation *operation,
                               const void *request, void *response, struct error *error)
{
    const struct retrieve_job_rows_request *asked = request;
    struct retrieve_job_rows_response *answer = response;
    int64_t usual = call->settings->limits.page_default;
    struct kept_job *job = NULL;
    int64_t limit = 0;

    (void)operation;
    if (!page_limit(call, &asked->limit, usual, &limit, error) ||
        !find_own_job(call, &asked->job_id, JOB_AS_IT_IS, &job, error)) {
        return false;
    }
    answer->page = arena_allocate(call->arena, sizeof(*answer->page));
    if (!job_row_list(call, job, asked->after.value, limit + 1, asked->failed_only.value,
                      &answer->page->rows, error)) {
        return false;
    }
    answer_rows(call, limit, answer->page);
    return true;
}

/* ---- what is done with it ---- */

/* A job that is in one of the states from goes to another; one that is there already stays. */
struct move {
    const char *done; /* "A job that is completed cannot be ..." */
    unsigned from, there;
    enum job_state to;
};

enum {
    IS_READY = 1 << JOB_READY,
    IS_RUNNING = 1 << JOB_RUNNING,
    IS_SUSPENDED = 1 << JOB_SUSPENDED,
    IS_COMPLETED = 1 << JOB_COMPLETED,
    IS_FAILED = 1 << JOB_FAILED,
    IS_CANCELED = 1 << JOB_CANCELED,
};

static const struct move suspending = {
    .done = "suspended", .from = IS_READY | IS_RUNNING, .there = IS_SUSPENDED, .to = JOB_SUSPENDED};
static const struct move resuming = {.done = "resumed",
                                     .from = IS_SUSPENDED | IS_FAILED,
                                     .there = IS_READY | IS_RUNNING,
                                     .to = JOB_READY};
static const struct move cancelling = {.done = "canceled",
                                       .from = IS_READY | IS_RUNNING | IS_SUSPENDED | IS_FAILED,
                                       .there = IS_CANCELED,
                                       .to = JOB_CANCELED};
static const struct move deleting = {
    .done = "deleted", .from = IS_COMPLETED | IS_FAILED | IS_CANCELED, .to = JOB_DELETED};

static bool change_state(struct call *call, struct kept_job *job, const struct move *move,
                         struct error *error)
{
    unsigned state = 1U << job->state;

    if ((state & move->there) != 0) {
        return true;
    }
    if ((state & move->from) == 0) {
        return error_set(error, ERROR_STATE_INVALID, "jobId", "A job that is %s cannot be %s",
                         job_state_name(job->state), move->done);
    }
    job->state = move->to;
    job->touched_on = call->now;
    job->ended_on = move->to > JOB_SUSPENDED ? call->now : 0;
    job->error_code = NULL;
    job->error_message = NULL;
    job->attempts = 0;
    return job_save(call, job, error);
}

static bool move_job(struct call *call, const struct message_uuid *id, const struct move *move,
                     struct job **answer_out, struct error *error)
{
    struct kept_job *job = NULL;

    if (!find_job(call, id, JOB_LOCKED, &job, error) || !change_state(call, job, move, error)) {
        return false;
    }
    *answer_out = answer_of(call->arena, job);
    return true;
}

bool service_suspend_job(struct call *call, const struct operation *operation, const void *request,
                         void *response, struct error *error)
{
    const struct suspend_job_request *asked = request;
    struct suspend_job_response *answer = response;

    (void)operation;
    return move_job(call, &asked->job_id, &suspending, &answer->job, error);
}

bool service_resume_job(struct call *call, const struct operation *operation, const void *request,
                        void *response, struct error *error)
{
    const struct resume_job_request *asked = request;
    struct resume_job_response *answer = response;

    (void)operation;
    return move_job(call, &asked->job_id, &resuming, &answer->job, error);
}

bool service_cancel_job(struct call *call, const struct operation *operation, const void *request,
                        void *response, struct error *error)
{
    const struct cancel_job_request *asked = request;
    struct cancel_job_response *answer = response;

    (void)operation;
    return move_job(call, &asked->job_id, &cancelling, &answer->job, error);
}

/* Its rows are swept little by little: there may be many. */
bool service_delete_job(struct call *call, const struct operation *operation, const void *request,
                        void *response, struct error *error)
{
    const struct delete_job_request *asked = request;
    struct job *ignored = NULL;

    (void)operation;
    (void)response;
    return move_job(call, &asked->job_id, &deleting, &ignored, error);
}
