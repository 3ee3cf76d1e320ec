/*
 * test_outage.c - a database that fails at any statement is told as that, and as nothing else: not
 * as a record that is not there, a right that somebody lacks, a password that is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "change/number.h"
#include "generated/messages.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"
#include "support/letters.h"
#include "support/outage.h"

static struct office office;
static const struct who_am_i_request who_am_i;

/* Of one that is lost, or meets others, the operation begins anew: with nothing of the first time.
 */
static void begin_anew(const char *service, const char *name, const void *request)
{
    (void)outage_run(&office, "lost", service, name, request);
    (void)outage_run(&office, "met", service, name, request);
}

static void be(const char *name)
{
    office.credentials = (struct credentials){.basic_name = name, .basic_password = PASSWORD};
}

static struct record *contact_of(const struct uuid *owner)
{
    struct record *record = office_record(&office, "Contact", "lastName", "Smith");
    struct value *value = record_value(record, record->entity->owner);

    *value = (struct value){.state = VALUE_SET};
    value->reference.entity = catalog_find_entity(office.house.platform.catalog, "SystemUser");
    value->reference.id = *owner;
    return record;
}

void test_outage__of_a_record_with_another_owner(void **state)
{
    (void)state;
    office_open(&office);
    struct uuid olga = office_add_user(&office, "olga", "salesperson");
    const struct create_entity_request request = {.record = contact_of(&olga)};
    assert_int_equal(outage_run(&office, "late", "Contact", "CreateContact", &request), 0);
    begin_anew("Contact", "CreateContact", &request);
    office_close(&office);
}

void test_outage__of_rows(void **state)
{
    struct uuid olga;

    (void)state;
    office_open(&office);
    olga = office_add_user(&office, "olga", "salesperson");
    void *records[] = {contact_of(&olga), office_record(&office, "Contact", "firstName", "x"),
                       office_record(&office, "Contact", "lastName", "y")};
    const struct create_multiple_entity_request request = {
        .records = {.is_set = true, .count = 3, .items = records}};
    assert_int_equal(outage_run(&office, "late", "Contact", "CreateMultipleContact", &request), 0);
    begin_anew("Contact", "CreateMultipleContact", &request);
    office_close(&office);
}

/* Files that were stored for nothing are dropped afterwards, or swept later. */
void test_outage__of_a_message(void **state)
{
    struct letter letter;
    const char *text;

    (void)state;
    office_open(&office);
    (void)letters_add_user(&office, "olga", "olga@svyaz.example", "salesperson");
    (void)letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com");
    text = letters_write(&office, "ann@example.com", "a1@example.com", "");
    const struct deliver_incoming_email_request request = {
        .message = letter_put(&letter, text, strlen(text)), .mailbox = "olga@svyaz.example"};
    assert_true(outage_run(&office, "late", "Mail", "DeliverIncomingEmail", &request) > 0);
    begin_anew("Mail", "DeliverIncomingEmail", &request);
    const struct delivered_email *result = letters_deliver(&office, text, "olga@svyaz.example");
    assert_true(result->created.value);
    assert_string_equal(result->reason, "SenderMatch");
    office_close(&office);
}

/* What is filed leaves the queue of unsorted mail. */
void test_outage__of_an_email_that_becomes_a_lead(void **state)
{
    (void)state;
    office_open(&office);
    const char *text = letters_write(&office, "ann@example.com", "a1@example.com", "");
    const struct delivered_email *result = letters_deliver(&office, text, NULL);
    const struct convert_email_to_lead_request request = {.id = result->id};
    assert_int_equal(outage_run(&office, "late", "Mail", "ConvertEmailToLead", &request), 0);
    begin_anew("Mail", "ConvertEmailToLead", &request);
    office_close(&office);
}

void test_outage__of_what_somebody_may_read(void **state)
{
    const struct retrieve_multiple_entity_request request = {.query = NULL};

    (void)state;
    office_open(&office);
    (void)letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com");
    (void)office_add_user(&office, "olga", "salesperson");
    be("olga");
    assert_int_equal(outage_run(&office, "late", "Contact", "RetrieveMultipleContact", &request),
                     0);
    begin_anew("Contact", "RetrieveMultipleContact", &request);
    office_close(&office);
}

/* What was not read is neither left out nor gone by. */
void test_outage__of_changes(void **state)
{
    struct retrieve_changes_request request = {.token = NULL};
    struct error error = {0};
    int64_t count = 0;

    (void)state;
    office_open(&office);
    (void)office_add_user(&office, "olga", "salesperson");
    be("olga");
    const struct retrieve_changes_response *response =
        office_run(&office, "Changes", "RetrieveChanges", &request);
    request.token = response->page->next_token;
    (void)letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com");
    struct call *call = test_call_begin(&office.house);
    assert_true(change_number(call->connection, call->arena, &count, &error));
    test_call_end(&call);
    assert_int_equal(outage_run(&office, "late", "Changes", "RetrieveChanges", &request), 0);
    begin_anew("Changes", "RetrieveChanges", &request);
    response = office_run(&office, "Changes", "RetrieveChanges", &request);
    assert_true(response->page->changes.count > 0);
    office_close(&office);
}

void test_outage__of_a_history(void **state)
{
    (void)state;
    office_open(&office);
    struct reference contact = {
        .entity = catalog_find_entity(office.house.platform.catalog, "Contact"),
        .id = letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com")};
    letters_change(&office, "Contact", &contact.id, "lastName", "Anna");
    const struct retrieve_record_history_request request = {.record = &contact};
    assert_int_equal(outage_run(&office, "late", "Changes", "RetrieveRecordHistory", &request), 0);
    begin_anew("Changes", "RetrieveRecordHistory", &request);
    office_close(&office);
}

/* Nobody is accused of a wrong password, nor shut out for one. */
void test_outage__of_a_login(void **state)
{
    const struct login_request request = {.user_name = ADMINISTRATOR, .password = PASSWORD};

    (void)state;
    office_open(&office);
    (void)outage_run(&office, "late", "Session", "Login", &request);
    begin_anew("Session", "Login", &request);
    (void)office_run(&office, "Session", "Login", &request);
    office_close(&office);
}

/* The mark was taken by whom it was now found taken: by the call itself, before it was lost. */
void test_outage__after_a_nonce_was_taken(void **state)
{
    (void)state;
    office_open(&office);
    office.credentials = (struct credentials){.token_name = ADMINISTRATOR,
                                              .token_password = PASSWORD,
                                              .nonce = {.bytes = "abcdefgh", .length = 8},
                                              .fresh_until = INT64_C(4000000000000)};
    setenv("CRM_INTERRUPT", "mark:lost", 1);
    const void *response = office_try(&office, "Session", "WhoAmI", &who_am_i);
    unsetenv("CRM_INTERRUPT");
    office_expect(&office, response, ERROR_DATABASE_UNAVAILABLE);
    office_expect(&office, office_try(&office, "Session", "WhoAmI", &who_am_i),
                  ERROR_CREDENTIALS_INVALID);
    office.credentials.nonce.bytes = "ijklmnop";
    (void)office_run(&office, "Session", "WhoAmI", &who_am_i);
    office_close(&office);
}
