/*
 * courier.c - a thread that waits for changes, sends them, and notes what came of it.
 */
#include "push/courier.h"

#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/time.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/subscription.h"
#include "crypto/random.h"
#include "database/database.h"
#include "generated/messages.h"
#include "generated/settings.h"
#include "push/notification.h"
#include "push/outcome.h"
#include "push/send.h"
#include "security/session.h"
#include "soap/door.h"

enum {
    LOGGED_EVERY = 10,       /* failures in a row, beside the first */
    TOKEN_KEPT_EVERY = 5000, /* ms after which a token that moved with nothing to send is kept */
};

static const int64_t NEVER = INT64_MAX;

struct courier {
    struct arena *arena;
    const struct courier_house *house;
    struct soap_worker *worker;
    struct uuid id;
    pthread_t thread;
    atomic_bool is_stopping;
    atomic_bool has_ended;

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t wake;
    int64_t told;    /* position up to which there are changes */
    int64_t edition; /* of the subscription, as the pusher read it */
    bool is_renewed; /* the edition is another one */

    /* the thread's own */
    int64_t looked;   /* told, when nothing was left to send */
    int64_t due;      /* time_monotonic() before which nothing is sent */
    int64_t kept_at;  /* when the token was written last */
    int64_t keep_at;  /* when it is to be written, though there is no news; NEVER: it is */
    bool is_ahead;    /* it has moved since */
    int64_t refusals; /* of what is sent alone */
    int64_t refused_position;
    bool is_alone; /* the first change is sent without the others */
};

/* One round: from the subscription to what came of the message. */
struct round {
    struct courier *courier;
    struct call *call;
    struct subscription subscription;
    struct parcel parcel;
    struct notify_request *message;
};

/* ---- before sending ---- */

/* False when the row is gone, or another node's, or is not to be brought on. */
static bool is_still_ours(const struct round *round, bool is_found)
{
    return is_found &&
           uuid_compare(&round->subscription.node_id, &round->courier->house->node_id) == 0 &&
           round->subscription.state == SUBSCRIPTION_ACTIVE;
}

static bool take_identity(struct round *round, struct error *error)
{
    struct call *call = round->call;

    call->application = round->subscription.application;
    return session_identity(call->platform->sessions, call->arena, call->connection, call->catalog,
                            &round->subscription.user_id, &call->identity, error);
}

static bool gather(struct round *round, struct error *error)
{
    struct courier *courier = round->courier;

    if (!take_identity(round, error) ||
        !parcel_gather(round->call, &round->subscription, round->subscription.changes_per_message,
                       &round->parcel, error)) {
        return false;
    }
    if (courier->is_alone) {
        parcel_reduce(round->call, &round->parcel);
    }
    return round->parcel.count == 0 && !round->parcel.is_resync
               ? true
               : parcel_write(round->call, &round->subscription, &round->parcel, round->message,
                              error);
}

/* ---- after it ---- */

static void wait_after(struct courier *courier, int64_t attempts)
{
    const struct settings_push *settings = &courier->house->platform->settings->push;
    int64_t pause = settings->retry;
    uint8_t chance = 0;

    for (int64_t count = 1; count < attempts && pause < settings->retry_most; count++) {
        pause *= 2;
    }
    pause = pause < settings->retry_most ? pause : settings->retry_most;
    /* A quarter more or less, lest all that failed together come together again. */
    random_bytes(&chance, sizeof(chance));
    courier->due = time_monotonic() + pause - pause / 4 + pause / 2 * chance / UINT8_MAX;
}

static void report(const struct round *round, const struct error *error)
{
    const struct subscription *subscription = &round->subscription;
    char id[UUID_TEXT_SIZE];

    if (subscription->attempts != 1 && subscription->attempts % LOGGED_EVERY != 0) {
        return;
    }
    uuid_format(&subscription->id, id);
    log_event(round->call->platform->log, LOG_LEVEL_WARNING, "notification_failed",
              LOG_TEXT("subscription", id), LOG_TEXT("code", error_kind(error->code)->name),
              LOG_NUMBER("attempts", subscription->attempts), LOG_TEXT("message", error->message),
              LOG_TEXT(error->cause[0] == '\0' ? NULL : "cause", error->cause));
}

