/*
 * test_mail_decided.c - what somebody said that an e-mail is about, or that it is about nothing,
 * holds whatever the platform writes to it later.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "change/tables.h"
#include "database/row.h"
#include "generated/messages.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"
#include "support/letters.h"
#include "support/mail_office.h"
#include "support/test_call.h"

static struct office office;
static struct uuid account; /* that the offer is about */

static void open_place(void)
{
    account = letters_open_offer(&office);
}

/* ---- what comes ---- */

static const char *write_letter(const char *id, const char *more)
{
    return arena_format(office.arena,
                        "From: x@else.example\nTo: y@else.example\nSubject: %s\nMessage-ID: <%s>\n"
                        "Date: Mon, 1 Jan 2024 12:00:00 +0300\n%s\nText of %s.\n",
                        id, id, more, id);
}

static struct uuid deliver(const char *id, const char *more)
{
    return letters_deliver(&office, write_letter(id, more), NULL)->id.value;
}

/* Another copy, that somebody more got: the platform writes to the e-mail. */
static void deliver_to(const char *id, const char *more, const char *mailbox)
{
    assert_false(letters_deliver(&office, write_letter(id, more), mailbox)->created.value);
}

/* ---- what people say ---- */

static void unfile(const struct uuid *id)
{
    const char *before = office.credentials.basic_name;
    const struct unfile_email_request request = {.id = {.is_set = true, .value = *id}};

    office.credentials.basic_name = ADMINISTRATOR;
    (void)office_run(&office, "Mail", "UnfileEmail", &request);
    office.credentials.basic_name = before;
}

static void refile(const struct uuid *id, struct uuid about)
{
    const char *before = office.credentials.basic_name;
    struct reference record = {
        .entity = catalog_find_entity(office.house.platform.catalog, "Account"), .id = about};
    const struct refile_email_request request = {.id = {.is_set = true, .value = *id},
                                                 .regarding = &record};

    office.credentials.basic_name = ADMINISTRATOR;
    (void)office_run(&office, "Mail", "RefileEmail", &request);
    office.credentials.basic_name = before;
}

/* As any client that changes a record. */
static void clear_regarding(const struct uuid *id)
{
    const char *before = office.credentials.basic_name;
    struct record *change =
        record_make(office.arena, catalog_find_entity(office.house.platform.catalog, "Email"));
    *record_value(change, change->entity->id) = (struct value){.state = VALUE_SET, .uuid = *id};
    record_value(change, entity_find_field(change->entity, "regarding"))->state = VALUE_NULL;
    const struct update_entity_request request = {.record = change};

    office.credentials.basic_name = ADMINISTRATOR;
    (void)office_run(&office, "Email", "UpdateEmail", &request);
    office.credentials.basic_name = before;
}

/* ---- what became of it ---- */

/* NULL: nothing. */
static void expect_about(const struct uuid *email, const struct uuid *record)
{
    letters_expect_about(&office, email, record);
}

static bool is_by_hand(const struct uuid *email)
{
    const struct record *record =
        letters_retrieve(&office, "Email", email, "isFiledByHand", "regarding", NULL);
    const struct value *value = letters_value(record, "isFiledByHand");

    assert_int_equal(value->state, VALUE_SET);
    return value->boolean;
}

/* ---- nothing ---- */

#define ABOUT_OFFER "In-Reply-To: <offer@svyaz>\n"

void test_mail_decided__what_is_unfiled_stays_so_when_a_copy_comes(void **state)
{
    (void)state;
    open_place();
    const struct uuid answer = deliver("answer@x", ABOUT_OFFER);
    expect_about(&answer, &account);
    assert_false(is_by_hand(&answer));
    unfile(&answer);
    assert_true(is_by_hand(&answer));
    deliver_to("answer@x", ABOUT_OFFER, "olga@svyaz.example");
    expect_about(&answer, NULL);
    (void)deliver("next@x", "In-Reply-To: <answer@x>\nReferences: <offer@svyaz>\n");
    expect_about(&answer, NULL);
    office_close(&office);
}

void test_mail_decided__so_does_what_a_client_cleared(void **state)
{
    (void)state;
    open_place();
    const struct uuid answer = deliver("answer@x", ABOUT_OFFER);
    clear_regarding(&answer);
    deliver_to("answer@x", ABOUT_OFFER, "olga@svyaz.example");
    expect_about(&answer, NULL);
    office_close(&office);
}

/* That it is about nothing is said of what was about nothing, too. */
void test_mail_decided__conversations_that_become_one_take_nothing_along(void **state)
{
    (void)state;
    open_place();
    const struct uuid said = deliver("said@x", "In-Reply-To: <question@x>\n");
    const struct uuid other = deliver("other@x", "In-Reply-To: <question@x>\n");
    unfile(&said);
    assert_true(is_by_hand(&said));
    deliver_to("said@x", "In-Reply-To: <question@x>\n", "olga@svyaz.example");
    deliver_to("other@x", "In-Reply-To: <question@x>\n", "olga@svyaz.example");
    (void)deliver("question@x", ABOUT_OFFER);
    expect_about(&said, NULL);
    expect_about(&other, &account); /* nobody said anything of it */
    assert_false(is_by_hand(&other));
    office_close(&office);
}

