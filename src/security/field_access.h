/*
 * field_access.h - secured fields: who may read, set and change them.
 *
 * A field security profile is a record; what it allows on which field, and which users and teams
 * have it, is kept beside, where no ordinary write reaches. What several profiles allow adds up.
 * A system administrator may everything.
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef SECURITY_FIELD_ACCESS_H
#define SECURITY_FIELD_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct catalog;
struct connection;
struct error;
struct field;
struct identity;

enum field_right {
    FIELD_RIGHT_READ = 1 << 0,
    FIELD_RIGHT_CREATE = 1 << 1, /* set in a new record */
    FIELD_RIGHT_UPDATE = 1 << 2, /* change in one that is there */
};

/* Whether the identity may do this with the field; always, when the field is not secured. */
bool field_may(const struct identity *identity, const struct field *field, enum field_right right);

/* The same; NOT_ALLOWED names the field and what is missing. */
must_check bool field_authorise(const struct identity *identity, const struct field *field,
                                enum field_right right, struct error *error);

/* What the profiles of these principals allow, by field->secured_place; for identity_load. */
must_check bool field_rights_read(struct arena *arena, struct connection *connection,
                                  const struct catalog *catalog, const struct uuid *principals,
                                  size_t principal_count, uint8_t **rights_out,
                                  struct error *error);

/* What a profile allows on one field. */
struct field_grant {
    const struct field *field;
    uint8_t rights; /* of enum field_right */
};

/* Stores what a profile allows, in place of what it allowed before. */
must_check bool field_permissions_set(struct connection *connection, struct arena *arena,
                                      const struct uuid *profile_id,
                                      const struct field_grant *permissions, size_t count,
                                      struct error *error);

/* What a profile allows, by entity; what names fields that are gone is left out. */
must_check bool field_permissions_read(struct connection *connection, struct arena *arena,
                                       const struct catalog *catalog, const struct uuid *profile_id,
                                       struct field_grant **permissions_out, size_t *count_out,
                                       struct error *error);

/* Gives a profile to a user or team, or takes it; nothing happens when it is so already. */
must_check bool profile_give(struct connection *connection, struct arena *arena,
                             const struct uuid *principal_id, const struct uuid *profile_id,
                             struct error *error);
must_check bool profile_take(struct connection *connection, struct arena *arena,
                             const struct uuid *principal_id, const struct uuid *profile_id,
                             struct error *error);

/* The profiles that a user or team has himself. */
must_check bool profile_list(struct connection *connection, struct arena *arena,
                             const struct uuid *principal_id, struct uuid **ids_out,
                             size_t *count_out, struct error *error);

/* Forgets a profile that is deleted, or a principal that is. */
must_check bool profile_forget(struct connection *connection, struct arena *arena,
                               const struct uuid *profile_id, struct error *error);
must_check bool profile_forget_principal(struct connection *connection, struct arena *arena,
                                         const struct uuid *principal_id, struct error *error);

#endif
