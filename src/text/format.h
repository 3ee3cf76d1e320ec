/*
 * format.h - values as people of a language write them.
 *
 * A locale is named as BCP 47 does: "en", "ru". What was no number, or no moment that a calendar
 * knows, comes back as it was given.
 *
 * Memory: results live in the arena given.
 * Threads: any thread.
 */
#ifndef TEXT_FORMAT_H
#define TEXT_FORMAT_H

#include <stdint.h>

struct arena;

/* A day, given in days since 1970: "January 5, 2026", "5 января 2026 г." */
const char *text_format_day(struct arena *arena, const char *locale, int32_t days);

/* A moment, in milliseconds since 1970, by the clock of a zone of IANA's; NULL: UTC. */
const char *text_format_moment(struct arena *arena, const char *locale, int64_t moment,
                               const char *zone);

/* A number in the lexical form of XML Schema, with as many fractions as are given: "1,234.50". */
const char *text_format_number(struct arena *arena, const char *locale, const char *number);

/* An amount in a currency of ISO 4217, with its sign: "$1,234.50". NULL: a number. */
const char *text_format_amount(struct arena *arena, const char *locale, const char *number,
                               const char *currency);

#endif
