/*
 * step.c - who submitted it, the lock, the rows, the commit; and what follows from a failure.
 */
#include "job/step.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/time.h"
#include "call/call.h"
#include "call/platform.h"
#include "database/database.h"
#include "generated/messages.h"
#include "job/scheduler.h"
#include "record/forget.h"
#include "record/idempotency.h"
#include "security/scope.h"
#include "security/session.h"
#include "service/batch.h"
#include "service/directory.h"
#include "service/job.h"
#include "service/job_row.h"
#include "text/zone.h"

enum {
    STEP_TIME = 100,              /* ms after which no further row is begun */
    STEP_BYTES = 4 * 1024 * 1024, /* of rows as they are kept */
    CAREFUL_AFTER = 3,            /* attempts in vain after which rows are run one by one */
    GIVE_UP_AFTER = 6,            /* and after which the row itself is given up */
    FEWER = 4,                    /* rows are divided by after others were met */
};

struct step {
    struct job_runner *runner;
    struct call *call;
    const struct kept_job *chosen; /* as it was then */
    struct kept_job *job;          /* under its lock; NULL: not ours */
    int64_t rows;                  /* at most */
};

/* ---- in whose name ---- */

/* As he is now, and as narrow as the session in which he submitted it. */
static bool find_submitter(struct step *step, struct error *error)
{
    const struct kept_job *job = step->chosen;
    struct call *call = step->call;

    if (!directory_recheck(call, &job->user_id, error) ||
        !session_identity(call->platform->sessions, call->arena, call->connection, call->catalog,
                          &job->user_id, &call->identity, error)) {
        return false;
    }
    if (job->scope != NULL) {
        call->identity = scope_narrow(call->arena, call->catalog, call->identity, job->scope);
    }
    return true;
}

static struct call *make_call(const struct chore_call *chore, const struct kept_job *job)
{
    struct call *call = call_make(chore->arena, chore->platform);

    call->connection = chore->connection;
    call->application = job->application;
    call->language = job->language;
    call->zone = job->zone == NULL ? NULL : zone_open(chore->arena, job->zone);
    return call;
}

/* ---- the lock ---- */

/* Whether it waits, and nobody else has taken it up since it was chosen. */
static bool is_ours(const struct step *step, const struct kept_job *job)
{
    return job->state < JOB_SUSPENDED && (uuid_is_equal(&job->runner_id, &step->runner->id) ||
                                          job->touched_on == step->chosen->touched_on);
}

