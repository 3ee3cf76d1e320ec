/*
 * zone.h - time zones: what clients call them, and local time in them as a moment.
 *
 * A zone is named as IANA does ("Europe/Moscow"), as Windows does ("Russian Standard Time"), or
 * by its distance to UTC ("UTC", "Z", "+03:00"). What was in force when is ICU's knowledge.
 *
 * Local time at a change of the clock is read as RFC 5545 (3.3.5) says: by the offset that was
 * in force before the change. So of an hour that comes twice the first is meant, and an hour that
 * is left out is taken as if the clock had not been put forward: 02:30 becomes what is then
 * called 03:30.
 *
 * Memory: a zone lives in the arena given.
 * Threads: a zone belongs to one thread.
 */
#ifndef TEXT_ZONE_H
#define TEXT_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct array;
struct zone;

enum { ZONE_NAME_LENGTH = 64 }; /* of the longest name, in characters */

/* The one name under which a zone is kept: IANA's for a Windows name, "UTC" for Z and +00:00;
 * NULL when there is no such zone. Case matters, as it does to IANA. Three letters that are no
 * zone of IANA's are none here: IST and BST mean several. */
const char *zone_find_name(struct arena *arena, const char *text);

/* The name that was probably meant by one that does not exist: in other case, by its city alone,
 * or with a letter wrong; NULL when none is near. */
const char *zone_suggest(struct arena *arena, const char *text);

/* Opens the zone of a name; NULL when there is no such zone. */
struct zone *zone_open(struct arena *arena, const char *text);

const char *zone_name(const struct zone *zone);

/* The moment of a local time, which is given as if it were UTC (base/time.h). False when it is
 * before the year 1753 or after 9999. */
must_check bool zone_to_moment(struct zone *zone, int64_t local, int64_t *moment_out);

/* What is in force from a moment on. */
struct zone_offset {
    int64_t since;
    int32_t seconds; /* that local time is ahead of UTC */
};

/* Adds to a list, of struct zone_offset *, what is in force from a moment until before another;
 * what is in force already at the end of the list is not said again. Call it in the order of time.
 */
void zone_list_offsets(struct zone *zone, int64_t from, int64_t until, struct array *offsets);

#endif
