/*
 * errand.c - a place for each thread; a place is free, given work, or working.
 */
#include "security/errand.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/thread.h"

enum desk_state { DESK_FREE, DESK_GIVEN, DESK_DONE, DESK_LEFT };

/* One thread and what it is to do. */
struct desk {
    struct errands *errands;
    pthread_t thread;
    enum desk_state state; /* LEFT: nobody waits for it any more */
    pthread_cond_t changed;
    struct arena *arena;
    void (*work)(void *context);
    void *context;
};

struct errands {
    struct arena *arena;
    int64_t patience;
    pthread_mutex_t mutex;
    pthread_cond_t is_free;
    bool is_stopping;
    int count;
    struct desk *desks;
};

/* ---- the thread ---- */

static bool has_work(const struct desk *desk)
{
    return desk->state == DESK_GIVEN || desk->state == DESK_LEFT;
}

/* What was left before it was begun is not begun any more. */
static void work_once(struct desk *desk)
{
    struct errands *errands = desk->errands;

    if (desk->state == DESK_GIVEN) {
        pthread_mutex_unlock(&errands->mutex);
        desk->work(desk->context);
        pthread_mutex_lock(&errands->mutex);
    }
    if (desk->state == DESK_LEFT) {
        arena_destroy(&desk->arena);
        desk->state = DESK_FREE;
        pthread_cond_signal(&errands->is_free);
    } else {
        desk->state = DESK_DONE;
        pthread_cond_broadcast(&desk->changed);
    }
}

static void *serve(void *context)
{
    struct desk *desk = context;
    struct errands *errands = desk->errands;

    pthread_mutex_lock(&errands->mutex);
    while (has_work(desk) || !errands->is_stopping) {
        if (has_work(desk)) {
            work_once(desk);
        } else {
            pthread_cond_wait(&desk->changed, &errands->mutex);
        }
    }
    pthread_mutex_unlock(&errands->mutex);
    return NULL;
}

/* ---- the caller ---- */

static struct desk *find_free(struct errands *errands)
{
    for (int index = 0; index < errands->count; index++) {
        if (errands->desks[index].state == DESK_FREE) {
            return &errands->desks[index];
        }
    }
    return NULL;
}

static struct desk *wait_for_free(struct errands *errands)
{
    struct timespec until = thread_moment_after(errands->patience);
    struct desk *desk = find_free(errands);

    while (desk == NULL &&
           pthread_cond_timedwait(&errands->is_free, &errands->mutex, &until) == 0) {
        desk = find_free(errands);
    }
    return desk;
}

/* Whether the work came to its end; else the desk is left to its thread. */
static bool wait_for_end(struct desk *desk, int64_t timeout)
{
    struct timespec until = thread_moment_after(timeout);
    int answer = 0;

    while (desk->state != DESK_DONE && answer == 0) {
        answer = pthread_cond_timedwait(&desk->changed, &desk->errands->mutex, &until);
    }
    bool is_done = desk->state == DESK_DONE;
    desk->state = is_done ? DESK_FREE : DESK_LEFT;
    return is_done;
}

enum errand_end errands_run(struct errands *errands, struct arena **arena,
                            void (*work)(void *context), void *context, int64_t timeout)
{
    enum errand_end end = ERRAND_BUSY;

    pthread_mutex_lock(&errands->mutex);
    struct desk *desk = wait_for_free(errands);
    if (desk != NULL) {
        desk->arena = *arena;
        desk->work = work;
        desk->context = context;
        desk->state = DESK_GIVEN;
        pthread_cond_broadcast(&desk->changed);
        end = wait_for_end(desk, timeout) ? ERRAND_DONE : ERRAND_LATE;
        if (end == ERRAND_DONE) {
            pthread_cond_signal(&errands->is_free);
        } else {
            *arena = NULL;
        }
    }
    pthread_mutex_unlock(&errands->mutex);
    return end;
}

/* ---- the whole ---- */

bool errands_create(int threads, int64_t patience, struct errands **errands_out,
                    struct error *error)
{
    struct arena *arena = arena_create();
    struct errands *errands = arena_allocate(arena, sizeof(*errands));

    errands->arena = arena;
    errands->patience = patience;
    errands->desks = arena_allocate_array(arena, (size_t)threads, sizeof(*errands->desks));
    expect(pthread_mutex_init(&errands->mutex, NULL) == 0);
    thread_condition_make(&errands->is_free);
    for (; errands->count < threads; errands->count++) {
        struct desk *desk = &errands->desks[errands->count];
        desk->errands = errands;
        thread_condition_make(&desk->changed);
        if (!thread_start(&desk->thread, serve, desk, error)) {
            pthread_cond_destroy(&desk->changed);
            errands_destroy(&errands);
            return false;
        }
    }
    *errands_out = errands;
    return true;
}

void errands_destroy(struct errands **errands)
{
    if (*errands == NULL) {
        return;
    }
    struct arena *arena = (*errands)->arena;

    pthread_mutex_lock(&(*errands)->mutex);
    (*errands)->is_stopping = true;
    for (int index = 0; index < (*errands)->count; index++) {
        pthread_cond_broadcast(&(*errands)->desks[index].changed);
    }
    pthread_mutex_unlock(&(*errands)->mutex);
    for (int index = 0; index < (*errands)->count; index++) {
        pthread_join((*errands)->desks[index].thread, NULL);
        pthread_cond_destroy(&(*errands)->desks[index].changed);
    }
    pthread_cond_destroy(&(*errands)->is_free);
    pthread_mutex_destroy(&(*errands)->mutex);
    arena_destroy(&arena);
    *errands = NULL;
}
