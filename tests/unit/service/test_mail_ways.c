/*
 * test_mail_ways.c - by what a message finds what it is about: each way, and each turned off by the
 * organisation and by the mailbox.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "mail/incoming.h"
#include "mail/token.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "support/letters.h"

static struct office office;

/* An organisation with a customer, his case and opportunity, and a mailbox of everything. */
static struct place {
    struct uuid contact, incident, opportunity, mailbox;
    const char *ticket; /* number of the case */
} place;

static void open_place(void)
{
    office_open(&office);
    const struct uuid olga = letters_add_user(&office, "olga", "olga@svyaz.example", "salesperson");
    place.contact = letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com");
    struct record *incident = office_record(&office, "Case", "title", "Does not start");
    letters_refer(&office, incident, "customer", "Contact", &place.contact);
    place.incident = letters_create(&office, incident);
    struct record *opportunity = office_record(&office, "Opportunity", "name", "Machines");
    letters_refer(&office, opportunity, "customer", "Contact", &place.contact);
    place.opportunity = letters_create(&office, opportunity);
    place.mailbox = letters_add_mailbox(&office, "sales@svyaz.example", "SystemUser", &olga,
                                        "filingPolicy", "Everything");
    place.ticket = office_text(
        &office, letters_retrieve(&office, "Case", &place.incident, "ticketNumber", NULL),
        "ticketNumber");
}

static struct uuid add_email(const char *subject, const char *field, const char *text,
                             const struct uuid *opportunity)
{
    struct record *record = office_record(&office, "Email", "subject", subject);

    if (field != NULL) {
        office_set(&office, record, field, text);
    }
    letters_refer(&office, record, "regarding", "Opportunity", opportunity);
    return letters_create(&office, record);
}

static const char *token_of(const char *entity, const struct uuid *id)
{
    const struct reference record = {
        .entity = catalog_find_entity(office.house.platform.catalog, entity), .id = *id};
    const struct get_tracking_token_request request = {.record = (struct reference *)&record};
    const struct get_tracking_token_response *response =
        office_run(&office, "Mail", "GetTrackingToken", &request);
    return response->result->token;
}

/* A message with its own subject and recipients. */
static const char *write(const char *from, const char *to, const char *subject, const char *more)
{
    static int number;
    char *id = arena_format(office.arena, "w%d@example.com", ++number);

    return arena_format(office.arena,
                        "From: %s\nTo: %s\nDate: Mon, 1 Jan 2024 12:00:00 +0300\n"
                        "Message-ID: <%s>\nSubject: %s\n%s\nText of %s.\n",
                        from, to, id, subject, more, id);
}

static void expect_about(const char *letter, const struct uuid *about, const char *reason)
{
    const struct incoming_email_check *found =
        letters_check(&office, letter, "sales@svyaz.example");

    if (about == NULL) {
        assert_null(found->regarding);
        return;
    }
    assert_string_equal(found->reason, "CorrelationMatch");
    assert_non_null(found->regarding);
    assert_true(uuid_is_equal(&found->regarding->id, about));
    for (size_t i = 0; i < found->candidates.count; i++) {
        const struct mail_candidate *candidate = found->candidates.items[i];
        if (uuid_is_equal(&candidate->record->id, about)) {
            assert_string_equal(candidate->reason, reason);
            return;
        }
    }
    fail_msg("what it is about is no candidate");
}

/* Once as it is; once with the switch of the organisation off, once with that of the mailbox. */
static void expect_switched(const char *letter, bool *organization, const char *field,
                            const struct uuid *about, const char *reason)
{
    expect_about(letter, about, reason);
    *organization = false;
    expect_about(letter, NULL, NULL);
    *organization = true;
    letters_change(&office, "Mailbox", &place.mailbox, field, "false");
    expect_about(letter, NULL, NULL);
    letters_change(&office, "Mailbox", &place.mailbox, field, "true");
    expect_about(letter, about, reason);
}

/* ---- each way ---- */

