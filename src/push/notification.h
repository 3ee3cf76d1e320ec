/*
 * notification.h - what is sent next to one subscriber: the changes that he asked for, as he may
 * see them now.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef PUSH_NOTIFICATION_H
#define PUSH_NOTIFICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct call;
struct error;
struct feed_change;
struct subscription;

/* Changes that are sent together. */
struct parcel {
    struct feed_change *changes;
    size_t count;
    bool is_resync;     /* no changes: he has to read everything anew */
    bool is_of_letters; /* dead letters that are sent again */
    int64_t *letters;   /* their positions, some of which may have nothing to tell any more */
    size_t letter_count;
    const char *token; /* where the subscription stands once it was taken; of letters: where it
                          stood */
    bool has_more;     /* there are changes behind it */

    /* Changes of records that have dead letters: parked with them, not sent. */
    struct feed_change *behind;
    size_t behind_count;
};

/* Gathers what comes next, at most limit changes; dead letters that are due come before all else.
 * The call has the subscriber's identity. With nothing to send, parcel_out has a token alone. */
must_check bool parcel_gather(struct call *call, const struct subscription *subscription,
                              int64_t limit, struct parcel *parcel_out, struct error *error);

/* Whether there is anything in it to be sent. */
bool parcel_is_full(const struct parcel *parcel);

/* The position of all its changes; 0 when they have several, or there are none. */
int64_t parcel_position(const struct parcel *parcel);

/* Leaves in it what the first change of the feed brought, so that it can be told whether that is
 * what is refused. */
void parcel_reduce(struct call *call, struct parcel *parcel);

struct notify_request;

/* Makes the message, reading the values that were asked for. */
must_check bool parcel_write(struct call *call, const struct subscription *subscription,
                             const struct parcel *parcel, struct notify_request *request_out,
                             struct error *error);

#endif
