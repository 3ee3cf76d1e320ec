/*
 * calendar.h - what a part text/calendar says: invitations, changes, cancellations, answers.
 *
 * Calendars come from strangers. So they pass a gate first (calendar_gate.h), which leaves of them
 * what is asked for here, within bounds; only that is parsed. Recurrences are read as text and
 * never expanded.
 *
 * Times become moments by the zone that each names: by IANA's name, by a definition within the
 * calendar, or by Windows' name. A time whose zone nobody knows is unknown, since a time that is
 * wrong by hours is worse. Days stay days.
 *
 * Memory: everything lives in the arena given.
 * Threads: any.
 * Specifications: RFC 5545, 5546, 6047, 7986.
 */
#ifndef DOCUMENT_CALENDAR_H
#define DOCUMENT_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct zone;

struct calendar_limits {
    size_t components; /* events, zones and their parts; more are left out */
    size_t people;     /* invited to one event; more are left out */
    struct zone *zone; /* of times that name none; NULL: UTC */
};

/* What the sender wants of it. */
enum calendar_method {
    CALENDAR_OTHER, /* something else, or nothing: a calendar that was only attached */
    CALENDAR_REQUEST,
    CALENDAR_CANCEL,
    CALENDAR_REPLY,
};

enum calendar_answer {
    CALENDAR_UNANSWERED,
    CALENDAR_ACCEPTED,
    CALENDAR_TENTATIVE,
    CALENDAR_DECLINED,
    CALENDAR_DELEGATED,
};

struct calendar_person {
    const char *name;    /* NULL: not told */
    const char *address; /* an address of mail, as written */
    const char *sent_by; /* who wrote for him; NULL: he himself */
    bool is_optional;    /* rooms and things too */
    enum calendar_answer answer;
};

/* Of a day: its beginning as if the day were one of UTC. */
struct calendar_time {
    bool is_known, is_day;
    int64_t moment; /* milliseconds since 1970 */
};

struct calendar_event {
    const char *uid;                 /* never empty */
    struct calendar_time occurrence; /* known: this is one occurrence of a series, which the
                                        series has at that time */
    int64_t sequence;                /* counts what the organizer changed */
    struct calendar_time stamp;      /* when it was written */
    const char *subject, *location, *description, *comment; /* NULL: not told */
    const char *rule;                                       /* RRULE; NULL: happens once */
    struct calendar_time start, end;                        /* end: the first moment after it */
    bool is_canceled;
    struct calendar_person *organizer; /* NULL: none that has an address */
    struct calendar_person *people;    /* invited; in an answer: who answers */
    size_t people_count;
};

struct calendar {
    enum calendar_method method;
    const struct calendar_event *events;
    size_t event_count;
    bool is_cut; /* something was left out for a limit */
};

/* Reads the first calendar in the bytes, whatever their character set; NULL: there is none. */
const struct calendar *calendar_read(struct arena *arena, const char *bytes, size_t length,
                                     const struct calendar_limits *limits);

#endif
