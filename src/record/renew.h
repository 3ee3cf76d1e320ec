/*
 * renew.h - an organisation that an earlier release made gets what this one gives a new one.
 */
#ifndef RECORD_RENEW_H
#define RECORD_RENEW_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct error;
struct uuid;

/* Makes a role record of each role of the catalog that the organisation has not been given yet.
 * One that was given and deleted since stays away. In the caller's transaction. */
must_check bool renew_roles(struct call *call, const struct uuid *author, struct error *error);

/* Gives the roles of the catalog that the organisation has what the catalog lets them do with
 * entities that are new to it, each entity once. A role that allows anything on such an entity
 * already stays as it is there. In the caller's transaction. */
must_check bool renew_rights(struct call *call, struct error *error);

/* The id of the record that was made of a role of the catalog; is_found_out is false when there
 * is none. It may have been deleted since. */
must_check bool renew_find_role(struct call *call, const char *name, struct uuid *id_out,
                                bool *is_found_out, struct error *error);

/* Brings the organisation up to date: roles that users held in release 1, a default team for
 * each unit, new roles, rights on new entities. Does nothing when all is there; nodes that start
 * together take turns. In a transaction of its own on call->connection. */
must_check bool renew_organization(struct call *call, struct error *error);

#endif
