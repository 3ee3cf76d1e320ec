/*
 * test_mail_calendar.c - invitations, changes, cancellations and answers that come by mail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"
#include "support/letters.h"

enum { FILE_MOST = 1024 * 1024 };

#define BOX "sales@svyaz.example"
#define EXCHANGE_UID                                                                               \
    "040000008200E00074C5B7101A82E00800000000B05A3A2D8E5EDD01000000000000000010000000A1B2C3D4E5F6" \
    "0718293A4B5C6D7E8F90"

static struct office office;
static int letter_number;

/* Mail comes by its connector, who is no administrator. */
static void begin(void)
{
    office_open(&office);
    (void)office_add_user(&office, "postman", "mail-connector");
    letter_number = 0;
}

static const struct delivered_email *deliver(const char *text)
{
    office.credentials.basic_name = "postman";
    const struct delivered_email *result = letters_deliver(&office, text, BOX);
    office.credentials.basic_name = ADMINISTRATOR;
    return result;
}

static struct uuid deliver_file(const char *name)
{
    char *bytes = NULL;
    size_t length = 0;
    struct error error = {0};

    assert_true(file_read(office.arena, arena_format(office.arena, "tests/data/mail/%s.eml", name),
                          FILE_MOST, &bytes, &length, &error));
    return deliver(bytes)->id.value;
}

/* A message whose only part is a calendar of one event. */
static const char *write_letter(const char *from, const char *method, const char *lines)
{
    letter_number++;
    return arena_format(
        office.arena,
        "From: %s\nTo: " BOX "\nDate: Tue, 24 Nov 2026 12:00:00 +0300\nMessage-ID: <c%d@x>\n"
        "Subject: Meeting %d\nMIME-Version: 1.0\nContent-Type: text/calendar; charset=utf-8\n\n"
        "BEGIN:VCALENDAR\nMETHOD:%s\nBEGIN:VEVENT\n%s\nEND:VEVENT\nEND:VCALENDAR\n",
        from, letter_number, letter_number, method, lines);
}

static struct uuid say(const char *from, const char *method, const char *lines)
{
    return deliver(write_letter(from, method, lines))->id.value;
}

/* The lines of an event that Ann organizes for the sales and Bob; sequence, time and the rest. */
static const char *event(int sequence, const char *start, const char *more)
{
    return arena_format(office.arena,
                        "UID:1@x\nSEQUENCE:%d\nDTSTAMP:20261124T080000Z\nDTSTART:%s\n"
                        "ORGANIZER:mailto:ann@x.org\nATTENDEE:mailto:" BOX
                        "\nATTENDEE:mailto:bob@x.org%s",
                        sequence, start, more);
}

/* ---- what became of it ---- */

static const struct entity_page *list(const char *entity, const char *field, const char *value, ...)
{
    struct condition_request condition = {.field = field, .operator= "eq" };
    void *values[] = {(void *)value}, *conditions[] = {&condition};
    struct filter_request filter = {
        .conditions = {.is_set = true, .count = 1, .items = conditions}};
    struct array names;
    const char *name = NULL;
    va_list names_left;

    condition.values = (struct message_list){.is_set = true, .count = 1, .items = values};
    array_init(&names, office.arena);
    va_start(names_left, value);
    while ((name = va_arg(names_left, const char *)) != NULL) {
        array_add(&names, name);
    }
    va_end(names_left);
    struct query_request query = {
        .columns = {.is_set = true, .count = names.count, .items = names.items}, .filter = &filter};
    const struct retrieve_multiple_entity_request request = {.query = &query};
    const struct retrieve_multiple_entity_response *response = office_run(
        &office, entity, arena_format(office.arena, "RetrieveMultiple%s", entity), &request);
    return response->page;
}

/* The appointment of a UID; NULL: none. */
static const struct record *find(const char *uid)
{
    const struct entity_page *page =
        list("Appointment", "globalObjectId", uid, "subject", "location", "description",
             "scheduledStart", "scheduledEnd", "isAllDayEvent", "organizer", "requiredAttendees",
             "optionalAttendees", "state", "statusReason", "recurrenceRule", "originalStart",
             "series", "invitation", "regarding", "owner", "calendarSequence", NULL);
    assert_true(page->records.count <= 1);
    return page->records.count == 0 ? NULL : page->records.items[0];
}

