/*
 * appointment.c - appointments found, made, changed and canceled as calendars say.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/time.h"
#include "call/call.h"
#include "crypto/digest.h"
#include "document/calendar.h"
#include "mail/meeting.h"
#include "mail/party.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"
#include "text/utf8.h"

enum { OCCURRENCES_MOST = 500, DAY_LENGTH = 10 };

const char *const mail_attendee_fields[] = {"requiredAttendees", "optionalAttendees", NULL};

/* The tokens of AppointmentReply.response. */
static const char *const responses[] = {
    [CALENDAR_ACCEPTED] = "Accepted",
    [CALENDAR_TENTATIVE] = "Tentative",
    [CALENDAR_DECLINED] = "Declined",
    [CALENDAR_DELEGATED] = "Delegated",
};

static const struct entity *appointment_entity(const struct call *call)
{
    return catalog_find_entity(call->catalog, "Appointment");
}

static struct value *value_of(const struct record *record, const char *name)
{
    return record_value(record, entity_find_field(record->entity, name));
}

/* ---- finding ---- */

/* The UID; of one occurrence with when the series has it. What no field holds, by its digest. */
static const char *id_of(struct call *call, const struct calendar_event *event, bool is_series,
                         size_t most)
{
    const struct calendar_time *occurrence = &event->occurrence;
    const char *id = event->uid;
    uint8_t digest[SHA256_SIZE];
    char text[SHA256_TEXT_SIZE];

    if (occurrence->is_known && !is_series) {
        moment_format(occurrence->moment, text);
        id = arena_format(call->arena, "%s/%.*s", id,
                          occurrence->is_day ? (int)DAY_LENGTH : (int)MOMENT_TEXT_SIZE, text);
    }
    if (text_count_characters(id) <= most) {
        return id;
    }
    digest_sha256(id, strlen(id), digest);
    digest_format(digest, text);
    return arena_format(call->arena, "sha256:%s", text);
}

static const char *id_for(struct call *call, const struct mail_meeting *meeting, bool is_series)
{
    const struct field *field = entity_find_field(appointment_entity(call), "globalObjectId");
    return id_of(call, meeting->event, is_series, field->length);
}

static bool read_appointment(struct call *call, const struct uuid *id, struct record **record_out,
                             struct error *error)
{
    static const char *const names[] = {
        "organizer",    "requiredAttendees", "optionalAttendees", "scheduledStart",
        "scheduledEnd", "calendarSequence",  "calendarChangedOn"};
    enum { NAMES = sizeof(names) / sizeof(names[0]) };
    const struct entity *entity = appointment_entity(call);
    const struct field *fields[NAMES + 2] = {entity->id, entity->state};
    const struct column_set columns = {.fields = fields, .count = NAMES + 2};

    for (size_t i = 0; i < NAMES; i++) {
        fields[i + 2] = entity_find_field(entity, names[i]);
    }
    return query_find(call, entity, id, &columns, ROW_LOCK_CHANGE, record_out, error);
}

bool mail_find_appointment(struct call *call, const struct mail_meeting *meeting, bool is_series,
                           struct record **record_out, struct error *error)
{
    const struct key *key = entity_find_key(appointment_entity(call), "globalObjectId");
    const struct value value = {.state = VALUE_SET, .text = id_for(call, meeting, is_series)};
    struct uuid id;
    bool is_found = false;

    *record_out = NULL;
    return query_find_by_key(call, key, &value, &id, &is_found, error) &&
           (!is_found || read_appointment(call, &id, record_out, error));
}

bool mail_is_open(const struct record *appointment)
{
    const struct field *field = appointment->entity->state;
    const struct choice *state =
        field_find_choice_value(field, (int32_t)record_value(appointment, field)->integer);

    return state == NULL || state->next_count > 0;
}

/* ---- values ---- */

static bool set_text(struct call *call, struct record *record, const char *name, const char *text,
                     struct error *error)
{
    value_of(record, name)->state = VALUE_NULL;
    return mail_set_text(call, record, name, text, error);
}

static void set_time(struct record *record, const char *name, const struct calendar_time *time)
{
    *value_of(record, name) =
        (struct value){.state = time->is_known ? VALUE_SET : VALUE_NULL, .moment = time->moment};
}

static void set_age(struct record *record, const struct mail_meeting *meeting)
{
    const struct calendar_event *event = meeting->event;

    *value_of(record, "calendarSequence") =
        (struct value){.state = VALUE_SET, .integer = event->sequence};
    set_time(record, "calendarChangedOn", &event->stamp);
    mail_set_reference(record, "invitation", &meeting->email);
}

static bool set_texts(struct call *call, const struct mail_meeting *meeting, struct record *record,
                      struct error *error)
{
    const struct calendar_event *event = meeting->event;
    const struct field *rule = entity_find_field(record->entity, "recurrenceRule");
    bool has_rule = event->rule != NULL && text_count_characters(event->rule) <= rule->length;

