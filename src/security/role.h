/*
 * role.h - what roles allow, and who has them.
 *
 * A role is a record like any other; what it allows and who has it is kept beside, where no
 * ordinary write reaches.
 */
#ifndef SECURITY_ROLE_H
#define SECURITY_ROLE_H

#include "base/attributes.h"
#include "metadata/catalog.h"

struct arena;
struct connection;
struct error;
struct uuid;

/* Stores what a role allows, in place of what it allowed before. */
must_check bool role_set_privileges(struct connection *connection, struct arena *arena,
                                    const struct uuid *role_id,
                                    const struct role_template *template, struct error *error);

/* Gives a role to a user or team; nothing happens when he has it. Whoever remembers an identity
 * forgets it within the time of session_options.recheck, or at session_forget. */
must_check bool role_give(struct connection *connection, struct arena *arena,
                          const struct uuid *principal_id, const struct uuid *role_id,
                          struct error *error);

/* Takes a role from a user or team. */
must_check bool role_take(struct connection *connection, struct arena *arena,
                          const struct uuid *principal_id, const struct uuid *role_id,
                          struct error *error);

/* Whether the roles that a user or team holds himself allow a right on an entity at all. */
must_check bool role_allows(struct connection *connection, struct arena *arena,
                            const struct uuid *principal_id, const struct entity *entity,
                            enum right right, bool *is_allowed_out, struct error *error);

#endif
