/*
 * crowd.h - units, users, teams, roles and shares, for tests of what who reaches.
 */
#ifndef UNIT_QUERY_CROWD_H
#define UNIT_QUERY_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/uuid.h"
#include "metadata/entity.h"
#include "security/identity.h"
#include "support/test_call.h"

/* A root unit, and a call of the server itself until crowd_become. */
struct crowd {
    struct test_platform house;
    struct call *call;
    struct uuid root;
};

/* Where a record belongs, and the record it hangs on. */
struct crowd_place {
    const struct uuid *owner, *unit;
    const char *lookup; /* NULL: none */
    const char *parent_entity;
    const struct uuid *parent;
    const char *state; /* NULL: none */
    const char *name;  /* NULL: none */
};

void crowd_open(struct crowd *crowd);
void crowd_close(struct crowd *crowd);

struct uuid crowd_unit(struct crowd *crowd, const struct uuid *parent);
struct uuid crowd_user(struct crowd *crowd, const struct uuid *unit);
struct uuid crowd_team(struct crowd *crowd, const struct uuid *unit);
void crowd_join(struct crowd *crowd, const struct uuid *team, const struct uuid *user);

/* Gives a user or team one right on an entity ("*": every one) by a role of its own. */
void crowd_give(struct crowd *crowd, const struct uuid *principal, const char *entity,
                enum right right, enum depth depth);

/* The call is the user's from now on. */
void crowd_become(struct crowd *crowd, const struct uuid *user);

/* Inserts a record. */
struct uuid crowd_plant(struct crowd *crowd, const char *entity, struct crowd_place place);

/* Grants a right by a row of the table of shares. */
void crowd_share(struct crowd *crowd, const char *entity, const struct uuid *id,
                 const struct uuid *principal, enum right right);

const struct entity *crowd_entity(const struct crowd *crowd, const char *name);

/* Asks whether the call's user has a right on one record. */
bool crowd_may(struct crowd *crowd, const char *entity, const struct uuid *id, enum right right);

void crowd_must(bool done, const struct error *error);

#endif