    return set_text(call, record, "subject",
                    event->subject == NULL ? "(no subject)" : event->subject, error) &&
           set_text(call, record, "location", event->location, error) &&
           set_text(call, record, "description", event->description, error) &&
           set_text(call, record, "recurrenceRule", has_rule ? event->rule : NULL, error);
}

/* ---- who ---- */

static struct mime_address address_of(struct call *call, const char *name, const char *address)
{
    return (struct mime_address){
        .name = name, .address = address, .compared = mime_compared_address(call->arena, address)};
}

static void add_person(struct mail_parties *parties, struct map *seen,
                       const struct calendar_person *person)
{
    const struct mime_address address = address_of(parties->call, person->name, person->address);

    if (map_get(seen, address.compared) == NULL) {
        map_set(seen, address.compared, address.compared);
        mail_parties_add_all(parties, &address);
    }
}

static void set_attendees(struct call *call, const struct mail_meeting *meeting,
                          struct record *record)
{
    const struct calendar_event *event = meeting->event;
    struct map *seen = map_create(call->arena);

    for (int optional = 0; optional < 2; optional++) {
        struct mail_parties parties = {.call = call, .mail = &meeting->people};
        for (size_t i = 0; i < event->people_count; i++) {
            if (event->people[i].is_optional == (optional == 1)) {
                add_person(&parties, seen, &event->people[i]);
            }
        }
        mail_parties_give(record, mail_attendee_fields[optional], &parties);
    }
}

/* Who wrote for the organizer may do so again. An occurrence that names none has that of its
 * series. */
static void set_organizer(struct call *call, const struct mail_meeting *meeting,
                          const struct record *series, struct record *record)
{
    const struct calendar_person *organizer = meeting->event->organizer;
    struct mail_parties parties = {.call = call, .mail = &meeting->people};

    if (organizer == NULL) {
        *value_of(record, "organizer") = *value_of(series, "organizer");
        return;
    }
    const struct mime_address address = address_of(call, organizer->name, organizer->address);
    mail_parties_add_sender(&parties, &address);
    if (organizer->sent_by != NULL) {
        const struct mime_address writer = address_of(call, NULL, organizer->sent_by);
        mail_parties_add_sender(&parties, &writer);
    }
    mail_parties_give(record, "organizer", &parties);
}

/* ---- making and changing ---- */

static bool set_fields(struct call *call, const struct mail_meeting *meeting, struct record *record,
                       struct error *error)
{
    const struct calendar_event *event = meeting->event;

    if (!set_texts(call, meeting, record, error)) {
        return false;
    }
    set_time(record, "scheduledStart", &event->start);
    set_time(record, "scheduledEnd", &event->end);
    *value_of(record, "isAllDayEvent") =
        (struct value){.state = VALUE_SET, .boolean = event->start.is_day};
    set_attendees(call, meeting, record);
    set_age(record, meeting);
    return true;
}

static bool create_appointment(struct call *call, const struct mail_meeting *meeting,
                               const struct record *series, struct error *error)
{
    struct record *record = own_record(call, "Appointment");
    struct write_outcome outcome;

    if (!set_fields(call, meeting, record, error) ||
        !set_text(call, record, "globalObjectId", id_for(call, meeting, false), error) ||
        !own_set(call, record, "statusReason", "Tentative", error) ||
        !mail_set_owner(call, meeting->mail, record, error)) {
        return false;
    }
    set_time(record, "originalStart", &meeting->event->occurrence);
    set_organizer(call, meeting, series, record);
    mail_set_reference(record, "regarding", &meeting->mail->regarding);
    if (series != NULL) {
        const struct reference reference = {.entity = series->entity,
                                            .id = record_value(series, series->entity->id)->uuid};
        mail_set_reference(record, "series", &reference);
    }
    if (record_create(call, record, &outcome, error)) {
        return true;
    }
    if (error->code == ERROR_DUPLICATE_KEY) {
        /* The operation begins anew, and finds the other. */
        error->code = ERROR_DATABASE_CONFLICT;
    }
    return false;
}

static bool has_moved(const struct calendar_event *event, const struct record *stored)
{
    const struct value *start = value_of(stored, "scheduledStart");
    const struct value *end = value_of(stored, "scheduledEnd");

    return start->state != VALUE_SET || end->state != VALUE_SET || !event->start.is_known ||
           start->moment != event->start.moment || end->moment != event->end.moment;
}

static struct record *change_of(struct call *call, const struct record *stored)
{
    struct record *record = own_record(call, "Appointment");
    own_set_id(record, &record_value(stored, stored->entity->id)->uuid);
    return record;
}

/* What was agreed to is not another time. */
static bool change_appointment(struct call *call, const struct mail_meeting *meeting,
                               const struct record *stored, struct error *error)
{
    struct record *record = change_of(call, stored);
    struct write_outcome outcome;

    return set_fields(call, meeting, record, error) &&
           (!has_moved(meeting->event, stored) ||
            own_set(call, record, "statusReason", "Tentative", error)) &&
           record_update(call, record, NULL, &outcome, error);
}

