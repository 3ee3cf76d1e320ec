/*
 * test_calendar.c - calendars as programs write them, and as those do who mean harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/time.h"
#include "document/calendar.h"
#include "text/zone.h"

enum { COMPONENTS = 20, PEOPLE = 5, MEBIBYTE = 1024 * 1024 };

static struct arena *arena;

static const struct calendar *read_bytes(const char *bytes, size_t length)
{
    const struct calendar_limits limits = {
        .components = COMPONENTS, .people = PEOPLE, .zone = zone_open(arena, "Asia/Yekaterinburg")};
    return calendar_read(arena, bytes, length, &limits);
}

static const struct calendar *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

/* The only event of a calendar that holds these lines. */
static const struct calendar_event *event_of(const char *more, const char *lines)
{
    const struct calendar *calendar = read_text(arena_format(
        arena,
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n%sBEGIN:VEVENT\r\nUID:1@x\r\n%s\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n",
        more, lines));
    assert_non_null(calendar);
    assert_int_equal(calendar->event_count, 1);
    return &calendar->events[0];
}

static const char *tell(struct calendar_time time)
{
    char text[MOMENT_TEXT_SIZE];

    if (!time.is_known) {
        return "unknown";
    }
    moment_format(time.moment, text);
    return arena_format(arena, "%.*s", time.is_day ? 10 : MOMENT_TEXT_SIZE, text);
}

void test_calendar__says_who_invites_whom_to_what(void **state)
{
    (void)state;
    arena = arena_create();
    const struct calendar_event *event = event_of(
        "", "SUMMARY:Обсуждение договора\\, часть 2\r\nLOCATION:Переговорная №1\\; 3 этаж\r\n"
            "DESCRIPTION:Первая строка\\nвторая ст\r\n рока\r\nSEQUENCE:3\r\n"
            "DTSTAMP:20261124T080000Z\r\nDTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\n"
            "ORGANIZER;CN=\"Иванова, Мария\":MAILTO:Ivanova@Postavka.example\r\n"
            "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=Ann:mailto:ann%2B"
            "crm@svyaz.example\r\n"
            "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=DECLINED:mailto:bob@svyaz.example?subject=x"
            "\r\nATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED:mailto:room@postavka.example\r\n"
            "ATTENDEE;EMAIL=carl@svyaz.example:urn:uuid:1\r\nATTENDEE:invalid:nomail\r\n"
            "RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=TU");
    assert_string_equal(event->uid, "1@x");
    assert_string_equal(event->subject, "Обсуждение договора, часть 2");
    assert_string_equal(event->location, "Переговорная №1; 3 этаж");
    assert_string_equal(event->description, "Первая строка\nвторая строка");
    assert_string_equal(event->rule, "FREQ=WEEKLY;COUNT=10;BYDAY=TU");
    assert_int_equal(event->sequence, 3);
    assert_string_equal(tell(event->stamp), "2026-11-24T08:00:00Z");
    assert_string_equal(tell(event->start), "2026-12-01T09:00:00Z");
    assert_string_equal(tell(event->end), "2026-12-01T10:00:00Z");
    assert_false(event->occurrence.is_known || event->is_canceled);
    assert_string_equal(event->organizer->address, "Ivanova@Postavka.example");
    assert_string_equal(event->organizer->name, "Иванова, Мария");
    assert_null(event->organizer->sent_by);
    assert_int_equal(event->people_count, 4);
    assert_string_equal(event->people[0].address, "ann+crm@svyaz.example");
    assert_false(event->people[0].is_optional);
    assert_string_equal(event->people[1].address, "bob@svyaz.example");
    assert_true(event->people[1].is_optional && event->people[2].is_optional);
    assert_int_equal(event->people[1].answer, CALENDAR_DECLINED);
    assert_string_equal(event->people[3].address, "carl@svyaz.example");
    arena_destroy(&arena);
}

void test_calendar__method_says_what_is_wanted(void **state)
{
    static const struct {
        const char *line;
        enum calendar_method method;
    } methods[] = {
        {"METHOD:REQUEST", CALENDAR_REQUEST}, {"method:Cancel", CALENDAR_CANCEL},
        {"METHOD:REPLY", CALENDAR_REPLY},     {"METHOD:PUBLISH", CALENDAR_OTHER},
        {"METHOD:COUNTER", CALENDAR_OTHER},   {"X-A:b", CALENDAR_OTHER},
        {"METHOD:no such", CALENDAR_OTHER},
    };

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        const struct calendar *calendar =
            read_text(arena_format(arena, "BEGIN:VCALENDAR\n%s\nEND:VCALENDAR\n", methods[i].line));
        assert_int_equal(calendar->method, methods[i].method);
    }
    arena_destroy(&arena);
}

