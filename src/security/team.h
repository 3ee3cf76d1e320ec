/*
 * team.h - the teams that a user is in.
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef SECURITY_TEAM_H
#define SECURITY_TEAM_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct catalog;
struct connection;
struct error;

struct team {
    struct uuid id;
    struct uuid unit_id;
};

/* The teams a user is a member of, and the default team of his unit, whose members are never
 * written down: whoever is in the unit is one. */
must_check bool team_read_of_user(struct arena *arena, struct connection *connection,
                                  const struct catalog *catalog, const struct uuid *user_id,
                                  const struct uuid *unit_id, struct team **teams_out,
                                  size_t *count_out, struct error *error);

#endif
