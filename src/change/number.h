/*
 * number.h - gives committed changes their positions: the order in which readers see them.
 *
 * Any node may do it at any time: whoever comes first holds the row of the mark until he has
 * committed, and the others find nothing left. README.md of this folder says why no reader who asks
 * for "all after P" ever misses one.
 *
 * Memory: the arena is the caller's and may be cleared after each call.
 */
#ifndef CHANGE_NUMBER_H
#define CHANGE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct connection;
struct error;

/* How far changes were numbered, and up to where they are gone. */
struct change_marks {
    int64_t numbered;
    int64_t swept;
};

must_check bool change_read_marks(struct connection *connection, struct arena *arena,
                                  struct change_marks *marks_out, struct error *error);

enum { CHANGE_NUMBERED_MOST = 1000 };

/* Numbers what was committed and has no position yet, CHANGE_NUMBERED_MOST at most, in a
 * transaction of its own. count_out: how many. DATABASE_CONFLICT: another node did; nothing is
 * lost. */
must_check bool change_number(struct connection *connection, struct arena *arena,
                              int64_t *count_out, struct error *error);

/* Deletes changes that were made before a moment, CHANGE_NUMBERED_MOST at most, likewise. */
must_check bool change_sweep(struct connection *connection, struct arena *arena, int64_t before,
                             int64_t *count_out, struct error *error);

#endif
