/*
 * administrator.h - somebody who may everything is always left.
 *
 * Whoever changes who may what waits for others who do (administrator_lock), makes his change,
 * and asks whether an enabled administrator is left (administrator_check): two changes at the
 * same time, each harmless alone, cannot take the last one together.
 */
#ifndef SECURITY_ADMINISTRATOR_H
#define SECURITY_ADMINISTRATOR_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct catalog;
struct connection;
struct error;
struct uuid;

/* Waits until nobody else changes units, users, teams and roles of the organisation, and keeps
 * others waiting until the transaction ends. */
must_check bool administrator_lock(struct arena *arena, struct connection *connection,
                                   const struct catalog *catalog,
                                   const struct uuid *organization_id, struct error *error);

/* Fails with LAST_ADMINISTRATOR when no user is left who may log in and holds, himself or by a
 * team, a role that allows everything. */
must_check bool administrator_check(struct arena *arena, struct connection *connection,
                                    const struct catalog *catalog, struct error *error);

#endif
