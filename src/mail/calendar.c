/*
 * calendar.c - calendars that messages bring: who says what of which meeting, and whether he
 * may.
 *
 * Whoever organizes a meeting says what it is, and whoever is invited what he answers; what others
 * write of it is filed as mail and changes nothing. Who writes is told by From alone, since that is
 * what mail servers vouch for. Nothing is ever accepted in the name of a user.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/map.h"
#include "base/settings.h"
#include "call/call.h"
#include "database/database.h"
#include "document/calendar.h"
#include "mail/meeting.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "security/authorise.h"

enum { PIECE = 16 * 1024 };

/* ---- who ---- */

static const char *key_of(struct call *call, const struct reference *reference)
{
    char id[UUID_TEXT_SIZE];

    uuid_format(&reference->id, id);
    return arena_format(call->arena, "%s/%s", reference->entity->name, id);
}

static struct mail_group make_group(struct call *call)
{
    return (struct mail_group){.addresses = map_create(call->arena),
                               .records = map_create(call->arena)};
}

static void add_to_group(struct call *call, const struct mail_meeting *meeting,
                         struct mail_group *group, const char *compared)
{
    const struct mail_address *address = mail_address_of(call, &meeting->people, compared);

    map_set(group->addresses, compared, compared);
    for (size_t i = 0; address != NULL && i < address->matches.count; i++) {
        const struct mail_match *match = address->matches.items[i];
        map_set(group->records, key_of(call, &match->record), match);
    }
}

bool mail_is_in_group(struct call *call, const struct mail_group *group, const struct party *party)
{
    return (party->address != NULL &&
            map_get(group->addresses, mime_compared_address(call->arena, party->address)) !=
                NULL) ||
           (party->reference.entity != NULL &&
            map_get(group->records, key_of(call, &party->reference)) != NULL);
}

static bool is_among(struct call *call, const struct mail_meeting *meeting,
                     const struct record *appointment, const char *field, const char *compared)
{
    const struct value *value =
        record_value(appointment, entity_find_field(appointment->entity, field));
    struct mail_group group = make_group(call);

    add_to_group(call, meeting, &group, compared);
    for (size_t i = 0; value->state == VALUE_SET && i < value->parties.count; i++) {
        if (mail_is_in_group(call, &group, &value->parties.items[i])) {
            return true;
        }
    }
    return false;
}

static bool is_invited(struct call *call, const struct mail_meeting *meeting,
                       const struct record *appointment, const char *compared)
{
    for (const char *const *field = mail_attendee_fields; *field != NULL; field++) {
        if (is_among(call, meeting, appointment, *field, compared)) {
            return true;
        }
    }
    return false;
}

static bool is_same(struct call *call, const char *written, const char *compared)
{
    return written != NULL && strcmp(mime_compared_address(call->arena, written), compared) == 0;
}

/* Whether the sender organizes the meeting: what is known here, or else what he says of himself.
 * Who writes for the organizer does so from the first message on. */
static bool is_organizers(struct call *call, const struct mail_meeting *meeting,
                          const struct record *known)
{
    const struct calendar_person *organizer = meeting->event->organizer;

    if (meeting->sender == NULL) {
        return false;
    }
    if (known == NULL) {
        return organizer != NULL && (is_same(call, organizer->address, meeting->sender) ||
                                     is_same(call, organizer->sent_by, meeting->sender));
    }
    return is_among(call, meeting, known, "organizer", meeting->sender) &&
           (organizer == NULL || is_among(call, meeting, known, "organizer",
                                          mime_compared_address(call->arena, organizer->address)));
}

/* ---- when ---- */

static int64_t number_of(const struct record *record, const char *name)
{
    const struct field *field = entity_find_field(record->entity, name);
    return record_has(record, field) ? record_value(record, field)->integer : 0;
}

static int64_t moment_of(const struct record *record, const char *name)
{
    const struct field *field = entity_find_field(record->entity, name);
    return record_has(record, field) ? record_value(record, field)->moment : INT64_MIN;
}

/* Below zero: the event is older than what is stored; zero: the same. */
static int compare_age(const struct calendar_event *event, const struct record *stored)
{
    int64_t sequence = number_of(stored, "calendarSequence");
    int64_t stamp = moment_of(stored, "calendarChangedOn");
    int64_t other = event->stamp.is_known ? event->stamp.moment : INT64_MIN;

    return event->sequence != sequence ? (event->sequence > sequence) - (event->sequence < sequence)
                                       : (other > stamp) - (other < stamp);
}

