/*
 * test_mail_send.c - mail goes out: from whom, to whom, once, in order, and what becomes of it.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/arena.h"
#include "generated/messages.h"
#include "metadata/record.h"
#include "support/mail_office.h"
#include "support/office.h"

static struct office office;
static struct uuid ann; /* who is written to */

static void open(void)
{
    office_open(&office);
    (void)mail_add_user(&office, "olga", "salesperson", "olga@svyaz.example");
    (void)mail_add_user(&office, "postman", "mail-connector", "postman@svyaz.example");
    office.credentials.basic_name = "olga";
    ann = mail_add_contact(&office, "Ann", "Ann@example.com", NULL, NULL);
}

static const struct sent_email *try_send(const struct uuid *id)
{
    const struct send_email_request request = {.id = {.is_set = true, .value = *id}};
    const struct send_email_response *response = office_try(&office, "Mail", "SendEmail", &request);
    return response == NULL ? NULL : response->result;
}

static const struct sent_email *send(const struct uuid *id)
{
    const struct sent_email *sent = try_send(id);

    if (sent == NULL) {
        fail_msg("%s (%s)", office.error.message, office.error.cause);
    }
    return sent;
}

static struct uuid send_new(const char *subject)
{
    const struct uuid id = mail_create(&office, mail_draft(&office, subject, &ann));
    (void)send(&id);
    return id;
}

static const struct outgoing_emails *claim(int64_t limit)
{
    const char *before = office.credentials.basic_name;
    const struct claim_outgoing_emails_request request = {
        .limit = {.is_set = true, .value = limit}};

    office.credentials.basic_name = "postman";
    const struct claim_outgoing_emails_response *response =
        office_run(&office, "Mail", "ClaimOutgoingEmails", &request);
    office.credentials.basic_name = before;
    return response->result;
}

static const struct sent_email *try_report(const struct uuid *id, const struct uuid *claim_id,
                                           const char *outcome, const char *status,
                                           int64_t retry_after)
{
    const char *before = office.credentials.basic_name;
    const struct report_outgoing_email_request request = {
        .id = {.is_set = true, .value = *id},
        .claim_id = {.is_set = true, .value = *claim_id},
        .outcome = outcome,
        .status = status,
        .retry_after = {.is_set = retry_after >= 0, .value = retry_after},
    };

    office.credentials.basic_name = "postman";
    const struct report_outgoing_email_response *response =
        office_try(&office, "Mail", "ReportOutgoingEmail", &request);
    office.credentials.basic_name = before;
    return response == NULL ? NULL : response->result;
}

static void report(const struct uuid *id, const struct outgoing_emails *claimed,
                   const char *outcome, const char *status, int64_t retry_after)
{
    if (try_report(id, &claimed->claim_id.value, outcome, status, retry_after) == NULL) {
        fail_msg("%s (%s)", office.error.message, office.error.cause);
    }
}

static const struct outgoing_email *nth(const struct outgoing_emails *claimed, size_t index)
{
    assert_true(index < claimed->emails.count);
    return claimed->emails.items[index];
}

static void expect_nth(const struct outgoing_emails *claimed, size_t index, const struct uuid *id)
{
    assert_true(uuid_is_equal(&nth(claimed, index)->id.value, id));
}

static void expect_status(const struct uuid *id, const char *state, const char *reason)
{
    const struct record *email =
        mail_read_record(&office, "Email", id, "state", "statusReason", NULL);
    assert_string_equal(office_text(&office, email, "state"), state);
    assert_string_equal(office_text(&office, email, "statusReason"), reason);
}

/* ---- it goes out ---- */

void test_mail_send__a_draft_becomes_a_message_that_waits(void **state)
{
    (void)state;
    open();
    struct record *draft = mail_draft(&office, "Заказ", &ann);
    mail_add_party(&office, draft, "cc", NULL, NULL, "cc@example.com");
    mail_add_party(&office, draft, "bcc", NULL, NULL, "hidden@example.com");
    mail_add_party(&office, draft, "bcc", NULL, NULL, "CC@example.com");
    const struct uuid id = mail_create(&office, draft);
    const struct sent_email *sent = send(&id);
    const struct record *email =
        mail_read_record(&office, "Email", &id, "messageId", "sender", "toRecipients", "original",
                         "from", "sentOn", "contentDigest", NULL);
    const char *message = mail_bytes(&office, mail_value(email, "original")->file);
    expect_status(&id, "Completed", "PendingSend");
    assert_string_equal(office_text(&office, email, "messageId"), sent->message_id);
    assert_non_null(strstr(sent->message_id, "@svyaz.example"));
    assert_string_equal(office_text(&office, email, "sender"), "olga@svyaz.example");
    assert_string_equal(office_text(&office, email, "toRecipients"), "Ann@example.com");
    assert_int_equal(mail_value(email, "from")->parties.count, 1);
    assert_non_null(office_text(&office, email, "contentDigest"));
    assert_non_null(strstr(message, "To: Ann <Ann@example.com>\r\n"));
    assert_non_null(strstr(message, "Cc: cc@example.com\r\n"));
    assert_null(strstr(message, "hidden@example.com"));
    assert_non_null(strstr(message, sent->message_id));

    const struct outgoing_emails *claimed = claim(10);
    const struct outgoing_email *out = nth(claimed, 0);
    assert_int_equal(claimed->emails.count, 1);
    assert_string_equal(claimed->mailbox, "olga@svyaz.example");
    assert_string_equal(out->sender, "olga@svyaz.example");
    assert_string_equal(out->message_id, sent->message_id);
    assert_int_equal(out->size.value, strlen(message));
    assert_int_equal(out->attempt.value, 1);
    assert_int_equal(out->recipients.count, 3);
    assert_string_equal(out->recipients.items[0], "Ann@example.com");
    assert_string_equal(out->recipients.items[2], "hidden@example.com");
    expect_status(&id, "Completed", "Sending");

    report(&id, claimed, "Sent", "250 2.0.0 queued as 1", -1);
    expect_status(&id, "Completed", "Sent");
    email = mail_read_record(&office, "Email", &id, "deliveryStatus", "deliveryAttempts", NULL);
    assert_string_equal(office_text(&office, email, "deliveryStatus"), "250 2.0.0 queued as 1");
    assert_string_equal(office_text(&office, email, "deliveryAttempts"), "1");
    assert_int_equal(claim(10)->emails.count, 0);
    office_close(&office);
}

