/*
 * scheduler.h - what the platform does by itself, every so often, in a thread of its own.
 *
 * Each chore is run again when its time has come, and rests four times as long as it took; chores
 * do what is safe to do on several nodes at once. After a failure it is left alone for one second,
 * then two; one that met others (DATABASE_CONFLICT) comes again when it is due. A failure is logged
 * once, until the chore succeeds again.
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
    void *context;                 /* the chore's */
};

/* has_more_out: the chore has work left, and is run again once it has rested. */
typedef bool (*chore_run)(const struct chore_call *call, bool *has_more_out, struct error *error);

struct chore {
    const char *name;
    int64_t every; /* ms between two runs */
    int64_t rest;  /* ms between two runs while there is work left, for others who wait to write */
    chore_run run;
    void *context; /* of run; outlives the scheduler */
};

/* Starts the thread. The chores outlive it. */
must_check bool scheduler_start(const struct platform *platform, const struct chore *chores,
                                int chore_count, struct scheduler **scheduler_out,
                                struct error *error);

/* Waits for the chore that runs now, and ends; accepts a pointer to NULL, leaves NULL. */
void scheduler_stop(struct scheduler **scheduler);

#endif
