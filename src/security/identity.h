/*
 * identity.h - who asks, and what his roles add up to.
 *
 * A user holds roles himself and through his teams. A seat is a business unit in which he holds
 * some: his own unit for his own roles, the team's unit for those of a team. Depths count from
 * the seat of the role that gives them, so they are kept by seat.
 *
 * Memory: an identity lives in the arena it was loaded into and is never changed.
 */
#ifndef SECURITY_IDENTITY_H
#define SECURITY_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "metadata/entity.h"
#include "security/task.h"

struct arena;
struct catalog;
struct connection;
struct error;
struct scope;

/* How far a privilege reaches. */
enum depth {
    DEPTH_NONE,
    DEPTH_USER,           /* own records */
    DEPTH_UNIT,           /* of the seat's business unit */
    DEPTH_UNIT_AND_BELOW, /* of that unit and those under it */
    DEPTH_ORGANIZATION,   /* all */
};

/* "none", "user" ... as in metadata/roles/ and messages. */
const char *depth_name(enum depth depth);
bool depth_parse(const char *name, enum depth *depth_out);

struct seat {
    struct uuid unit_id;
    const struct uuid *units; /* itself and all below it, ascending; only where a depth needs it */
    size_t unit_count;
};

struct identity {
    struct uuid user_id;
    const char *user_name;
    const char *time_zone; /* the user's own, or NULL */
    struct uuid business_unit_id;
    struct uuid organization_id;
    bool is_administrator;         /* has every privilege at organisation depth */
    const struct uuid *principals; /* himself and his teams, ascending */
    size_t principal_count;
    /* Of a manager (report.h), ascending: direct reports with their teams, and those of all levels.
     */
    const struct uuid *reports, *readable_reports;
    size_t report_count, readable_report_count;
    const struct seat *seats; /* the first is his own */
    size_t seat_count;
    uint8_t *depths; /* enum depth by (entity->index * RIGHT_COUNT + right) * seat_count + seat */
    uint32_t tasks;  /* 1 << enum task */
    const struct scope *scope;   /* of the session, which narrowed this identity; NULL: none */
    const uint8_t *field_rights; /* of enum field_right, by field->secured_place */
};

/* The deepest of the identity's depths for a right on an entity. What belongs to the whole
 * organisation knows no depth below it. */
enum depth identity_depth(const struct identity *identity, const struct entity *entity,
                          enum right right);

/* The depth that the roles held in one seat give. */
enum depth identity_depth_in(const struct identity *identity, const struct entity *entity,
                             enum right right, size_t seat);

/* Whether a user or team is the identity itself or one of its teams. */
bool identity_is_principal(const struct identity *identity, const struct uuid *principal_id);

/* Reads the user, his teams, their roles and privileges. Fails with CREDENTIALS_INVALID when
 * there is no such user, he is disabled, or his unit's branch is. */
must_check bool identity_load(struct arena *arena, struct connection *connection,
                              const struct catalog *catalog, const struct uuid *user_id,
                              const struct identity **identity_out, struct error *error);

/* Copies an identity that was made for this catalog. */
struct identity *identity_copy(struct arena *arena, const struct identity *identity,
                               const struct catalog *catalog);

/* The identity of the server itself, for bootstrap: an administrator with an empty user id. */
const struct identity *identity_of_server(struct arena *arena, const struct catalog *catalog);

#endif
