/*
 * role.h - what roles allow, and who has them.
 *
 * A role is a record like any other; what it allows and who has it is kept beside, where no
 * ordinary write reaches.
 */
#ifndef SECURITY_ROLE_H
#define SECURITY_ROLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "metadata/catalog.h"

struct arena;
struct array;
struct connection;
struct error;

/* One thing that a role allows, as it is stored. */
struct role_grant {
    struct uuid role_id;
    const char *entity; /* name, PRIVILEGE_ANY or PRIVILEGE_TASK (tables.h) */
    const char *right;  /* name of a right, PRIVILEGE_ANY, or the name of a task */
    int depth;          /* enum depth */
};

/* Stores what a role allows, in place of what it allowed before. */
must_check bool role_set_privileges(struct connection *connection, struct arena *arena,
                                    const struct uuid *role_id,
                                    const struct role_template *template, struct error *error);

/* Adds what a role that comes with the product allows on some entities (struct entity). What a
 * role allows on one of them already stays as it is. In added_out, in the arena, what was added. */
must_check bool role_add_privileges(struct connection *connection, struct arena *arena,
                                    const struct uuid *role_id,
                                    const struct role_template *template,
                                    const struct array *entities, struct role_grant **added_out,
                                    size_t *count_out, struct error *error);

/* Gives a role to a user or team; nothing happens when he has it. Whoever remembers an identity
 * forgets it within the time of session_options.recheck, or at session_forget. */
must_check bool role_give(struct connection *connection, struct arena *arena,
                          const struct uuid *principal_id, const struct uuid *role_id,
                          struct error *error);

/* Takes a role from a user or team, wherever he has it from. */
must_check bool role_take(struct connection *connection, struct arena *arena,
                          const struct uuid *principal_id, const struct uuid *role_id,
                          struct error *error);

/* Whether the roles that a user or team holds himself allow a right on an entity at all. */

must_check bool role_allows(struct connection *connection, struct arena *arena,
                            const struct uuid *principal_id, const struct entity *entity,
                            enum right right, bool *is_allowed_out, struct error *error);
/* Removes what a role that is deleted allows, from whoever has it. */
must_check bool role_remove(struct connection *connection, struct arena *arena,
                            const struct uuid *role_id, struct error *error);

/* What some roles allow; each role is named once. */
must_check bool role_read_grants(struct arena *arena, struct connection *connection,
                                 const struct uuid *role_ids, size_t role_count,
                                 struct role_grant **grants_out, size_t *count_out,
                                 struct error *error);

/* The roles that a user or team holds itself. */
must_check bool role_read_of_principal(struct arena *arena, struct connection *connection,
                                       const struct uuid *principal_id, struct uuid **role_ids_out,
                                       size_t *count_out, struct error *error);

/* The users and teams that hold a role. */
must_check bool role_read_holders(struct arena *arena, struct connection *connection,
                                  const struct uuid *role_id, struct uuid **principal_ids_out,
                                  size_t *count_out, struct error *error);

/* Takes over the roles of users from where release 1 kept them; nothing is left there. */
must_check bool role_take_over(struct arena *arena, struct connection *connection,
                               struct error *error);

/* What was given and taken. */
struct role_differences {
    struct uuid *given, *taken;
    size_t given_count, taken_count;
};

/* Brings the roles that a user has from the directory to those wanted; roles given by hand stay
 * as they are. Nothing is written when nothing differs. */
must_check bool role_follow(struct connection *connection, struct arena *arena,
                            const struct uuid *user_id, const struct uuid *role_ids, size_t count,
                            struct role_differences *differences_out, struct error *error);

#endif