void test_mail_send__notes_go_with_it_and_answers_say_what_they_answer(void **state)
{
    (void)state;
    open();
    struct record *earlier = mail_draft(&office, "Earlier", &ann);
    office_set(&office, earlier, "messageId", "second@example.com");
    office_set(&office, earlier, "referencedMessages", "<first@example.com>");
    (void)mail_create(&office, earlier);
    struct record *draft = mail_draft(&office, "Re: Earlier", &ann);
    office_set(&office, draft, "inReplyTo", "<second@example.com>");
    const struct uuid id = mail_create(&office, draft);
    struct record *note = office_record(&office, "Note", "fileName", "Счёт.txt");
    *record_value(note, entity_find_field(note->entity, "document")) =
        (struct value){.state = VALUE_SET, .file = mail_file_of(&office, "three\n")};
    mail_refer(&office, note, "regarding", "Email", &id);
    (void)mail_create(&office, note);
    (void)send(&id);
    const struct record *email =
        mail_read_record(&office, "Email", &id, "original", "referencedMessages", NULL);
    const char *message = mail_bytes(&office, mail_value(email, "original")->file);
    assert_non_null(strstr(message, "In-Reply-To: <second@example.com>\r\n"));
    assert_non_null(
        strstr(message, "References: <first@example.com>\r\n <second@example.com>\r\n"));
    assert_non_null(strstr(message, "dGhyZWUK"));
    assert_non_null(strstr(message, "multipart/mixed"));
    assert_string_equal(office_text(&office, email, "referencedMessages"),
                        "<first@example.com> <second@example.com>");
    office_close(&office);
}

/* Its answer is known by the token when every id was lost; who wants none gets none. */
void test_mail_send__the_subject_bears_a_token_that_the_email_keeps(void **state)
{
    (void)state;
    open();
    for (int round = 0; round < 2; round++) {
        const struct uuid id = send_new("Offer");
        const struct record *email =
            mail_read_record(&office, "Email", &id, "original", "trackingToken", "subject", NULL);
        const char *token = office_text(&office, email, "trackingToken");
        const char *message = mail_bytes(&office, mail_value(email, "original")->file);
        const char *subject =
            round == 0 ? arena_format(office.arena, "\r\nSubject: Offer [CRM:%s]\r\n", token)
                       : "\r\nSubject: Offer\r\n";
        assert_int_equal(token != NULL, round == 0);
        assert_non_null(strstr(message, subject));
        assert_string_equal(office_text(&office, email, "subject"), "Offer");
        office.house.settings.filing.token_prefix = "";
    }
    office_close(&office);
}

/* What it says comes in again by another mailbox: it is the e-mail that there is. */
void test_mail_send__what_comes_back_is_known(void **state)
{
    (void)state;
    open();
    const struct uuid id = send_new("Offer");
    const struct record *email = mail_read_record(&office, "Email", &id, "original", NULL);
    const char *message = mail_bytes(&office, mail_value(email, "original")->file);
    const char *at = strstr(message, "Message-Id: <");
    const char *relayed = arena_format(office.arena, "%.*sMessage-Id: <other@relay.example>%s",
                                       (int)(at - message), message, strchr(at, '\r'));
    office.credentials.basic_name = "postman";
    const struct deliver_incoming_email_request same = {.message = mail_file_of(&office, message)};
    const struct deliver_incoming_email_request other = {.message = mail_file_of(&office, relayed)};
    const struct deliver_incoming_email_response *first =
        office_run(&office, "Mail", "DeliverIncomingEmail", &same);
    const struct deliver_incoming_email_response *second =
        office_run(&office, "Mail", "DeliverIncomingEmail", &other);
    assert_false(first->result->created.value || second->result->created.value);
    assert_true(uuid_is_equal(&first->result->id.value, &id));
    assert_true(uuid_is_equal(&second->result->id.value, &id));
    office_close(&office);
}

