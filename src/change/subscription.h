/*
 * subscription.h - who has changes brought to him, what of them, and how far he was brought.
 *
 * One row each in svyaz_subscription. Operations change it; the floor push brings it on, one node
 * at a time: it holds the row while node_id is its own, and what it writes counts only then, and
 * only while no operation has changed the row, or its dead letters, meanwhile.
 *
 * Memory: what is read lives in the arena given, what is written is borrowed.
 */
#ifndef CHANGE_SUBSCRIPTION_H
#define CHANGE_SUBSCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct connection;
struct error;

/* Kept in the database by number: add, never change. */
enum subscription_state { SUBSCRIPTION_ACTIVE = 1, SUBSCRIPTION_SUSPENDED = 2 };

enum {
    SUBSCRIPTION_NAME_LENGTH = 160,
    SUBSCRIPTION_URL_LENGTH = 2000,
    SUBSCRIPTION_REASON_LENGTH = 400,
};

struct subscription {
    struct uuid id;
    const char *name; /* or NULL */
    const char *url;
    const char *user_name;       /* for HTTP Basic, or NULL */
    const char *sealed_password; /* by crypto/seal.h, its owner the id; or NULL */
    struct uuid user_id;         /* whose rights count */
    const char *application;     /* of the client that subscribed, or NULL */
    const char *interests;       /* as change/interest.h writes them; NULL: everything */
    bool skips_own;
    int64_t changes_per_message;
    int64_t park_after; /* refusals; 0: never */
    enum subscription_state state;
    int64_t created_on;

    const char *token; /* of change/token.h: all up to there was acknowledged, parked or left out */
    int64_t edition;   /* grows whenever an operation changes the row */
    struct uuid node_id;    /* of the node that brings it on; empty: none */
    int64_t attempts;       /* failures since something was taken */
    const char *last_error; /* or NULL */
    int64_t delivered;      /* changes acknowledged so far */
    int64_t delivered_on;   /* 0: never */
};

must_check bool subscription_insert(struct connection *connection, struct arena *arena,
                                    const struct subscription *subscription, struct error *error);

/* found_out: whether there is one. is_locked: its row stays as it is until the transaction ends. */
must_check bool subscription_read(struct connection *connection, struct arena *arena,
                                  const struct uuid *id, bool is_locked,
                                  struct subscription *subscription_out, bool *found_out,
                                  struct error *error);

/* Those of a user, or, NULL, all, in the order of their making. */
must_check bool subscription_list(struct connection *connection, struct arena *arena,
                                  const struct uuid *user_id, struct subscription **list_out,
                                  size_t *count_out, struct error *error);

/* Writes what operations may change, token and attempts included, and a new edition. */
must_check bool subscription_change(struct connection *connection, struct arena *arena,
                                    const struct subscription *subscription, struct error *error);

must_check bool subscription_delete(struct connection *connection, struct arena *arena,
                                    const struct uuid *id, struct error *error);

/* ---- for the node that brings it on ---- */

/* Gives the row from one node (empty: from none) to another (empty: to none). held_out: whether it
 * was as expected. */
must_check bool subscription_hand_over(struct connection *connection, struct arena *arena,
                                       const struct uuid *id, const struct uuid *from,
                                       const struct uuid *to, bool *held_out, struct error *error);

/* Writes token, attempts, last_error, delivered and delivered_on. held_out: whether the row has the
 * node and the edition still, and the token from that it was read with; otherwise nothing is
 * written. */
must_check bool subscription_advance(struct connection *connection, struct arena *arena,
                                     const struct subscription *subscription, const char *from,
                                     bool *held_out, struct error *error);

#endif