static void expect_text(const char *uid, const char *field, const char *text)
{
    const struct record *record = find(uid);
    assert_non_null(record);
    const char *found = office_text(&office, record, field);
    if (text == NULL || found == NULL) {
        assert_null(text);
        assert_null(found);
        return;
    }
    assert_string_equal(found, text);
}

static size_t count_people(const char *uid, const char *field)
{
    return letters_value(find(uid), field)->parties.count;
}

/* "Accepted" and the like; NULL: no response from the address. */
static const char *response_of(const char *address)
{
    const struct entity_page *page =
        list("AppointmentReply", "address", address, "response", "comment", "repliedOn", NULL);
    assert_true(page->records.count <= 1);
    return page->records.count == 0 ? NULL
                                    : office_text(&office, page->records.items[0], "response");
}

/* ---- invited ---- */

void test_mail_calendar__an_invitation_becomes_an_appointment(void **state)
{
    (void)state;
    begin();
    const struct uuid mary =
        letters_add(&office, "Contact", "lastName", "Иванова", "ivanova@postavka.example");
    const struct uuid oleg =
        letters_add(&office, "Lead", "lastName", "Петров", "petrov@postavka.example");
    const struct uuid email = deliver_file("exchange_1_invitation");
    const struct record *made = find(EXCHANGE_UID);
    assert_non_null(made);
    assert_string_equal(office_text(&office, made, "subject"), "График поставок");
    assert_string_equal(office_text(&office, made, "location"), "Переговорная 3");
    assert_string_equal(office_text(&office, made, "description"),
                        "Обсудим график поставок на 2027 год.\nПовестка: цены, сроки; склад.\n");
    assert_string_equal(office_text(&office, made, "scheduledStart"), "2026-12-01T08:00:00Z");
    assert_string_equal(office_text(&office, made, "scheduledEnd"), "2026-12-01T09:00:00Z");
    assert_string_equal(office_text(&office, made, "isAllDayEvent"), "false");
    assert_string_equal(office_text(&office, made, "statusReason"), "Tentative");
    const struct value *organizer = letters_value(made, "organizer");
    const struct value *required = letters_value(made, "requiredAttendees");
    const struct value *optional = letters_value(made, "optionalAttendees");
    assert_int_equal(organizer->parties.count, 1);
    assert_true(uuid_is_equal(&organizer->parties.items[0].reference.id, &mary));
    assert_int_equal(required->parties.count, 1);
    assert_string_equal(required->parties.items[0].address, BOX);
    assert_int_equal(optional->parties.count, 2);
    assert_true(uuid_is_equal(&optional->parties.items[0].reference.id, &oleg));
    assert_string_equal(optional->parties.items[1].address, "room3@postavka.example");
    assert_true(uuid_is_equal(&letters_value(made, "invitation")->reference.id, &email));
    office_close(&office);
}

void test_mail_calendar__it_is_about_what_its_email_is_about_and_of_the_same_user(void **state)
{
    (void)state;
    begin();
    const struct uuid olga = office_add_user(&office, "olga", "salesperson");
    struct record *user = office_record(&office, "SystemUser", "internalEmailAddress", BOX);
    *record_value(user, user->entity->id) = (struct value){.state = VALUE_SET, .uuid = olga};
    const struct update_entity_request change = {.record = user};
    (void)office_run(&office, "SystemUser", "UpdateSystemUser", &change);
    const struct uuid account = letters_add(&office, "Account", "name", "Firm", "firm@x.org");
    struct record *offer = office_record(&office, "Email", "subject", "Offer");
    office_set(&office, offer, "messageId", "offer@svyaz");
    *record_value(offer, entity_find_field(offer->entity, "regarding")) = (struct value){
        .state = VALUE_SET,
        .reference = {.entity = catalog_find_entity(office.house.platform.catalog, "Account"),
                      .id = account}};
    (void)letters_create(&office, offer);
    (void)deliver(
        arena_format(office.arena, "In-Reply-To: <offer@svyaz>\n%s",
                     write_letter("ann@x.org", "REQUEST", event(0, "20261201T090000Z", ""))));
    const struct record *made = find("1@x");
    assert_true(uuid_is_equal(&letters_value(made, "regarding")->reference.id, &account));
    assert_true(uuid_is_equal(&letters_value(made, "owner")->reference.id, &olga));
    office_close(&office);
}

