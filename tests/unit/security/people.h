/*
 * people.h - users, units and roles in the tables, for tests of who may do what.
 */
#ifndef UNIT_SECURITY_PEOPLE_H
#define UNIT_SECURITY_PEOPLE_H

#include <stdbool.h>

#include "base/uuid.h"
#include "support/test_platform.h"

struct connection;
struct error;

/* A unit, with or without a parent, and two users in it: "Ann" and "bob". */
struct people {
    struct test_platform house;
    struct arena *arena;
    struct connection *connection;
    struct uuid root, unit;
    struct uuid ann, bob;
};

void people_open(struct people *people);
void people_close(struct people *people);

/* Adds a unit under another, a team of a unit, a member of a team. */
struct uuid people_insert_unit(struct people *people, const struct uuid *parent);
struct uuid people_insert_team(struct people *people, const struct uuid *unit, bool is_default);
void people_join(struct people *people, const struct uuid *team, const struct uuid *user);

/* Adds a user in the unit of the others; says to whom a user reports. */
struct uuid people_insert_user(struct people *people, const char *name);
void people_report(struct people *people, const struct uuid *user, const struct uuid *manager);

/* Changes a column of a row that people_open made. */
void people_disable_unit(struct people *people, const struct uuid *unit, bool is_disabled);
void people_disable_user(struct people *people, const struct uuid *user, bool is_disabled);

/* Makes a role of a template's privileges and gives it to the user. */
struct uuid people_give(struct people *people, const struct uuid *user, const char *role);

/* Gives a user a password as the operations do: hashed, then stored by a transaction. */
bool people_set_password(struct people *people, const struct uuid *user, const char *password,
                         const struct uuid *keep_session, struct error *error);

void people_must(bool done, const struct error *error);

/* Moves the failures at the only name that was tried into the past, as if so much time went by;
 * less than nothing puts them off. So no test sleeps, and none hangs on how fast a machine is. */
void people_let_time_pass(struct people *people, int64_t milliseconds);

/* How long the next attempt at that name has to wait after the last one failed, in milliseconds. */
int64_t people_last_wait(const struct people *people);

#endif