/* ---- who may send what to whom ---- */

void test_mail_send__nobody_sends_in_the_name_of_others(void **state)
{
    (void)state;
    open();
    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid boss = mail_add_user(&office, "boss", "salesperson", "boss@svyaz.example");
    struct record *sales = office_record(&office, "Queue", "name", "Sales");
    office_set(&office, sales, "emailAddress", "sales@svyaz.example");
    const struct uuid queue = mail_create(&office, sales);
    (void)mail_add_user(&office, "mark", "marketing", "mark@svyaz.example");
    office.credentials.basic_name = "mark"; /* who reads queues, and works with none */
    const struct {
        const char *entity;
        const struct uuid *id;
        const char *address;
        enum error_code code;
    } senders[] = {
        {"SystemUser", &boss, NULL, ERROR_NOT_ALLOWED},
        {"Queue", &queue, NULL, ERROR_NOT_ALLOWED},
        {"Contact", &ann, NULL, ERROR_VALUE_INVALID},
        {NULL, NULL, "mark@svyaz.example", ERROR_VALUE_INVALID},
    };
    for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
        struct record *draft = mail_draft(&office, "Trick", &ann);
        mail_add_party(&office, draft, "from", senders[i].entity, senders[i].id,
                       senders[i].address);
        const struct uuid id = mail_create(&office, draft);
        office_expect(&office, (const void *)try_send(&id), senders[i].code);
        expect_status(&id, "Open", "Draft");
    }
    assert_int_equal(claim(10)->emails.count, 0);
    office_close(&office);
}

void test_mail_send__an_address_that_is_not_the_senders_is_refused(void **state)
{
    (void)state;
    open();
    struct record *draft = mail_draft(&office, "Trick", &ann);
    const struct who_am_i_request who = {.nothing = 0};
    const struct who_am_i_response *me = office_run(&office, "Session", "WhoAmI", &who);
    mail_add_party(&office, draft, "from", "SystemUser", &me->result->user_id.value,
                   "boss@svyaz.example");
    const struct uuid id = mail_create(&office, draft);
    office_expect(&office, (const void *)try_send(&id), ERROR_RULE_BROKEN);
    office_close(&office);
}

void test_mail_send__a_queue_sends_where_its_mail_is_set_up(void **state)
{
    (void)state;
    open();
    office.credentials.basic_name = ADMINISTRATOR;
    struct record *sales = office_record(&office, "Queue", "name", "Sales");
    office_set(&office, sales, "emailAddress", "sales@svyaz.example");
    const struct uuid queue = mail_create(&office, sales);
    struct record *draft = mail_draft(&office, "From all of us", &ann);
    mail_add_party(&office, draft, "from", "Queue", &queue, NULL);
    const struct uuid id = mail_create(&office, draft);
    office_expect(&office, (const void *)try_send(&id), ERROR_RULE_BROKEN);
    mail_change(&office, "Queue", &queue, "outgoingDelivery", "MailServer");
    (void)send(&id);
    assert_string_equal(claim(1)->mailbox, "sales@svyaz.example");
    /* its mailbox says otherwise */
    struct record *mailbox = office_record(&office, "Mailbox", "name", "Sales");
    office_set(&office, mailbox, "address", "SALES@svyaz.example");
    mail_refer(&office, mailbox, "holder", "Queue", &queue);
    const struct uuid mailbox_id = mail_create(&office, mailbox);
    struct record *second = mail_draft(&office, "Once more", &ann);
    mail_add_party(&office, second, "from", "Queue", &queue, NULL);
    const struct uuid second_id = mail_create(&office, second);
    office_expect(&office, (const void *)try_send(&second_id), ERROR_RULE_BROKEN);
    mail_change(&office, "Mailbox", &mailbox_id, "outgoingDelivery", "MailServer");
    (void)send(&second_id);
    office_close(&office);
}

static void add_mailbox(const char *address, const char *entity, const struct uuid *holder)
{
    struct record *mailbox = office_record(&office, "Mailbox", "name", address);

    office_set(&office, mailbox, "address", address);
    office_set(&office, mailbox, "outgoingDelivery", "MailServer");
    mail_refer(&office, mailbox, "holder", entity, holder);
    (void)mail_create(&office, mailbox);
}

static struct uuid draft_from_queue(const struct uuid *queue)
{
    struct record *draft = mail_draft(&office, "From all of us", &ann);

    mail_add_party(&office, draft, "from", "Queue", queue, NULL);
    return mail_create(&office, draft);
}