/* Google sends the calendar twice, and each guest a message of his own. */
void test_mail_calendar__one_event_is_one_appointment_however_it_comes(void **state)
{
    static const char uid[] = "4h1k2l3m4n5o6p7q8r9s0t@google.com";

    (void)state;
    begin();
    (void)deliver_file("google_invitation");
    expect_text(uid, "subject", "Demo, part 1");
    expect_text(uid, "scheduledStart", "2026-12-03T14:00:00Z");
    expect_text(uid, "location", NULL);
    (void)say("ann@x.org", "REQUEST", event(0, "20261201T090000Z", ""));
    (void)say("ann@x.org", "REQUEST", event(0, "20261201T090000Z", ""));
    office.credentials.basic_name = "postman";
    (void)letters_deliver(&office,
                          write_letter("ann@x.org", "REQUEST", event(0, "20261201T090000Z", "")),
                          "second@svyaz.example");
    office.credentials.basic_name = ADMINISTRATOR;
    assert_int_equal(letters_count(&office, "Appointment"), 2);
    office_close(&office);
}

void test_mail_calendar__days_are_not_shifted(void **state)
{
    static const char uid[] =
        "040000008200E00074C5B7101A82E008000000001F2E3D4C5B6A7988000000000000000010000000FFEEDDCC"
        "BBAA99887766554433221100";

    (void)state;
    begin();
    (void)deliver_file("outlook_all_day");
    expect_text(uid, "subject", "Инвентаризация");
    expect_text(uid, "isAllDayEvent", "true");
    expect_text(uid, "scheduledStart", "2026-12-09T00:00:00Z");
    expect_text(uid, "scheduledEnd", "2026-12-11T00:00:00Z");
    assert_int_equal(count_people(uid, "organizer"), 2); /* and who wrote for him */
    office_close(&office);
}

void test_mail_calendar__a_series_and_its_occurrences(void **state)
{
    static const char uid[] = "5d0f1c3e-8a77-4b0e-9d35-6c1f2a7b9e02";
    static const char moved[] = "5d0f1c3e-8a77-4b0e-9d35-6c1f2a7b9e02/2026-12-09T08:00:00Z";
    static const char lines[] = "UID:5d0f1c3e-8a77-4b0e-9d35-6c1f2a7b9e02\nSEQUENCE:%d\n"
                                "DTSTAMP:20261125T080000Z\n%s"
                                "ORGANIZER:mailto:karl.weiss@lieferant.example\n"
                                "ATTENDEE:mailto:" BOX;

    (void)state;
    begin();
    (void)deliver_file("thunderbird_series");
    expect_text(uid, "scheduledStart", "2026-12-02T08:00:00Z");
    expect_text(uid, "scheduledEnd", "2026-12-02T08:45:00Z");
    expect_text(uid, "recurrenceRule", "FREQ=WEEKLY;UNTIL=20270331T070000Z;BYDAY=WE");
    const char *occurrence = arena_format(office.arena, lines, 2,
                                          "RECURRENCE-ID;TZID=Europe/Berlin:20261209T090000\n"
                                          "DTSTART;TZID=Europe/Berlin:20261210T100000\n");
    (void)say("mallory@x.org", "REQUEST", occurrence);
    assert_null(find(moved));
    (void)say("karl.weiss@lieferant.example", "REQUEST", occurrence);
    expect_text(moved, "scheduledStart", "2026-12-10T09:00:00Z");
    expect_text(moved, "originalStart", "2026-12-09T08:00:00Z");
    expect_text(uid, "scheduledStart", "2026-12-02T08:00:00Z");
    const struct record *series = find(uid);
    assert_true(uuid_is_equal(&letters_value(find(moved), "series")->reference.id,
                              &record_value(series, series->entity->id)->uuid));
    (void)say("karl.weiss@lieferant.example", "CANCEL",
              arena_format(office.arena, lines, 3, "STATUS:CANCELLED\n"));
    expect_text(uid, "state", "Canceled");
    expect_text(moved, "state", "Canceled");
    office_close(&office);
}

