/*
 * turn.h - records that refer to one record, turned to another, many with one statement.
 *
 * Only the record engine turns records: it has asked who may, and notes what became of them.
 *
 * Memory: what is read lives in the call's arena.
 * Threads: a call belongs to one thread. The caller holds a write transaction.
 */
#ifndef QUERY_TURN_H
#define QUERY_TURN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct call;
struct column_set;
struct entity;
struct error;
struct field;
struct record;
struct reference;
struct uuid;

/* How many ids go into one statement. */
enum { TURN_AT_ONCE = 256 };

/* The ids of the records of an entity in whose party lists somebody is, at most limit, in order of
 * id. Those that refer by a lookup: query_referrers. */
must_check bool turn_find_by_party(struct call *call, const struct entity *entity,
                                   const struct reference *party, size_t limit,
                                   struct uuid **ids_out, size_t *count_out, struct error *error);

/* Locks for change and reads those of the records that are there, in order of id, whoever asks;
 * references have no names. At most TURN_AT_ONCE. */
must_check bool turn_read(struct call *call, const struct entity *entity, const struct uuid *ids,
                          size_t count, const struct column_set *columns,
                          struct record ***records_out, size_t *count_out, struct error *error);

/* Records of one entity that come to refer to another record, and their new version and stamps. */
struct turn {
    const struct entity *entity;
    const struct field *lookup;   /* by which; NULL: none, only version and stamps change */
    const struct uuid *target_id; /* of the same entity as before */
    const struct uuid *ids;       /* locked; at most TURN_AT_ONCE */
    size_t count;
};

must_check bool turn_write(struct call *call, const struct turn *turn, struct error *error);

/* Puts another record of the same entity in somebody's place in all party lists of the records. */
must_check bool turn_parties(struct call *call, const struct uuid *ids, size_t count,
                             const struct reference *from, const struct uuid *to,
                             struct error *error);

#endif
