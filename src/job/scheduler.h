/*
 * scheduler.h - what the platform does by itself, every so often, in a thread of its own.
 *
 * Each chore is run again when its time has come, and rests four times as long as it took; chores
 * do what is safe to do on several nodes at once. After a failure it is left alone for one second,
 * then two. A failure is logged once, until the chore succeeds again.
 *
 * Threads: started and stopped by the main thread.
 */
#ifndef JOB_SCHEDULER_H
#define JOB_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct connection;
struct error;
struct platform;
struct scheduler;

struct chore_call {
    const struct platform *platform;
    struct connection *connection; /* free, outside any transaction */
    struct arena *arena;           /* emptied after each run */
};

/* has_more_out: the chore has work left, and is run again at once. */
typedef bool (*chore_run)(const struct chore_call *call, bool *has_more_out, struct error *error);

struct chore {
    const char *name;
    int64_t every; /* ms between two runs */
    chore_run run;
};

/* Starts the thread. The chores outlive it. */
must_check bool scheduler_start(const struct platform *platform, const struct chore *chores,
                                int chore_count, struct scheduler **scheduler_out,
                                struct error *error);

/* Waits for the chore that runs now, and ends; accepts a pointer to NULL, leaves NULL. */
void scheduler_stop(struct scheduler **scheduler);

#endif