void test_mail_calendar__an_occurrence_has_the_organizer_of_its_series(void **state)
{
    static const char occurrence[] =
        "UID:1@x\nRECURRENCE-ID:20261208T090000Z\nSEQUENCE:1\nDTSTAMP:20261125T080000Z\n"
        "DTSTART:20261209T090000Z\nATTENDEE:mailto:" BOX;
    static const char moved[] = "1@x/2026-12-08T09:00:00Z";

    (void)state;
    begin();
    (void)say("ann@x.org", "REQUEST", event(0, "20261201T090000Z", "\nRRULE:FREQ=WEEKLY"));
    (void)say("mallory@x.org", "REQUEST", occurrence);
    assert_null(find(moved));
    (void)say("ann@x.org", "REQUEST", occurrence);
    expect_text(moved, "scheduledStart", "2026-12-09T09:00:00Z");
    assert_int_equal(count_people(moved, "organizer"), 1);
    (void)say("ann@x.org", "CANCEL", occurrence);
    expect_text(moved, "state", "Canceled");
    office_close(&office);
}

/* ---- changed ---- */

void test_mail_calendar__changes_follow_in_their_order_until_it_is_canceled(void **state)
{
    (void)state;
    begin();
    (void)deliver_file("exchange_1_invitation");
    const struct uuid update = deliver_file("exchange_2_update");
    expect_text(EXCHANGE_UID, "scheduledStart", "2026-12-02T11:30:00Z");
    expect_text(EXCHANGE_UID, "location", "Переговорная 5, 2 этаж");
    expect_text(EXCHANGE_UID, "calendarSequence", "1");
    assert_true(
        uuid_is_equal(&letters_value(find(EXCHANGE_UID), "invitation")->reference.id, &update));
    (void)deliver_file("exchange_3_cancellation");
    expect_text(EXCHANGE_UID, "state", "Canceled");
    expect_text(EXCHANGE_UID, "calendarSequence", "2");
    assert_int_equal(letters_count(&office, "Appointment"), 1);
    office_close(&office);
}

void test_mail_calendar__what_is_older_changes_nothing(void **state)
{
    (void)state;
    begin();
    (void)deliver_file("exchange_2_update");
    (void)deliver_file("exchange_1_invitation"); /* was under way for longer */
    expect_text(EXCHANGE_UID, "scheduledStart", "2026-12-02T11:30:00Z");
    (void)deliver_file("exchange_3_cancellation");
    (void)say("ivanova@postavka.example", "REQUEST",
              "UID:" EXCHANGE_UID "\nSEQUENCE:9\nDTSTAMP:20261201T080000Z\n"
              "DTSTART:20261224T080000Z\nORGANIZER:mailto:ivanova@postavka.example");
    expect_text(EXCHANGE_UID, "state", "Canceled"); /* which is the last state */
    expect_text(EXCHANGE_UID, "scheduledStart", "2026-12-02T11:30:00Z");
    office_close(&office);
}

static void set_state(const char *uid, const char *reason)
{
    const struct record *made = find(uid);
    struct record *change = office_record(&office, "Appointment", "statusReason", reason);
    const struct update_entity_request request = {.record = change};

    *record_value(change, change->entity->id) = *record_value(made, made->entity->id);
    (void)office_run(&office, "Appointment", "UpdateAppointment", &request);
}

/* What a user has agreed to holds for the time that he agreed to. */
void test_mail_calendar__nothing_is_accepted_for_a_user(void **state)
{
    (void)state;
    begin();
    (void)say("ann@x.org", "REQUEST", event(0, "20261201T090000Z", "\nSUMMARY:One"));
    expect_text("1@x", "state", "Open");
    set_state("1@x", "Busy");
    (void)say("ann@x.org", "REQUEST", event(1, "20261201T090000Z", "\nSUMMARY:Two"));
    expect_text("1@x", "subject", "Two");
    expect_text("1@x", "statusReason", "Busy");
    (void)say("ann@x.org", "REQUEST", event(2, "20261202T090000Z", ""));
    expect_text("1@x", "subject", "(no subject)");
    expect_text("1@x", "statusReason", "Tentative");
    set_state("1@x", "Completed");
    (void)say("ann@x.org", "REQUEST", event(3, "20261203T090000Z", ""));
    expect_text("1@x", "scheduledStart", "2026-12-02T09:00:00Z");
    office_close(&office);
}