void test_calendar__texts_are_such_as_xml_can_hold(void **state)
{
    (void)state;
    arena = arena_create();
    const struct calendar_event *event =
        event_of("", "SUMMARY:a\\fb\\bc\\nd\x01\r\nDESCRIPTION:\\v\\f\\b\r\n"
                     "ORGANIZER;CN=a^nb^'c:mailto:%00a@x.org\r\nATTENDEE:mailto:a%20b@x.org\r\n"
                     "ATTENDEE:mailto:b%0Ac@x.org\r\nATTENDEE:mailto:%FF@x.org");
    assert_string_equal(event->subject, "abc d");
    assert_null(event->organizer);
    assert_int_equal(event->people_count, 0);
    arena_destroy(&arena);
}

/* ---- times ---- */

#define MOSCOW_ONCE                                                                                \
    "BEGIN:VTIMEZONE\r\nTZID:Custom\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"              \
    "TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
#define BERLIN_BY_OUTLOOK                                                                          \
    "BEGIN:VTIMEZONE\r\nTZID:Custom\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\n"              \
    "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"                                                   \
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"                       \
    "BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"      \
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
#define NEW_YORK_UNTIL                                                                             \
    "BEGIN:VTIMEZONE\r\nTZID:Custom\r\nBEGIN:DAYLIGHT\r\nDTSTART:19870405T020000\r\n"              \
    "RRULE:FREQ=YEARLY;UNTIL=20060402T070000Z;BYDAY=1SU;BYMONTH=4\r\nTZOFFSETFROM:-0500\r\n"       \
    "TZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\nDTSTART:19671029T020000\r\n"            \
    "RRULE:FREQ=YEARLY;UNTIL=20061029T060000Z;BYDAY=-1SU;BYMONTH=10\r\nTZOFFSETFROM:-0400\r\n"     \
    "TZOFFSETTO:-0500\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:20070311T020000\r\n"            \
    "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\n"          \
    "END:DAYLIGHT\r\nBEGIN:STANDARD\r\nDTSTART:20071104T020000\r\nTZOFFSETFROM:-0400\r\n"          \
    "RRULE:FREQ=YEARLY;BYMONTHDAY=1,2,3,4,5,6,7;BYDAY=SU;BYMONTH=11\r\nTZOFFSETTO:-0500\r\n"       \
    "END:STANDARD\r\nEND:VTIMEZONE\r\n"
#define LISTED                                                                                     \
    "BEGIN:VTIMEZONE\r\nTZID:Custom\r\nBEGIN:STANDARD\r\nDTSTART:20100101T000000\r\n"              \
    "TZOFFSETFROM:+0400\r\nTZOFFSETTO:+0300\r\nRDATE:20261026T030000,20271031T030000\r\n"          \
    "END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:20260329T020000\r\nTZOFFSETFROM:+0300\r\n"          \
    "TZOFFSETTO:+0400\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"

