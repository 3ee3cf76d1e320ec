/*
 * replay.h - what a message proves must prove it once: nonces, signatures and tickets that were
 * taken.
 *
 * They lie in a table, so that no other worker, no other node and no restarted server takes one
 * again; there until the message is too old to be taken anyway, then swept.
 */
#ifndef SECURITY_REPLAY_H
#define SECURITY_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct connection;
struct error;
struct uuid;

/* What may be used once by a user. */
struct replay_mark {
    const char *kind; /* "nonce", "signature", "ticket" */
    const void *bytes;
    size_t length;
};

/* Takes a mark of a user, outside any transaction, so that it stays taken whatever becomes of the
 * message. Fails with CREDENTIALS_INVALID when it was taken before. until is the moment after
 * which the message is refused for its age. */
must_check bool replay_take(struct arena *arena, struct connection *connection,
                            const struct uuid *user_id, const struct replay_mark *mark, int64_t now,
                            int64_t until, struct error *error);

#endif
