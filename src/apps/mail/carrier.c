/*
 * carrier.c - threads, each with a client of its own, and what they do with an answer.
 */
#include "apps/mail/carrier.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "apps/mail/connector.h"
#include "apps/mail/delivery.h"
#include "apps/mail/letter.h"
#include "apps/mail/spool.h"
#include "apps/mail/waiting.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/thread.h"
#include "base/time.h"

enum { ATTEMPTS_LEAST = 5, WHY_SIZE = 1024 };

struct thread {
    struct carrier *carrier;
    struct arena *arena; /* of the client */
    struct client *client;
    pthread_t id;
};

struct carrier {
    const struct connector *connector;
    struct spool *spool;
    struct waiting *waiting;
    atomic_bool
        has_said_away; /* the log tells once when the platform goes, and once when it comes */
    struct thread *threads;
    int thread_count; /* that were started */
};

/* ---- what becomes of a letter ---- */

static void say_answered(struct carrier *carrier)
{
    if (atomic_exchange(&carrier->has_said_away, false)) {
        log_event(&carrier->connector->log, LOG_LEVEL_INFO, "platform_back",
                  LOG_TEXT("url", carrier->connector->settings.platform.url));
    }
}

static void say_away(struct carrier *carrier, const struct client_error *error)
{
    enum log_level level =
        atomic_exchange(&carrier->has_said_away, true) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING;

    log_event(&carrier->connector->log, level, "platform_away",
              LOG_TEXT("url", carrier->connector->settings.platform.url),
              LOG_TEXT("code", error->code), LOG_TEXT("message", error->message));
}

/* Puts a letter aside; one for which that fails waits on. */
static void put_aside(struct carrier *carrier, const struct waiting_letter *letter,
                      const char *code, const char *message)
{
    const struct log *log = &carrier->connector->log;
    struct error error = {0};
    char why[WHY_SIZE];

    snprintf(why, sizeof(why), "%s: %s\n", code, message);
    if (!spool_refuse(carrier->spool, letter->name, why, &error)) {
        log_event(log, LOG_LEVEL_ERROR, "spool_failed", LOG_TEXT("letter", letter->name),
                  LOG_TEXT("message", error.message), LOG_TEXT("cause", error.cause));
        waiting_put_back(carrier->waiting, letter);
        return;
    }
    log_event(log, LOG_LEVEL_ERROR, "refused", LOG_TEXT("letter", letter->name),
              LOG_TEXT("code", code), LOG_TEXT("message", message));
}

/* An administrator may remove what he does not want to be delivered. */
static void forget(struct carrier *carrier, const struct waiting_letter *letter)
{
    spool_remove(carrier->spool, letter->name);
    log_event(&carrier->connector->log, LOG_LEVEL_WARNING, "removed_by_hand",
              LOG_TEXT("letter", letter->name));
}

static void finish(struct carrier *carrier, const struct waiting_letter *letter,
                   const struct delivery_result *result, int64_t began)
{
    spool_remove(carrier->spool, letter->name);
    waiting_note_answer(carrier->waiting);
    say_answered(carrier);
    log_event(&carrier->connector->log, LOG_LEVEL_INFO, "delivered",
              LOG_TEXT("letter", letter->name), LOG_TEXT("email", result->email),
              LOG_TEXT("created", result->is_created ? "yes" : "no"),
              LOG_TEXT("reason", result->reason), LOG_TEXT("kind", result->kind),
              LOG_NUMBER("ms", time_monotonic() - began));
}

/* Whether it has been tried for so long, while others went through, that trying is over. */
static bool is_hopeless(const struct carrier *carrier, const struct waiting_letter *letter)
{
    return letter->attempts >= ATTEMPTS_LEAST &&
           time_monotonic() - letter->failed_on >= carrier->connector->settings.platform.give_up;
}

static void put_back(struct carrier *carrier, const struct waiting_letter *letter,
                     const struct delivery_result *result)
{
    const struct client_error *error = &result->error;

    if (is_hopeless(carrier, letter)) {
        put_aside(carrier, letter, error->code, error->message);
    } else if (result->verdict == DELIVERY_AWAY) {
        say_away(carrier, error);
        waiting_close(carrier->waiting, letter);
    } else {
        log_event(&carrier->connector->log, LOG_LEVEL_WARNING, "deferred",
                  LOG_TEXT("letter", letter->name), LOG_TEXT("code", error->code),
                  LOG_TEXT("message", error->message),
                  LOG_NUMBER("attempts", letter->attempts + 1));
        waiting_put_back(carrier->waiting, letter);
    }
}