static const struct {
    const char *zones, *start, *moment;
} times[] = {
    {"", "DTSTART;TZID=Europe/Moscow:20261201T120000", "2026-12-01T09:00:00Z"},
    {"", "DTSTART;TZID=\"Europe/Berlin\":20260701T120000", "2026-07-01T10:00:00Z"},
    {"", "DTSTART;TZID=Russian Standard Time:20261201T120000", "2026-12-01T09:00:00Z"},
    {"", "DTSTART;TZID=W. Europe Standard Time:20260701T120000", "2026-07-01T10:00:00Z"},
    {"", "DTSTART;TZID=/mozilla.org/20070129_1/Europe/Berlin:20260701T120000",
     "2026-07-01T10:00:00Z"},
    {"",
     "DTSTART;TZID=/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires:"
     "20260701T120000",
     "2026-07-01T15:00:00Z"},
    {"", "DTSTART:20261201T120000Z", "2026-12-01T12:00:00Z"},
    {"", "DTSTART:20261201T120000", "2026-12-01T07:00:00Z"}, /* in the zone of who asks */
    {"X-WR-TIMEZONE:Europe/Moscow\r\n", "DTSTART:20261201T120000", "2026-12-01T09:00:00Z"},
    {"", "DTSTART;VALUE=DATE:20261201", "2026-12-01"},
    {"", "DTSTART;TZID=Europe/Moscow;VALUE=DATE:20261201", "2026-12-01"},
    {"", "DTSTART;TZID=Nowhere:20261201T120000", "unknown"},
    {"", "DTSTART:20261301T120000Z", "unknown"},
    {"", "DTSTART:20260230T120000Z", "unknown"},
    {"", "DTSTART:tomorrow", "unknown"},
    {"", "DTSTART:17000101T000000Z", "unknown"},
    {"", "DTSTART;VALUE=DATE:17000101", "unknown"},
    {MOSCOW_ONCE, "DTSTART;TZID=Custom:20261201T120000", "2026-12-01T09:00:00Z"},
    {BERLIN_BY_OUTLOOK, "DTSTART;TZID=Custom:20261201T120000", "2026-12-01T11:00:00Z"},
    {BERLIN_BY_OUTLOOK, "DTSTART;TZID=Custom:20260701T120000", "2026-07-01T10:00:00Z"},
    {BERLIN_BY_OUTLOOK, "DTSTART;TZID=Custom:20260115T120000", "2026-01-15T11:00:00Z"},
    /* 29 March, 02:30 is left out; 25 October, 02:30 comes twice. */
    {BERLIN_BY_OUTLOOK, "DTSTART;TZID=Custom:20260329T015900", "2026-03-29T00:59:00Z"},
    {BERLIN_BY_OUTLOOK, "DTSTART;TZID=Custom:20260329T023000", "2026-03-29T01:30:00Z"},
    {BERLIN_BY_OUTLOOK, "DTSTART;TZID=Custom:20260329T030000", "2026-03-29T01:00:00Z"},
    {BERLIN_BY_OUTLOOK, "DTSTART;TZID=Custom:20261025T023000", "2026-10-25T00:30:00Z"},
    {BERLIN_BY_OUTLOOK, "DTSTART;TZID=Custom:20261025T030000", "2026-10-25T02:00:00Z"},
    {NEW_YORK_UNTIL, "DTSTART;TZID=Custom:20000701T120000", "2000-07-01T16:00:00Z"},
    {NEW_YORK_UNTIL, "DTSTART;TZID=Custom:20070101T120000", "2007-01-01T17:00:00Z"},
    {NEW_YORK_UNTIL, "DTSTART;TZID=Custom:20260310T120000", "2026-03-10T16:00:00Z"},
    {NEW_YORK_UNTIL, "DTSTART;TZID=Custom:20261031T120000", "2026-10-31T16:00:00Z"},
    {NEW_YORK_UNTIL, "DTSTART;TZID=Custom:20261102T120000", "2026-11-02T17:00:00Z"},
    {LISTED, "DTSTART;TZID=Custom:20260701T120000", "2026-07-01T08:00:00Z"},
    {LISTED, "DTSTART;TZID=Custom:20261201T120000", "2026-12-01T09:00:00Z"},
    {LISTED, "DTSTART;TZID=Custom:20090101T120000", "2009-01-01T08:00:00Z"},
    {"BEGIN:VTIMEZONE\r\nTZID:Custom\r\nX-LIC-LOCATION:Asia/Omsk\r\nEND:VTIMEZONE\r\n",
     "DTSTART;TZID=Custom:20261201T120000", "2026-12-01T06:00:00Z"},
    {"BEGIN:VTIMEZONE\r\nTZID:Custom\r\nEND:VTIMEZONE\r\n", "DTSTART;TZID=Custom:20261201T120000",
     "unknown"},
    /* What people see of a zone in the place of its name. */
    {"", "DTSTART;TZID=\"(UTC+01:00) Amsterdam, Berlin, Bern, Rome\":20260701T120000",
     "2026-07-01T10:00:00Z"},
    {"", "DTSTART;TZID=\"(GMT+03:00) Moscow, St. Petersburg, Volgograd\":20261201T120000",
     "2026-12-01T09:00:00Z"},
    {"", "DTSTART;TZID=\"(UTC-05:00) Eastern Time (US & Canada)\":20260701T120000",
     "2026-07-01T16:00:00Z"},
    {"", "DTSTART;TZID=(UTC+05:30) Nowhere:20261201T120000", "2026-12-01T06:30:00Z"},
    {"", "DTSTART;TZID=GMT+0300:20261201T120000", "2026-12-01T09:00:00Z"},
    {"", "DTSTART;TZID=UTC-5:20261201T120000", "2026-12-01T17:00:00Z"},
    {"", "DTSTART;TZID=europe/berlin:20261201T120000", "2026-12-01T11:00:00Z"},
    {"", "DTSTART;TZID=Berlin:20261201T120000", "2026-12-01T11:00:00Z"},
    {"", "DTSTART;TZID=GMT+9999999:20261201T120000", "unknown"},
    {"", "DTSTART;TZID=GMT+:20261201T120000", "unknown"},
    /* What the calendar defines goes before what Windows means today. */
    {"BEGIN:VTIMEZONE\r\nTZID:Russian Standard Time\r\nBEGIN:STANDARD\r\n"
     "DTSTART:16010101T000000\r\nTZOFFSETFROM:+0400\r\nTZOFFSETTO:+0400\r\nEND:STANDARD\r\n"
     "END:VTIMEZONE\r\n",
     "DTSTART;TZID=Russian Standard Time:20120701T120000", "2012-07-01T08:00:00Z"},
    {"BEGIN:VTIMEZONE\r\nTZID:Москва (зима)\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
     "TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
     "DTSTART;TZID=Москва (зима):20261201T120000", "2026-12-01T09:00:00Z"},
};