void test_mail_ways__references(void **state)
{
    (void)state;
    open_place();
    (void)add_email("Offer", "messageId", "offer@svyaz", &place.opportunity);
    expect_switched(write("x@else.example", "sales@svyaz.example", "Re: Offer",
                          "References: <gone@svyaz> <offer@svyaz>\n"),
                    &office.house.settings.filing.match_references, "matchReferences",
                    &place.opportunity, "References");
    office_close(&office);
}

void test_mail_ways__a_token_in_the_subject(void **state)
{
    (void)state;
    open_place();
    const struct uuid email = add_email("Offer", NULL, NULL, &place.opportunity);
    const char *of_email = token_of("Email", &email);
    const char *of_case = token_of("Case", &place.incident);
    const char *const subjects[] = {
        arena_format(office.arena, "FW: AW: Offer [CRM:%s]", of_email),
        arena_format(office.arena, "Re: Offer (crm:%.10s\r\n %s)", of_email, of_email + 10)};
    for (size_t i = 0; i < 2; i++) {
        expect_switched(write("x@else.example", "sales@svyaz.example", subjects[i], ""),
                        &office.house.settings.filing.match_token, "matchToken", &place.opportunity,
                        "Token");
    }
    expect_about(
        write("x@else.example", "sales@svyaz.example",
              arena_format(office.arena, "=?utf-8?q?=D0=9E=D1=82=D0=B2?=: [CRM:%s]", of_case), ""),
        &place.incident, "Token");
    office_close(&office);
}

/* Who answers gets his answer under the same token; and so on, without the first e-mail. */
void test_mail_ways__a_conversation_keeps_its_token(void **state)
{
    (void)state;
    open_place();
    const struct uuid email = add_email("Offer", NULL, NULL, &place.opportunity);
    const char *token = token_of("Email", &email);
    const char *letter = write("x@else.example", "sales@svyaz.example",
                               arena_format(office.arena, "Offer [CRM:%s]", token), "");
    const struct delivered_email *first = letters_deliver(&office, letter, "sales@svyaz.example");
    const struct record *filed =
        letters_retrieve(&office, "Email", &first->id.value, "trackingToken", NULL);
    assert_string_equal(office_text(&office, filed, "trackingToken"), token);
    letters_change(&office, "Email", &email, "trackingToken", NULL);
    expect_about(write("y@else.example", "sales@svyaz.example",
                       arena_format(office.arena, "Offer [CRM:%s]", token), ""),
                 &place.opportunity, "Token");
    /* A copy of itself is no conversation. */
    letters_change(&office, "Email", &first->id.value, "regarding", NULL);
    assert_null(letters_check(&office, letter, "sales@svyaz.example")->regarding);
    office_close(&office);
}

void test_mail_ways__a_plus_address(void **state)
{
    (void)state;
    open_place();
    const char *token = token_of("Case", &place.incident);
    const char *to = arena_format(office.arena, "Sales+%s@svyaz.example", token);
    expect_switched(write("x@else.example", to, "Hello", ""),
                    &office.house.settings.filing.match_plus_address, "matchPlusAddress",
                    &place.incident, "PlusAddress");
    /* In Cc, and in the envelope alone. */
    expect_about(write("x@else.example", "sales@svyaz.example", "Hello",
                       arena_format(office.arena, "Cc: a@b.example, %s\n", to)),
                 &place.incident, "PlusAddress");
    struct letter letter;
    const char *text = write("x@else.example", "a@b.example", "Hello", "");
    const struct deliver_incoming_email_request request = {
        .message = letter_put(&letter, text, strlen(text)),
        .recipients = office_list(&office, to, NULL)};
    const struct deliver_incoming_email_response *response =
        office_run(&office, "Mail", "DeliverIncomingEmail", &request);
    assert_true(uuid_is_equal(&response->result->regarding->id, &place.incident));
    /* The mailbox that has the address without it is no blind copy. */
    const struct delivered_email *result =
        letters_deliver(&office, write("x@else.example", to, "Hello", ""), "sales@svyaz.example");
    const struct record *email =
        letters_retrieve(&office, "Email", &result->id.value, "to", "bcc", NULL);
    assert_int_equal(letters_value(email, "to")->parties.count, 1);
    assert_int_equal(letters_value(email, "bcc")->parties.count, 0);
    office_close(&office);
}