/* Who works with a queue can give it the boss's address, or one that nobody has. */
void test_mail_send__a_queue_sends_from_the_mailboxes_that_it_holds(void **state)
{
    static const char *const addresses[] = {"Boss@svyaz.example", "anything@svyaz.example"};

    (void)state;
    open();
    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid boss = mail_add_user(&office, "boss", "salesperson", "boss@svyaz.example");
    add_mailbox("boss@svyaz.example", "SystemUser", &boss);
    struct record *sales = office_record(&office, "Queue", "name", "Sales");
    office_set(&office, sales, "emailAddress", "sales@svyaz.example");
    const struct uuid queue = mail_create(&office, sales);
    add_mailbox("sales@svyaz.example", "Queue", &queue);
    office.credentials.basic_name = "olga";
    const struct uuid own = draft_from_queue(&queue);
    (void)send(&own);
    mail_change(&office, "Queue", &queue, "outgoingDelivery", "MailServer");
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        mail_change(&office, "Queue", &queue, "emailAddress", addresses[i]);
        const struct uuid id = draft_from_queue(&queue);
        office_expect(&office, (const void *)try_send(&id), ERROR_NOT_ALLOWED);
        expect_status(&id, "Open", "Draft");
    }
    assert_int_equal(claim(10)->emails.count, 1);
    /* who may send as others needs no mailbox, and takes nobody else's */
    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid anybodys = draft_from_queue(&queue);
    (void)send(&anybodys);
    mail_change(&office, "Queue", &queue, "emailAddress", addresses[0]);
    const struct uuid somebodys = draft_from_queue(&queue);
    office_expect(&office, (const void *)try_send(&somebodys), ERROR_NOT_ALLOWED);
    office_close(&office);
}

/* An address is the queue's in whichever form its domain was written down; so is a mailbox's. */
void test_mail_send__a_mailbox_is_known_in_both_forms_of_its_domain(void **state)
{
    (void)state;
    open();
    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid boss = mail_add_user(&office, "boss", "salesperson", "boss@svyaz.example");
    add_mailbox("boss@xn--80a1acny.xn--p1ai", "SystemUser", &boss);
    struct record *sales = office_record(&office, "Queue", "name", "Sales");
    office_set(&office, sales, "emailAddress", "boss@почта.рф");
    office_set(&office, sales, "outgoingDelivery", "MailServer");
    const struct uuid queue = mail_create(&office, sales);
    const struct uuid somebodys = draft_from_queue(&queue);
    office_expect(&office, (const void *)try_send(&somebodys), ERROR_NOT_ALLOWED);
    add_mailbox("sales@xn--80a1acny.xn--p1ai", "Queue", &queue);
    mail_change(&office, "Queue", &queue, "emailAddress", "Sales@почта.рф");
    const struct uuid own = draft_from_queue(&queue);
    (void)send(&own);
    office_close(&office);
}

/* Machines are told of domains in ASCII; people read what they wrote. */
void test_mail_send__domains_go_out_in_ascii(void **state)
{
    (void)state;
    open();
    office.credentials.basic_name = ADMINISTRATOR;
    (void)mail_add_user(&office, "ivan", "salesperson", "ivan@почта.рф");
    office.credentials.basic_name = "ivan";
    struct record *draft = office_record(&office, "Email", "subject", "Hello");
    mail_add_party(&office, draft, "to", NULL, NULL, "anna@Почта.рф");
    mail_add_party(&office, draft, "cc", NULL, NULL, "Anna@xn--80a1acny.xn--p1ai");
    mail_add_party(&office, draft, "bcc", NULL, NULL, "анна@почта.рф");
    const struct uuid id = mail_create(&office, draft);
    const struct sent_email *sent = send(&id);
    const struct record *email =
        mail_read_record(&office, "Email", &id, "sender", "toRecipients", "original", NULL);
    const char *message = mail_bytes(&office, mail_value(email, "original")->file);
    const struct outgoing_emails *claimed = claim(10);
    assert_string_equal(office_text(&office, email, "sender"), "ivan@почта.рф");
    assert_string_equal(office_text(&office, email, "toRecipients"), "anna@Почта.рф");
    assert_non_null(strstr(message, "\r\nTo: anna@xn--80a1acny.xn--p1ai\r\n"));
    assert_non_null(strstr(message, "<ivan@xn--80a1acny.xn--p1ai>\r\n"));
    assert_non_null(strstr(sent->message_id, "@xn--80a1acny.xn--p1ai"));
    assert_string_equal(claimed->mailbox, "ivan@почта.рф");
    assert_string_equal(nth(claimed, 0)->sender, "ivan@xn--80a1acny.xn--p1ai");
    assert_int_equal(nth(claimed, 0)->recipients.count, 2);
    assert_string_equal(nth(claimed, 0)->recipients.items[0], "anna@xn--80a1acny.xn--p1ai");
    assert_string_equal(nth(claimed, 0)->recipients.items[1], "анна@xn--80a1acny.xn--p1ai");
    office_close(&office);
}

/* Makes the mailbox of an address, held by a queue. */
static enum error_code make_mailbox(const char *address, const struct uuid *queue)
{
    struct record *mailbox = office_record(&office, "Mailbox", "name", address);
    const struct create_entity_request request = {.record = mailbox};

    office_set(&office, mailbox, "address", address);
    mail_refer(&office, mailbox, "holder", "Queue", queue);
    if (office_try(&office, "Mailbox", "CreateMailbox", &request) != NULL) {
        return ERROR_NONE;
    }
    assert_string_equal(office.error.subject, "address");
    return office.error.code;
}