void test_calendar__a_time_is_the_moment_that_its_zone_makes_of_it(void **state)
{
    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        const char *found = tell(event_of(times[i].zones, times[i].start)->start);
        if (strcmp(found, times[i].moment) != 0) {
            fail_msg("row %zu: %s is %s, not %s", i, times[i].start, found, times[i].moment);
        }
    }
    arena_destroy(&arena);
}

void test_calendar__an_end_is_said_or_follows(void **state)
{
    static const struct {
        const char *lines, *end;
    } ends[] = {
        {"DTSTART:20261201T120000Z\r\nDTEND:20261201T130000Z", "2026-12-01T13:00:00Z"},
        {"DTSTART:20261201T120000Z\r\nDURATION:PT1H30M", "2026-12-01T13:30:00Z"},
        {"DTSTART:20261201T120000Z", "2026-12-01T12:00:00Z"},
        {"DTSTART;VALUE=DATE:20261201", "2026-12-02"},
        {"DTSTART;VALUE=DATE:20261201\r\nDTEND;VALUE=DATE:20261204", "2026-12-04"},
        {"DTSTART;VALUE=DATE:20261201\r\nDURATION:P2D", "2026-12-03"},
        {"DTSTART:20261201T120000Z\r\nDTEND:20261130T130000Z", "2026-12-01T12:00:00Z"},
        {"DTSTART:20261201T120000Z\r\nDURATION:-PT1H", "2026-12-01T12:00:00Z"},
        {"DTSTART:99991231T235900Z\r\nDURATION:P10D", "9999-12-31T23:59:00Z"},
        {"DTEND:20261201T130000Z", "2026-12-01T13:00:00Z"},
    };

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        assert_string_equal(tell(event_of("", ends[i].lines)->end), ends[i].end);
    }
    arena_destroy(&arena);
}

void test_calendar__an_occurrence_names_when_it_would_have_been(void **state)
{
    (void)state;
    arena = arena_create();
    const struct calendar_event *event = event_of(
        "", "RECURRENCE-ID;TZID=Europe/Moscow:20261208T120000\r\nDTSTART;TZID=Europe/Moscow:"
            "20261209T120000\r\nSTATUS:CANCELLED\r\nCOMMENT:Не успею");
    assert_string_equal(tell(event->occurrence), "2026-12-08T09:00:00Z");
    assert_string_equal(tell(event->start), "2026-12-09T09:00:00Z");
    assert_string_equal(event->comment, "Не успею");
    assert_true(event->is_canceled);
    arena_destroy(&arena);
}

/* ---- written otherwise ---- */

void test_calendar__is_read_whatever_its_lines_and_letters_are(void **state)
{
    static const char *const calendars[] = {
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:Привет\nEND:VEVENT\nEND:VCALENDAR\n",
        "BEGIN:VCALENDAR\rBEGIN:VEVENT\rUID:1\rSUMMARY:Привет\rEND:VEVENT\rEND:VCALENDAR",
        "\xEF\xBB\xBF"
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:Привет\nEND:VEVENT\nEND:VCALENDAR\n",
        "begin:vcalendar\nbegin:vevent\nuid:1\nsummary;language=ru:Привет\nend:vevent\n",
        "text before\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY;ALTREP=\"cid:a:b\":Привет",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:\xCF\xF0\xE8\xE2\xE5\xF2\nEND:VEVENT\n",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:При\xD0\n \xB2\xD0\xB5т\nEND:VEVENT\n",
        "BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:2\nSUMMARY:no\nEND:VTODO\nBEGIN:VEVENT\nUID:1\n"
        "BEGIN:VALARM\nSUMMARY:no\nBEGIN:X-A\nEND:X-A\nEND:VALARM\nSUMMARY:Привет\nEND:VEVENT\n"
        "END:VCALENDAR\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:2\nEND:VEVENT\nEND:VCALENDAR\n",
    };

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(calendars) / sizeof(calendars[0]); i++) {
        const struct calendar *calendar = read_text(calendars[i]);
        assert_non_null(calendar);
        assert_int_equal(calendar->event_count, 1);
        assert_string_equal(calendar->events[0].uid, "1");
        assert_string_equal(calendar->events[0].subject, "Привет");
        assert_false(calendar->is_cut);
    }
    arena_destroy(&arena);
}

