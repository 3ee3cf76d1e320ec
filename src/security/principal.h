/*
 * principal.h - what is kept beside users and teams, and goes with them.
 */
#ifndef SECURITY_PRINCIPAL_H
#define SECURITY_PRINCIPAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct catalog;
struct connection;
struct error;
struct uuid;

/* Removes the roles, memberships, members and shares of a user or team that is deleted. */
must_check bool principal_remove(struct arena *arena, struct connection *connection,
                                 const struct uuid *principal_id, struct error *error);

/* Ends the sessions of users in the database. Who remembers sessions forgets them within
 * session_options.recheck, or at session_forget_all. */
must_check bool principal_end_sessions(struct arena *arena, struct connection *connection,
                                       const struct uuid *user_ids, size_t count,
                                       struct error *error);

/* Moves what a user or team owns into its unit: the owning unit of a record is its owner's. */
must_check bool principal_move_records(struct arena *arena, struct connection *connection,
                                       const struct catalog *catalog,
                                       const struct uuid *principal_id, const struct uuid *unit_id,
                                       struct error *error);

#endif