/* What was refused among others is sent alone at once; alone it is counted. */
static bool is_to_be_parked(struct round *round)
{
    struct courier *courier = round->courier;
    int64_t position = parcel_position(&round->parcel);

    if (position == 0) {
        return false;
    }
    if (courier->refused_position != position) {
        courier->refused_position = position;
        courier->refusals = 0;
    }
    courier->refusals++;
    return round->subscription.park_after > 0 &&
           courier->refusals >= round->subscription.park_after;
}

/* What is not written now is found as it was: it is sent again, with the same sequence. */
static void note(struct round *round, enum outcome outcome, const char *reason)
{
    struct error error = {0};

    if (!outcome_note(round->call, &round->subscription, &round->parcel, outcome, reason, &error)) {
        wait_after(round->courier, 1);
    }
}

/* Notes a failure and when to try again. */
static void note_failure(struct round *round, const struct error *failure)
{
    struct courier *courier = round->courier;
    bool is_refused = failure->code == ERROR_ENDPOINT_REFUSED;
    bool was_alone = courier->is_alone;
    enum outcome outcome = OUTCOME_FAILED;

    if (is_refused && is_to_be_parked(round)) {
        outcome = OUTCOME_PARKED;
        courier->refusals = 0;
    }
    /* What cannot even be put together, for its size, may be so for one change. */
    courier->is_alone = failure->code != ERROR_ENDPOINT_UNREACHABLE && outcome != OUTCOME_PARKED;
    round->subscription.attempts = outcome == OUTCOME_PARKED ? 0 : round->subscription.attempts + 1;
    report(round, failure);
    if (outcome != OUTCOME_PARKED && (was_alone || !courier->is_alone)) {
        wait_after(courier, round->subscription.attempts);
    }
    note(round, outcome, failure->message);
}

static void note_success(struct round *round)
{
    struct courier *courier = round->courier;

    courier->is_alone = false;
    courier->kept_at = time_monotonic();
    round->subscription.attempts = 0;
    note(round, OUTCOME_TAKEN, NULL);
}

/* Nothing to send: how far was looked is kept now and then, lest all is looked through again. */
static void note_nothing(struct round *round)
{
    struct courier *courier = round->courier;
    int64_t now = time_monotonic();

    if (strcmp(round->parcel.token, round->subscription.token) == 0) {
        return;
    }
    if (!round->parcel.has_more && now - courier->kept_at < TOKEN_KEPT_EVERY) {
        courier->keep_at = courier->kept_at + TOKEN_KEPT_EVERY;
        return;
    }
    courier->kept_at = now;
    note(round, OUTCOME_PASSED, NULL);
}

/* ---- a round ---- */

static bool open_round(struct round *round, bool *is_ours_out, struct error *error)
{
    struct call *call = round->call;
    bool is_found = false;

    *is_ours_out = true;
    if (!database_acquire(call->platform->database, &call->connection, error) ||
        !subscription_read(call->connection, call->arena, &round->courier->id, false,
                           &round->subscription, &is_found, error)) {
        return false;
    }
    *is_ours_out = is_still_ours(round, is_found);
    return true;
}

static bool deliver(struct round *round, struct error *error)
{
    const struct courier *courier = round->courier;
    const struct send_rules rules = {.platform = courier->house->platform,
                                     .door = courier->house->door,
                                     .worker = courier->worker,
                                     .tls = courier->house->tls,
                                     .is_stopping = &courier->is_stopping};

    if (!gather(round, error)) {
        return false;
    }
    /* Nothing of the database is held while somebody else's server thinks. */
    database_release(&round->call->connection);
    return round->message->notification == NULL ||
           send_notification(round->call->arena, &rules, &round->subscription, round->message,
                             error);
}

/* What is our own trouble is nobody's failure: it is waited for. */
static bool is_ours_to_bear(const struct error *error)
{
    return error->code != ERROR_ENDPOINT_UNREACHABLE && error->code != ERROR_ENDPOINT_REFUSED &&
           error_kind(error->code)->is_retryable;
}

static bool note_what_came(struct round *round, bool is_delivered, const struct error *error)
{
    if (atomic_load(&round->courier->is_stopping) && !is_delivered) {
        return true;
    }
    if (!is_delivered && is_ours_to_bear(error)) {
        wait_after(round->courier, 1);
        return true;
    }
    if (!is_delivered) {
        note_failure(round, error);
        return true;
    }
    if (parcel_is_full(&round->parcel) || round->parcel.behind_count > 0) {
        note_success(round);
        return true;
    }
    note_nothing(round);
    return round->parcel.has_more;
}