static bool may_make_mailbox(const char *address, const struct uuid *queue)
{
    const enum error_code code = make_mailbox(address, queue);

    assert_true(code == ERROR_NONE || code == ERROR_NOT_ALLOWED);
    return code == ERROR_NONE;
}

static struct uuid add_queue(const char *name, const char *address)
{
    struct record *queue = office_record(&office, "Queue", "name", name);

    office_set(&office, queue, "emailAddress", address);
    return mail_create(&office, queue);
}

/* A manager of queues could otherwise have a queue of hers hold a colleague's address, and send. */
void test_mail_send__nobody_makes_a_mailbox_of_anothers_address(void **state)
{
    (void)state;
    open();
    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid boss =
        mail_add_user(&office, "boss", "service-manager", "Boss@svyaz.example");
    (void)mail_add_user(&office, "vera", "service-manager", "vera@svyaz.example");
    struct record *team = office_record(&office, "Team", "name", "Lawyers");
    office_set(&office, team, "emailAddress", "law@svyaz.example");
    (void)mail_create(&office, team);
    (void)mail_add_user(&office, "ivan", "salesperson", "ivan@xn--e1afmkfd.example");
    office.credentials.basic_name = "vera";
    const struct uuid queue = add_queue("Support", "support@svyaz.example");
    assert_false(may_make_mailbox("boss@svyaz.example", &queue));
    assert_false(may_make_mailbox("\"boss\"@svyaz.example", &queue));
    assert_false(may_make_mailbox("LAW@svyaz.example", &queue));
    assert_false(may_make_mailbox("ivan@ПРИМЕР.example", &queue));
    assert_false(may_make_mailbox("ivan@xn--E1AFMKFD.example", &queue));
    assert_false(may_make_mailbox("\"ivan\"@ПРИМЕР.example", &queue));
    assert_false(may_make_mailbox("Boss+x@svyaz.example", &queue));
    assert_false(may_make_mailbox("boss+x+y@svyaz.example", &queue));
    assert_false(may_make_mailbox("ivan+x@ПРИМЕР.example", &queue));
    assert_true(may_make_mailbox("support+offers@svyaz.example", &queue));
    assert_true(may_make_mailbox("support@svyaz.example", &queue));
    assert_true(may_make_mailbox("vera@svyaz.example", &queue));
    assert_true(may_make_mailbox("nobodys@svyaz.example", &queue));
    office.credentials.basic_name = "boss";
    struct record *mailbox = office_record(&office, "Mailbox", "name", "Mine");
    office_set(&office, mailbox, "address", "boss@svyaz.example");
    mail_refer(&office, mailbox, "holder", "SystemUser", &boss);
    const struct uuid mine = mail_create(&office, mailbox);
    mail_change(&office, "Mailbox", &mine, "matchSmartly", "true");
    office.credentials.basic_name = ADMINISTRATOR;
    assert_true(may_make_mailbox("law@svyaz.example", &queue));
    mail_change(&office, "Mailbox", &mine, "matchSmartly", "false");
    office_close(&office);
}

/* A message comes in by an address, in whatever form: two mailboxes of it would be two policies. */
void test_mail_send__an_address_has_one_mailbox(void **state)
{
    (void)state;
    open();
    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid queue = add_queue("Support", "support@svyaz.example");
    assert_int_equal(make_mailbox("v@почта.рф", &queue), ERROR_NONE);
    assert_int_equal(make_mailbox("v@почта.рф", &queue), ERROR_DUPLICATE_KEY);
    assert_int_equal(make_mailbox("V@xn--80a1acny.xn--p1ai", &queue), ERROR_DUPLICATE_KEY);
    assert_int_equal(make_mailbox("\"v\"@почта.рф", &queue), ERROR_DUPLICATE_KEY);
    assert_int_equal(make_mailbox("w@XN--80A1ACNY.xn--p1ai", &queue), ERROR_NONE);
    assert_int_equal(make_mailbox("w@Почта.РФ", &queue), ERROR_DUPLICATE_KEY);
    assert_int_equal(make_mailbox("v+offers@почта.рф", &queue), ERROR_NONE);
    office_close(&office);
}

/* What a mailbox does is for those who may write it: a manager sets up those of her people. */
void test_mail_send__a_manager_changes_the_mailboxes_of_her_people(void **state)
{
    (void)state;
    open();
    office.credentials.basic_name = ADMINISTRATOR;
    (void)mail_add_user(&office, "maria", "sales-manager", "maria@svyaz.example");
    const struct uuid ivan = mail_add_user(&office, "ivan", "salesperson", "ivan@svyaz.example");
    struct record *mailbox = office_record(&office, "Mailbox", "name", "Ivan's");
    office_set(&office, mailbox, "address", "ivan@svyaz.example");
    mail_refer(&office, mailbox, "holder", "SystemUser", &ivan);
    mail_refer(&office, mailbox, "owner", "SystemUser", &ivan);
    const struct uuid id = mail_create(&office, mailbox);
    office.credentials.basic_name = "maria";
    mail_change(&office, "Mailbox", &id, "filingPolicy", "Everything");
    struct record *change = office_record(&office, "Mailbox", "address", "maria@svyaz.example");
    change->values[change->entity->id->index] = (struct value){.state = VALUE_SET, .uuid = id};
    const struct update_entity_request request = {.record = change};
    office_expect(&office, office_try(&office, "Mailbox", "UpdateMailbox", &request),
                  ERROR_FIELD_NOT_WRITABLE);
    office_close(&office);
}

