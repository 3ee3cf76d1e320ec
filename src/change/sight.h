/*
 * sight.h - who could see a record before a change took it, perhaps, out of his sight.
 *
 * A reader of changes is asked about a record as it is now; of one that he may not read any more,
 * or that is gone, he must be told so if he could read it before, and nothing if he could not. So
 * a change that may alter who reads a record keeps what decided before it, as far as the change
 * touches that: the former owner and business unit, the records that it lay under, and, of a
 * deleted one, with whom it was shared. What it does not touch is the same after it.
 *
 * The text: words separated by blanks.
 *   o=<id>   owner            u=<id>  owning business unit      a  its state was the active one
 *   r=<id>   a user or team who could read it by a share
 *   g=<id>   one whose share changes, and who could not
 *   p=<lookup>:<Entity>:<id>  what a lookup referred to, along which access comes down
 *
 * Memory: texts live in the call's arena.
 */
#ifndef CHANGE_SIGHT_H
#define CHANGE_SIGHT_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct access_scope;
struct call;
struct entity;
struct error;
struct field;
struct record;

/* Of a record that is changed: NULL when nobody gains or loses sight of it by that. Lookups that
 * were not read before count as unchanged. */
const char *sight_of_update(struct call *call, const struct record *before,
                            const struct record *after);

/* Of a record that is about to be deleted, with its shares; before has all its lookups. */
must_check bool sight_of_delete(struct call *call, const struct record *before,
                                const char **sight_out, struct error *error);

/* Of a record whose share for one principal is about to change. */
const char *sight_of_share(struct call *call, const struct uuid *principal_id, bool could_read);

/* Of a record whose owner moves from one business unit to another. */
const char *sight_of_move(struct call *call, const struct uuid *unit_id);

/* Whether a field's change may change who sees the record. */
bool sight_depends_on(const struct field *field);

/* Whether the record was in the scope, by what the text holds. Records that it lay under are
 * judged as they are now, or, when they are gone too, as they were. */
must_check bool sight_had(struct call *call, const struct access_scope *scope, const char *sight,
                          bool *had_out, struct error *error);

/* Of a change of shares: whether it is one of the caller's, as a scope knows him. */
bool sight_is_own_share(const struct access_scope *scope, const char *sight);

#endif
