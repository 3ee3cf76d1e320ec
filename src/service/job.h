/*
 * job.h - a job as it is kept: whose it is, how its rows are run, how far it has come.
 *
 * A job moves only under the lock of its row: job_lock reads it as it stands, job_save writes what
 * has become of it, and both are of one transaction. So a step of it is done once, whoever runs it,
 * and whoever cancels it does so between two steps.
 *
 * Memory: what is read lives in the arena of the call.
 */
#ifndef SERVICE_JOB_H
#define SERVICE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "metadata/field.h"

struct call;
struct error;
struct scope;

/* In the database: the numbers stay. Those before SUSPENDED are run, those before COMPLETED may go
 * on, those after SUSPENDED have ended. */
enum job_state {
    JOB_READY,     /* waits for its first step, or the first since it was resumed */
    JOB_RUNNING,   /* between its steps, or in one */
    JOB_SUSPENDED, /* waits for somebody to resume it */
    JOB_FAILED,    /* stopped before its end; may be resumed */
    JOB_COMPLETED, /* every row was run */
    JOB_CANCELED,
    JOB_DELETED, /* nobody sees it; what is left of it is swept */
    JOB_STATES
};

/* "ready" ...; NULL for a job that was deleted. */
const char *job_state_name(enum job_state state);
bool job_state_parse(const char *name, enum job_state *state_out);

struct kept_job {
    int64_t number;
    struct uuid id;
    const char *name; /* or NULL, as all texts here */
    enum job_state state;
    bool stops_on_error;
    struct uuid user_id;
    const char *application;
    enum language language;
    const char *zone;
    const struct scope *scope; /* NULL: all that the user may */
    int64_t row_count, succeeded, failed;
    int64_t byte_count, largest_row; /* of the rows as they are kept until they are run */
    int64_t submitted_on;
    int64_t started_on, ended_on; /* 0: not yet */
    int64_t touched_on;           /* when it last moved; whose turn it is goes by that */
    const char *error_code, *error_message;
    struct uuid runner_id; /* the process that took it up last */
    int64_t attempts;      /* at the next step, that came to nothing */
    int64_t careful_until; /* up to this number rows are run one by one: one of them does harm */
};

/* Rows that were run: the next has the number after. */
int64_t job_rows_run(const struct kept_job *job);

/* Stores a new one, with all but its number. */
must_check bool job_insert(struct call *call, const struct kept_job *job, struct error *error);

/* jobs.c: one of the caller's, ready to be run; its rows are added (job_row.h), then it is
 * submitted, and told. LIMIT_EXCEEDED when he has too many already. */
struct job;
must_check bool job_begin(struct call *call, const char *name, struct kept_job *job_out,
                          struct error *error);
must_check bool job_submit(struct call *call, const struct kept_job *job, struct job **answer_out,
                           struct error *error);

enum job_lock {
    JOB_AS_IT_IS, /* read only */
    JOB_LOCKED,   /* waits for who holds it */
    JOB_IF_FREE,  /* finds nothing while another holds it */
};

/* The job of an id, or NULL. */
must_check bool job_find(struct call *call, const struct uuid *id, enum job_lock lock,
                         struct kept_job **job_out, struct error *error);

/* Writes all that changes in the life of a job; the caller holds its lock. */
must_check bool job_save(struct call *call, const struct kept_job *job, struct error *error);

/* Which jobs a list has. */
struct job_query {
    const struct uuid *user_id; /* NULL: of everybody */
    const struct scope *scope;  /* only those submitted under it; NULL: under any */
    bool has_state;
    enum job_state state; /* only those in it */
    int64_t before;       /* only smaller numbers; 0: all */
    int64_t limit;
};

/* The newest first; none that was deleted. */
must_check bool job_list(struct call *call, const struct job_query *query,
                         struct kept_job **jobs_out, size_t *count_out, struct error *error);

/* Jobs to be run, those first that have waited longest. */
must_check bool job_list_waiting(struct call *call, int64_t limit, struct kept_job **jobs_out,
                                 size_t *count_out, struct error *error);

/* How many jobs of a user may go on, those that failed among them, as far as the limit. */
must_check bool job_count_open(struct call *call, const struct uuid *user_id, int64_t limit,
                               int64_t *count_out, struct error *error);

/* One that was canceled and still has its rows as they were sent; NULL: none. */
must_check bool job_find_canceled(struct call *call, struct kept_job **job_out,
                                  struct error *error);

/* One that was deleted, or that has not moved since a moment and will not by itself; NULL: none. */
must_check bool job_find_old(struct call *call, int64_t before, struct kept_job **job_out,
                             struct error *error);

/* Takes away the row of the job itself. */
must_check bool job_remove(struct call *call, const struct uuid *id, struct error *error);

/* Lets the job wait behind the others. */
must_check bool job_put_back(struct call *call, const struct kept_job *job, struct error *error);

#endif