/* ---- what we send ---- */

static struct uuid draft_answer(const char *in_reply_to)
{
    office.credentials.basic_name = "olga";
    const struct uuid contact = mail_add_contact(&office, "Ann", "ann@example.com", NULL, NULL);
    struct record *draft = mail_draft(&office, "Hello", &contact);
    office_set(&office, draft, "inReplyTo", in_reply_to);
    letters_refer(&office, draft, "regarding", "Account", &account);
    const struct uuid id = mail_create(&office, draft);
    office.credentials.basic_name = "postman";
    return id;
}

static const char *send_draft(const struct uuid *id)
{
    const struct send_email_request request = {.id = {.is_set = true, .value = *id}};

    office.credentials.basic_name = "olga";
    const struct send_email_response *response = office_run(&office, "Mail", "SendEmail", &request);
    office.credentials.basic_name = "postman";
    return response->result->message_id;
}

/* A report is noted on what was sent; the report answers it. */
static void bounce(const char *message_id)
{
    const char *text = arena_format(
        office.arena,
        "From: MAILER-DAEMON@mx.example\nTo: olga@svyaz.example\nSubject: Undelivered\n"
        "Message-ID: <report@mx.example>\nDate: Mon, 1 Jan 2024 12:00:00 +0300\n"
        "References: <offer@svyaz>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\n\nNo such user.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ann@example.com\n"
        "Action: failed\nStatus: 5.1.1\n--b\nContent-Type: message/rfc822\n\n"
        "From: olga@svyaz.example\nMessage-ID: <%s>\n\nHi\n--b--\n",
        message_id);

    (void)letters_deliver(&office, text, NULL);
}

void test_mail_decided__what_is_unfiled_stays_so_when_it_bounces(void **state)
{
    (void)state;
    open_place();
    const struct uuid sent = draft_answer("unknown@x");
    assert_true(is_by_hand(&sent)); /* its author says what it is about */
    const char *message_id = send_draft(&sent);
    expect_about(&sent, &account);
    unfile(&sent);
    bounce(message_id);
    const struct record *email = letters_retrieve(&office, "Email", &sent, "bouncedOn", NULL);
    assert_int_equal(letters_value(email, "bouncedOn")->state, VALUE_SET);
    expect_about(&sent, NULL);
    (void)deliver("later@x",
                  arena_format(office.arena, "References: <offer@svyaz> <%s>\n", message_id));
    expect_about(&sent, NULL);
    office_close(&office);
}

void test_mail_decided__what_is_unfiled_stays_so_when_it_is_sent(void **state)
{
    (void)state;
    open_place();
    (void)deliver("question@x", ABOUT_OFFER);
    const struct uuid sent = draft_answer("question@x");
    unfile(&sent);
    (void)send_draft(&sent);
    expect_about(&sent, NULL);
    office_close(&office);
}

void test_mail_decided__what_an_answer_is_about_by_its_conversation_is_no_decision(void **state)
{
    (void)state;
    open_place();
    (void)deliver("question@x", ABOUT_OFFER);
    office.credentials.basic_name = "olga";
    const struct uuid contact = mail_add_contact(&office, "Ann", "ann@example.com", NULL, NULL);
    struct record *draft = mail_draft(&office, "Hello", &contact);
    office_set(&office, draft, "inReplyTo", "question@x");
    const struct uuid sent = mail_create(&office, draft);
    (void)send_draft(&sent);
    expect_about(&sent, &account);
    assert_false(is_by_hand(&sent));
    office_close(&office);
}

/* ---- cases and queues ---- */

static const char support[] = "support@svyaz.example";

static const char *write_complaint(const char *id, const char *from)
{
    return arena_format(office.arena,
                        "From: %s\nTo: %s\nSubject: Broken\nMessage-ID: <%s>\n"
                        "Date: Mon, 1 Jan 2024 12:00:00 +0300\n\nText of %s.\n",
                        from, support, id, id);
}

void test_mail_decided__a_copy_opens_no_case_again(void **state)
{
    (void)state;
    open_place();
    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid queue =
        letters_add_queue(&office, "Support", support, "incomingFilter", "Everything");
    letters_change(&office, "Queue", &queue, "opensCases", "true");
    (void)letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com");
    const char *complaint = write_complaint("broken@x", "ann@example.com");
    const struct uuid id = letters_deliver(&office, complaint, support)->id.value;
    assert_int_equal(letters_count(&office, "Case"), 1);
    unfile(&id);
    (void)letters_deliver(&office, complaint, support);
    expect_about(&id, NULL);
    assert_int_equal(letters_count(&office, "Case"), 1);
    office_close(&office);
}

/* Who said that it is about nothing has sorted it. */
void test_mail_decided__a_copy_lies_in_no_queue_of_unsorted_mail_again(void **state)
{
    (void)state;
    open_place();
    const struct uuid id = deliver("a@x", "");
    office.credentials.basic_name = ADMINISTRATOR;
    letters_take_away(&office, "Unsorted mail", &id);
    unfile(&id);
    deliver_to("a@x", "", "y@else.example");
    assert_int_equal(letters_lying(&office, "Unsorted mail", &id), 0);
    office_close(&office);
}

