/*
 * time.h - moments and dates: read, written, and never shifted by accident.
 *
 * A moment is a count of milliseconds since 1970-01-01T00:00:00Z, a date a count of days since
 * 1970-01-01, in the proleptic Gregorian calendar, from year 1753 to 9999 (the years that every
 * engine stores). Texts follow XML Schema Part 2, dateTime and date.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

enum { MOMENT_TEXT_SIZE = 25, DATE_TEXT_SIZE = 11 };

enum moment_zone { MOMENT_ZONED, MOMENT_WITHOUT_ZONE };

/* The wall clock, milliseconds since 1970. */
int64_t time_now(void);

/* A clock that is never set, in milliseconds; for expiry and durations. */
int64_t time_monotonic(void);

/* Reads a dateTime. zone_out tells whether the text named an offset; without one the value is
 * the local reading taken as if it were UTC, for the caller to shift (text/zone.h) or refuse.
 * 24:00:00 is the beginning of the next day. False when it is not a dateTime of an existing day,
 * year in range. */
must_check bool moment_parse(const char *text, int64_t *moment_out, enum moment_zone *zone_out);

/* Whether the moment is in the years that are kept. */
bool moment_is_in_range(int64_t moment);

/* Writes yyyy-mm-ddThh:mm:ss[.fff]Z; the fraction only when it is not zero. */
void moment_format(int64_t moment, char text[MOMENT_TEXT_SIZE]);

/* Reads yyyy-mm-dd of an existing day; a zone after it is accepted and ignored. */
must_check bool date_parse(const char *text, int32_t *days_out);

void date_format(int32_t days, char text[DATE_TEXT_SIZE]);

/* Splits and joins, for drivers that want parts. month 1..12, day 1..31. */
void date_split(int32_t days, int *year_out, int *month_out, int *day_out);
must_check bool date_join(int year, int month, int day, int32_t *days_out);

#endif