static void judge(struct carrier *carrier, const struct waiting_letter *letter,
                  const struct delivery_result *result, int64_t began)
{
    switch (result->verdict) {
    case DELIVERY_DONE:
        finish(carrier, letter, result, began);
        break;
    case DELIVERY_REFUSED:
        waiting_note_answer(carrier->waiting);
        say_answered(carrier);
        put_aside(carrier, letter, result->error.code, result->error.message);
        break;
    default:
        put_back(carrier, letter, result);
    }
}

/* A letter that cannot be opened or read, as when no descriptor is left, may be so the next time;
 * what is no letter never will. */
static void leave(struct carrier *carrier, const struct waiting_letter *letter,
                  const struct error *error)
{
    struct delivery_result result = {.verdict = DELIVERY_LATER};

    if (error->code == ERROR_FILE_UNREADABLE) {
        put_aside(carrier, letter, "FILE_UNREADABLE", error->message);
        return;
    }
    client_fail(&result.error, CLIENT_UNREADABLE, "FILE_UNREADABLE", "%s", error->message);
    put_back(carrier, letter, &result);
}

/* ---- threads ---- */

static void carry(struct thread *thread, const struct waiting_letter *waiting)
{
    struct carrier *carrier = thread->carrier;
    struct arena *arena = arena_create();
    struct error error = {0};
    struct letter letter;
    struct delivery_result result;
    int file = -1;

    bool is_read = spool_read(carrier->spool, waiting->name, &file, &error);
    if (is_read && file < 0) {
        forget(carrier, waiting);
    } else if (!is_read || !letter_read(arena, file, waiting->name, &letter, &error)) {
        leave(carrier, waiting, &error);
    } else {
        int64_t began = time_monotonic();
        delivery_send(thread->client, &letter, &result);
        judge(carrier, waiting, &result, began);
    }
    if (file >= 0) {
        close(file);
    }
    arena_destroy(&arena);
}

static void *run(void *context)
{
    struct thread *thread = context;
    struct waiting_letter letter;

    while (waiting_take(thread->carrier->waiting, &letter)) {
        carry(thread, &letter);
    }
    return NULL;
}

static bool start_thread(struct carrier *carrier, struct thread *thread, struct error *error)
{
    struct client_error client_error;

    thread->carrier = carrier;
    thread->arena = arena_create();
    if (!connector_open_client(carrier->connector, thread->arena, 1, &thread->client,
                               &client_error)) {
        arena_destroy(&thread->arena);
        return error_set(error, ERROR_SETTING_INVALID, "platform", "%s", client_error.message);
    }
    if (!thread_start(&thread->id, run, thread, error)) {
        arena_destroy(&thread->arena);
        return false;
    }
    carrier->thread_count++;
    return true;
}

bool carrier_start(struct arena *arena, const struct connector *connector, struct spool *spool,
                   const struct array *names, struct carrier **carrier_out, struct error *error)
{
    const struct connector_settings_platform *settings = &connector->settings.platform;
    struct carrier *carrier = arena_allocate(arena, sizeof(*carrier));

    carrier->connector = connector;
    carrier->spool = spool;
    carrier->waiting = waiting_create(arena, settings->retry_most);
    carrier->threads =
        arena_allocate_array(arena, (size_t)settings->calls, sizeof(*carrier->threads));
    for (size_t i = 0; i < names->count; i++) {
        waiting_add(carrier->waiting, names->items[i]);
    }
    for (int i = 0; i < (int)settings->calls; i++) {
        if (!start_thread(carrier, &carrier->threads[i], error)) {
            carrier_stop(&carrier);
            return false;
        }
    }
    *carrier_out = carrier;
    return true;
}

void carrier_add(struct carrier *carrier, const char *name)
{
    waiting_add(carrier->waiting, name);
}

int64_t carrier_away_for(struct carrier *carrier)
{
    return waiting_away_for(carrier->waiting);
}

void carrier_stop(struct carrier **carrier)
{
    if (*carrier == NULL) {
        return;
    }
    waiting_stop((*carrier)->waiting);
    for (int i = 0; i < (*carrier)->thread_count; i++) {
        struct thread *thread = &(*carrier)->threads[i];

        pthread_join(thread->id, NULL);
        client_close(&thread->client);
        arena_destroy(&thread->arena);
    }
    waiting_destroy(&(*carrier)->waiting);
    *carrier = NULL;
}
