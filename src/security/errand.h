/*
 * errand.h - threads of their own for what waits for other machines or for files.
 *
 * A library that blocks is called on one of a few threads, and the caller waits for a bounded time:
 * for a free thread at most the patience, for the end at most the timeout. What is late is left to
 * its thread, which cleans up after it; until then the thread is taken. So nobody waits longer
 * than he said, whatever the library does.
 *
 * Memory: what an errand works on lives in an arena of its own, released by whoever is last.
 * Threads: shared.
 */
#ifndef SECURITY_ERRAND_H
#define SECURITY_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct error;
struct errands;

/* How an errand came out. */
enum errand_end {
    ERRAND_DONE,
    ERRAND_LATE, /* not within the timeout: its memory is no longer the caller's */
    ERRAND_BUSY, /* no thread was free within the patience: it was never begun */
};

/* Starts the threads; fails with INTERNAL when the system has none to give. */
must_check bool errands_create(int threads, int64_t patience, struct errands **errands_out,
                               struct error *error);

/* Waits for what is under way. */
void errands_destroy(struct errands **errands);

/* Runs work(context) on one of the threads. context lives in *arena, which the caller gets back
 * unless the errand is late: then *arena is NULL. timeout is in ms. */
enum errand_end errands_run(struct errands *errands, struct arena **arena,
                            void (*work)(void *context), void *context, int64_t timeout);

#endif