/* Those named in a cancellation that does not name all are no longer invited. */
void test_mail_calendar__some_are_uninvited(void **state)
{
    (void)state;
    begin();
    (void)say("ann@x.org", "REQUEST", event(0, "20261201T090000Z", "\nATTENDEE:mailto:c@x.org"));
    (void)say("ann@x.org", "CANCEL",
              "UID:1@x\nSEQUENCE:0\nDTSTAMP:20261124T090000Z\nORGANIZER:mailto:ann@x.org\n"
              "ATTENDEE:mailto:bob@x.org");
    expect_text("1@x", "state", "Open");
    assert_int_equal(count_people("1@x", "requiredAttendees"), 2);
    (void)say("ann@x.org", "CANCEL", event(1, "20261201T090000Z", "\nATTENDEE:mailto:c@x.org"));
    expect_text("1@x", "state", "Canceled");
    office_close(&office);
}

/* The lines of an event for so many whom nobody knows. */
static const char *crowd(int sequence, int count)
{
    struct buffer lines;

    buffer_init(&lines, office.arena, 4096);
    buffer_add_text(&lines, event(sequence, "20261201T090000Z", ""));
    for (int i = 0; i < count; i++) {
        buffer_add_format(&lines, "\nATTENDEE:mailto:guest%d@guests.example", i);
    }
    return lines.bytes;
}

/* Who is named is looked up, not compared with all: what it takes grows with their number alone. */
void test_mail_calendar__many_are_uninvited_at_so_much_for_each(void **state)
{
    enum { GUESTS = 800, FOR_EACH = 64 * 1024 };

    (void)state;
    begin();
    (void)say("ann@x.org", "REQUEST", crowd(0, GUESTS));
    size_t before = arena_size(office.arena);
    (void)say("ann@x.org", "CANCEL", crowd(1, GUESTS - 1));
    assert_true(arena_size(office.arena) - before < (size_t)GUESTS * FOR_EACH);
    assert_int_equal(count_people("1@x", "requiredAttendees"), 1);
    office_close(&office);
}

/* ---- forged ---- */

void test_mail_calendar__nobody_but_its_organizer_changes_it(void **state)
{
    static const char taken[] = "UID:1@x\nSEQUENCE:7\nDTSTAMP:20261130T080000Z\n"
                                "DTSTART:20300101T000000Z\nORGANIZER:mailto:mallory@x.org";
    static const char *const senders[] = {"mallory@x.org",
                                          "bob@x.org",
                                          "mallory@x.org\nSender: ann@x.org",
                                          "mallory@x.org\nReply-To: ann@x.org",
                                          "mallory@x.org, ann@x.org",
                                          "\"ann@x.org\" <mallory@x.org>"};
    const char *by_other = NULL;

    (void)state;
    begin();
    (void)say("ann@x.org", "REQUEST", event(0, "20261201T090000Z", ""));
    by_other = arena_format(office.arena, "%s", event(8, "20300101T000000Z", ""));
    for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
        (void)say(senders[i], "REQUEST", by_other);
        (void)say(senders[i], "CANCEL", by_other);
        (void)say(senders[i], "REQUEST", taken);
        (void)say(senders[i], "CANCEL", taken);
    }
    (void)say("mallory@x.org", "REQUEST",
              "UID:1@x\nSEQUENCE:9\nDTSTART:20300101T000000Z\n"
              "ORGANIZER;SENT-BY=\"mailto:mallory@x.org\":mailto:ann@x.org");
    expect_text("1@x", "scheduledStart", "2026-12-01T09:00:00Z");
    expect_text("1@x", "state", "Open");
    assert_int_equal(count_people("1@x", "organizer"), 1);
    assert_int_equal(letters_count(&office, "Email"), 26); /* each is filed all the same */
    /* Nor does he make one in another's name. */
    (void)say("mallory@x.org", "REQUEST", "UID:2@x\nORGANIZER:mailto:ann@x.org");
    (void)say("mallory@x.org", "REQUEST", "UID:2@x\nDTSTART:20300101T000000Z");
    assert_null(find("2@x"));
    office_close(&office);
}

