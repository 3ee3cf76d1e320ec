/*
 * user.h - what this floor reads of users and business units, before anybody is known.
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef SECURITY_USER_H
#define SECURITY_USER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct catalog;
struct connection;
struct error;

struct user {
    struct uuid id;
    const char *name;
    const char *time_zone; /* or NULL */
    struct uuid business_unit_id;
    struct uuid organization_id; /* the root business unit */
    bool is_application;         /* a program, not a person */
    bool is_disabled;            /* the user, his unit, or one above it */
};

/* Reads a user and the branch of his unit. */
must_check bool user_read(struct arena *arena, struct connection *connection,
                          const struct catalog *catalog, const struct uuid *user_id,
                          struct user *user_out, bool *is_found_out, struct error *error);

/* The ids of the users of some units. */
must_check bool user_read_of_units(struct arena *arena, struct connection *connection,
                                   const struct catalog *catalog, const struct uuid *unit_ids,
                                   size_t unit_count, struct uuid **ids_out, size_t *count_out,
                                   struct error *error);

/* Finds a user's id by the folded form of his name. */
must_check bool user_find(struct arena *arena, struct connection *connection,
                          const struct catalog *catalog, const char *folded_name,
                          struct uuid *user_id_out, bool *is_found_out, struct error *error);

#endif
