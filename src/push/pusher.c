/*
 * pusher.c - one thread that watches the feed, the nodes and the subscriptions.
 */
#include "push/pusher.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/time.h"
#include "base/uuid.h"
#include "call/platform.h"
#include "change/node.h"
#include "change/number.h"
#include "change/subscription.h"
#include "crypto/random.h"
#include "crypto/tls_client.h"
#include "database/database.h"
#include "generated/settings.h"
#include "push/courier.h"
#include "push/holders.h"

enum {
    WATCH_EVERY = 20,  /* ms between two looks at the feed, while there is somebody to tell */
    LOOK_EVERY = 1000, /* ms between two looks at the subscriptions */
    BEAT_EVERY = 3000, /* ms between two beats */
    COURIERS_MOST = 10000,
};

struct pusher {
    struct arena *arena;
    struct courier_house house;
    struct holders holders;
    struct courier *couriers[COURIERS_MOST];
    size_t courier_count;
    int64_t numbered;           /* what couriers were told */
    int64_t look_due, beat_due; /* time_monotonic() */
    bool has_failed;            /* the last round: a failure is logged once */
    bool has_row;               /* of a node */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stopping;
    bool is_stopping;
};

/* A round's own memory and connection. */
struct look {
    struct pusher *pusher;
    struct arena *arena;
    struct connection *connection;
    struct subscription *subscriptions;
    size_t count;
    size_t active; /* of them, those that are to be brought on */
};

static const struct uuid nobody;

/* ---- couriers ---- */

static size_t find_courier(const struct pusher *pusher, const struct uuid *id)
{
    size_t index = 0;

    while (index < pusher->courier_count &&
           uuid_compare(courier_subscription(pusher->couriers[index]), id) != 0) {
        index++;
    }
    return index;
}

/* Gives up a subscription whose courier is gone, if it is ours still. */
static bool give_free(struct look *look, const struct uuid *id, struct error *error)
{
    bool was_held = false;

    return subscription_hand_over(look->connection, look->arena, id, &look->pusher->house.node_id,
                                  &nobody, &was_held, error);
}

static bool sweep_couriers(struct look *look, struct error *error)
{
    struct pusher *pusher = look->pusher;

    for (size_t index = 0; index < pusher->courier_count;) {
        if (!courier_has_ended(pusher->couriers[index])) {
            index++;
            continue;
        }
        if (!give_free(look, courier_subscription(pusher->couriers[index]), error)) {
            return false;
        }
        courier_destroy(&pusher->couriers[index]);
        pusher->couriers[index] = pusher->couriers[--pusher->courier_count];
    }
    return true;
}

static bool take(struct look *look, const struct subscription *subscription, struct error *error)
{
    struct pusher *pusher = look->pusher;
    bool is_taken = false;

    if (!subscription_hand_over(look->connection, look->arena, &subscription->id,
                                &subscription->node_id, &pusher->house.node_id, &is_taken, error)) {
        return false;
    }
    if (!is_taken) {
        return true;
    }
    if (!courier_start(&pusher->house, subscription, &pusher->couriers[pusher->courier_count],
                       error)) {
        return false;
    }
    courier_tell(pusher->couriers[pusher->courier_count++], pusher->numbered);
    return true;
}

/* ---- sharing ---- */

static bool is_free(const struct look *look, const struct subscription *subscription)
{
    const struct uuid *node = &subscription->node_id;

    /* What this node held before it lost its couriers is free as well. */
    return uuid_is_empty(node) || uuid_compare(node, &look->pusher->house.node_id) == 0 ||
           !holders_has(&look->pusher->holders, node);
}

/* An equal share, rounded up. */
static size_t share_of(const struct look *look)
{
    size_t nodes = look->pusher->holders.count;

    return nodes <= 1 ? look->active : (look->active + nodes - 1) / nodes;
}

static bool is_active(const struct look *look, const struct uuid *id)
{
    for (size_t index = 0; index < look->count; index++) {
        if (uuid_compare(&look->subscriptions[index].id, id) == 0) {
            return look->subscriptions[index].state == SUBSCRIPTION_ACTIVE;
        }
    }
    return false;
}

