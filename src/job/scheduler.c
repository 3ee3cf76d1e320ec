/*
 * scheduler.c - one thread that goes round its chores.
 */
#include "job/scheduler.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/time.h"
#include "call/platform.h"
#include "database/database.h"

enum {
    PAUSE = 1000, /* ms after a failure; twice as long after each further one */
    PAUSE_MOST = 2000,
    REST = 4,         /* times as long as it took a chore waits: it takes a fifth of the time */
    REST_MOST = 5000, /* ms; what took longer has waited for a database that was slow to answer */
};

struct scheduled {
    const struct chore *chore;
    int64_t due;   /* time_monotonic() */
    int64_t pause; /* ms, after the last failure; 0: it succeeded */
    bool has_failed;
};

struct scheduler {
    struct arena *arena;
    const struct platform *platform;
    struct scheduled *chores;
    int count;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stopping;
    bool is_stopping;
};

static void report(const struct scheduler *scheduler, struct scheduled *scheduled, bool is_done,
                   const struct error *error)
{
    if (!is_done && !scheduled->has_failed && error->code != ERROR_DATABASE_CONFLICT) {
        log_event(scheduler->platform->log, LOG_LEVEL_WARNING, "chore_failed",
                  LOG_TEXT("chore", scheduled->chore->name),
                  LOG_TEXT("code", error_kind(error->code)->name), LOG_TEXT("cause", error->cause));
    }
    scheduled->has_failed = !is_done && error->code != ERROR_DATABASE_CONFLICT;
}

/* What failed is not in the way of others again at once: a database that is locked, or away. */
static int64_t wait_after(struct scheduled *scheduled, int64_t took, bool has_more,
                          enum error_code code)
{
    const struct chore *chore = scheduled->chore;
    int64_t rest = REST * took < REST_MOST ? REST * took : REST_MOST;
    int64_t every = chore->every > rest ? chore->every : rest;

    if (code == ERROR_NONE || code == ERROR_DATABASE_CONFLICT) {
        scheduled->pause = 0;
        return has_more ? chore->rest : every;
    }
    scheduled->pause = scheduled->pause == 0           ? PAUSE
                       : scheduled->pause < PAUSE_MOST ? 2 * scheduled->pause
                                                       : PAUSE_MOST;
    return scheduled->pause < every ? every : scheduled->pause;
}

static void run(const struct scheduler *scheduler, struct scheduled *scheduled)
{
    struct arena *arena = arena_create();
    struct chore_call call = {
        .platform = scheduler->platform, .arena = arena, .context = scheduled->chore->context};
    struct error error = {0};
    int64_t started = time_monotonic();
    bool has_more = false;

    bool is_done = database_acquire(scheduler->platform->database, &call.connection, &error) &&
                   scheduled->chore->run(&call, &has_more, &error);
    database_release(&call.connection);
    arena_destroy(&arena);
    report(scheduler, scheduled, is_done, &error);
    int64_t took = time_monotonic() - started;
    enum error_code code = is_done ? ERROR_NONE : error.code;
    scheduled->due = time_monotonic() + wait_after(scheduled, took, is_done && has_more, code);
}

/* Runs what is due; answers when the next will be. */
static int64_t run_due(const struct scheduler *scheduler)
{
    int64_t next = INT64_MAX;

    for (int index = 0; index < scheduler->count; index++) {
        struct scheduled *scheduled = &scheduler->chores[index];
        if (scheduled->due <= time_monotonic()) {
            run(scheduler, scheduled);
        }
        next = scheduled->due < next ? scheduled->due : next;
    }
    return next;
}

static void wait_until(struct scheduler *scheduler, int64_t due)
{
    int64_t left = due - time_monotonic();
    struct timespec moment = thread_moment_after(left < 0 ? 0 : left);

    if (left <= 0 || scheduler->is_stopping) {
        return;
    }
    pthread_cond_timedwait(&scheduler->stopping, &scheduler->mutex, &moment);
}

static void *serve(void *context)
{
    struct scheduler *scheduler = context;

    pthread_mutex_lock(&scheduler->mutex);
    while (!scheduler->is_stopping) {
        pthread_mutex_unlock(&scheduler->mutex);
        int64_t next = run_due(scheduler);
        pthread_mutex_lock(&scheduler->mutex);
        wait_until(scheduler, next);
    }
    pthread_mutex_unlock(&scheduler->mutex);
    return NULL;
}

static void destroy(struct scheduler *scheduler)
{
    struct arena *arena = scheduler->arena;

    pthread_cond_destroy(&scheduler->stopping);
    pthread_mutex_destroy(&scheduler->mutex);
    arena_destroy(&arena);
}

bool scheduler_start(const struct platform *platform, const struct chore *chores, int chore_count,
                     struct scheduler **scheduler_out, struct error *error)
{
    struct arena *arena = arena_create();
    struct scheduler *scheduler = arena_allocate(arena, sizeof(*scheduler));

    scheduler->arena = arena;
    scheduler->platform = platform;
    scheduler->count = chore_count;
    scheduler->chores = arena_allocate_array(arena, (size_t)chore_count, sizeof(struct scheduled));
    for (int index = 0; index < chore_count; index++) {
        scheduler->chores[index].chore = &chores[index];
    }
    pthread_mutex_init(&scheduler->mutex, NULL);
    thread_condition_make(&scheduler->stopping);
    if (!thread_start(&scheduler->thread, serve, scheduler, error)) {
        destroy(scheduler);
        return false;
    }
    *scheduler_out = scheduler;
    return true;
}

void scheduler_stop(struct scheduler **scheduler)
{
    struct scheduler *self = *scheduler;

    if (self == NULL) {
        return;
    }
    pthread_mutex_lock(&self->mutex);
    self->is_stopping = true;
    pthread_cond_signal(&self->stopping);
    pthread_mutex_unlock(&self->mutex);
    pthread_join(self->thread, NULL);
    destroy(self);
    *scheduler = NULL;
}
