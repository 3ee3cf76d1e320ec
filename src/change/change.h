/*
 * change.h - what happened to records: one row for each change, written by its own transaction.
 *
 * A row says which record, what kind of change, who made it, when, through which application and
 * request, and what was there before: of a new record nothing, of an updated one the former
 * values of the fields that changed, of a deleted one all of them. What came after is what the
 * next row found, or the record itself. So the feed, the history and the recycle bin are one table.
 *
 * Memory: notes are borrowed.
 * Threads: a call belongs to one thread.
 */
#ifndef CHANGE_CHANGE_H
#define CHANGE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct call;
struct entity;
struct error;

enum { CHANGE_APPLICATION_LENGTH = 100, CHANGE_REQUEST_LENGTH = 200 };

/* Kept in the database by number: add, never change. */
enum change_kind {
    CHANGE_CREATED = 1,
    CHANGE_UPDATED = 2,
    CHANGE_ASSIGNED = 3, /* updated, with another owner or owning business unit */
    CHANGE_DELETED = 4,
    CHANGE_SHARED = 5, /* rights on the record were granted or taken away; the record is the same */
    CHANGE_RESTORED = 6, /* deleted before, and there again */
    CHANGE_MERGED = 7,   /* updated: given up for another record of its kind */
};

/* One change of one record. */
struct change_note {
    const struct entity *entity;
    struct uuid id;
    int64_t version; /* of the record after it; of a deleted one, its last; 0: it has none */
    enum change_kind kind;
    const char *field_names; /* fields that changed, separated by blanks, or NULL */
    const char *former;      /* their values before, as change/former.h writes them, or NULL */
    const char *sight;       /* who could see it before, as change/sight.h writes it, or NULL */
    bool is_in_bin;          /* a deletion that can be undone: change/bin.h */
    /* A deletion: the record that took this one along. A merge: the one that it was given up for.
     * Else empty. */
    struct uuid with_id;
};

/* Writes a row for each note, in their order, into the open transaction. is_last: nothing follows
 * them, so that a single one may go with the change that waits for the commit. */
must_check bool change_write(struct call *call, const struct change_note *notes, size_t count,
                             bool is_last, struct error *error);

/* From here on what is to be written is gathered, for one call on many records: notes take few
 * statements together. What was gathered before is forgotten. */
void change_gather(struct call *call);

/* How many were gathered; what came later is dropped where it was undone. */
size_t change_gathered(const struct call *call);
void change_drop_after(struct call *call, size_t count);

/* Writes what was gathered, in its order, and ends the gathering. */
must_check bool change_write_gathered(struct call *call, struct error *error);

#endif
