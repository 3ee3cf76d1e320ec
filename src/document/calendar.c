/*
 * calendar.c - from the bytes of a calendar to its events.
 */
#include "document/calendar.h"

#include <ctype.h>
#include <libical/ical.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/time.h"
#include "document/calendar_gate.h"
#include "document/calendar_zone.h"
#include "text/charset.h"
#include "text/utf8.h"

enum { ADDRESS_LENGTH = 320, SECOND = 1000, DAY = 86400000 };

static const struct {
    icalproperty_method said;
    enum calendar_method method;
} methods[] = {
    {ICAL_METHOD_REQUEST, CALENDAR_REQUEST},
    {ICAL_METHOD_CANCEL, CALENDAR_CANCEL},
    {ICAL_METHOD_REPLY, CALENDAR_REPLY},
};

static const struct {
    icalparameter_partstat said;
    enum calendar_answer answer;
} answers[] = {
    {ICAL_PARTSTAT_ACCEPTED, CALENDAR_ACCEPTED},
    {ICAL_PARTSTAT_TENTATIVE, CALENDAR_TENTATIVE},
    {ICAL_PARTSTAT_DECLINED, CALENDAR_DECLINED},
    {ICAL_PARTSTAT_DELEGATED, CALENDAR_DELEGATED},
};

/* An event while it is read. */
struct reading {
    struct arena *arena;
    const struct calendar_limits *limits;
    struct calendar *calendar;
    struct calendar_zones *zones;
    icalcomponent *component;
    struct calendar_event *event;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare_library(void)
{
    icalerror_set_errors_are_fatal(0);
}

static void release_component(void *component)
{
    icalcomponent_free(component);
}

/* ---- texts ---- */

/* An escape may stand for a character that XML cannot hold. */
static const char *clean(struct arena *arena, const char *text)
{
    return text == NULL ? NULL : text_decode(arena, NULL, text, strlen(text));
}

static const char *raw_text(const struct reading *reading, icalproperty_kind kind)
{
    icalproperty *property = icalcomponent_get_first_property(reading->component, kind);
    const char *text =
        property == NULL ? NULL : icalvalue_get_text(icalproperty_get_value(property));

    return text == NULL || *text == '\0' ? NULL : clean(reading->arena, text);
}

/* Blanks for what ends a line; NULL when nothing else is in it. */
static const char *one_line(struct arena *arena, const char *text)
{
    char *line = arena_copy_text(arena, clean(arena, text));
    bool is_blank = true;

    for (char *at = line; line != NULL && *at != '\0'; at++) {
        *at = isspace((unsigned char)*at) ? ' ' : *at;
        is_blank = is_blank && *at == ' ';
    }
    return is_blank ? NULL : line;
}

static void read_texts(const struct reading *reading)
{
    struct calendar_event *event = reading->event;
    struct arena *arena = reading->arena;
    icalproperty *rule = icalcomponent_get_first_property(reading->component, ICAL_RRULE_PROPERTY);

    event->uid = one_line(arena, raw_text(reading, ICAL_UID_PROPERTY));
    event->subject = one_line(arena, raw_text(reading, ICAL_SUMMARY_PROPERTY));
    event->location = one_line(arena, raw_text(reading, ICAL_LOCATION_PROPERTY));
    event->description = raw_text(reading, ICAL_DESCRIPTION_PROPERTY);
    event->comment = raw_text(reading, ICAL_COMMENT_PROPERTY);
    event->rule =
        rule == NULL ? NULL : arena_copy_text(arena, icalproperty_get_value_as_string(rule));
}

static void read_counts(const struct reading *reading)
{
    icalproperty *sequence =
        icalcomponent_get_first_property(reading->component, ICAL_SEQUENCE_PROPERTY);
    icalproperty *status =
        icalcomponent_get_first_property(reading->component, ICAL_STATUS_PROPERTY);

    if (sequence != NULL && icalproperty_get_sequence(sequence) > 0) {
        reading->event->sequence = icalproperty_get_sequence(sequence);
    }
    reading->event->is_canceled =
        status != NULL && icalproperty_get_status(status) == ICAL_STATUS_CANCELLED;
}

/* ---- times ---- */

static struct calendar_time time_of(const struct reading *reading, icalproperty *property)
{
    icalvalue *value = property == NULL ? NULL : icalproperty_get_value(property);
    struct calendar_time time = {.is_known = false};
    int64_t local = 0;

