/*
 * worker.c - which job is next, and which is swept.
 */
#include "job/worker.h"

#include <string.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "call/call.h"
#include "call/platform.h"
#include "crypto/random.h"
#include "database/database.h"
#include "generated/settings.h"
#include "job/scheduler.h"
#include "job/step.h"
#include "service/job.h"
#include "service/job_row.h"

enum {
    LOOKED_AT = 100, /* jobs from which the next is chosen */
    RUN_EVERY = 250, /* ms */
    REST = 20,
    SWEEP_EVERY = 60 * 1000,
    PATIENCE = 2000, /* ms after which a job that does not move is taken over */
};

/* A job that another process runs, and since when it has not moved. */
struct sight {
    struct uuid id;
    int64_t touched_on;
    int64_t since; /* by our clock */
};

struct job_worker {
    struct arena *arena;
    struct chore chores[JOB_CHORES];
    struct job_runner runner;
    struct uuid last_user; /* who was served last */
    struct sight sights[LOOKED_AT];
    size_t sight_count;
};

static struct call *make_call(const struct chore_call *chore)
{
    struct call *call = call_make(chore->arena, chore->platform);

    call->connection = chore->connection;
    return call;
}

/* ---- running ---- */

/* Since when a job has not moved. */
static int64_t since_of(const struct job_worker *worker, const struct kept_job *job, int64_t now)
{
    for (size_t i = 0; i < worker->sight_count; i++) {
        const struct sight *sight = &worker->sights[i];
        if (uuid_is_equal(&sight->id, &job->id) && sight->touched_on == job->touched_on) {
            return sight->since;
        }
    }
    return now;
}

static bool is_of_another(const struct job_worker *worker, const struct kept_job *job)
{
    return job->state == JOB_RUNNING && !uuid_is_equal(&job->runner_id, &worker->runner.id);
}

/* Leaves out what another process runs, unless it has not moved for a while: the lock of a row does
 * not reach every node of a cluster. What is left out now is known the next time. */
static size_t choose(struct job_worker *worker, struct kept_job *jobs, size_t count, int64_t now)
{
    struct sight sights[LOOKED_AT];
    size_t sight_count = 0, chosen = 0;

    for (size_t i = 0; i < count; i++) {
        const struct kept_job *job = &jobs[i];
        int64_t since = since_of(worker, job, now);
        if (is_of_another(worker, job)) {
            sights[sight_count++] =
                (struct sight){.id = job->id, .touched_on = job->touched_on, .since = since};
        }
        if (!is_of_another(worker, job) || now - since >= PATIENCE) {
            jobs[chosen++] = jobs[i];
        }
    }
    memcpy(worker->sights, sights, sight_count * sizeof(sights[0]));
    worker->sight_count = sight_count;
    return chosen;
}

/* Takes a step of the first job that is of the user served last, or is not, and that no other node
 * holds. */
static bool serve(struct job_worker *worker, const struct chore_call *chore,
                  const struct kept_job *jobs, size_t count, bool is_last_user,
                  enum step_end *end_out, struct error *error)
{
    *end_out = STEP_NOT_OURS;
    for (size_t i = 0; i < count && *end_out == STEP_NOT_OURS; i++) {
        if (uuid_is_equal(&jobs[i].user_id, &worker->last_user) != is_last_user) {
            continue;
        }
        if (!step_take(chore, &worker->runner, &jobs[i], end_out, error)) {
            return false;
        }
        if (*end_out != STEP_NOT_OURS) {
            worker->last_user = jobs[i].user_id;
        }
    }
    return true;
}

static bool run(const struct chore_call *chore, bool *has_more_out, struct error *error)
{
    struct job_worker *worker = chore->context;
    struct call *call = make_call(chore);
    struct kept_job *jobs = NULL;
    enum step_end end = STEP_NOT_OURS;
    size_t count = 0;

    if (!job_list_waiting(call, LOOKED_AT, &jobs, &count, error)) {
        return false;
    }
    count = choose(worker, jobs, count, call->now);
    if (!serve(worker, chore, jobs, count, false, &end, error) ||
        (end == STEP_NOT_OURS && !serve(worker, chore, jobs, count, true, &end, error))) {
        return false;
    }
    *has_more_out = end == STEP_TAKEN || (end == STEP_MET && count > 1);
    return true;
}

/* ---- sweeping ---- */

/* A job that is under its lock, and as it was found. */
typedef bool (*sweep_part)(struct call *call, struct kept_job *job, struct error *error);

/* From here on nobody sees it, so that none is seen that has lost some of its rows. */
static bool forget(struct call *call, struct kept_job *job, struct error *error)
{
    job->state = JOB_DELETED;
    return job_save(call, job, error);
}

static bool remove_part(struct call *call, struct kept_job *job, struct error *error)
{
    bool has_more = false;

    return job_row_sweep(call, &job->id, &has_more, error) &&
           (has_more || job_remove(call, &job->id, error));
}

static bool empty_part(struct call *call, struct kept_job *job, struct error *error)
{
    bool has_more = false;

    if (!job_row_empty(call, &job->id, &has_more, error)) {
        return false;
    }
    job->byte_count = 0;
    return has_more || job_save(call, job, error);
}

/* One that has changed since it was found is looked at again the next time. */
static bool sweep_locked(struct call *call, const struct kept_job *found, sweep_part sweep,
                         struct error *error)
{
    struct kept_job *job = NULL;

    return job_find(call, &found->id, JOB_IF_FREE, &job, error) &&
           (job == NULL || job->state != found->state || sweep(call, job, error));
}

static bool sweep_job(struct call *call, const struct kept_job *found, sweep_part sweep,
                      struct error *error)
{
    if (!connection_begin(call->connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    if (!sweep_locked(call, found, sweep, error)) {
        connection_rollback(call->connection);
        return false;
    }
    return connection_commit(call->connection, error);
}

static bool sweep(const struct chore_call *chore, bool *has_more_out, struct error *error)
{
    struct call *call = make_call(chore);
    struct kept_job *old = NULL, *canceled = NULL;

    if (!job_find_old(call, call->now - call->settings->jobs.keep, &old, error) ||
        (old == NULL && !job_find_canceled(call, &canceled, error))) {
        return false;
    }
    *has_more_out = old != NULL || canceled != NULL;
    if (old != NULL) {
        return sweep_job(call, old, old->state == JOB_DELETED ? remove_part : forget, error);
    }
    return canceled == NULL || sweep_job(call, canceled, empty_part, error);
}

/* ---- the worker ---- */

struct job_worker *job_worker_create(const struct platform *platform)
{
    struct arena *arena = arena_create();
    struct job_worker *worker = arena_allocate(arena, sizeof(*worker));
    uint8_t random[10];

    random_bytes(random, sizeof(random));
    worker->arena = arena;
    worker->runner =
        (struct job_runner){.id = uuid_make(platform->now(), random), .rows = STEP_ROWS_FIRST};
    worker->chores[JOB_CHORE_RUN] = (struct chore){
        .name = "run jobs", .every = RUN_EVERY, .rest = REST, .run = run, .context = worker};
    worker->chores[JOB_CHORE_SWEEP] = (struct chore){
        .name = "sweep jobs", .every = SWEEP_EVERY, .rest = REST, .run = sweep, .context = worker};
    return worker;
}

const struct chore *job_worker_chores(const struct job_worker *worker)
{
    return worker->chores;
}

void job_worker_destroy(struct job_worker **worker)
{
    if (*worker != NULL) {
        struct arena *arena = (*worker)->arena;
        *worker = NULL;
        arena_destroy(&arena);
    }
}