/* Begins a transaction and locks the job; without it when it is not ours to run. */
static bool lock(struct step *step, struct error *error)
{
    struct connection *connection = step->call->connection;
    struct kept_job *job = NULL;

    step->job = NULL;
    if (!connection_begin(connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    if (!job_find(step->call, &step->chosen->id, JOB_IF_FREE, &job, error)) {
        connection_rollback(connection);
        return false;
    }
    if (job == NULL || !is_ours(step, job)) {
        connection_rollback(connection);
        return true;
    }
    step->job = job;
    return true;
}

/* Ends the transaction, in which the job is as it is to be. */
static bool end(struct step *step, bool is_done, struct error *error)
{
    struct connection *connection = step->call->connection;

    step->job->touched_on = step->call->platform->now();
    if (is_done && job_save(step->call, step->job, error) && interrupt_at("job_commit", error)) {
        return connection_commit(connection, error);
    }
    connection_rollback(connection);
    return false;
}

/* A process that did not run the job before says so in advance. One that the next step ends leaves
 * an attempt behind, and so the step that ends every process is known after some. */
static bool take_up(struct step *step, struct error *error)
{
    if (!lock(step, error)) {
        return false;
    }
    struct kept_job *job = step->job;
    if (job == NULL || uuid_is_equal(&job->runner_id, &step->runner->id)) {
        return true;
    }
    job->runner_id = step->runner->id;
    job->state = JOB_RUNNING;
    job->started_on = job->started_on == 0 ? step->call->now : job->started_on;
    job->attempts++;
    if (job->attempts >= CAREFUL_AFTER) {
        job->careful_until = job_rows_run(job) + STEP_ROWS_MOST;
    }
    return end(step, true, error) && lock(step, error);
}

/* ---- the rows ---- */

static int64_t rows_at_most(const struct step *step)
{
    const struct kept_job *job = step->job;
    int64_t rows = step->runner->rows;

    if (job_rows_run(job) < job->careful_until) {
        return 1;
    }
    if (job->largest_row * rows > STEP_BYTES) {
        rows = STEP_BYTES / job->largest_row;
    }
    return rows < 1 ? 1 : rows;
}

static void stop(struct step *step, enum job_state state, const char *code, const char *message)
{
    struct kept_job *job = step->job;

    job->state = state;
    job->ended_on = step->call->platform->now();
    job->error_code = code;
    job->error_message = message;
}

/* Counts rows that were run; the last of them may have failed. */
static void count(struct step *step, int64_t succeeded, int64_t failed,
                  const struct row_result *last)
{
    struct kept_job *job = step->job;

    job->state = JOB_RUNNING;
    job->attempts = 0;
    job->succeeded += succeeded;
    job->failed += failed;
    if (job->stops_on_error && last != NULL && !last->ok.value) {
        stop(step, JOB_FAILED, last->code,
             arena_format(step->call->arena, "Row %lld: %s", (long long)job_rows_run(job),
                          last->message == NULL ? last->code : last->message));
    } else if (job_rows_run(job) >= job->row_count) {
        stop(step, JOB_COMPLETED, NULL, NULL);
    }
}

static bool find_earlier(void *context, const char *tag, struct batch_earlier *earlier_out,
                         bool *is_found_out, struct error *error)
{
    const struct step *step = context;

    return job_row_find(step->call, &step->job->id, tag, earlier_out, is_found_out, error);
}

/* Rows that there was no time for were read in vain; where there was time for all, more will do. */
static void learn(struct step *step, int64_t read, int64_t run)
{
    int64_t rows = run < read ? run : 2 * step->runner->rows;

    step->runner->rows = rows < STEP_ROWS_MOST ? rows : STEP_ROWS_MOST;
}

static bool run_rows(struct step *step, struct error *error)
{
    const struct kept_job *job = step->job;
    struct message_list rows;
    struct bulk_result *result = NULL;
    const struct batch_request request = {
        .rows = &rows,
        .ends_with_failure = job->stops_on_error,
        .until = time_monotonic() + STEP_TIME,
        .find = find_earlier,
        .context = step,
    };

    if (!interrupt_at("job_rows", error) ||
        !job_row_next(step->call, job, step->rows, &rows, error)) {
        return false;
    }
    if (rows.count == 0 && job_rows_run(job) < job->row_count) {
        return error_set(error, ERROR_INTERNAL, NULL, "The row is lost");
    }
    if (!batch_run(step->call, &request, &result, error) ||
        !job_row_keep(step->call, job, &rows, &result->rows, error)) {
        return false;
    }
    size_t run = result->rows.count;
    learn(step, (int64_t)rows.count, (int64_t)run);
    count(step, result->succeeded.value, result->failed.value,
          run == 0 ? NULL : result->rows.items[run - 1]);
    return true;
}

static void report(const struct step *step)
{
    const struct kept_job *job = step->job;
    char id[UUID_TEXT_SIZE], user[UUID_TEXT_SIZE];

    if (job->state <= JOB_SUSPENDED) {
        return;
    }
    uuid_format(&job->id, id);
    uuid_format(&job->user_id, user);
    log_event(step->call->platform->log, LOG_LEVEL_INFO, "job", LOG_TEXT("job", id),
              LOG_TEXT("user", user), LOG_TEXT("state", job_state_name(job->state)),
              LOG_NUMBER("rows", job->row_count), LOG_NUMBER("succeeded", job->succeeded),
              LOG_NUMBER("failed", job->failed),
              LOG_NUMBER("ms", job->ended_on - job->submitted_on),
              LOG_TEXT(job->error_code == NULL ? NULL : "code", job->error_code));
}

/* ---- what follows from a failure ---- */

static bool fail_job(struct step *step, struct error *error)
{
    if (!lock(step, error)) {
        return false;
    }
    if (step->job == NULL) {
        return true;
    }
    stop(step, JOB_FAILED, error_kind(ERROR_SUBMITTER_DISABLED)->name,
         "The user who submitted the job is disabled, or gone");
    if (!end(step, true, error)) {
        return false;
    }
    report(step);
    return true;
}

static void log_failure(const struct step *step, enum log_level level, const char *event,
                        const struct error *failure)
{
    char id[UUID_TEXT_SIZE];

    uuid_format(&step->job->id, id);
    log_event(step->call->platform->log, level, event, LOG_TEXT("job", id),
              LOG_NUMBER("row", job_rows_run(step->job) + 1),
              LOG_TEXT("code", error_kind(failure->code)->name),
              LOG_TEXT("message", failure->message),
              LOG_TEXT(*failure->cause == '\0' ? NULL : "cause", failure->cause));
}

/* The row is told to have failed, and the job goes on after it. */
static bool give_up_row(struct step *step, const struct error *failure, struct error *error)
{
    const struct row_result result = {
        .code = error_kind(failure->code)->name,
        .message = failure->message,
    };

    log_failure(step, LOG_LEVEL_ERROR, "job_row_given_up", failure);
    bool is_kept = job_row_give_up(step->call, step->job, failure, error);
    if (is_kept) {
        count(step, 0, 1, &result);
    }
    return end(step, is_kept, error);
}

/* Rows are run one by one until the one is found that fails; that one is tried some times where it
 * may go better the next time. */
static bool settle(struct step *step, const struct error *failure, struct error *error)
{
    bool was_alone = step->rows == 1;

    if (!lock(step, error)) {
        return false;
    }
    if (step->job == NULL) {
        return true;
    }
    struct kept_job *job = step->job;
    if (was_alone && (!error_kind(failure->code)->is_retryable || job->attempts >= GIVE_UP_AFTER)) {
        return give_up_row(step, failure, error);
    }
    log_failure(step, LOG_LEVEL_WARNING, "job_step_failed", failure);
    job->attempts += was_alone;
    job->careful_until = job_rows_run(job) + STEP_ROWS_MOST;
    return end(step, true, error);
}

/* Nothing can be said of any row while these last. */
static bool is_outage(enum error_code code)
{
    return code == ERROR_DATABASE_UNAVAILABLE || code == ERROR_DATABASE_FULL ||
           code == ERROR_OUTCOME_UNKNOWN || code == ERROR_BUSY ||
           code == ERROR_DIRECTORY_UNAVAILABLE;
}

/* ---- the whole ---- */

/* What a step writes bears this in place of the id of a request: the job, and the first row. */
static const char *name_step(const struct step *step)
{
    char id[UUID_TEXT_SIZE];

    uuid_format(&step->job->id, id);
    return arena_format(step->call->arena, "%s/%lld", id, (long long)job_rows_run(step->job) + 1);
}

/* What ended process after process is not run again. */
static bool run(struct step *step, struct error *error)
{
    if (step->job->attempts > GIVE_UP_AFTER) {
        struct error failure = {0};
        (void)error_set(&failure, ERROR_INTERNAL, NULL,
                        "The server ended each time when it ran this row");
        return give_up_row(step, &failure, error);
    }
    return end(step, run_rows(step, error), error);
}

static bool take(struct step *step, struct error *error)
{
    if (!take_up(step, error)) {
        return false;
    }
    if (step->job == NULL) {
        return true;
    }
    step->rows = rows_at_most(step);
    step->call->request_id = name_step(step);
    if (!run(step, error)) {
        return false;
    }
    idempotency_sweep(step->call);
    report(step);
    return true;
}

/* Others met: the job waits behind the rest, and takes less at once. */
static bool make_way(struct step *step, struct error *error)
{
    int64_t fewer = step->runner->rows / FEWER;

    step->runner->rows = fewer < 1 ? 1 : fewer;
    return job_put_back(step->call, step->chosen, error);
}

/* What follows from a step that came to nothing. */
static bool answer_failure(struct step *step, const struct error *failure, enum step_end *end_out,
                           struct error *error)
{
    if (is_outage(failure->code)) {
        *error = *failure;
        return false;
    }
    if (failure->code == ERROR_DATABASE_CONFLICT) {
        *end_out = STEP_MET;
        return make_way(step, error);
    }
    return settle(step, failure, error);
}

static bool take_as_submitter(struct step *step, enum step_end *end_out, struct error *error)
{
    struct error failure = {0};

    if (!find_submitter(step, &failure)) {
        if (failure.code == ERROR_CREDENTIALS_INVALID) {
            return fail_job(step, error);
        }
        *error = failure;
        return false;
    }
    bool is_done = take(step, &failure);
    forget_again(step->call);
    if (is_done) {
        *end_out = step->job == NULL ? STEP_NOT_OURS : STEP_TAKEN;
        return true;
    }
    return answer_failure(step, &failure, end_out, error);
}

bool step_take(const struct chore_call *chore, struct job_runner *runner,
               const struct kept_job *job, enum step_end *end_out, struct error *error)
{
    struct step step = {.runner = runner, .chosen = job, .call = make_call(chore, job)};
    struct error ignored = {0};

    *end_out = STEP_TAKEN;
    if (take_as_submitter(&step, end_out, error)) {
        return true;
    }
    /* Others are not to wait behind it for ever. */
    (void)!job_put_back(step.call, job, &ignored);
    return false;
}
