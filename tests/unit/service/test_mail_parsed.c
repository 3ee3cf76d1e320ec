/*
 * test_mail_parsed.c - messages that come in parts: filed as if they had come whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "metadata/record.h"
#include "support/letters.h"

static struct office office;

static struct message_list list_of(void *item)
{
    void **items = arena_allocate_array(office.arena, 1, sizeof(*items));

    items[0] = item;
    return (struct message_list){.is_set = true, .count = 1, .items = items};
}

static struct parsed_address *address_of(const char *name, const char *address)
{
    struct parsed_address *parsed = arena_allocate(office.arena, sizeof(*parsed));

    *parsed = (struct parsed_address){.name = name, .address = address};
    return parsed;
}

/* The message of letters_write, in parts. */
static struct parsed_email order_from(const char *address, const char *id)
{
    return (struct parsed_email){
        .message_id = id,
        .sent_on = {.is_set = true, .value = 1704099600000}, /* 2024-01-01T09:00:00Z */
        .from = address_of("Ann", address),
        .to = list_of(address_of(NULL, "sales@svyaz.example")),
        .subject = "Order",
        .text = "Please send three.\n",
    };
}

static const struct delivered_email *try_to_deliver(struct parsed_email *parsed)
{
    const struct deliver_incoming_email_request request = {.parsed = parsed};
    const struct deliver_incoming_email_response *response =
        office_try(&office, "Mail", "DeliverIncomingEmail", &request);

    return response == NULL ? NULL : response->result;
}

static const struct delivered_email *deliver(struct parsed_email *parsed)
{
    const struct delivered_email *result = try_to_deliver(parsed);

    if (result == NULL) {
        fail_msg("%s", office.error.message);
    }
    return result;
}

static void assert_refused(struct parsed_email *parsed, enum error_code code)
{
    assert_null(try_to_deliver(parsed));
    assert_int_equal(office.error.code, code);
}

static void assert_text(const struct record *record, const char *field, const char *expected)
{
    assert_string_equal(office_text(&office, record, field), expected);
}

void test_mail_parsed__is_filed_as_if_it_had_come_whole(void **state)
{
    (void)state;
    office_open(&office);
    struct parsed_email order = order_from("ann@example.com", "<p1@Example.COM>");
    struct letter letter;
    const char bytes[] = "1;2\r\nбайты\n";
    struct parsed_attachment file = {.name = "../счёт.csv",
                                     .media_type = "text/csv",
                                     .content = letter_put(&letter, bytes, strlen(bytes))};
    order.attachments = list_of(&file);
    order.html = "<p>Please send <b>three</b>.</p>";
    const struct delivered_email *result = deliver(&order);
    assert_true(result->created.value);
    assert_int_equal(result->attachments.value, 1);
    assert_string_equal(result->message_kind, "Ordinary");
    const struct record *email =
        letters_retrieve(&office, "Email", &result->id.value, "subject", "description", "messageId",
                         "sender", "sentOn", "toRecipients", "original", NULL);
    assert_text(email, "subject", "Order");
    assert_text(email, "messageId", "p1@example.com");
    assert_text(email, "sender", "ann@example.com");
    assert_text(email, "sentOn", "2024-01-01T09:00:00Z");
    assert_text(email, "toRecipients", "sales@svyaz.example");
    assert_non_null(strstr(office_text(&office, email, "description"), "<b>three</b>"));
    assert_true(letters_value(email, "original")->file->size > 0);
    assert_int_equal(letters_count(&office, "Note"), 1);
    office_close(&office);
}

void test_mail_parsed__and_the_same_message_whole_are_one(void **state)
{
    (void)state;
    office_open(&office);
    struct parsed_email with_id = order_from("ann@example.com", "p1@example.com");
    struct parsed_email without = order_from("eve@example.com", NULL);
    const struct delivered_email *first = deliver(&with_id);
    const struct delivered_email *whole = letters_deliver(
        &office, letters_write(&office, "Ann <ann@example.com>", "p1@example.com", ""), NULL);
    assert_false(whole->created.value);
    assert_true(uuid_is_equal(&first->id.value, &whole->id.value));
    whole = letters_deliver(
        &office, letters_write(&office, "Eve <eve@example.com>", "e1@example.com", ""), NULL);
    assert_false(deliver(&without)->created.value);
    assert_int_equal(letters_count(&office, "Email"), 2);
    office_close(&office);
}