void test_mail_calendar__who_wrote_for_the_organizer_may_do_so_again(void **state)
{
    static const char by_boss[] = "ORGANIZER;SENT-BY=\"mailto:clerk@x.org\":mailto:boss@x.org";
    const char *lines = "UID:1@x\nSEQUENCE:%d\nDTSTART:20261201T090000Z\nSUMMARY:%s\n%s";

    (void)state;
    begin();
    (void)say("clerk@x.org", "REQUEST", arena_format(office.arena, lines, 0, "One", by_boss));
    (void)say("clerk@x.org", "REQUEST", arena_format(office.arena, lines, 1, "Two", by_boss));
    expect_text("1@x", "subject", "Two");
    (void)say("boss@x.org\nSender: clerk@x.org", "REQUEST",
              arena_format(office.arena, lines, 2, "Three", "ORGANIZER:mailto:boss@x.org"));
    expect_text("1@x", "subject", "Three");
    office_close(&office);
}

/* ---- answered ---- */

static void invite(void)
{
    static const char *const names[] = {"requiredAttendees", "optionalAttendees"};
    static const struct party people[] = {{.address = "Ann.Miller@partner.example"},
                                          {.address = "karl.weiss@lieferant.example"}};
    struct record *meeting = office_record(&office, "Appointment", "subject", "Контракт");

    office_set(&office, meeting, "globalObjectId", "b7c1a0de-3f6b-4d1e-9a55-2f0c8f6f4e11");
    for (size_t i = 0; i < 2; i++) {
        struct value *value = record_value(meeting, entity_find_field(meeting->entity, names[i]));
        value->state = VALUE_SET;
        value->parties.items = &people[i];
        value->parties.count = 1;
    }
    (void)letters_create(&office, meeting);
}

void test_mail_calendar__answers_are_noted(void **state)
{
    static const char again[] = "UID:b7c1a0de-3f6b-4d1e-9a55-2f0c8f6f4e11\nDTSTAMP:%s\n"
                                "ATTENDEE;PARTSTAT=%s:mailto:ann.miller@partner.example";

    (void)state;
    begin();
    invite();
    (void)deliver_file("google_reply");
    (void)deliver_file("thunderbird_reply");
    assert_string_equal(response_of("ann.miller@partner.example"), "Accepted");
    assert_string_equal(response_of("karl.weiss@lieferant.example"), "Declined");
    const struct entity_page *page =
        list("AppointmentReply", "response", "Declined", "comment", "repliedOn", NULL);
    assert_string_equal(office_text(&office, page->records.items[0], "comment"),
                        "Ich bin im Urlaub, leider.");
    assert_string_equal(office_text(&office, page->records.items[0], "repliedOn"),
                        "2026-11-25T16:00:00Z");
    (void)say("ann.miller@partner.example", "REPLY",
              arena_format(office.arena, again, "20261126T080000Z", "TENTATIVE"));
    assert_string_equal(response_of("ann.miller@partner.example"), "Tentative");
    (void)say("ann.miller@partner.example", "REPLY", /* was under way for longer */
              arena_format(office.arena, again, "20261125T080000Z", "DECLINED"));
    assert_string_equal(response_of("ann.miller@partner.example"), "Tentative");
    assert_int_equal(letters_count(&office, "AppointmentReply"), 2);
    office_close(&office);
}

