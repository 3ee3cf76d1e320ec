/*
 * test_mail_bounce.c - messages of ours that come back: marked, and counted once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "generated/messages.h"
#include "metadata/record.h"
#include "support/mail_office.h"
#include "support/office.h"

static struct office office;
static struct uuid ann;

static void open(void)
{
    office_open(&office);
    (void)mail_add_user(&office, "olga", "salesperson", "olga@svyaz.example");
    (void)mail_add_user(&office, "postman", "mail-connector", "postman@svyaz.example");
    office.credentials.basic_name = "olga";
    ann = mail_add_contact(&office, "Ann", "ann@example.com", NULL, NULL);
}

static const char *send(struct record *draft, struct uuid *id_out)
{
    *id_out = mail_create(&office, draft);
    const struct send_email_request request = {.id = {.is_set = true, .value = *id_out}};
    const struct send_email_response *response = office_run(&office, "Mail", "SendEmail", &request);
    return response->result->message_id;
}

static void deliver_report(const char *report_id, const char *message_id)
{
    const char *text = arena_format(
        office.arena,
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: olga@svyaz.example\r\n"
        "Subject: Undelivered Mail\r\nMessage-ID: <%s>\r\n"
        "Date: Mon, 1 Jan 2024 12:00:00 +0300\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\n\r\nNo such user.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; ann@example.com\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "From: olga@svyaz.example\r\nMessage-ID: <%s>\r\n\r\nHi\r\n--b--\r\n",
        report_id, message_id);
    const struct deliver_incoming_email_request request = {.message = mail_file_of(&office, text)};

    office.credentials.basic_name = "postman";
    (void)office_run(&office, "Mail", "DeliverIncomingEmail", &request);
    office.credentials.basic_name = "olga";
}

static bool has_bounced(const struct uuid *id)
{
    const struct record *email = mail_read_record(&office, "Email", id, "bouncedOn", NULL);
    return office_text(&office, email, "bouncedOn") != NULL;
}

static void expect_count(const char *count)
{
    const struct record *contact =
        mail_read_record(&office, "Contact", &ann, "bouncedEmails", NULL);
    assert_string_equal(office_text(&office, contact, "bouncedEmails"), count);
}

void test_mail_bounce__is_marked_and_counted_once(void **state)
{
    struct uuid id, second, other;

    (void)state;
    open();
    const char *message_id = send(mail_draft(&office, "Hello", &ann), &id);
    (void)send(mail_draft(&office, "Other", &ann), &other);
    assert_false(has_bounced(&id));
    deliver_report("r1@mx.example", message_id);
    deliver_report("r1@mx.example", message_id);
    deliver_report("r2@mx.example", message_id);
    const struct record *email = mail_read_record(&office, "Email", &id, "deliveryStatus", NULL);
    assert_true(has_bounced(&id));
    assert_false(has_bounced(&other));
    assert_string_equal(office_text(&office, email, "deliveryStatus"), "Undelivered Mail");
    expect_count("1");
    deliver_report("r3@mx.example", send(mail_draft(&office, "Again", &ann), &second));
    expect_count("2");
    office_close(&office);
}

/* Which of several did not get it is not known; what we did not send does not come back. */
void test_mail_bounce__is_counted_where_it_is_known_whose(void **state)
{
    struct uuid id;

    (void)state;
    open();
    struct record *draft = mail_draft(&office, "Hello", &ann);
    mail_add_party(&office, draft, "cc", NULL, NULL, "other@example.com");
    deliver_report("r1@mx.example", send(draft, &id));
    assert_true(has_bounced(&id));
    expect_count("0");
    struct record *came = mail_draft(&office, "Came", &ann);
    office_set(&office, came, "isOutgoing", "false");
    office_set(&office, came, "messageId", "theirs@example.com");
    const struct uuid came_id = mail_create(&office, came);
    deliver_report("r2@mx.example", "theirs@example.com");
    deliver_report("r3@mx.example", "nobodys@example.com");
    assert_false(has_bounced(&came_id));
    expect_count("0");
    office_close(&office);
}
