/*
 * tables.h - the tables of this floor.
 */
#ifndef SERVICE_TABLES_H
#define SERVICE_TABLES_H

#include "database/table.h"

enum { JOB_NAME_LENGTH = 160, JOB_TAG_LENGTH = 200 };

extern const struct table job_table;        /* number -> a job and how far it has come */
extern const struct table job_row_table;    /* job, number -> a row that was not run yet */
extern const struct table job_result_table; /* job, number -> what became of one that was */

/* All of them. */
const struct table *const *service_tables(int *count_out);

#endif
