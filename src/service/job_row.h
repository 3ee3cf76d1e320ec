/*
 * job_row.h - the rows of a job: those that wait to be run, and what became of the others.
 *
 * Rows are run in their order, so the first so many have a result each and the others wait. A row
 * is taken out of those that wait by the transaction that writes its result.
 *
 * Memory: what is read lives in the arena of the call. The caller holds the lock of the job where
 * something is written.
 */
#ifndef SERVICE_JOB_ROW_H
#define SERVICE_JOB_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "generated/messages.h"
#include "service/batch.h"

struct call;
struct error;
struct kept_job;
struct uuid;

/* Adds rows (struct batch_row *) after those that the job has, and counts them in job. Fails with
 * LIMIT_EXCEEDED beyond limits.job_rows and limits.job_size, with VALUE_INVALID when an earlier one
 * has the tag of a new one. */
must_check bool job_row_add(struct call *call, struct kept_job *job,
                            const struct message_list *rows, struct error *error);

/* The first rows that wait, at most so many. */
must_check bool job_row_next(struct call *call, const struct kept_job *job, int64_t most,
                             struct message_list *rows_out, struct error *error);

/* Of rows (struct batch_row *) that were run now, the first that wait, the first have results
 * (struct row_result *): keeps these. The job still says how many were run before. */
must_check bool job_row_keep(struct call *call, const struct kept_job *job,
                             const struct message_list *rows, const struct message_list *results,
                             struct error *error);

/* Keeps a failure as the result of the first row that waits, whatever it holds. */
must_check bool job_row_give_up(struct call *call, const struct kept_job *job,
                                const struct error *failure, struct error *error);

/* What became of the row with a tag, among those that were run. */
must_check bool job_row_find(struct call *call, const struct uuid *job_id, const char *tag,
                             struct batch_earlier *earlier_out, bool *is_found_out,
                             struct error *error);

/* Rows (struct job_row *) after a number, in their order, at most so many. */
must_check bool job_row_list(struct call *call, const struct kept_job *job, int64_t after,
                             int64_t limit, bool is_failed_only, struct message_list *rows_out,
                             struct error *error);

/* Drops what some rows that wait were sent as, of a job whose rows are not run any more; their
 * numbers and tags stay. */
must_check bool job_row_empty(struct call *call, const struct uuid *job_id, bool *has_more_out,
                              struct error *error);

/* Takes away some rows and results of a job that is gone. */
must_check bool job_row_sweep(struct call *call, const struct uuid *job_id, bool *has_more_out,
                              struct error *error);

#endif