    if (value == NULL ||
        (icalvalue_isa(value) != ICAL_DATETIME_VALUE && icalvalue_isa(value) != ICAL_DATE_VALUE)) {
        return time;
    }
    const struct icaltimetype read = icalvalue_isa(value) == ICAL_DATE_VALUE
                                         ? icalvalue_get_date(value)
                                         : icalvalue_get_datetime(value);
    icalparameter *zone = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER);
    if (!calendar_local(&read, &local)) {
        return time;
    }
    time.is_day = read.is_date;
    time.moment = local;
    time.is_known =
        time.is_day || icaltime_is_utc(read)
            ? moment_is_in_range(local)
            : calendar_moment(reading->zones, zone == NULL ? NULL : icalparameter_get_tzid(zone),
                              local, &time.moment);
    return time;
}

static struct calendar_time time_by(const struct reading *reading, icalproperty_kind kind)
{
    return time_of(reading, icalcomponent_get_first_property(reading->component, kind));
}

/* Without an end or a duration a day lasts until the next, and a moment no longer. */
static void read_end(const struct reading *reading)
{
    struct calendar_event *event = reading->event;
    icalproperty *lasting =
        icalcomponent_get_first_property(reading->component, ICAL_DURATION_PROPERTY);

    event->end = time_by(reading, ICAL_DTEND_PROPERTY);
    if (!event->start.is_known) {
        return;
    }
    if (!event->end.is_known) {
        int64_t seconds =
            lasting == NULL ? 0 : icaldurationtype_as_int(icalproperty_get_duration(lasting));
        event->end = event->start;
        event->end.moment += seconds > 0 ? seconds * SECOND : event->start.is_day ? DAY : 0;
    }
    if (event->end.moment < event->start.moment || !moment_is_in_range(event->end.moment)) {
        event->end = event->start;
    }
}

static void read_times(const struct reading *reading)
{
    struct calendar_event *event = reading->event;

    event->stamp = time_by(reading, ICAL_DTSTAMP_PROPERTY);
    event->start = time_by(reading, ICAL_DTSTART_PROPERTY);
    event->occurrence = time_by(reading, ICAL_RECURRENCEID_PROPERTY);
    read_end(reading);
}

/* ---- people ---- */

static int digit_of(char character)
{
    const char *digits = "0123456789abcdef";
    const char *found =
        character == '\0' ? NULL : strchr(digits, tolower((unsigned char)character));
    return found == NULL ? -1 : (int)(found - digits);
}

/* What a URI writes as %xx, until what comes after the address. */
static char *decode_uri(struct arena *arena, const char *text)
{
    char *decoded = arena_copy_part(arena, text, strcspn(text, "?"));
    char *to = decoded;

    for (const char *at = decoded; *at != '\0'; at++) {
        bool is_coded = *at == '%' && digit_of(at[1]) >= 0 && digit_of(at[2]) >= 0;
        *to++ = is_coded ? (char)(digit_of(at[1]) * 16 + digit_of(at[2])) : *at;
        at += is_coded ? 2 : 0;
    }
    *to = '\0';
    return decoded;
}

static bool is_address(const char *text)
{
    const char *sign = strchr(text, '@');

    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7F || strchr("<>\"(),;", *at) != NULL) {
            return false;
        }
    }
    return sign != NULL && sign != text && sign[1] != '\0' && strlen(text) <= ADDRESS_LENGTH &&
           text_is_valid_utf8(text, strlen(text));
}

/* The address in "mailto:ann@example.com"; NULL: it is none. */
static const char *address_in(struct arena *arena, const char *uri)
{
    static const char scheme[] = "mailto:";

    if (uri == NULL) {
        return NULL;
    }
    uri += strspn(uri, " ");
    uri += strncasecmp(uri, scheme, sizeof(scheme) - 1) == 0 ? sizeof(scheme) - 1 : 0;
    uri += strspn(uri, " ");
    const char *address = decode_uri(arena, uri);
    return is_address(address) ? address : NULL;
}

static const char *parameter_of(icalproperty *property, icalparameter_kind kind,
                                const char *(*get)(const icalparameter *))
{
    icalparameter *parameter = icalproperty_get_first_parameter(property, kind);
    return parameter == NULL ? NULL : get(parameter);
}

static enum calendar_answer answer_of(icalproperty *property)
{
    icalparameter *parameter = icalproperty_get_first_parameter(property, ICAL_PARTSTAT_PARAMETER);

    for (size_t i = 0; parameter != NULL && i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (answers[i].said == icalparameter_get_partstat(parameter)) {
            return answers[i].answer;
        }
    }
    return CALENDAR_UNANSWERED;
}

static bool is_optional(icalproperty *property)
{
    icalparameter *role = icalproperty_get_first_parameter(property, ICAL_ROLE_PARAMETER);
    icalparameter *type = icalproperty_get_first_parameter(property, ICAL_CUTYPE_PARAMETER);
    icalparameter_role said =
        role == NULL ? ICAL_ROLE_REQPARTICIPANT : icalparameter_get_role(role);
    icalparameter_cutype is =
        type == NULL ? ICAL_CUTYPE_INDIVIDUAL : icalparameter_get_cutype(type);

    return said == ICAL_ROLE_OPTPARTICIPANT || said == ICAL_ROLE_NONPARTICIPANT ||
           is == ICAL_CUTYPE_ROOM || is == ICAL_CUTYPE_RESOURCE;
}

