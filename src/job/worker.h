/*
 * worker.h - runs jobs step by step, and sweeps those that were kept long enough.
 *
 * Whose job has waited longest is served next, but nobody twice while others wait. Its chores are
 * for a scheduler of their own, so that what must be done often (chores.h) does not wait for what
 * takes long.
 *
 * Threads: a worker belongs to the thread that runs its chores.
 */
#ifndef JOB_WORKER_H
#define JOB_WORKER_H

struct chore;
struct job_worker;
struct platform;

struct job_worker *job_worker_create(const struct platform *platform);

enum { JOB_CHORE_RUN, JOB_CHORE_SWEEP, JOB_CHORES };

/* JOB_CHORES of them: one takes a step of a job, one a part of what is to be swept. */
const struct chore *job_worker_chores(const struct job_worker *worker);

/* Accepts a pointer to NULL, leaves NULL. */
void job_worker_destroy(struct job_worker **worker);

#endif