/* Couriers of what was suspended or has gone end, and one of those beyond the share: one at a time
 * is enough, and leaves the others to whoever has less. */
static void stop_idle(struct look *look)
{
    struct pusher *pusher = look->pusher;
    struct courier *last = NULL;
    size_t active = 0;

    for (size_t index = 0; index < pusher->courier_count; index++) {
        struct courier *courier = pusher->couriers[index];
        if (is_active(look, courier_subscription(courier))) {
            last = courier;
            active++;
        } else {
            courier_stop(courier);
        }
    }
    if (active > share_of(look)) {
        courier_stop(last);
    }
}

static bool take_free(struct look *look, struct error *error)
{
    struct pusher *pusher = look->pusher;
    size_t share = share_of(look);

    for (size_t index = 0; index < look->count; index++) {
        const struct subscription *subscription = &look->subscriptions[index];
        size_t place = find_courier(pusher, &subscription->id);
        if (place < pusher->courier_count) {
            courier_renew(pusher->couriers[place], subscription->edition);
            continue;
        }
        if (subscription->state == SUBSCRIPTION_ACTIVE && is_free(look, subscription) &&
            pusher->courier_count < share && pusher->courier_count < COURIERS_MOST &&
            !take(look, subscription, error)) {
            return false;
        }
    }
    stop_idle(look);
    return true;
}

static bool beat(struct look *look, struct error *error)
{
    struct pusher *pusher = look->pusher;

    if (time_monotonic() < pusher->beat_due) {
        return true;
    }
    pusher->beat_due = time_monotonic() + BEAT_EVERY;
    pusher->has_row = true;
    return node_beat(look->connection, look->arena, &pusher->house.node_id, error);
}

static bool read_subscriptions(struct look *look, struct error *error)
{
    if (!subscription_list(look->connection, look->arena, NULL, &look->subscriptions, &look->count,
                           error)) {
        return false;
    }
    for (size_t index = 0; index < look->count; index++) {
        look->active += look->subscriptions[index].state == SUBSCRIPTION_ACTIVE;
    }
    return true;
}

/* While there is nothing to bring on, nothing is written. */
static bool look_round(struct look *look, struct error *error)
{
    return sweep_couriers(look, error) && read_subscriptions(look, error) &&
           (look->active == 0 ||
            (beat(look, error) &&
             holders_look(&look->pusher->holders, look->connection, look->arena, error))) &&
           take_free(look, error);
}

/* ---- the feed ---- */

static bool watch(struct look *look, struct error *error)
{
    struct pusher *pusher = look->pusher;
    struct change_marks marks;

    if (!change_read_marks(look->connection, look->arena, &marks, error)) {
        return false;
    }
    if (marks.numbered == pusher->numbered) {
        return true;
    }
    pusher->numbered = marks.numbered;
    for (size_t index = 0; index < pusher->courier_count; index++) {
        courier_tell(pusher->couriers[index], marks.numbered);
    }
    return true;
}

/* ---- the thread ---- */

static void report(struct pusher *pusher, bool is_done, const struct error *error)
{
    if (!is_done && !pusher->has_failed && error->code != ERROR_DATABASE_CONFLICT) {
        log_event(pusher->house.platform->log, LOG_LEVEL_WARNING, "push_failed",
                  LOG_TEXT("code", error_kind(error->code)->name),
                  LOG_TEXT("message", error->message), LOG_TEXT("cause", error->cause));
    }
    pusher->has_failed = !is_done && error->code != ERROR_DATABASE_CONFLICT;
}