void test_calendar__what_is_none_is_none(void **state)
{
    static const char *const others[] = {
        "",
        "hello",
        "BEGIN:VEVENT\nUID:1\nEND:VEVENT\n",
        "BEGIN:VCARD\nFN:a\nEND:VCARD\n",
        "END:VCALENDAR\n",
        "BEGIN\n:\n;:\n",
    };

    (void)state;
    arena = arena_create();
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_null(read_text(others[i]));
    }
    assert_int_equal(read_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT")->event_count,
                     0);
    arena_destroy(&arena);
}

/* ---- made to harm ---- */

static void add_often(struct buffer *bytes, const char *text, size_t size)
{
    while (bytes->length < size) {
        buffer_add_text(bytes, text);
    }
}

/* Each is a mebibyte of one thing; none takes more than a few of memory. */
void test_calendar__a_mebibyte_of_anything_is_bounded(void **state)
{
    static const struct {
        const char *head, *again;
        bool is_cut;
    } floods[] = {
        {"BEGIN:VCALENDAR\n", "BEGIN:VEVENT\nUID:1\nEND:VEVENT\n", true},
        {"BEGIN:VCALENDAR\n", "BEGIN:VEVENT\n", false},
        {"", "BEGIN:VCALENDAR\n", false},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n", "ATTENDEE:mailto:a@x.org\n", true},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n", "CATEGORIES:a,b,c\n", false},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nCATEGORIES;X-A=b:", "a,", false},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nATTENDEE;X-A=b:mailto:a@x.org", ",", true},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nATTENDEE", ";X-A=b", false},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nRRULE:FREQ=DAILY", ";BYDAY=MO", true},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n", "RDATE:\n", false},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n", "RDATE:x\n", true},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n", "RRULE:FREQ=DAILY\n", true},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:", "1", true},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:", "\n ", false},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:", "a,\\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
        struct buffer bytes;
        arena = arena_create();
        struct arena *own = arena_create();
        buffer_init(&bytes, own, MEBIBYTE);
        buffer_add_text(&bytes, floods[i].head);
        add_often(&bytes, floods[i].again, MEBIBYTE);
        const struct calendar *calendar = read_bytes(bytes.bytes, bytes.length);
        assert_non_null(calendar);
        assert_true(calendar->event_count <= COMPONENTS);
        assert_true(calendar->event_count == 0 || calendar->events[0].people_count <= PEOPLE);
        if (calendar->is_cut != floods[i].is_cut) {
            fail_msg("row %zu", i);
        }
        assert_true(arena_size(arena) < 16 * (size_t)MEBIBYTE);
        arena_destroy(&own);
        arena_destroy(&arena);
    }
}

/* Rules that happen every second, and zones of many such, take no time: nothing is expanded. */
void test_calendar__rules_are_never_expanded(void **state)
{
    struct buffer zones;

    (void)state;
    arena = arena_create();
    buffer_init(&zones, arena, 4096);
    buffer_add_text(&zones, "BEGIN:VTIMEZONE\nTZID:Custom\n");
    for (int i = 0; i < COMPONENTS - 3; i++) {
        buffer_add_text(&zones, "BEGIN:STANDARD\nDTSTART:19000101T000000\nTZOFFSETFROM:+0000\n"
                                "TZOFFSETTO:+0100\nRRULE:FREQ=SECONDLY\nEND:STANDARD\n");
    }
    buffer_add_text(&zones, "END:VTIMEZONE\n");
    int64_t begun = time_monotonic();
    const struct calendar_event *event =
        event_of(zones.bytes, "DTSTART;TZID=Custom:99990101T000000\r\nRRULE:FREQ=SECONDLY");
    assert_string_equal(tell(event->start), "9998-12-31T23:00:00Z");
    assert_string_equal(event->rule, "FREQ=SECONDLY");
    assert_true(time_monotonic() - begun < 2000);
    arena_destroy(&arena);
}
