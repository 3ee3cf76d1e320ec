/*
 * organization.h - makes the organisation of an empty database, and opens one that exists.
 *
 * One database holds one organisation: its root business unit, whose id is the organisation's,
 * the roles that come with the product, a base currency, a first administrator, and the key
 * that signs its cookies.
 *
 * Memory: nothing is kept but what is written to the platform.
 */
#ifndef RECORD_ORGANIZATION_H
#define RECORD_ORGANIZATION_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct connection;
struct error;
struct platform;
struct uuid;

struct organization_plan {
    const char *name; /* of the root business unit; NULL: "Organization" */
    const char *administrator;
    const char *password;
    const char *currency_code;   /* NULL: USD */
    const char *currency_name;   /* NULL: US Dollar */
    const char *currency_symbol; /* NULL: $ */
};

/* Makes the organisation, in one transaction of its own on call->connection, and opens it on
 * the platform. Fails with ORGANIZATION_EXISTS when there is one, PASSWORD_WEAK, or as creating
 * a record does. */
must_check bool organization_create(struct call *call, struct platform *platform,
                                    const struct organization_plan *plan, struct error *error);

/* Reads what the platform must know of the organisation: its id, its base currency and the key
 * of its cookies. is_found_out is false when there is none. */
must_check bool organization_open(struct connection *connection, struct platform *platform,
                                  bool *is_found_out, struct error *error);

/* Makes a user with a password and a role that comes with the product ("salesperson"), in the
 * caller's write transaction. */
must_check bool organization_add_user(struct call *call, const char *user_name,
                                      const char *password, const char *role,
                                      struct uuid *user_id_out, struct error *error);

#endif
