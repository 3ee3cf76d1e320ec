/*
 * team.h - teams, and who is in them.
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef SECURITY_TEAM_H
#define SECURITY_TEAM_H

#include <stdbool.h>
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
    bool is_default; /* of its unit */
};

must_check bool team_read(struct arena *arena, struct connection *connection,
                          const struct catalog *catalog, const struct uuid *team_id,
                          struct team *team_out, bool *is_found_out, struct error *error);

/* The default team of a unit. */
must_check bool team_read_default(struct arena *arena, struct connection *connection,
                                  const struct catalog *catalog, const struct uuid *unit_id,
                                  struct team *team_out, bool *is_found_out, struct error *error);

/* The teams a user is a member of, and the default team of his unit, whose members are never
 * written down: whoever is in the unit is one. */
must_check bool team_read_of_user(struct arena *arena, struct connection *connection,
                                  const struct catalog *catalog, const struct uuid *user_id,
                                  const struct uuid *unit_id, struct team **teams_out,
                                  size_t *count_out, struct error *error);

/* The users in a team; of a default team, those in its unit. */
must_check bool team_read_members(struct arena *arena, struct connection *connection,
                                  const struct catalog *catalog, const struct team *team,
                                  struct uuid **user_ids_out, size_t *count_out,
                                  struct error *error);

/* Adds a member of a team that is no default team, or removes one; nothing happens when he is
 * one already, or is none. */
must_check bool team_add_member(struct arena *arena, struct connection *connection,
                                const struct uuid *team_id, const struct uuid *user_id,
                                struct error *error);
must_check bool team_remove_member(struct arena *arena, struct connection *connection,
                                   const struct uuid *team_id, const struct uuid *user_id,
                                   struct error *error);

#endif
