/*
 * identity.h - who asks, and what his roles add up to.
 *
 * Memory: an identity lives in the arena it was loaded into and is never changed.
 */
#ifndef SECURITY_IDENTITY_H
#define SECURITY_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "metadata/entity.h"

struct arena;
struct catalog;
struct connection;
struct error;

/* How far a privilege reaches. */
enum depth {
    DEPTH_NONE,
    DEPTH_USER,           /* own records */
    DEPTH_UNIT,           /* of one's business unit */
    DEPTH_UNIT_AND_BELOW, /* of the unit and those under it */
    DEPTH_ORGANIZATION,   /* all */
};

struct identity {
    struct uuid user_id;
    const char *user_name;
    struct uuid business_unit_id;
    struct uuid organization_id;
    bool is_administrator; /* passes every right */
    uint8_t *depths;       /* enum depth by entity->index * RIGHT_COUNT + right */
};

/* How far the identity's right on an entity reaches. */
enum depth identity_depth(const struct identity *identity, const struct entity *entity,
                          enum right right);

/* Reads the user, his roles and their privileges. Fails with CREDENTIALS_INVALID when there is
 * no such user, he is disabled, or his unit's branch is. */
must_check bool identity_load(struct arena *arena, struct connection *connection,
                              const struct catalog *catalog, const struct uuid *user_id,
                              const struct identity **identity_out, struct error *error);

/* Copies an identity that was made for this catalog. */
struct identity *identity_copy(struct arena *arena, const struct identity *identity,
                               const struct catalog *catalog);

/* The identity of the server itself, for bootstrap: an administrator with an empty user id. */
const struct identity *identity_of_server(struct arena *arena, const struct catalog *catalog);

#endif