/* What is done every so often; answers how long to wait for the next time. */
static int64_t go_round(struct pusher *pusher)
{
    struct arena *arena = arena_create();
    struct look look = {.pusher = pusher, .arena = arena};
    struct error error = {0};
    int64_t now = time_monotonic();
    bool is_look_due = now >= pusher->look_due;

    if (is_look_due) {
        pusher->look_due = now + LOOK_EVERY;
    }
    bool is_done = database_acquire(pusher->house.platform->database, &look.connection, &error) &&
                   (pusher->courier_count == 0 || watch(&look, &error)) &&
                   (!is_look_due || look_round(&look, &error));
    database_release(&look.connection);
    arena_destroy(&arena);
    report(pusher, is_done, &error);
    return is_done && pusher->courier_count > 0 ? WATCH_EVERY : LOOK_EVERY;
}

static bool wait_for(struct pusher *pusher, int64_t milliseconds)
{
    struct timespec moment = thread_moment_after(milliseconds);

    pthread_mutex_lock(&pusher->mutex);
    if (!pusher->is_stopping) {
        pthread_cond_timedwait(&pusher->stopping, &pusher->mutex, &moment);
    }
    bool goes_on = !pusher->is_stopping;
    pthread_mutex_unlock(&pusher->mutex);
    return goes_on;
}

static void *serve(void *context)
{
    struct pusher *pusher = context;

    while (wait_for(pusher, go_round(pusher))) {
    }
    return NULL;
}

/* ---- start and stop ---- */

/* A machine without authorities notifies over http alone. */
static void open_tls(struct pusher *pusher)
{
    const struct platform *platform = pusher->house.platform;
    struct error error = {0};

    if (!tls_client_open(pusher->arena, platform->settings->push.ca_file, &pusher->house.tls,
                         &error)) {
        log_event(platform->log, LOG_LEVEL_INFO, "push_without_tls",
                  LOG_TEXT("message", error.message));
    }
}

bool pusher_start(const struct platform *platform, struct soap_door *door,
                  struct pusher **pusher_out, struct error *error)
{
    struct arena *arena = arena_create();
    struct pusher *pusher = arena_allocate(arena, sizeof(*pusher));

    pusher->arena = arena;
    pusher->house = (struct courier_house){.platform = platform, .door = door};
    random_bytes(&pusher->house.node_id, sizeof(pusher->house.node_id));
    pthread_mutex_init(&pusher->mutex, NULL);
    thread_condition_make(&pusher->stopping);
    open_tls(pusher);
    if (!thread_start(&pusher->thread, serve, pusher, error)) {
        pthread_cond_destroy(&pusher->stopping);
        pthread_mutex_destroy(&pusher->mutex);
        arena_destroy(&arena);
        return false;
    }
    *pusher_out = pusher;
    return true;
}

/* So that others need not wait until this node is taken for dead. Without the database they do. */
static void leave(struct pusher *pusher)
{
    struct arena *arena = arena_create();
    struct look look = {.pusher = pusher, .arena = arena};
    struct error error = {0};
    bool is_told = pusher->has_row &&
                   database_acquire(pusher->house.platform->database, &look.connection, &error);

    while (pusher->courier_count > 0) {
        struct courier **courier = &pusher->couriers[--pusher->courier_count];
        struct uuid id = *courier_subscription(*courier);
        courier_destroy(courier);
        is_told = is_told && give_free(&look, &id, &error);
    }
    is_told = is_told && node_delete(look.connection, arena, &pusher->house.node_id, -1, &error);
    report(pusher, is_told || !pusher->has_row, &error);
    database_release(&look.connection);
    arena_destroy(&arena);
}

void pusher_stop(struct pusher **pusher)
{
    struct pusher *self = *pusher;
    struct arena *arena = NULL;

    if (self == NULL) {
        return;
    }
    pthread_mutex_lock(&self->mutex);
    self->is_stopping = true;
    pthread_cond_signal(&self->stopping);
    pthread_mutex_unlock(&self->mutex);
    pthread_join(self->thread, NULL);
    /* All at once, then one after the other. */
    for (size_t index = 0; index < self->courier_count; index++) {
        courier_stop(self->couriers[index]);
    }
    leave(self);
    pthread_cond_destroy(&self->stopping);
    pthread_mutex_destroy(&self->mutex);
    arena = self->arena;
    *pusher = NULL;
    arena_destroy(&arena);
}
