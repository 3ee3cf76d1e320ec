/*
 * test_mail_lead.c - an unsorted e-mail makes a lead with a contact.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "support/letters.h"

static struct office office;

static struct uuid deliver(const char *from)
{
    static int number;
    const char *id = arena_format(office.arena, "l%d@x.org", ++number);

    return letters_deliver(&office, letters_write(&office, from, id, ""), NULL)->id.value;
}

static const struct converted_email *convert(const struct convert_email_to_lead_request *request)
{
    const struct convert_email_to_lead_response *response =
        office_run(&office, "Mail", "ConvertEmailToLead", request);
    return response->result;
}

static struct convert_email_to_lead_request ask_for(const struct uuid *email)
{
    return (struct convert_email_to_lead_request){.id = {.is_set = true, .value = *email}};
}

static void expect_names(const char *from, const char *first, const char *last)
{
    const struct uuid email = deliver(from);
    const struct convert_email_to_lead_request request = ask_for(&email);
    const struct converted_email *result = convert(&request);
    const struct record *contact =
        letters_retrieve(&office, "Contact", &result->contact->id, "firstName", "lastName", NULL);
    const char *found = office_text(&office, contact, "firstName");

    assert_string_equal(found == NULL ? "" : found, first);
    assert_string_equal(office_text(&office, contact, "lastName"), last);
}

void test_mail_lead__is_made_with_a_contact(void **state)
{
    (void)state;
    office_open(&office);
    const struct uuid email = deliver("Ann Smith <Ann@Example.com>");
    assert_int_equal(letters_lying(&office, "Unsorted mail", &email), 1);
    const struct convert_email_to_lead_request request = ask_for(&email);
    const struct converted_email *result = convert(&request);
    const struct record *lead = letters_retrieve(&office, "Lead", &result->lead->id, "subject",
                                                 "lastName", "emailAddress1", "contact", NULL);
    const struct record *filed =
        letters_retrieve(&office, "Email", &email, "regarding", "from", "version", NULL);
    const struct party *from = letters_value(filed, "from")->parties.items;
    assert_string_equal(office_text(&office, lead, "subject"), "Order");
    assert_string_equal(office_text(&office, lead, "lastName"), "Smith");
    assert_string_equal(office_text(&office, lead, "emailAddress1"), "Ann@Example.com");
    assert_true(uuid_is_equal(&letters_value(lead, "contact")->reference.id, &result->contact->id));
    assert_true(uuid_is_equal(&letters_value(filed, "regarding")->reference.id, &result->lead->id));
    assert_true(uuid_is_equal(&from->reference.id, &result->contact->id));
    assert_string_equal(from->address, "Ann@Example.com");
    assert_int_equal(result->version.value, letters_value(filed, "version")->integer);
    assert_int_equal(letters_lying(&office, "Unsorted mail", &email), 0);
    /* Once; and from then on he is known. */
    office_expect(&office, office_try(&office, "Mail", "ConvertEmailToLead", &request),
                  ERROR_RULE_BROKEN);
    assert_int_equal(letters_count(&office, "Lead"), 1);
    const struct incoming_email_check *next =
        letters_check(&office, letters_write(&office, "ann@example.com", "next@x", ""), NULL);
    const struct mail_candidate *sender = next->candidates.items[0];
    assert_true(uuid_is_equal(&sender->record->id, &result->contact->id));
    office_close(&office);
}

void test_mail_lead__has_the_name_that_the_sender_wrote(void **state)
{
    (void)state;
    office_open(&office);
    expect_names("Ann Mary Smith <a1@x.org>", "Ann Mary", "Smith");
    expect_names("\"Smith, Ann\" <a2@x.org>", "Ann", "Smith");
    expect_names("=?utf-8?b?0JDQvdC90LAg0KHQuNC00L7RgNC+0LLQsA==?= <a3@x.org>", "Анна", "Сидорова");
    expect_names("Firm <a4@x.org>", "", "Firm");
    expect_names("a5@x.org", "", "a5");
    office_close(&office);
}

void test_mail_lead__is_as_it_was_asked_for(void **state)
{
    (void)state;
    office_open(&office);
    const struct uuid email = deliver("ann@example.com");
    struct convert_email_to_lead_request request = ask_for(&email);
    request.topic = "Three machines";
    request.company_name = "Firm";
    request.last_name = "Smith";
    request.with_contact = (struct message_boolean){.is_set = true, .value = false};
    const struct converted_email *result = convert(&request);
    const struct record *lead = letters_retrieve(&office, "Lead", &result->lead->id, "subject",
                                                 "companyName", "firstName", "lastName", NULL);
    const struct record *filed = letters_retrieve(&office, "Email", &email, "from", NULL);
    assert_null(result->contact);
    assert_int_equal(letters_count(&office, "Contact"), 0);
    assert_string_equal(office_text(&office, lead, "subject"), "Three machines");
    assert_string_equal(office_text(&office, lead, "companyName"), "Firm");
    assert_string_equal(office_text(&office, lead, "lastName"), "Smith");
    assert_null(office_text(&office, lead, "firstName"));
    assert_true(uuid_is_equal(&letters_value(filed, "from")->parties.items[0].reference.id,
                              &result->lead->id));
    office_close(&office);
}

/* Who is a contact already gets no double. */
void test_mail_lead__keeps_the_contact_that_there_is(void **state)
{
    (void)state;
    office_open(&office);
    const struct uuid ann = letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com");
    const struct uuid email = deliver("ann@example.com");
    struct convert_email_to_lead_request request = ask_for(&email);
    const struct converted_email *result = convert(&request);
    assert_true(uuid_is_equal(&result->contact->id, &ann));
    assert_int_equal(letters_count(&office, "Contact"), 1);
    (void)letters_add(&office, "Lead", "lastName", "Bob", "bob@example.com");
    const struct uuid of_lead = deliver("bob@example.com");
    request = ask_for(&of_lead);
    office_expect(&office, office_try(&office, "Mail", "ConvertEmailToLead", &request),
                  ERROR_RULE_BROKEN);
    const struct uuid draft =
        letters_create(&office, office_record(&office, "Email", "subject", "Draft"));
    request = ask_for(&draft);
    office_expect(&office, office_try(&office, "Mail", "ConvertEmailToLead", &request),
                  ERROR_RULE_BROKEN);
    office_close(&office);
}

void test_mail_lead__needs_the_rights_of_what_is_made(void **state)
{
    (void)state;
    office_open(&office);
    const struct uuid email = deliver("ann@example.com");
    struct convert_email_to_lead_request request = ask_for(&email);
    (void)office_add_user(&office, "auditor", "read-only-auditor");
    (void)office_add_user(&office, "olga", "service-representative");
    office.credentials.basic_name = "auditor";
    office_expect(&office, office_try(&office, "Mail", "ConvertEmailToLead", &request),
                  ERROR_NOT_ALLOWED);
    office.credentials.basic_name = "olga";
    assert_null(office_try(&office, "Mail", "ConvertEmailToLead", &request));
    office.credentials.basic_name = ADMINISTRATOR;
    assert_int_equal(letters_count(&office, "Lead"), 0);
    assert_int_equal(letters_count(&office, "Contact"), 0);
    memset(&request.id.value, 7, sizeof(request.id.value));
    office_expect(&office, office_try(&office, "Mail", "ConvertEmailToLead", &request),
                  ERROR_RECORD_NOT_FOUND);
    office_close(&office);
}