void test_mail_send__who_wants_no_mail_or_has_no_address_gets_none(void **state)
{
    (void)state;
    open();
    const struct uuid shy =
        mail_add_contact(&office, "Shy", "shy@example.com", "doNotEmail", "true");
    const struct uuid poor = mail_add_contact(&office, "Poor", NULL, NULL, NULL);
    const struct uuid odd = mail_add_contact(&office, "Odd", "o dd@example", NULL, NULL);
    const struct {
        const struct uuid *id;
        enum error_code code;
    } recipients[] = {
        {&shy, ERROR_RULE_BROKEN}, {&poor, ERROR_RULE_BROKEN}, {&odd, ERROR_VALUE_INVALID}};
    for (size_t i = 0; i < sizeof(recipients) / sizeof(recipients[0]); i++) {
        struct record *draft = mail_draft(&office, "Hello", &ann);
        mail_add_party(&office, draft, "bcc", "Contact", recipients[i].id, NULL);
        const struct uuid id = mail_create(&office, draft);
        office_expect(&office, (const void *)try_send(&id), recipients[i].code);
        assert_string_equal(office.error.subject, "bcc");
    }
    struct record *nobody = office_record(&office, "Email", "subject", "Nobody");
    const struct uuid id = mail_create(&office, nobody);
    office_expect(&office, (const void *)try_send(&id), ERROR_FIELD_REQUIRED);
    office_close(&office);
}

void test_mail_send__only_a_draft_as_it_was_read_is_sent(void **state)
{
    (void)state;
    open();
    const struct uuid id = send_new("Once");
    office_expect(&office, (const void *)try_send(&id), ERROR_STATE_INVALID);
    struct record *came = mail_draft(&office, "Came in", &ann);
    office_set(&office, came, "isOutgoing", "false");
    const struct uuid came_id = mail_create(&office, came);
    office_expect(&office, (const void *)try_send(&came_id), ERROR_STATE_INVALID);
    /* what it says of itself puts nothing into the outbox */
    struct record *forged = mail_draft(&office, "Forged", &ann);
    office_set(&office, forged, "statusReason", "PendingSend");
    (void)mail_create(&office, forged);
    assert_int_equal(claim(10)->emails.count, 1);
    /* nor does anybody change what was sent */
    struct record *change = office_record(&office, "Email", "subject", "Once");
    *record_value(change, change->entity->id) = (struct value){.state = VALUE_SET, .uuid = id};
    *record_value(change, entity_find_field(change->entity, "original")) =
        (struct value){.state = VALUE_SET, .file = mail_file_of(&office, "From: x\n\n")};
    const struct update_entity_request request = {.record = change};
    office_expect(&office, office_try(&office, "Email", "UpdateEmail", &request),
                  ERROR_FIELD_NOT_WRITABLE);
    office_close(&office);
}

void test_mail_send__the_outbox_is_for_who_sends_for_all(void **state)
{
    (void)state;
    open();
    const struct uuid id = send_new("Mine");
    const struct claim_outgoing_emails_request request = {.limit = {.is_set = false}};
    office_expect(&office, office_try(&office, "Mail", "ClaimOutgoingEmails", &request),
                  ERROR_NOT_ALLOWED);
    const struct report_outgoing_email_request told = {
        .id = {.is_set = true, .value = id},
        .claim_id = {.is_set = true, .value = id},
        .outcome = "Sent",
    };
    office_expect(&office, office_try(&office, "Mail", "ReportOutgoingEmail", &told),
                  ERROR_NOT_ALLOWED);
    office_close(&office);
}

void test_mail_send__a_dry_run_sends_nothing(void **state)
{
    (void)state;
    open();
    const struct uuid id = mail_create(&office, mail_draft(&office, "Dry", &ann));
    office.is_validate_only = true;
    (void)send(&id);
    office.is_validate_only = false;
    expect_status(&id, "Open", "Draft");
    assert_int_equal(claim(10)->emails.count, 0);
    office_close(&office);
}

/* ---- in order, and never two at a time ---- */

void test_mail_send__one_sender_is_served_by_one_at_a_time_in_order(void **state)
{
    (void)state;
    open();
    const struct uuid first = send_new("1"), second = send_new("2"), third = send_new("3");
    office.credentials.basic_name = ADMINISTRATOR;
    const struct who_am_i_request who = {.nothing = 0};
    const struct who_am_i_response *me = office_run(&office, "Session", "WhoAmI", &who);
    mail_change(&office, "SystemUser", &me->result->user_id.value, "internalEmailAddress",
                "admin@svyaz.example");
    const struct uuid other = send_new("Other");

    const struct outgoing_emails *claimed = claim(2);
    expect_nth(claimed, 0, &first);
    expect_nth(claimed, 1, &second);
    const struct outgoing_emails *others = claim(2);
    assert_int_equal(others->emails.count, 1);
    expect_nth(others, 0, &other);
    assert_int_equal(claim(2)->emails.count, 0);
    report(&first, claimed, "Sent", NULL, -1);
    assert_int_equal(claim(2)->emails.count, 0); /* the second is under way yet */
    report(&second, claimed, "Sent", NULL, -1);
    expect_nth(claim(2), 0, &third);
    office_close(&office);
}