/* The number of a case is no secret: whose case it is may use it, nobody else. */
void test_mail_ways__a_number_is_for_those_of_the_record(void **state)
{
    (void)state;
    open_place();
    const char *to = arena_format(office.arena, "sales+%s@svyaz.example", place.ticket);
    const char *elsewhere = arena_format(office.arena, "sales+%s@else.example", place.ticket);
    expect_about(write("Ann <ANN@example.com>", to, "Hello", ""), &place.incident, "PlusAddress");
    expect_about(write("stranger@else.example", to, "Hello", ""), NULL, NULL);
    expect_about(write("ann@example.com", elsewhere, "Hello", ""), NULL, NULL);
    expect_about(write("ann@example.com", "sales+CAS-1999-1@svyaz.example", "Hello", ""), NULL,
                 NULL);
    /* In a subject a number never counts by itself. */
    expect_about(write("ann@example.com", "sales@svyaz.example",
                       arena_format(office.arena, "[CRM:%s]", place.ticket), ""),
                 NULL, NULL);
    office_close(&office);
}

void test_mail_ways__addresses(void **state)
{
    (void)state;
    open_place();
    const char *letter = write("ann@example.com", "sales@svyaz.example", "Hello", "");
    bool *organization = &office.house.settings.filing.match_addresses;
    assert_string_equal(letters_check(&office, letter, "sales@svyaz.example")->reason,
                        "SenderMatch");
    *organization = false;
    assert_string_equal(letters_check(&office, letter, "sales@svyaz.example")->reason, "AcceptAll");
    *organization = true;
    letters_change(&office, "Mailbox", &place.mailbox, "matchAddresses", "false");
    assert_string_equal(letters_check(&office, letter, "sales@svyaz.example")->reason, "AcceptAll");
    office_close(&office);
}

/* An address of the house is no customer's: by its domain, of a mailbox, of a user. */
void test_mail_ways__addresses_of_the_house_are_no_customers(void **state)
{
    static const char *const addresses[] = {"Boss@Firm.example", "olga@svyaz.example",
                                            "sales@svyaz.example", "sales+x@svyaz.example"};

    (void)state;
    open_place();
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        (void)letters_add(&office, "Contact", "lastName", "Double", addresses[i]);
    }
    office.house.settings.filing.domains = "other.example, firm.EXAMPLE";
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        const struct incoming_email_check *found = letters_check(
            &office, write(addresses[i], "ann@example.com", "Hello", ""), "sales@svyaz.example");
        for (size_t j = 0; j < found->candidates.count; j++) {
            const struct mail_candidate *candidate = found->candidates.items[j];
            assert_true(strcmp(candidate->reason, "Sender") != 0 ||
                        strcmp(candidate->record->entity->name, "SystemUser") == 0);
        }
    }
    office_close(&office);
}

/* ---- smart matching ---- */

static const struct delivered_email *file_machines(const char *from, const char *subject)
{
    const char *letter = write(from, "sales@svyaz.example", subject, "");
    const struct delivered_email *result = letters_deliver(&office, letter, "sales@svyaz.example");
    struct record *record = office_record(&office, "Email", "subject", subject);

    *record_value(record, record->entity->id) =
        (struct value){.state = VALUE_SET, .uuid = result->id.value};
    letters_refer(&office, record, "regarding", "Opportunity", &place.opportunity);
    const struct update_entity_request request = {.record = record};
    (void)office_run(&office, "Email", "UpdateEmail", &request);
    return result;
}

