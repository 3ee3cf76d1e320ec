/*
 * person.h - users who are made and kept up to date by the server itself, from what a directory
 * says of them.
 *
 * The user is the author of his own record, since nobody else asked for it.
 *
 * Memory: nothing is kept.
 */
#ifndef RECORD_PERSON_H
#define RECORD_PERSON_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct error;
struct uuid;

/* What another place knows of a user. Texts too long for their fields are cut; NULL: unknown. */
struct person {
    const char *user_name;
    const char *first_name;
    const char *last_name;
    const char *mail;
    const char *business_unit; /* by name; NULL or empty: the root */
};

/* Makes a user, in a write transaction. Fails with DUPLICATE_KEY when the name is taken, with
 * REFERENCE_NOT_FOUND when there is no such business unit. */
must_check bool person_create(struct call *call, const struct person *person,
                              struct uuid *user_id_out, struct error *error);

/* Changes what differs, but for the business unit; what is unknown stays. In a write
 * transaction. */
must_check bool person_update(struct call *call, const struct uuid *user_id,
                              const struct person *person, struct error *error);

#endif
