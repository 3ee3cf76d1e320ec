/*
 * delegate.h - nobody gives, takes or changes more than he has himself.
 *
 * Whoever may manage security (TASK_MANAGE_SECURITY) but is no administrator hands on what he
 * has: a right as deep as he has it himself where the receiver's seat is, a task that he may do
 * himself. So he cannot raise anybody, himself included, above himself, and cannot touch
 * whoever may more than he: not his roles, his unit, his password. An administrator may all.
 *
 * Each function fails with NOT_ALLOWED, naming what the caller lacks.
 */
#ifndef SECURITY_DELEGATE_H
#define SECURITY_DELEGATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct catalog;
struct connection;
struct error;
struct field_grant;
struct identity;
struct uuid;

/* Who acts, and how what he acts on is read. */
struct delegation {
    struct arena *arena;
    struct connection *connection;
    const struct catalog *catalog;
    const struct identity *identity;
};

/* A role, in a seat of this unit. */
must_check bool delegate_role(const struct delegation *delegation, const struct uuid *role_id,
                              const struct uuid *unit_id, struct error *error);

/* A role, wherever it is held, and in the caller's own unit. */
must_check bool delegate_role_everywhere(const struct delegation *delegation,
                                         const struct uuid *role_id, struct error *error);

/* The roles that a user or team holds itself, as if its seat were in this unit, and its field
 * security profiles. */
must_check bool delegate_holdings(const struct delegation *delegation,
                                  const struct uuid *principal_id, const struct uuid *unit_id,
                                  struct error *error);

/* The roles of the default team of a unit: what comes with being in it. */
must_check bool delegate_unit(const struct delegation *delegation, const struct uuid *unit_id,
                              struct error *error);

/* All that a user holds: his own roles, and those of his teams. */
must_check bool delegate_user(const struct delegation *delegation, const struct uuid *user_id,
                              struct error *error);

/* What a field security profile is to allow, and what one allows. */
must_check bool delegate_fields(const struct delegation *delegation,
                                const struct field_grant *grants, size_t count,
                                struct error *error);
must_check bool delegate_profile(const struct delegation *delegation, const struct uuid *profile_id,
                                 struct error *error);

#endif
