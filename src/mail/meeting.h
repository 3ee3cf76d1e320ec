/*
 * meeting.h - what a message says of a meeting, on its way into the appointments. Private to
 * calendar.c and appointment.c.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef MAIL_MEETING_H
#define MAIL_MEETING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "mail/incoming.h"

struct calendar_event;
struct map;
struct party;
struct record;

/* Some people: by their addresses, and by the records that have these. */
struct mail_group {
    struct map *addresses; /* compared */
    struct map *records;   /* struct mail_match by entity and id */
};

struct mail_meeting {
    const struct incoming_mail *mail;
    const struct calendar_event *event;
    struct reference email;      /* as which the message was filed */
    struct incoming_mail people; /* whom the event names, and who has their addresses */
    struct mail_group invited;   /* of them those whom it names as attendees */
    const char *sender;          /* compared; NULL: nobody, or several */
};

/* Whether a party of an appointment is one of the group. */
bool mail_is_in_group(struct call *call, const struct mail_group *group, const struct party *party);

/* The appointment of the event, or of the series that it is one occurrence of; locked, as far as is
 * needed to follow what is said. NULL: there is none. */
must_check bool mail_find_appointment(struct call *call, const struct mail_meeting *meeting,
                                      bool is_series, struct record **record_out,
                                      struct error *error);

/* Makes the appointment what the event says: a new one (stored NULL), of a series if there is one,
 * or the one that is there. Fails with DATABASE_CONFLICT when another message was quicker. */
must_check bool mail_write_appointment(struct call *call, const struct mail_meeting *meeting,
                                       const struct record *stored, const struct record *series,
                                       struct error *error);

/* Cancels it, and the occurrences that were changed by themselves. */
must_check bool mail_cancel_appointment(struct call *call, const struct mail_meeting *meeting,
                                        const struct record *stored, struct error *error);

/* Takes those whom the event names off the attendees. */
must_check bool mail_uninvite(struct call *call, const struct mail_meeting *meeting,
                              const struct record *stored, struct error *error);

/* Notes what the one whom the event names has answered, unless a later answer is there. */
must_check bool mail_note_reply(struct call *call, const struct mail_meeting *meeting,
                                const struct record *stored, struct error *error);

/* Whether it is neither completed nor canceled. */
bool mail_is_open(const struct record *appointment);

/* The fields of those invited, which NULL ends. */
extern const char *const mail_attendee_fields[];

#endif