bool mail_write_appointment(struct call *call, const struct mail_meeting *meeting,
                            const struct record *stored, const struct record *series,
                            struct error *error)
{
    return stored == NULL ? create_appointment(call, meeting, series, error)
                          : change_appointment(call, meeting, stored, error);
}

/* ---- canceling ---- */

static bool cancel_one(struct call *call, const struct mail_meeting *meeting,
                       const struct record *stored, struct error *error)
{
    struct record *record = change_of(call, stored);
    struct write_outcome outcome;

    set_age(record, meeting);
    return own_set(call, record, "statusReason", "Canceled", error) &&
           record_update(call, record, NULL, &outcome, error);
}

bool mail_cancel_appointment(struct call *call, const struct mail_meeting *meeting,
                             const struct record *stored, struct error *error)
{
    const struct field *series = entity_find_field(stored->entity, "series");
    struct uuid *ids = NULL;
    size_t count = 0;

    if (!cancel_one(call, meeting, stored, error) ||
        !query_referrers(call, series, &record_value(stored, stored->entity->id)->uuid,
                         OCCURRENCES_MOST, &ids, &count, error)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct record *occurrence = NULL;
        if (!read_appointment(call, &ids[i], &occurrence, error)) {
            return false;
        }
        if (occurrence != NULL && mail_is_open(occurrence) &&
            !cancel_one(call, meeting, occurrence, error)) {
            return false;
        }
    }
    return true;
}

bool mail_uninvite(struct call *call, const struct mail_meeting *meeting,
                   const struct record *stored, struct error *error)
{
    struct record *record = change_of(call, stored);
    struct write_outcome outcome;

    for (const char *const *field = mail_attendee_fields; *field != NULL; field++) {
        const struct value *before = value_of(stored, *field);
        struct mail_parties left = {.call = call, .mail = &meeting->people};
        for (size_t i = 0; before->state == VALUE_SET && i < before->parties.count; i++) {
            const struct party *party = &before->parties.items[i];
            if (!mail_is_in_group(call, &meeting->invited, party)) {
                mail_parties_add(&left, party);
            }
        }
        mail_parties_give(record, *field, &left);
    }
    return record_update(call, record, NULL, &outcome, error);
}

/* ---- replies ---- */

/* When it was written; a calendar that does not say, when its message was. */
static struct calendar_time time_of_reply(const struct call *call,
                                          const struct mail_meeting *meeting)
{
    const struct mime_date *date = &meeting->mail->message->date;

    if (meeting->event->stamp.is_known) {
        return meeting->event->stamp;
    }
    return (struct calendar_time){.is_known = true,
                                  .moment = date->is_known ? date->moment : call->now};
}

/* The reply that is there from this address; NULL: none. The appointment is locked. */
static bool find_reply(struct call *call, const struct record *reply, struct record **record_out,
                       struct error *error)
{
    const struct entity *entity = reply->entity;
    const struct key *key = entity_find_key(entity, "attendee");
    const struct field *fields[] = {entity->id, entity_find_field(entity, "repliedOn")};
    const struct column_set columns = {.fields = fields, .count = 2};
    const struct value values[] = {*value_of(reply, "appointment"), *value_of(reply, "address")};
    bool is_found = false;
    struct uuid id;

    *record_out = NULL;
    return query_find_by_key(call, key, values, &id, &is_found, error) &&
           (!is_found ||
            query_find(call, entity, &id, &columns, ROW_LOCK_CHANGE, record_out, error));
}

bool mail_note_reply(struct call *call, const struct mail_meeting *meeting,
                     const struct record *stored, struct error *error)
{
    const struct calendar_person *person = &meeting->event->people[0];
    const struct calendar_time time = time_of_reply(call, meeting);
    const struct reference appointment = {.entity = stored->entity,
                                          .id = record_value(stored, stored->entity->id)->uuid};
    struct record *record = own_record(call, "AppointmentReply"), *before = NULL;
    struct write_outcome outcome;

    mail_set_reference(record, "appointment", &appointment);
    set_time(record, "repliedOn", &time);
    mail_set_reference(record, "email", &meeting->email);
    if (!own_set(call, record, "address", meeting->sender, error) ||
        !own_set(call, record, "response", responses[person->answer], error) ||
        !set_text(call, record, "comment", meeting->event->comment, error) ||
        !find_reply(call, record, &before, error)) {
        return false;
    }
    if (before == NULL) {
        return record_create(call, record, &outcome, error);
    }
    const struct value *answered = value_of(before, "repliedOn");
    if (answered->state == VALUE_SET && answered->moment >= time.moment) {
        return true;
    }
    value_of(record, "appointment")->state = VALUE_ABSENT;
    own_set_id(record, &record_value(before, before->entity->id)->uuid);
    return record_update(call, record, NULL, &outcome, error);
}
