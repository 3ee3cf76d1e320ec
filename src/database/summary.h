/*
 * summary.h - what sums rows up, where engines write it differently: exact sums, and days.
 *
 * Engines compute; no number passes through binary floating point, and none is cut.
 */
#ifndef DATABASE_SUMMARY_H
#define DATABASE_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/wide.h"

struct cell;
struct sql;
struct zone_offset;

/* Adds the exact sum of a column of integers or decimals, as a result column. */
void summary_add_sum(struct sql *sql, const char *alias, const char *column);

/* The sum that came, of the column's scale; not null. False when it is none of ours, or the sum
 * of a column has more digits than can be told. */
must_check bool summary_read_sum(const struct cell *cell, uint8_t scale, struct wide *sum_out);

/* What days are cut into. Each period is named by its first day; weeks begin on Monday, as ISO
 * 8601 has it. */
enum summary_period {
    PERIOD_DAY,
    PERIOD_WEEK,
    PERIOD_MONTH,
    PERIOD_QUARTER,
    PERIOD_YEAR,
    SUMMARY_PERIODS
};

/* Writes the first day of the period that the day in a column lies in. */
void summary_add_period(struct sql *sql, const char *alias, const char *column,
                        enum summary_period period);

/* Writes the local day of the moment in a column. Offsets are ascending; the first counts before
 * its time too. Their moments are bound; there is at least one. */
void summary_add_local_day(struct sql *sql, const char *alias, const char *column,
                           const struct zone_offset *offsets, size_t count);

#endif
