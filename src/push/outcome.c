/*
 * outcome.c - letters and the subscription's row.
 */
#include "push/outcome.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/dead_letter.h"
#include "change/feed.h"
#include "change/subscription.h"
#include "database/database.h"
#include "metadata/entity.h"
#include "push/notification.h"
#include "text/utf8.h"

enum { TRIES = 5 };

static const char behind_reason[] = "An earlier change of the record was not taken";

struct noting {
    struct call *call;
    const struct subscription *subscription;
    const struct parcel *parcel;
    enum outcome outcome;
    const char *reason;
};

static bool park(const struct noting *noting, const struct feed_change *change, const char *reason,
                 struct error *error)
{
    const struct dead_letter letter = {.position = change->position,
                                       .entity_name = change->entity->name,
                                       .record_id = change->id,
                                       .parked_on = noting->call->now,
                                       .reason = reason};

    return dead_letter_park(noting->call->connection, noting->call->arena,
                            &noting->subscription->id, &letter, error);
}

static bool park_behind(const struct noting *noting, struct error *error)
{
    for (size_t index = 0; index < noting->parcel->behind_count; index++) {
        if (!park(noting, &noting->parcel->behind[index], behind_reason, error)) {
            return false;
        }
    }
    return true;
}

static bool drop_letters(const struct noting *noting, struct error *error)
{
    const struct parcel *parcel = noting->parcel;
    int64_t count = 0;

    for (size_t index = 0; index < parcel->letter_count; index++) {
        if (!dead_letter_drop(noting->call->connection, noting->call->arena,
                              &noting->subscription->id, parcel->letters[index], &count, error)) {
            return false;
        }
    }
    return true;
}

/* Of one record, nothing is sent again after what was refused again. */
static bool put_back(const struct noting *noting, struct error *error)
{
    const struct feed_change *refused = &noting->parcel->changes[0];

    return dead_letter_hold(noting->call->connection, noting->call->arena,
                            &noting->subscription->id, &refused->id, error) &&
           park(noting, refused, noting->reason, error);
}

static bool write_letters(const struct noting *noting, struct error *error)
{
    const struct parcel *parcel = noting->parcel;

    switch (noting->outcome) {
    case OUTCOME_TAKEN:
        return drop_letters(noting, error) && park_behind(noting, error);
    case OUTCOME_PARKED:
        return parcel->is_of_letters ? put_back(noting, error)
                                     : park(noting, &parcel->changes[0], noting->reason, error) &&
                                           park_behind(noting, error);
    case OUTCOME_PASSED:
    case OUTCOME_FAILED:
        break;
    }
    return true;
}

static struct subscription advanced(const struct noting *noting)
{
    struct subscription next = *noting->subscription;
    const struct parcel *parcel = noting->parcel;

    if (noting->outcome != OUTCOME_FAILED) {
        next.token = parcel->token;
    }
    if (noting->outcome == OUTCOME_TAKEN) {
        next.last_error = NULL;
    }
    if (noting->outcome == OUTCOME_TAKEN && parcel->count > 0) {
        next.delivered += (int64_t)parcel->count;
        next.delivered_on = noting->call->platform->now();
    }
    if (noting->reason != NULL) {
        next.last_error = noting->reason;
    }
    return next;
}

static bool write(const struct noting *noting, bool *held_out, struct error *error)
{
    struct call *call = noting->call;
    const struct subscription next = advanced(noting);

    return subscription_advance(call->connection, call->arena, &next, noting->subscription->token,
                                held_out, error) &&
           (!*held_out || write_letters(noting, error));
}

static bool try_once(const struct noting *noting, struct error *error)
{
    struct connection *connection = noting->call->connection;
    bool is_held = false;

    if (!connection_begin(connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    if (!write(noting, &is_held, error) || !is_held) {
        connection_rollback(connection);
        return error->code == ERROR_NONE;
    }
    return connection_commit(connection, error);
}

static const char *cut(struct arena *arena, const char *reason)
{
    return reason == NULL ? NULL
                          : arena_copy_part(arena, reason,
                                            text_cut_length(reason, strlen(reason),
                                                            SUBSCRIPTION_REASON_LENGTH));
}

bool outcome_note(struct call *call, const struct subscription *subscription,
                  const struct parcel *parcel, enum outcome outcome, const char *reason,
                  struct error *error)
{
    const struct noting noting = {
        .call = call,
        .subscription = subscription,
        .parcel = parcel,
        .outcome = outcome,
        .reason = cut(call->arena, reason),
    };
    bool is_done = false;

    if (call->connection == NULL &&
        !database_acquire(call->platform->database, &call->connection, error)) {
        return false;
    }
    for (int count = 0; count < TRIES && !is_done; count++) {
        error_clear(error);
        is_done = try_once(&noting, error);
        if (!is_done && error->code != ERROR_DATABASE_CONFLICT) {
            break;
        }
    }
    return is_done;
}
