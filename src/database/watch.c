/*
 * watch.c - one thread that looks at what runs, and cancels what ran too long.
 */
#include "database/watch.h"

#include <pthread.h>
#include <sqlext.h>
#include <time.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/thread.h"
#include "base/time.h"

enum { LOOK_INTERVAL = 100 /* ms */ };

struct watch {
    struct watcher *watcher;
    struct watch *next, *previous;
    pthread_mutex_t lock; /* of what follows; held while cancelling, so that nothing else is hit */
    SQLHSTMT running;
    int64_t deadline;
    bool was_cancelled;
};

struct watcher {
    int64_t limit;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct watch *watches;
    bool is_stopping;
};

static void cancel_if_late(struct watch *watch, int64_t now)
{
    pthread_mutex_lock(&watch->lock);
    if (watch->running && now >= watch->deadline) {
        watch->was_cancelled = true;
        SQLCancel(watch->running);
    }
    pthread_mutex_unlock(&watch->lock);
}

static void wait_interval(struct watcher *watcher)
{
    struct timespec until = thread_moment_after(LOOK_INTERVAL);

    pthread_cond_timedwait(&watcher->wake, &watcher->lock, &until);
}

static void *look(void *object)
{
    struct watcher *watcher = object;

    pthread_mutex_lock(&watcher->lock);
    while (!watcher->is_stopping) {
        int64_t now = time_monotonic();

        for (struct watch *watch = watcher->watches; watch; watch = watch->next) {
            cancel_if_late(watch, now);
        }
        wait_interval(watcher);
    }
    pthread_mutex_unlock(&watcher->lock);
    return NULL;
}

struct watcher *watcher_start(struct arena *arena, int64_t limit)
{
    struct watcher *watcher = arena_allocate(arena, sizeof(*watcher));
    struct error ignored;

    watcher->limit = limit;
    pthread_mutex_init(&watcher->lock, NULL);
    thread_condition_make(&watcher->wake);
    if (!thread_start(&watcher->thread, look, watcher, &ignored)) {
        pthread_cond_destroy(&watcher->wake);
        pthread_mutex_destroy(&watcher->lock);
        return NULL;
    }
    return watcher;
}

void watcher_stop(struct watcher *watcher)
{
    expect(!watcher->watches);
    pthread_mutex_lock(&watcher->lock);
    watcher->is_stopping = true;
    pthread_cond_signal(&watcher->wake);
    pthread_mutex_unlock(&watcher->lock);
    pthread_join(watcher->thread, NULL);
    pthread_cond_destroy(&watcher->wake);
    pthread_mutex_destroy(&watcher->lock);
}

struct watch *watch_create(struct arena *arena, struct watcher *watcher)
{
    struct watch *watch = arena_allocate(arena, sizeof(*watch));

    watch->watcher = watcher;
    pthread_mutex_init(&watch->lock, NULL);
    pthread_mutex_lock(&watcher->lock);
    watch->next = watcher->watches;
    if (watch->next) {
        watch->next->previous = watch;
    }
    watcher->watches = watch;
    pthread_mutex_unlock(&watcher->lock);
    return watch;
}

void watch_destroy(struct watch *watch)
{
    struct watcher *watcher = watch->watcher;

    pthread_mutex_lock(&watcher->lock);
    if (watch->next) {
        watch->next->previous = watch->previous;
    }
    if (watch->previous) {
        watch->previous->next = watch->next;
    } else {
        watcher->watches = watch->next;
    }
    pthread_mutex_unlock(&watcher->lock);
    pthread_mutex_destroy(&watch->lock);
}

void watch_begin(struct watch *watch, SQLHSTMT statement)
{
    pthread_mutex_lock(&watch->lock);
    watch->running = statement;
    watch->deadline = time_monotonic() + watch->watcher->limit;
    watch->was_cancelled = false;
    pthread_mutex_unlock(&watch->lock);
}

bool watch_end(struct watch *watch)
{
    bool was_cancelled;

    pthread_mutex_lock(&watch->lock);
    watch->running = NULL;
    was_cancelled = watch->was_cancelled;
    pthread_mutex_unlock(&watch->lock);
    return !was_cancelled;
}
