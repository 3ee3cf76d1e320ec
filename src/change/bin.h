/*
 * bin.h - the recycle bin: deletions whose records can still be restored.
 *
 * A deletion has all the values that the record had, so it is the bin. bin_entity marks those that
 * can be restored; it is emptied when one is, when it is purged, and after bin.keep. What went
 * along with a record (with_id) is restored and purged with it.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef CHANGE_BIN_H
#define CHANGE_BIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "change/row.h"

struct array;
struct call;
struct entity;
struct error;
struct uuid;

/* The last deletion of a record that can be restored and that the caller could read before, its
 * row locked. RECORD_NOT_FOUND when there is none. */
must_check bool bin_find(struct call *call, const struct entity *entity, const struct uuid *id,
                         struct change_row *row_out, struct error *error);

/* Adds all that was changed with a deletion, by the same request at the same moment, itself
 * included, in order, at most limit (0: all): struct change_row *. */
must_check bool bin_find_request(struct call *call, const struct change_row *deletion,
                                 int64_t limit, struct array *rows, struct error *error);

/* The last change that a user made by requests of an id, whatever it was; NULL: none. */
must_check bool bin_find_last(struct call *call, const char *request_id, const struct uuid *user_id,
                              struct change_row **row_out, struct error *error);

/* Number of the last change of a record, but for its shares; 0: none is kept. */
must_check bool bin_find_last_change(struct call *call, const struct entity *entity,
                                     const struct uuid *id, int64_t *number_out,
                                     struct error *error);

/* Whether a row of the request went with the deletion, or is it. */
bool bin_went_with(const struct change_row *row, const struct change_row *deletion);

/* Reads deletions of records of an entity that went by themselves, before a number, the last first,
 * at most limit; whoever asks. */
must_check bool bin_list(struct call *call, const struct entity *entity, int64_t before,
                         int64_t limit, struct change_row **rows_out, size_t *count_out,
                         struct error *error);

/* Whether the caller could read the record. */
must_check bool bin_could_read(struct call *call, const struct change_row *row, bool *could_out,
                               struct error *error);

/* Reads deletions that were made before a moment and are in the bin yet, at most limit. */
must_check bool bin_find_old(struct call *call, int64_t before, int64_t limit,
                             struct change_row **rows_out, size_t *count_out, struct error *error);

/* The deletion can no longer be restored. was_in_out is false when others have taken it out since
 * it was read: what is done with its values is then their business. */
must_check bool bin_take_out(struct call *call, const struct change_row *row, bool *was_in_out,
                             struct error *error);

/* No change of the record holds a value any more. Who could see it stays, so that readers of the
 * feed are told that it is gone. */
must_check bool bin_purge(struct call *call, const struct change_row *row, struct error *error);

#endif