void test_mail_send__a_claim_that_ends_leaves_its_messages_to_the_next(void **state)
{
    (void)state;
    open();
    const struct uuid id = send_new("Twice");
    office.house.settings.mail.claim = 1;
    const struct outgoing_emails *dead = claim(1);
    assert_int_equal(dead->emails.count, 1);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    office.house.settings.mail.claim = 60000;
    const struct outgoing_emails *next = claim(1);
    expect_nth(next, 0, &id);
    assert_int_equal(nth(next, 0)->attempt.value, 2);
    assert_string_equal(nth(next, 0)->message_id, nth(dead, 0)->message_id);
    /* who was thought dead cannot put it off, but that it is sent is true from whomever */
    office_expect(&office, (const void *)try_report(&id, &dead->claim_id.value, "Failed", NULL, -1),
                  ERROR_STATE_INVALID);
    report(&id, dead, "Sent", NULL, -1);
    report(&id, next, "Sent", NULL, -1);
    expect_status(&id, "Completed", "Sent");
    office_expect(&office, (const void *)try_report(&id, &next->claim_id.value, "Failed", NULL, -1),
                  ERROR_STATE_INVALID);
    assert_int_equal(claim(1)->emails.count, 0);
    office_close(&office);
}

/* What two had taken and the first reports late is no word about what the second has. */
void test_mail_send__a_late_report_leaves_the_next_claim_alone(void **state)
{
    static const char *const outcomes[] = {"Sent", "Deferred"};

    (void)state;
    open();
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        const struct uuid first = send_new("1"), second = send_new("2"), third = send_new("3");
        office.house.settings.mail.claim = 1;
        const struct outgoing_emails *dead = claim(2);
        assert_int_equal(dead->emails.count, 2);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        office.house.settings.mail.claim = 60000;
        const struct outgoing_emails *next = claim(1);
        expect_nth(next, 0, &first);
        report(&second, dead, outcomes[i], "late", 3600);
        assert_int_equal(claim(5)->emails.count, 0); /* the first is under way yet */
        report(&first, next, "Sent", NULL, -1);
        const struct outgoing_emails *last = claim(5);
        assert_int_equal(last->emails.count, 1);
        expect_nth(last, 0, &third);
        report(&third, last, "Sent", NULL, -1);
    }
    office_close(&office);
}

/* ---- many at once ---- */

enum { ASKERS = 4, ROUNDS = 5 };

/* One operation, run by a thread of its own. */
struct asker {
    const char *name, *user;
    const void *request;
    struct arena *arena;
    struct outgoing_emails emails; /* of a claim */
    struct error error;
    bool is_done;
};

static bool keep_claim(void *context, struct call *call, const struct operation *operation,
                       const void *response, struct error *error)
{
    struct asker *asker = context;

    (void)call;
    (void)operation;
    (void)error;
    if (strcmp(asker->name, "ClaimOutgoingEmails") == 0) {
        asker->emails = *((const struct claim_outgoing_emails_response *)response)->result;
    }
    return true;
}

static void *run(void *context)
{
    struct asker *asker = context;
    struct call *call = call_make(asker->arena, &office.house.platform);
    const struct message_codec codec = {.encode = keep_claim, .context = asker};
    struct credentials credentials = office.credentials;

    credentials.basic_name = asker->user;
    asker->is_done = service_run(call, office_operation(&office, "Mail", asker->name), &credentials,
                                 asker->request, &codec, &asker->error);
    return NULL;
}

static void run_all(struct asker *askers)
{
    pthread_t threads[ASKERS];

    for (size_t i = 0; i < ASKERS; i++) {
        askers[i].arena = arena_create();
        assert_int_equal(pthread_create(&threads[i], NULL, run, &askers[i]), 0);
    }
    for (size_t i = 0; i < ASKERS; i++) {
        pthread_join(threads[i], NULL);
        if (!askers[i].is_done) {
            fail_msg("%s (%s)", askers[i].error.message, askers[i].error.cause);
        }
    }
}

static void end_all(struct asker *askers)
{
    for (size_t i = 0; i < ASKERS; i++) {
        arena_destroy(&askers[i].arena);
    }
}

