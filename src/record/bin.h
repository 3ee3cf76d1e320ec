/*
 * bin.h - deleted records restored, or made beyond restoring.
 *
 * Restoring puts back a record with its id, its values, its parties and files, and all that the
 * same deletion took with it; links that the deletion emptied are put back where they are empty
 * still. Its version goes on from the last it had, so that readers of the feed see it grow. Links
 * to records that are gone by now are left empty and told; an owner who is gone is replaced by the
 * caller. Shares, and its part in activities that stayed, do not come back. Users, teams, units,
 * roles and field security profiles are no such records: what they were allowed is gone with them.
 *
 * Memory: everything lives in the call's arena. The caller holds a write transaction.
 */
#ifndef RECORD_BIN_H
#define RECORD_BIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/attributes.h"

struct call;
struct entity;
struct error;
struct field;
struct reference;
struct uuid;

/* A lookup that could not be filled in again. */
struct unlinked {
    const struct entity *entity;
    const struct uuid *id;
    const struct field *field;
};

struct restored {
    struct array records; /* struct reference *: those that are there again */
    struct array emptied; /* struct unlinked * */
};

/* Restores a record and what went with it. The caller must be able to read it as it was, and to
 * create such records of that owner. RECORD_NOT_FOUND, NOT_ALLOWED, DUPLICATE_KEY when a key was
 * taken meanwhile, FIELD_REQUIRED when what it must refer to is gone. */
must_check bool record_restore(struct call *call, const struct entity *entity,
                               const struct uuid *id, struct restored *restored_out,
                               struct error *error);

/* Makes sure that a record, and what went with it, can never be restored: its values and files are
 * gone from history too. Needs the right to delete every record of each of the entities. gone gets
 * them as they were (struct record *), for the floors that keep something beside records. */
must_check bool record_purge(struct call *call, const struct entity *entity, const struct uuid *id,
                             struct array *gone, int64_t *count_out, struct error *error);

/* Ends the time of what was deleted before a moment: a few deletions; their files will be swept.
 * gone gets the records as they were; count_out: how many deletions. */
must_check bool bin_sweep(struct call *call, int64_t before, struct array *gone, int64_t *count_out,
                          struct error *error);

#endif