void test_mail_calendar__nobody_answers_for_another(void **state)
{
    static const char answer[] = "UID:b7c1a0de-3f6b-4d1e-9a55-2f0c8f6f4e11\n"
                                 "ATTENDEE;PARTSTAT=DECLINED:mailto:ann.miller@partner.example";

    (void)state;
    begin();
    invite();
    (void)say("mallory@x.org", "REPLY", answer);
    (void)say("karl.weiss@lieferant.example", "REPLY", answer);
    (void)say("ann.miller@partner.example", "REPLY",
              arena_format(office.arena, "%s\nATTENDEE;PARTSTAT=DECLINED:mailto:x@x.org", answer));
    (void)say("mallory@x.org", "REPLY",
              "UID:b7c1a0de-3f6b-4d1e-9a55-2f0c8f6f4e11\n"
              "ATTENDEE;PARTSTAT=ACCEPTED:mailto:mallory@x.org"); /* is not invited */
    (void)say("ann.miller@partner.example", "REPLY",
              "UID:other\nATTENDEE;PARTSTAT=DECLINED:mailto:ann.miller@partner.example");
    assert_int_equal(letters_count(&office, "AppointmentReply"), 0);
    office_close(&office);
}

/* ---- the message comes first ---- */

void test_mail_calendar__what_cannot_be_followed_is_filed(void **state)
{
    const char *huge = NULL;

    (void)state;
    begin();
    (void)say("ann@x.org", "REQUEST", event(0, "20261201T090000Z", ""));
    (void)say("ann@x.org", "PUBLISH", event(3, "20270101T090000Z", ""));
    (void)say("ann@x.org", "REQUEST", "SUMMARY:no UID");
    (void)say("ann@x.org", "REQUEST",
              "UID:3@x\nDTSTART:17000101T000000Z\nDTEND:x\n"
              "ORGANIZER:mailto:ann@x.org");
    expect_text("3@x", "scheduledStart", NULL);
    office.house.settings.mail.calendar = 1024;
    huge = arena_format(office.arena, "\nDESCRIPTION:%0*d", 2000, 1);
    (void)say("ann@x.org", "REQUEST", event(1, "20270101T090000Z", huge));
    expect_text("1@x", "calendarSequence", "0");
    assert_int_equal(letters_count(&office, "Email"), 5);
    assert_int_equal(letters_count(&office, "Appointment"), 2);
    office_close(&office);
}

/* A role that lets one file mail and make appointments, but tie none to anything. */
static void add_postman_who_may_not_append(void)
{
    static const struct {
        const char *entity, *rights[5];
    } may[] = {{"Email", {"create", "read", "write", "append", "appendTo"}},
               {"Note", {"create", "read", "write", "append", "appendTo"}},
               {"Appointment", {"create", "read", "write"}}};
    const struct uuid role = letters_create(&office, office_record(&office, "Role", "name", "P"));
    const struct uuid user = office_add_user(&office, "second", "telephony-connector");
    struct array privileges;

    array_init(&privileges, office.arena);
    for (size_t i = 0; i < sizeof(may) / sizeof(may[0]); i++) {
        for (size_t j = 0; j < 5 && may[i].rights[j] != NULL; j++) {
            struct privilege *privilege = arena_allocate(office.arena, sizeof(*privilege));
            privilege->entity = may[i].entity;
            privilege->right = may[i].rights[j];
            privilege->depth = "organization";
            array_add(&privileges, privilege);
        }
    }
    const struct set_role_privileges_request set = {
        .role_id = {.is_set = true, .value = role},
        .privileges = {.is_set = true, .count = privileges.count, .items = privileges.items}};
    const struct add_user_role_request give = {.user_id = {.is_set = true, .value = user},
                                               .role_id = {.is_set = true, .value = role}};
    (void)office_run(&office, "Security", "SetRolePrivileges", &set);
    (void)office_run(&office, "Security", "AddUserRole", &give);
}

/* Nothing of the appointment is left. */
void test_mail_calendar__what_is_refused_leaves_the_message(void **state)
{
    (void)state;
    begin();
    add_postman_who_may_not_append();
    office.credentials.basic_name = "second";
    const char *letter = write_letter(
        "ann@x.org", "REQUEST", "UID:1@x\nORGANIZER:mailto:ann@x.org\nDTSTART:20261201T090000Z");
    assert_true(letters_deliver(&office, letter, BOX)->created.value);
    office.credentials.basic_name = ADMINISTRATOR;
    assert_int_equal(letters_count(&office, "Email"), 1);
    assert_int_equal(letters_count(&office, "Appointment"), 0);
    office_close(&office);
}
