/*
 * step.h - one step of one job: some rows, their results and the progress, in one transaction.
 *
 * A step begins by locking the row of the job and reading how far it has come, and ends by writing
 * how far it came. So it is right with any number of nodes, and whichever is killed leaves nothing
 * half done; a job that another node holds is left to it. README.md of this folder says what
 * becomes of a job whose step fails.
 *
 * Memory: everything lives in the arena of the chore.
 */
#ifndef JOB_STEP_H
#define JOB_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct chore_call;
struct error;
struct kept_job;

enum { STEP_ROWS_FIRST = 100, STEP_ROWS_MOST = 400 };

/* A process that runs jobs. */
struct job_runner {
    struct uuid id;
    int64_t rows; /* of the next step at most: as many as there was time for, fewer after it met
                     others */
};

enum step_end {
    STEP_TAKEN,   /* whatever came of it */
    STEP_MET,     /* others changed the same records; nothing was done */
    STEP_NOT_OURS /* another node holds the job, or it waits no longer */
};

/* Takes the next step of a job that waits. Fails when it cannot be known what is to be done: the
 * database or a directory is away. */
must_check bool step_take(const struct chore_call *chore, struct job_runner *runner,
                          const struct kept_job *job, enum step_end *end_out, struct error *error);

#endif
