/*
 * undo.h - what one request did, undone.
 *
 * What it created is deleted, what it changed gets its former values, what it deleted comes back;
 * all of it or nothing, through the record engine, with the caller's rights, as a change that can
 * be undone itself. Only if no record that it touched has changed since, and nothing refers to
 * what it created. Totals and other computed values follow by themselves; nothing else goes
 * along: whatever went along with the request has a change of its own.
 *
 * A merge is parted by who may merge the two, and what it moved goes back whoever may write it.
 * Rights on single records, granted by a request or carried on by a merge, stay.
 *
 * Memory: everything lives in the call's arena. The caller holds a write transaction.
 */
#ifndef RECORD_UNDO_H
#define RECORD_UNDO_H

#include <stdbool.h>

#include "base/array.h"
#include "base/attributes.h"

struct call;
struct error;
struct uuid;

/* struct reference *: what was done with which record. */
struct undone {
    struct array restored, updated, deleted;
};

/* Undoes the last request of this id that the user made. Those of others need TASK_ACT_ON_BEHALF.
 * REQUEST_UNKNOWN; RECORD_CHANGED_SINCE, and whatever the writes may fail with. */
must_check bool request_undo(struct call *call, const char *request_id, const struct uuid *user_id,
                             struct undone *undone_out, struct error *error);

#endif