/* ---- something ---- */

void test_mail_decided__what_somebody_filed_elsewhere_stays_there(void **state)
{
    (void)state;
    open_place();
    const struct uuid answer = deliver("answer@x", ABOUT_OFFER);
    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid other = letters_add(&office, "Account", "name", "Other", "o@firm.example");
    office.credentials.basic_name = "postman";
    refile(&answer, other);
    assert_true(is_by_hand(&answer));
    deliver_to("answer@x", ABOUT_OFFER, "olga@svyaz.example");
    (void)deliver("next@x", "References: <offer@svyaz> <answer@x>\n");
    expect_about(&answer, &other);
    assert_true(is_by_hand(&answer));
    office_close(&office);
}

/* Also when the rules had said the same. */
void test_mail_decided__what_somebody_confirms_is_by_hand(void **state)
{
    (void)state;
    open_place();
    const struct uuid answer = deliver("answer@x", ABOUT_OFFER);
    assert_false(is_by_hand(&answer));
    refile(&answer, account);
    assert_true(is_by_hand(&answer));
    office_close(&office);
}

static struct uuid promote(const char *id, const char *more, const struct uuid *about)
{
    struct reference record = {.entity = NULL};
    struct letter letter;
    const char *text = write_letter(id, more);

    if (about != NULL) {
        record = (struct reference){
            .entity = catalog_find_entity(office.house.platform.catalog, "Account"), .id = *about};
    }
    const struct promote_email_request request = {.message =
                                                      letter_put(&letter, text, strlen(text)),
                                                  .regarding = about == NULL ? NULL : &record};
    const struct promote_email_response *response =
        office_run(&office, "Mail", "PromoteEmail", &request);
    return response->result->id.value;
}

void test_mail_decided__promoted_under_a_record_or_where_the_rules_say(void **state)
{
    (void)state;
    open_place();
    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid by_rule = promote("rule@x", ABOUT_OFFER, NULL);
    expect_about(&by_rule, &account);
    assert_false(is_by_hand(&by_rule));
    const struct uuid by_hand = promote("hand@x", "", &account);
    expect_about(&by_hand, &account);
    assert_true(is_by_hand(&by_hand));
    const struct uuid nowhere = promote("nowhere@x", "", NULL);
    assert_false(is_by_hand(&nowhere));
    (void)promote("nowhere@x", "", &account); /* it is there, about nothing */
    expect_about(&nowhere, &account);
    assert_true(is_by_hand(&nowhere));
    unfile(&by_hand);
    office.credentials.basic_name = "postman";
    deliver_to("hand@x", "", "olga@svyaz.example");
    (void)deliver("next@x", "References: <offer@svyaz> <hand@x>\n");
    expect_about(&by_hand, NULL);
    office_close(&office);
}

/* ---- the field ---- */

/* Whether the last change of a record was one of the field, too. */
static bool is_in_last_change(const struct uuid *id)
{
    static const char *const columns[] = {"field_names"};
    const struct row_condition of_record = {"record_id", ROW_IS, cell_uuid(id)};
    const struct row_query query = {.table = &change_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &of_record,
                                    .condition_count = 1,
                                    .order = "number",
                                    .is_descending = true,
                                    .limit = 1};
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};
    struct row_set rows;

    assert_true(row_select(call->connection, call->arena, &query, &rows, &error));
    assert_int_equal(rows.count, 1);
    bool is_in = strstr(row_cell(&rows, 0, 0)->text, "isFiledByHand") != NULL;
    test_call_end(&call);
    return is_in;
}

void test_mail_decided__is_told_once(void **state)
{
    (void)state;
    open_place();
    const struct uuid answer = deliver("answer@x", ABOUT_OFFER);
    unfile(&answer);
    assert_true(is_in_last_change(&answer));
    refile(&answer, account);
    assert_false(is_in_last_change(&answer));
    office_close(&office);
}

void test_mail_decided__no_client_says_so_himself(void **state)
{
    (void)state;
    open_place();
    office.credentials.basic_name = "olga";
    struct record *forged = office_record(&office, "Email", "subject", "Forged");
    office_set(&office, forged, "isFiledByHand", "true");
    const struct create_entity_request request = {.record = forged};
    office_expect(&office, office_try(&office, "Email", "CreateEmail", &request),
                  ERROR_FIELD_NOT_WRITABLE);
    office_close(&office);
}

/* Who changes something else, or sends back what he read, has decided nothing. */
void test_mail_decided__other_changes_are_no_decision(void **state)
{
    (void)state;
    open_place();
    const struct uuid answer = deliver("answer@x", "In-Reply-To: <question@x>\n");
    office.credentials.basic_name = ADMINISTRATOR;
    letters_change(&office, "Email", &answer, "category", "new");
    office.credentials.basic_name = "postman";
    clear_regarding(&answer); /* there was none */
    assert_false(is_by_hand(&answer));
    office_close(&office);
}
