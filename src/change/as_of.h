/*
 * as_of.h - a record as it was at a moment.
 *
 * Made backwards, from the record as it is or as it was when it was deleted, by laying over it the
 * former values of each later change. The moment of a change is that of the call that made it.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef CHANGE_AS_OF_H
#define CHANGE_AS_OF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct call;
struct column_set;
struct entity;
struct error;
struct record;
struct uuid;

/* Reads the columns of a record as they were, with names of references as they are now; without
 * files. RECORD_NOT_FOUND when there was none, or the caller may not look at its history;
 * HISTORY_TOO_SHORT when what is kept does not go back so far. */
must_check bool as_of_read(struct call *call, const struct entity *entity, const struct uuid *id,
                           int64_t moment, const struct column_set *columns,
                           struct record **record_out, struct error *error);

#endif