/* False: he has no address. */
static bool read_person(const struct reading *reading, icalproperty *property, const char *uri,
                        struct calendar_person *person)
{
    struct arena *arena = reading->arena;
    const char *address = address_in(arena, uri);

    if (address == NULL) {
        address = address_in(arena,
                             parameter_of(property, ICAL_EMAIL_PARAMETER, icalparameter_get_email));
    }
    *person = (struct calendar_person){
        .name = one_line(arena, parameter_of(property, ICAL_CN_PARAMETER, icalparameter_get_cn)),
        .address = address,
        .sent_by = address_in(
            arena, parameter_of(property, ICAL_SENTBY_PARAMETER, icalparameter_get_sentby)),
        .is_optional = is_optional(property),
        .answer = answer_of(property),
    };
    return address != NULL;
}

static void read_organizer(const struct reading *reading)
{
    icalproperty *property =
        icalcomponent_get_first_property(reading->component, ICAL_ORGANIZER_PROPERTY);
    struct calendar_person *person = arena_allocate(reading->arena, sizeof(*person));

    if (property != NULL &&
        read_person(reading, property, icalproperty_get_organizer(property), person)) {
        reading->event->organizer = person;
    }
}

static void read_people(const struct reading *reading)
{
    struct calendar_event *event = reading->event;
    icalcomponent *component = reading->component;
    int all = icalcomponent_count_properties(component, ICAL_ATTENDEE_PROPERTY);
    size_t most = (size_t)all < reading->limits->people ? (size_t)all : reading->limits->people;
    icalproperty *property = icalcomponent_get_first_property(component, ICAL_ATTENDEE_PROPERTY);

    event->people = arena_allocate_array(reading->arena, most, sizeof(*event->people));
    for (; property != NULL && event->people_count < most;
         property = icalcomponent_get_next_property(component, ICAL_ATTENDEE_PROPERTY)) {
        event->people_count += read_person(reading, property, icalproperty_get_attendee(property),
                                           &event->people[event->people_count]);
    }
    reading->calendar->is_cut |= property != NULL;
}

/* ---- the calendar ---- */

static enum calendar_method method_of(icalcomponent *calendar)
{
    icalproperty_method said = icalcomponent_get_method(calendar);

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (methods[i].said == said) {
            return methods[i].method;
        }
    }
    return CALENDAR_OTHER;
}

/* False: without a UID nobody could tell it from others. */
static bool read_event(struct reading *reading, icalcomponent *component,
                       struct calendar_event *event)
{
    *event = (struct calendar_event){.uid = NULL};
    reading->component = component;
    reading->event = event;
    read_texts(reading);
    if (event->uid == NULL) {
        return false;
    }
    read_counts(reading);
    read_times(reading);
    read_organizer(reading);
    read_people(reading);
    return true;
}

static void read_events(struct reading *reading, icalcomponent *parsed)
{
    size_t most = (size_t)icalcomponent_count_components(parsed, ICAL_VEVENT_COMPONENT);
    struct calendar_event *events = arena_allocate_array(reading->arena, most, sizeof(*events));
    size_t count = 0;

    /* Zones are looked up meanwhile: the iterator that is in the component would begin anew. */
    icalcompiter at = icalcomponent_begin_component(parsed, ICAL_VEVENT_COMPONENT);
    for (; icalcompiter_deref(&at) != NULL; icalcompiter_next(&at)) {
        count += read_event(reading, icalcompiter_deref(&at), &events[count]);
    }
    reading->calendar->events = events;
    reading->calendar->event_count = count;
}

const struct calendar *calendar_read(struct arena *arena, const char *bytes, size_t length,
                                     const struct calendar_limits *limits)
{
    struct calendar *calendar = arena_allocate(arena, sizeof(*calendar));
    struct reading reading = {.arena = arena, .limits = limits, .calendar = calendar};

    pthread_once(&once, prepare_library);
    const char *kept = calendar_gate(arena, bytes, length, limits->components, &calendar->is_cut);
    const char *text = text_decode(arena, NULL, kept, strlen(kept));
    icalcomponent *parsed = *text == '\0' ? NULL : icalparser_parse_string(text);
    if (parsed == NULL) {
        return NULL;
    }
    arena_on_release(arena, release_component, parsed);
    if (icalcomponent_isa(parsed) != ICAL_VCALENDAR_COMPONENT) {
        return NULL;
    }
    reading.zones = calendar_zones_of(arena, parsed, limits->zone);
    calendar->method = method_of(parsed);
    read_events(&reading, parsed);
    return calendar;
}
