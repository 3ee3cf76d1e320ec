/*
 * trail.h - the changes of one record, in their order, and who may look at them.
 *
 * A trail begins where the record was created, or where what is kept begins; when an id was given
 * to a new record once the former one was deleted, it does not go back to that one.
 *
 * Whoever may read a record may read its trail, what it held before it came into his sight
 * included. Of a record that is gone: whoever could read it, and may read who changed what
 * (TASK_READ_AUDIT).
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef CHANGE_TRAIL_H
#define CHANGE_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "change/row.h"

struct call;
struct entity;
struct error;
struct record;

struct trail {
    struct call *call;
    const struct entity *entity;
    struct uuid id;
    struct record *present; /* all that the caller may read; NULL: the record is gone */
    int64_t first;          /* number of the change that made the record; 0: it is not kept */
    int64_t first_on;       /* its moment; INT64_MIN: it is not kept */
    int64_t last;           /* of the last change, when the record was read or before; 0: none */
};

/* Finds the record and whether the caller may look at it. RECORD_NOT_FOUND; NOT_ALLOWED for one
 * that is gone. */
must_check bool trail_find(struct call *call, const struct entity *entity, const struct uuid *id,
                           struct trail *trail_out, struct error *error);

/* Reads changes that come after a number, ascending, or before one, descending; at most limit. */
must_check bool trail_read_after(const struct trail *trail, int64_t number, int64_t limit,
                                 struct change_row **rows_out, size_t *count_out,
                                 struct error *error);
must_check bool trail_read_before(const struct trail *trail, int64_t number, int64_t limit,
                                  struct change_row **rows_out, size_t *count_out,
                                  struct error *error);

#endif