void test_mail_ways__topic_and_people_where_both_say_so(void **state)
{
    (void)state;
    open_place();
    (void)file_machines("x@else.example", "Five  MACHINES for you");
    const char *letter =
        write("x@else.example", "sales@svyaz.example", "RE[2]: FW: five machines for you", "");
    expect_about(letter, NULL, NULL);
    office.house.settings.filing.match_smartly = true;
    expect_about(letter, NULL, NULL);
    letters_change(&office, "Mailbox", &place.mailbox, "matchSmartly", "true");
    expect_switched(letter, &office.house.settings.filing.match_smartly, "matchSmartly",
                    &place.opportunity, "Topic");
    office_close(&office);
}

void test_mail_ways__topic_is_not_enough(void **state)
{
    (void)state;
    open_place();
    office.house.settings.filing.match_smartly = true;
    letters_change(&office, "Mailbox", &place.mailbox, "matchSmartly", "true");
    (void)file_machines("x@else.example", "Five machines");
    (void)file_machines("x@else.example", "Hello");
    const char *other = write("y@else.example", "sales@svyaz.example", "Five machines", "");
    const char *same = write("x@else.example", "sales@svyaz.example", "Re: Five machines", "");
    expect_about(other, NULL, NULL); /* one address in common */
    expect_about(same, &place.opportunity, "Topic");
    expect_about(write("x@else.example", "sales@svyaz.example", "Hello", ""), NULL, NULL);
    office.house.settings.filing.smart_people = 1;
    expect_about(other, &place.opportunity, "Topic");
    office.house.settings.filing.smart_words = 3;
    expect_about(same, NULL, NULL);
    office.house.settings.filing.smart_words = 2;
    office.house.settings.filing.smart_age = -1000;
    expect_about(same, NULL, NULL);
    office_close(&office);
}

void test_mail_ways__topics(void **state)
{
    static const struct {
        const char *subject, *topic;
    } topics[] = {
        {"Five machines", "five machines"},
        {"Re: Fwd: AW: WG: Five   Machines ", "five machines"},
        {"RE[2]: Re(3): re^4: RE5: Five machines", "five machines"},
        {"Отв: НА: Пересл: Ответ: Пять станков", "пять станков"},
        {"回复：五台机器", "五台机器"},
        {"Re : Five machines", "five machines"},
        {"Re: Five [CRM:ABC-123] machines [CRM: DEF-456]", "five machines"},
        {"Report: five", "report: five"},
        {"Re: ", ""},
        {"", ""},
    };

    (void)state;
    office_open(&office);
    struct call *call = test_call_begin(&office.house);
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        assert_string_equal(mail_topic_of(call, topics[i].subject), topics[i].topic);
    }
    test_call_end(&call);
    office_close(&office);
}

/* ---- which of several ---- */

/* The order of the ways decides; the others are told. */
void test_mail_ways__the_first_decides(void **state)
{
    static const char *const reasons[] = {"InReplyTo", "Token", "PlusAddress", "Sender"};

    (void)state;
    open_place();
    const struct uuid lead = letters_add(&office, "Lead", "lastName", "Bob", "bob@example.com");
    (void)add_email("Offer", "messageId", "offer@svyaz", &place.opportunity);
    const char *letter =
        write("ann@example.com",
              arena_format(office.arena, "sales+%s@svyaz.example", token_of("Lead", &lead)),
              arena_format(office.arena, "Re: [CRM:%s]", token_of("Case", &place.incident)),
              "In-Reply-To: <offer@svyaz>\n");
    const struct incoming_email_check *found =
        letters_check(&office, letter, "sales@svyaz.example");
    assert_true(uuid_is_equal(&found->regarding->id, &place.opportunity));
    assert_true(found->candidates.count >= 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(((struct mail_candidate *)found->candidates.items[i])->reason,
                            reasons[i]);
    }
    office.house.settings.filing.match_references = false;
    expect_about(letter, &place.incident, "Token");
    office.house.settings.filing.match_token = false;
    expect_about(letter, &lead, "PlusAddress");
    office_close(&office);
}