void test_mail_parsed__is_checked_before_it_is_filed(void **state)
{
    (void)state;
    office_open(&office);
    (void)letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com");
    struct parsed_email order = order_from("ann@example.com", "p1@example.com");
    const struct check_incoming_email_request request = {.parsed = &order};
    const struct check_incoming_email_response *response =
        office_run(&office, "Mail", "CheckIncomingEmail", &request);
    assert_true(response->result->deliverable.value);
    assert_string_equal(response->result->reason, "SenderMatch");
    assert_int_equal(letters_count(&office, "Email"), 0);
    office_close(&office);
}

void test_mail_parsed__answers_what_it_says(void **state)
{
    (void)state;
    office_open(&office);
    const struct uuid contact =
        letters_add(&office, "Contact", "lastName", "Bob", "bob@example.com");
    const struct delivered_email *question = letters_deliver(
        &office, letters_write(&office, "bob@example.com", "q1@example.com", ""), NULL);
    struct record *change = office_record(&office, "Email", "subject", "Question");
    *record_value(change, change->entity->id) =
        (struct value){.state = VALUE_SET, .uuid = question->id.value};
    letters_refer(&office, change, "regarding", "Contact", &contact);
    const struct update_entity_request update = {.record = change};
    (void)office_run(&office, "Email", "UpdateEmail", &update);
    struct parsed_email answer = order_from("sales@svyaz.example", "a1@svyaz.example");
    answer.references = list_of((void *)(uintptr_t) "<q1@example.com>");
    answer.automatic = (struct message_boolean){.is_set = true, .value = true};
    const struct delivered_email *result = deliver(&answer);
    assert_string_equal(result->reason, "CorrelationMatch");
    assert_string_equal(result->message_kind, "Automatic");
    assert_true(uuid_is_equal(&result->regarding->id, &contact));
    office_close(&office);
}

/* What stands in a part stays there. */
void test_mail_parsed__texts_become_no_header(void **state)
{
    (void)state;
    office_open(&office);
    struct parsed_email order = order_from("ann@example.com", "p1@x\r\nBcc: eve@example.com");
    order.subject = "Order\r\nBcc: eve@example.com\r\n\r\nbody";
    order.from->name = "Ann\nReply-To: eve@example.com";
    order.in_reply_to = "a@x>\r\nX-Evil: <1@x";
    const struct delivered_email *result = deliver(&order);
    const struct record *email = letters_retrieve(&office, "Email", &result->id.value, "subject",
                                                  "description", "bcc", NULL);
    assert_text(email, "subject", "Order  Bcc: eve@example.com    body");
    assert_text(email, "description", "Please send three.\n");
    assert_int_equal(letters_value(email, "bcc")->parties.count, 0);
    office_close(&office);
}

void test_mail_parsed__is_refused_where_it_can_be_no_message(void **state)
{
    (void)state;
    office_open(&office);
    struct parsed_email order = order_from("no address", "p1@x");
    struct letter letter;
    const struct deliver_incoming_email_request nothing = {.mailbox = "sales@svyaz.example"};
    const struct deliver_incoming_email_request both = {
        .message = letter_put(&letter, "A: b\n\n", 6), .parsed = &order};
    assert_refused(&order, ERROR_VALUE_INVALID);
    order = order_from("ann@example.com", "p1@x");
    order.references.count = 100000;
    assert_refused(&order, ERROR_LIMIT_EXCEEDED);
    assert_null(office_try(&office, "Mail", "DeliverIncomingEmail", &nothing));
    assert_int_equal(office.error.code, ERROR_PARAMETER_REQUIRED);
    assert_null(office_try(&office, "Mail", "DeliverIncomingEmail", &both));
    assert_int_equal(office.error.code, ERROR_PARAMETER_REQUIRED);
    assert_int_equal(letters_count(&office, "Email"), 0);
    office_close(&office);
}
