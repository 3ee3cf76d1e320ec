/*
 * house.h - an organisation for tests of the record engine, and short ways to write records.
 */
#ifndef UNIT_RECORD_HOUSE_H
#define UNIT_RECORD_HOUSE_H

#include "change/feed.h"
#include "record/engine.h"
#include "support/test_call.h"

struct error;
struct record;

#define ADMINISTRATOR "admin"
#define PASSWORD "correct horse"

/* Opens a database with an organisation. */
void house_open(struct test_platform *house);

/* A call of the first administrator, in a write transaction. */
struct call *house_begin(struct test_platform *house);

/* A call of a user with a role, made on first use; in a write transaction. */
struct call *house_begin_as(struct test_platform *house, const char *user, const char *role);

/* Makes a user of a business unit (the root when NULL) with these privileges, ended by NULL, each
 * in words: "Account create user". */
struct uuid house_make_user(struct call *call, const char *name, const struct uuid *unit,
                            const char *const *words);

/* Makes the call another user's. */
void house_become(struct call *call, const struct uuid *id);

/* Commits and ends, or undoes and ends. */
void house_commit(struct call **call);
void house_undo(struct call **call);

/* A record with fields in their lexical form: name, text, name, text, ..., NULL. A text NULL is
 * null. */
struct record *house_record(struct call *call, const char *entity, ...);

/* Sets a reference. */
void house_refer(struct record *record, const char *field, const char *entity,
                 const struct uuid *id);

/* Creates or updates, and fails the test when it cannot. */
struct uuid house_create(struct call *call, struct record *record);
int64_t house_update(struct call *call, struct record *record, const struct uuid *id);

/* Reads the text of a field; NULL when it has no value. */
const char *house_text(struct call *call, const char *entity, const struct uuid *id,
                       const char *field);
int64_t house_version(struct call *call, const char *entity, const struct uuid *id);

/* Numbers all that was committed, so that it is in the feed. */
void house_number_all(struct test_platform *house);

/* Reads a page of the feed of an entity, NULL: of all, from the token on; the token of the page
 * outlives the call. */
struct feed_page house_read_feed(struct test_platform *house, struct call *call, const char *entity,
                                 const char *token, int64_t limit);

/* Fails the test when done is not as expected, showing the error. */
void house_must(bool done, const struct error *error);

#endif
