/*
 * calendar_zone.h - the zones that a calendar names: local time in them as moments. Private to this
 * floor.
 *
 * A name of IANA's is what it says, and so is one that a program put a prefix before. Else the
 * definition within the calendar counts, since it is what the sender's clock goes by; and without
 * one, Windows' name. Of a definition only that is understood which programs write: changes of the
 * clock once, on listed days, or every year on a day that month and weekday tell. Anything else
 * could be written to keep a processor busy.
 *
 * Memory: the zones live in the arena given and borrow the calendar.
 * Threads: those of a calendar belong to one thread.
 */
#ifndef DOCUMENT_CALENDAR_ZONE_H
#define DOCUMENT_CALENDAR_ZONE_H

#include <libical/ical.h>
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct calendar_zones;
struct zone;

/* The zones of a calendar; that of times that name none. */
struct calendar_zones *calendar_zones_of(struct arena *arena, icalcomponent *calendar,
                                         struct zone *usual);

/* A time that was read as if it were UTC, as a moment; name NULL: it names no zone. False when
 * nobody knows the zone, or the moment is out of range. */
bool calendar_moment(struct calendar_zones *zones, const char *name, int64_t local,
                     int64_t *moment_out);

/* Time and day as they are written, in milliseconds as if they were UTC. False: there is no such
 * day. */
bool calendar_local(const struct icaltimetype *time, int64_t *local_out);

#endif