/* ---- what is said ---- */

/* The appointment of an event, and of the series that it is an occurrence of. */
struct known {
    struct record *stored, *series;
};

typedef bool (*follower)(struct call *call, const struct mail_meeting *meeting,
                         const struct known *known, struct error *error);

static bool is_organizer(struct call *call, const struct mail_meeting *meeting,
                         const struct record *stored, const struct party *party)
{
    return party->address != NULL && is_among(call, meeting, stored, "organizer",
                                              mime_compared_address(call->arena, party->address));
}

/* A cancellation that names some of those invited, and not all, is for them alone. */
static bool is_for_some(struct call *call, const struct mail_meeting *meeting,
                        const struct record *stored)
{
    if (meeting->event->people_count == 0) {
        return false;
    }
    for (const char *const *field = mail_attendee_fields; *field != NULL; field++) {
        const struct value *value = record_value(stored, entity_find_field(stored->entity, *field));
        for (size_t i = 0; value->state == VALUE_SET && i < value->parties.count; i++) {
            const struct party *party = &value->parties.items[i];
            if (!mail_is_in_group(call, &meeting->invited, party) &&
                !is_organizer(call, meeting, stored, party)) {
                return true;
            }
        }
    }
    return false;
}

static bool follow_cancellation(struct call *call, const struct mail_meeting *meeting,
                                const struct known *known, struct error *error)
{
    const struct record *stored = known->stored;

    if (stored == NULL || !is_organizers(call, meeting, stored) || !mail_is_open(stored) ||
        compare_age(meeting->event, stored) < 0) {
        return true;
    }
    return is_for_some(call, meeting, stored)
               ? mail_uninvite(call, meeting, stored, error)
               : mail_cancel_appointment(call, meeting, stored, error);
}

static bool follow_request(struct call *call, const struct mail_meeting *meeting,
                           const struct known *known, struct error *error)
{
    const struct record *stored = known->stored;

    if (meeting->event->is_canceled) {
        return follow_cancellation(call, meeting, known, error);
    }
    if (!is_organizers(call, meeting, stored != NULL ? stored : known->series) ||
        (stored != NULL && (!mail_is_open(stored) || compare_age(meeting->event, stored) <= 0))) {
        return true;
    }
    return mail_write_appointment(call, meeting, stored, known->series, error);
}

static bool follow_reply(struct call *call, const struct mail_meeting *meeting,
                         const struct known *known, struct error *error)
{
    const struct calendar_event *event = meeting->event;

    if (known->stored == NULL || meeting->sender == NULL || event->people_count != 1 ||
        event->people[0].answer == CALENDAR_UNANSWERED ||
        !is_same(call, event->people[0].address, meeting->sender) ||
        !is_invited(call, meeting, known->stored, meeting->sender)) {
        return true;
    }
    return mail_note_reply(call, meeting, known->stored, error);
}

static const follower followers[] = {
    [CALENDAR_REQUEST] = follow_request,
    [CALENDAR_CANCEL] = follow_cancellation,
    [CALENDAR_REPLY] = follow_reply,
};

/* ---- one after the other ---- */

static void add_address(struct call *call, struct mail_meeting *meeting, const char *address)
{
    if (address != NULL) {
        array_add(&meeting->people.envelope, arena_copy_text(call->arena, address));
    }
}

/* Finds who has the addresses that the event names, as for those of a message. */
static bool find_people(struct call *call, struct mail_meeting *meeting, struct error *error)
{
    static const struct mime_message nobody = {.from = {.count = 0}};
    const struct calendar_event *event = meeting->event;

    meeting->people = (struct incoming_mail){.message = &nobody,
                                             .mailbox = meeting->mail->mailbox,
                                             .mailboxes = meeting->mail->mailboxes};
    array_init(&meeting->people.envelope, call->arena);
    array_init(&meeting->people.clues, call->arena);
    if (event->organizer != NULL) {
        add_address(call, meeting, event->organizer->address);
        add_address(call, meeting, event->organizer->sent_by);
    }
    add_address(call, meeting, meeting->mail->mailbox);
    add_address(call, meeting, meeting->sender);
    for (size_t i = 0; i < event->people_count; i++) {
        add_address(call, meeting, event->people[i].address);
    }
    return mail_find_parties(call, &meeting->people, error);
}