/* Sends what comes next. goes_on_out: false when the courier has to end. Whether to look again. */
static bool go_round(struct round *round, bool *goes_on_out)
{
    struct error error = {0};

    round->courier->due = 0;
    round->courier->keep_at = NEVER;
    *goes_on_out = true;
    if (!open_round(round, goes_on_out, &error)) {
        wait_after(round->courier, 1);
        return true;
    }
    return *goes_on_out && note_what_came(round, deliver(round, &error), &error);
}

/* True while the courier goes on. */
static bool run_round(struct courier *courier, bool *has_more_out)
{
    struct arena *arena = arena_create();
    struct notify_request message = {.notification = NULL};
    struct round round = {.courier = courier,
                          .call = call_make(arena, courier->house->platform),
                          .message = &message};
    bool goes_on = true;

    *has_more_out = go_round(&round, &goes_on);
    database_release(&round.call->connection);
    arena_destroy(&arena);
    return goes_on;
}

/* ---- the thread ---- */

/* Waits until there is something to look at, or to try again. */
static void wait_for_news(struct courier *courier, bool has_more)
{
    pthread_mutex_lock(&courier->mutex);
    while (!atomic_load(&courier->is_stopping) && !courier->is_renewed) {
        bool has_news = has_more || courier->told > courier->looked;
        int64_t moment = has_news ? courier->due : courier->keep_at;
        int64_t left = moment - time_monotonic();
        if (moment == NEVER) {
            pthread_cond_wait(&courier->wake, &courier->mutex);
            continue;
        }
        if (left <= 0) {
            break;
        }
        struct timespec until = thread_moment_after(left);
        pthread_cond_timedwait(&courier->wake, &courier->mutex, &until);
    }
    courier->is_renewed = false;
    courier->due = 0;
    courier->looked = courier->told;
    pthread_mutex_unlock(&courier->mutex);
}

static void *serve(void *context)
{
    struct courier *courier = context;
    bool has_more = true;

    while (!atomic_load(&courier->is_stopping) && run_round(courier, &has_more)) {
        wait_for_news(courier, has_more);
    }
    atomic_store(&courier->has_ended, true);
    return NULL;
}

static void destroy(struct courier *courier)
{
    struct arena *arena = courier->arena;

    soap_worker_destroy(&courier->worker);
    pthread_cond_destroy(&courier->wake);
    pthread_mutex_destroy(&courier->mutex);
    arena_destroy(&arena);
}

bool courier_start(const struct courier_house *house, const struct subscription *of,
                   struct courier **courier_out, struct error *error)
{
    struct arena *arena = arena_create();
    struct courier *courier = arena_allocate(arena, sizeof(*courier));

    courier->arena = arena;
    courier->house = house;
    courier->id = of->id;
    courier->edition = of->edition;
    courier->worker = soap_worker_create(house->door);
    pthread_mutex_init(&courier->mutex, NULL);
    thread_condition_make(&courier->wake);
    if (!thread_start(&courier->thread, serve, courier, error)) {
        destroy(courier);
        return false;
    }
    *courier_out = courier;
    return true;
}

const struct uuid *courier_subscription(const struct courier *courier)
{
    return &courier->id;
}

void courier_tell(struct courier *courier, int64_t position)
{
    pthread_mutex_lock(&courier->mutex);
    courier->told = position;
    pthread_cond_signal(&courier->wake);
    pthread_mutex_unlock(&courier->mutex);
}

void courier_renew(struct courier *courier, int64_t edition)
{
    pthread_mutex_lock(&courier->mutex);
    courier->is_renewed = courier->is_renewed || courier->edition != edition;
    courier->edition = edition;
    pthread_cond_signal(&courier->wake);
    pthread_mutex_unlock(&courier->mutex);
}

void courier_stop(struct courier *courier)
{
    atomic_store(&courier->is_stopping, true);
    pthread_mutex_lock(&courier->mutex);
    pthread_cond_signal(&courier->wake);
    pthread_mutex_unlock(&courier->mutex);
}

bool courier_has_ended(struct courier *courier)
{
    return atomic_load(&courier->has_ended);
}

void courier_destroy(struct courier **courier)
{
    struct courier *self = *courier;

    if (self == NULL) {
        return;
    }
    courier_stop(self);
    pthread_join(self->thread, NULL);
    destroy(self);
    *courier = NULL;
}