/* All that are sent at once are in the outbox; of those who come for them one gets them. */
void test_mail_send__whoever_comes_at_once_nothing_is_taken_twice(void **state)
{
    (void)state;
    open();
    for (int round = 0; round < ROUNDS; round++) {
        struct asker askers[ASKERS] = {{.is_done = false}};
        struct send_email_request requests[ASKERS];
        const struct claim_outgoing_emails_request all = {.limit = {.is_set = false}};
        const struct outgoing_emails *claimed = NULL;
        for (size_t i = 0; i < ASKERS; i++) {
            const struct uuid id = mail_create(&office, mail_draft(&office, "At once", &ann));
            requests[i] = (struct send_email_request){.id = {.is_set = true, .value = id}};
            askers[i] =
                (struct asker){.name = "SendEmail", .user = "olga", .request = &requests[i]};
        }
        run_all(askers);
        end_all(askers);
        for (size_t i = 0; i < ASKERS; i++) {
            askers[i] =
                (struct asker){.name = "ClaimOutgoingEmails", .user = "postman", .request = &all};
        }
        run_all(askers);
        for (size_t i = 0; i < ASKERS; i++) {
            assert_true(askers[i].emails.emails.count == 0 || claimed == NULL);
            claimed = askers[i].emails.emails.count == 0 ? claimed : &askers[i].emails;
        }
        assert_non_null(claimed);
        assert_int_equal(claimed->emails.count, ASKERS);
        for (size_t i = 0; i < ASKERS; i++) {
            report(&nth(claimed, i)->id.value, claimed, "Sent", NULL, -1);
        }
        end_all(askers);
    }
    office_close(&office);
}

/* ---- what the mail server says ---- */

void test_mail_send__what_is_deferred_waits_and_lets_others_pass(void **state)
{
    (void)state;
    open();
    const struct uuid slow = send_new("Slow");
    const struct outgoing_emails *claimed = claim(1);
    report(&slow, claimed, "Deferred", "450 greylisted", 3600);
    expect_status(&slow, "Completed", "PendingSend");
    const struct record *email = mail_read_record(&office, "Email", &slow, "deliveryStatus", NULL);
    assert_string_equal(office_text(&office, email, "deliveryStatus"), "450 greylisted");
    const struct uuid quick = send_new("Quick");
    const struct outgoing_emails *next = claim(5);
    assert_int_equal(next->emails.count, 1);
    expect_nth(next, 0, &quick);
    report(&quick, next, "Deferred", "450 again", 0);
    next = claim(5);
    expect_nth(next, 0, &quick);
    assert_int_equal(nth(next, 0)->attempt.value, 2);
    /* not for ever */
    office.house.settings.mail.retry_for = 0;
    report(&quick, next, "Deferred", "450 and again", 5);
    expect_status(&quick, "Open", "Failed");
    office_close(&office);
}

void test_mail_send__what_failed_says_why_and_can_be_sent_anew(void **state)
{
    (void)state;
    open();
    const struct uuid id = mail_create(&office, mail_draft(&office, "Bad", &ann));
    const char *first_id = send(&id)->message_id;
    report(&id, claim(1), "Failed", "550 no such user", -1);
    expect_status(&id, "Open", "Failed");
    const struct record *email = mail_read_record(&office, "Email", &id, "deliveryStatus", NULL);
    assert_string_equal(office_text(&office, email, "deliveryStatus"), "550 no such user");
    assert_int_equal(claim(1)->emails.count, 0);
    const struct sent_email *again = send(&id);
    assert_string_not_equal(again->message_id, first_id);
    email = mail_read_record(&office, "Email", &id, "deliveryStatus", NULL);
    assert_null(office_text(&office, email, "deliveryStatus"));
    expect_nth(claim(1), 0, &id);
    office_close(&office);
}

void test_mail_send__a_deleted_email_leaves_the_outbox(void **state)
{
    (void)state;
    open();
    const struct uuid gone = send_new("Gone"), stays = send_new("Stays");
    const struct delete_entity_request request = {.id = {.is_set = true, .value = gone}};
    (void)office_run(&office, "Email", "DeleteEmail", &request);
    const struct outgoing_emails *claimed = claim(5);
    assert_int_equal(claimed->emails.count, 1);
    expect_nth(claimed, 0, &stays);
    const struct delete_entity_request second = {.id = {.is_set = true, .value = stays}};
    (void)office_run(&office, "Email", "DeleteEmail", &second);
    report(&stays, claimed, "Sent", NULL, -1);
    assert_int_equal(claim(5)->emails.count, 0);
    office_close(&office);
}

/* The id that a server gave it is the one that answers bear. */
void test_mail_send__answers_are_known_by_the_id_that_was_sent(void **state)
{
    (void)state;
    open();
    const struct uuid id = send_new("Renamed");
    const struct outgoing_emails *claimed = claim(1);
    const struct report_outgoing_email_request told = {
        .id = {.is_set = true, .value = id},
        .claim_id = claimed->claim_id,
        .outcome = "Sent",
        .message_id = "<new.id@Relay.Example>",
    };
    office.credentials.basic_name = "postman";
    const struct report_outgoing_email_response *response =
        office_run(&office, "Mail", "ReportOutgoingEmail", &told);
    const struct record *email = mail_read_record(&office, "Email", &id, "messageId", NULL);
    assert_string_equal(office_text(&office, email, "messageId"), "new.id@relay.example");
    (void)response;
    office_close(&office);
}