static void gather_invited(struct call *call, struct mail_meeting *meeting)
{
    const struct calendar_event *event = meeting->event;

    meeting->invited = make_group(call);
    for (size_t i = 0; i < event->people_count; i++) {
        add_to_group(call, meeting, &meeting->invited,
                     mime_compared_address(call->arena, event->people[i].address));
    }
}

static bool follow_event(struct call *call, struct mail_meeting *meeting,
                         enum calendar_method method, struct error *error)
{
    struct known known = {.stored = NULL};

    if (!find_people(call, meeting, error)) {
        return false;
    }
    gather_invited(call, meeting);
    return (!meeting->event->occurrence.is_known ||
            mail_find_appointment(call, meeting, true, &known.series, error)) &&
           mail_find_appointment(call, meeting, false, &known.stored, error) &&
           followers[method](call, meeting, &known, error);
}

static bool follow_events(struct call *call, const struct incoming_mail *mail,
                          const struct calendar *calendar, const struct uuid *email_id,
                          struct error *error)
{
    const struct mime_addresses *from = &mail->message->from;
    struct mail_meeting meeting = {
        .mail = mail,
        .email = {.entity = catalog_find_entity(call->catalog, "Email"), .id = *email_id},
        .sender = from->count == 1 ? from->items[0].compared : NULL,
    };

    for (size_t i = 0; i < calendar->event_count; i++) {
        meeting.event = &calendar->events[i];
        if (!follow_event(call, &meeting, calendar->method, error)) {
            return false;
        }
    }
    return true;
}

/* ---- the calendars ---- */

/* NULL: it is too large, or none. */
static const struct calendar *read_part(struct call *call, const struct mime_part *part)
{
    const struct settings *settings = call->settings;
    const struct calendar_limits limits = {
        .components = (size_t)settings->mail.calendar_components,
        .people = (size_t)settings->mail.recipients,
        .zone = call->zone,
    };
    struct error ignored; /* what cannot be read is no calendar */
    struct buffer bytes;
    size_t length = 0;

    if (part->kind != MIME_CALENDAR || part->size > settings->mail.calendar) {
        return NULL;
    }
    buffer_init(&bytes, call->arena, PIECE);
    mime_content_rewind(part->content);
    do {
        char *room = buffer_reserve(&bytes, PIECE);
        if (!mime_content_read(part->content, room, PIECE, &length, &ignored)) {
            return NULL;
        }
        buffer_commit(&bytes, length);
    } while (length > 0);
    return calendar_read(call->arena, bytes.bytes, bytes.length, &limits);
}

/* The first that says what is wanted: programs send it twice, to be shown and to be saved. */
static const struct calendar *find_calendar(struct call *call, const struct mime_message *message)
{
    for (size_t i = 0; i < message->part_count; i++) {
        const struct calendar *calendar = read_part(call, &message->parts[i]);
        if (calendar != NULL && calendar->method != CALENDAR_OTHER) {
            return calendar;
        }
    }
    return NULL;
}

/* Appointments of others are changed too: by who may change all, as he may read all e-mails. */
bool mail_may_follow_all(const struct call *call)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Appointment");
    struct error ignored = {0};

    return authorise_privilege(call->identity, entity, RIGHT_CREATE, &ignored) &&
           authorise_all(call->identity, entity, RIGHT_READ) &&
           authorise_all(call->identity, entity, RIGHT_WRITE);
}

/* What the sender wrote, or what an administrator asks of appointments, is no reason to refuse the
 * message; a database that is away is. */
static bool is_of_calendar(const struct error *error)
{
    return error_kind(error->code)->is_client_fault && error->code != ERROR_TIMEOUT;
}

bool mail_follow_calendars(struct call *call, const struct incoming_mail *mail,
                           const struct uuid *email_id, struct error *error)
{
    struct connection *connection = call->connection;
    bool is_anybodys =
        mail->message->kind == MIME_ORDINARY || mail->message->kind == MIME_AUTOMATIC;
    const struct calendar *calendar = is_anybodys ? find_calendar(call, mail->message) : NULL;

    if (calendar == NULL) {
        return true;
    }
    if (!connection_savepoint(connection, error)) {
        return false;
    }
    if (follow_events(call, mail, calendar, email_id, error)) {
        return connection_savepoint_keep(connection, error);
    }
    if (!is_of_calendar(error)) {
        return false;
    }
    log_event(call->platform->log, LOG_LEVEL_WARNING, "calendar_refused",
              LOG_TEXT("code", error_kind(error->code)->name), LOG_TEXT("cause", error->message));
    error_clear(error);
    return connection_savepoint_undo(connection, error);
}
