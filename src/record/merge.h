/*
 * merge.h - what the parts of a merge share, and its undoing.
 *
 * Memory: everything lives in the call's arena. The caller holds a write transaction.
 */
#ifndef RECORD_MERGE_H
#define RECORD_MERGE_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct call;
struct entity;
struct error;
struct work;

/* Whether the caller may merge the two, or part them again; locks both. RECORD_NOT_FOUND,
 * NOT_ALLOWED. */
must_check bool merge_authorise(struct call *call, const struct entity *entity,
                                const struct uuid *master_id, const struct uuid *subordinate_id,
                                struct error *error);

/* Two records of one entity: what refers to the one comes to refer to the other. */
struct move {
    struct work *work;
    const struct entity *entity;
    struct uuid from, to;
};

/* move.c: all records of any entity whose lookups, as their relations say, or party lists refer to
 * the one. Both are locked, the one against new references. Notes are written with them: what was
 * noted before comes first. LIMIT_EXCEEDED for more than a million by one lookup. */
must_check bool move_all(const struct move *move, struct error *error);

/* share.c: whoever has rights on the one gets them on the other as well, as far as the caller has
 * them there. */
must_check bool share_carry(struct call *call, const struct entity *entity, const struct uuid *from,
                            const struct uuid *to, struct error *error);

#endif
