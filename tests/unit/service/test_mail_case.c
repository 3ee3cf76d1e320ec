/*
 * test_mail_case.c - what customers write to a queue that opens cases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/time.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "support/letters.h"

static struct office office;
static struct uuid ann, queue;
static const char support[] = "support@svyaz.example", sales[] = "sales@svyaz.example";

static void open_place(void)
{
    office_open(&office);
    ann = letters_add(&office, "Contact", "lastName", "Ann", "ann@example.com");
    queue = letters_add_queue(&office, "Support", support, "incomingFilter", "Everything");
    letters_change(&office, "Queue", &queue, "opensCases", "true");
}

static const char *write(const char *from, const char *subject, const char *more)
{
    static int number;
    char *id = arena_format(office.arena, "c%d@example.com", ++number);

    return arena_format(office.arena,
                        "From: %s\nTo: %s\nDate: Mon, 1 Jan 2024 12:00:00 +0300\n"
                        "Message-ID: <%s>\nSubject: %s\n%s\nText of %s.\n",
                        from, support, id, subject, more, id);
}

static const struct delivered_email *deliver(const char *from, const char *subject,
                                             const char *more)
{
    return letters_deliver(&office, write(from, subject, more), support);
}

static const struct record *read_case(const struct reference *reference)
{
    assert_non_null(reference);
    assert_string_equal(reference->entity->name, "Case");
    return letters_retrieve(&office, "Case", &reference->id, "title", "customer", "origin", "state",
                            "responsibleContact", "parentCase", "ticketNumber", "description",
                            "resolvedOn", "owner", NULL);
}

static const char *answer_to(const struct delivered_email *result)
{
    const struct record *email =
        letters_retrieve(&office, "Email", &result->id.value, "messageId", NULL);

    return arena_format(office.arena, "In-Reply-To: <%s>\n",
                        office_text(&office, email, "messageId"));
}

static void resolve(const struct uuid *id, const char *resolved_on)
{
    letters_change(&office, "Case", id, "state", "Resolved");
    letters_change(&office, "Case", id, "resolvedOn", resolved_on);
}

/* ---- opened ---- */

void test_mail_case__is_opened_for_a_customer(void **state)
{
    (void)state;
    open_place();
    const struct uuid olga = office_add_user(&office, "olga", "service-representative");
    struct record *change = office_record(&office, "Queue", "name", "Support");
    *record_value(change, change->entity->id) = (struct value){.state = VALUE_SET, .uuid = queue};
    letters_refer(&office, change, "defaultOwner", "SystemUser", &olga);
    const struct update_entity_request request = {.record = change};
    (void)office_run(&office, "Queue", "UpdateQueue", &request);
    const struct delivered_email *result =
        deliver("Ann <ann@example.com>", "Does not start [CRM:ABCD-123456]",
                "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
                "It beeps.\n--b\nContent-Type: text/plain; name=log.txt\n\nlog\n--b--\n");
    const struct record *incident = read_case(result->regarding);
    assert_string_equal(result->reason, "SenderMatch");
    assert_string_equal(office_text(&office, incident, "title"), "Does not start");
    assert_string_equal(office_text(&office, incident, "origin"), "Email");
    assert_string_equal(office_text(&office, incident, "state"), "Active");
    assert_non_null(strstr(office_text(&office, incident, "description"), "It beeps."));
    assert_true(uuid_is_equal(&letters_value(incident, "customer")->reference.id, &ann));
    assert_true(uuid_is_equal(&letters_value(incident, "responsibleContact")->reference.id, &ann));
    assert_true(uuid_is_equal(&letters_value(incident, "owner")->reference.id, &olga));
    /* The case lies in the queue, the e-mail does not; the file stays with the e-mail. */
    assert_int_equal(letters_lying(&office, "Support", &result->regarding->id), 1);
    assert_int_equal(letters_lying(&office, "Support", &result->id.value), 0);
    assert_int_equal(letters_count(&office, "Note"), 1);
    office_close(&office);
}

/* Without a customer there is none; the message is kept where somebody looks. */
void test_mail_case__needs_a_customer(void **state)
{
    (void)state;
    open_place();
    (void)letters_add(&office, "Lead", "lastName", "Bob", "bob@example.com");
    const struct delivered_email *stranger = deliver("x@else.example", "Broken", "");
    const struct delivered_email *lead = deliver("bob@example.com", "Broken", "");
    assert_int_equal(letters_count(&office, "Case"), 0);
    assert_int_equal(letters_lying(&office, "Unsorted mail", &stranger->id.value), 1);
    assert_int_equal(letters_lying(&office, "Support", &stranger->id.value), 0);
    assert_int_equal(letters_lying(&office, "Support", &lead->id.value), 1);
    (void)letters_add(&office, "Account", "name", "Firm", "firm@example.com");
    const struct delivered_email *account = deliver("firm@example.com", "Broken", "");
    assert_null(
        letters_value(read_case(account->regarding), "responsibleContact")->reference.entity);
    office_close(&office);
}

/* Two robots would open cases for ever. */
void test_mail_case__is_opened_by_people_only(void **state)
{
    static const char *const headers[] = {"Auto-Submitted: auto-replied\n",
                                          "Precedence: auto_reply\n", "X-Autoreply: yes\n"};

    (void)state;
    open_place();
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        const struct delivered_email *result =
            deliver("ann@example.com", arena_format(office.arena, "Away %zu", i), headers[i]);
        assert_true(result->filed.value);
        assert_string_equal(result->message_kind, "Automatic");
        assert_null(result->regarding);
    }
    const struct delivered_email *bounce =
        deliver("ann@example.com", "Undelivered",
                "MIME-Version: 1.0\nContent-Type: multipart/report; "
                "report-type=delivery-status; boundary=b\n\n--b\n\nno\n--b\n"
                "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
                "Final-Recipient: rfc822; y@z.example\nAction: failed\nStatus: 5.1.1\n--b--\n");
    assert_string_equal(bounce->message_kind, "Bounce");
    assert_null(bounce->regarding);
    assert_int_equal(letters_count(&office, "Case"), 0);
    /* Nor opened again. */
    const struct delivered_email *first = deliver("ann@example.com", "Does not start", "");
    resolve(&first->regarding->id, "2026-01-01T00:00:00Z");
    const struct delivered_email *away =
        deliver("ann@example.com", "Away",
                arena_format(office.arena, "Auto-Submitted: auto-replied\n%s", answer_to(first)));
    assert_true(uuid_is_equal(&away->regarding->id, &first->regarding->id));
    assert_string_equal(office_text(&office, read_case(first->regarding), "state"), "Resolved");
    assert_int_equal(letters_count(&office, "Case"), 1);
    office_close(&office);
}

/* ---- joined ---- */

void test_mail_case__is_joined_by_what_answers_it(void **state)
{
    (void)state;
    open_place();
    const struct delivered_email *first = deliver("ann@example.com", "Does not start", "");
    const char *number = office_text(&office, read_case(first->regarding), "ticketNumber");
    const struct get_tracking_token_request request = {.record = first->regarding};
    const struct get_tracking_token_response *response =
        office_run(&office, "Mail", "GetTrackingToken", &request);
    const char *plus = arena_format(office.arena, "Cc: support+%s@svyaz.example\n", number);
    const struct delivered_email *const answers[] = {
        deliver("x@else.example", "Re: Does not start", answer_to(first)),
        deliver("x@else.example",
                arena_format(office.arena, "Re: Help [CRM:%s]", response->result->token), ""),
        deliver("ann@example.com", "More of it", plus),
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        assert_true(uuid_is_equal(&answers[i]->regarding->id, &first->regarding->id));
        assert_int_equal(letters_lying(&office, "Support", &answers[i]->id.value), 0);
    }
    assert_int_equal(letters_count(&office, "Case"), 1);
    assert_int_equal(letters_lying(&office, "Support", &first->regarding->id), 1);
    /* A number that is not one's own opens another case. */
    (void)letters_add(&office, "Contact", "lastName", "Eve", "eve@example.com");
    const struct delivered_email *other = deliver("eve@example.com", "Hello", plus);
    assert_false(uuid_is_equal(&other->regarding->id, &first->regarding->id));
    office_close(&office);
}

void test_mail_case__is_opened_again_within_days(void **state)
{
    (void)state;
    open_place();
    office.house.settings.filing.reopen = INT64_C(3600000);
    const struct delivered_email *first = deliver("ann@example.com", "Does not start", "");
    letters_change(&office, "Case", &first->regarding->id, "state", "Resolved");
    const char *letter = write("ann@example.com", "Re: Does not start", answer_to(first));
    const struct delivered_email *soon = letters_deliver(&office, letter, support);
    assert_true(uuid_is_equal(&soon->regarding->id, &first->regarding->id));
    assert_string_equal(office_text(&office, read_case(first->regarding), "state"), "Active");
    assert_int_equal(letters_lying(&office, "Support", &first->regarding->id), 1);
    /* A copy of what opened it opens it no more. */
    resolve(&first->regarding->id, "2020-01-01T00:00:00Z");
    (void)letters_deliver(&office, letter, support);
    assert_int_equal(letters_count(&office, "Case"), 1);
    /* Later there is a new one, under the old. */
    const struct delivered_email *late =
        deliver("ann@example.com", "Re: Does not start", answer_to(first));
    const struct record *incident = read_case(late->regarding);
    assert_false(uuid_is_equal(&late->regarding->id, &first->regarding->id));
    assert_true(
        uuid_is_equal(&letters_value(incident, "parentCase")->reference.id, &first->regarding->id));
    assert_true(uuid_is_equal(&letters_value(incident, "customer")->reference.id, &ann));
    assert_string_equal(office_text(&office, read_case(first->regarding), "state"), "Resolved");
    /* A cancelled one is never opened again. */
    letters_change(&office, "Case", &late->regarding->id, "state", "Canceled");
    const struct delivered_email *again =
        deliver("ann@example.com", "Re: Does not start", answer_to(late));
    assert_true(
        uuid_is_equal(&letters_value(read_case(again->regarding), "parentCase")->reference.id,
                      &late->regarding->id));
    office_close(&office);
}

/* What answers a case that was merged goes on with the one that is left, which is open. */
void test_mail_case__is_followed_to_the_one_it_was_merged_into(void **state)
{
    enum { MERGES = 8 };
    (void)state;
    open_place();
    const struct delivered_email *first = deliver("ann@example.com", "Does not start", "");
    struct uuid left = first->regarding->id;
    for (int i = 0; i < MERGES; i++) {
        struct record *incident = office_record(&office, "Case", "title", "The same");
        letters_refer(&office, incident, "customer", "Contact", &ann);
        const struct uuid master = letters_create(&office, incident);
        const struct merge_entity_request request = {
            .id = {.is_set = true, .value = master},
            .subordinate_id = {.is_set = true, .value = left},
        };
        (void)office_run(&office, "Case", "MergeCase", &request);
        left = master;
    }
    /* The e-mail moved with its case: its number is what leads to the one that is no more. */
    const struct record *incident = read_case(first->regarding);
    const char *plus = arena_format(office.arena, "Cc: support+%s@svyaz.example\n",
                                    office_text(&office, incident, "ticketNumber"));
    const struct delivered_email *result = deliver("ann@example.com", "More of it", plus);
    assert_true(uuid_is_equal(&result->regarding->id, &left));
    assert_int_equal(letters_count(&office, "Case"), MERGES + 1);
    office_close(&office);
}

/* What goes on with something else is about that. */
void test_mail_case__is_not_opened_for_what_is_about_something_else(void **state)
{
    (void)state;
    open_place();
    struct record *opportunity = office_record(&office, "Opportunity", "name", "Machines");
    letters_refer(&office, opportunity, "customer", "Contact", &ann);
    const struct uuid about = letters_create(&office, opportunity);
    struct record *offer = office_record(&office, "Email", "subject", "Offer");
    office_set(&office, offer, "messageId", "offer@svyaz");
    letters_refer(&office, offer, "regarding", "Opportunity", &about);
    (void)letters_create(&office, offer);
    const struct delivered_email *result =
        deliver("ann@example.com", "Re: Offer", "In-Reply-To: <offer@svyaz>\n");
    assert_true(uuid_is_equal(&result->regarding->id, &about));
    assert_int_equal(letters_count(&office, "Case"), 0);
    assert_int_equal(letters_lying(&office, "Support", &result->id.value), 1);
    office_close(&office);
}

/* A copy through another mailbox first: the case is opened when the queue gets its own, once. */
void test_mail_case__is_opened_once_through_however_many_mailboxes(void **state)
{
    (void)state;
    open_place();
    const char *letter = write("ann@example.com", "Does not start", "");
    const struct delivered_email *elsewhere =
        letters_deliver(&office, letter, "third@svyaz.example");
    assert_null(elsewhere->regarding);
    const struct delivered_email *first = letters_deliver(&office, letter, support);
    const struct delivered_email *again = letters_deliver(&office, letter, support);
    assert_true(elsewhere->created.value && !first->created.value && !again->created.value);
    const struct record *email =
        letters_retrieve(&office, "Email", &elsewhere->id.value, "regarding", NULL);
    assert_true(
        uuid_is_equal(&letters_value(email, "regarding")->reference.id, &first->regarding->id));
    assert_true(uuid_is_equal(&again->regarding->id, &first->regarding->id));
    assert_int_equal(letters_count(&office, "Case"), 1);
    assert_int_equal(letters_count(&office, "Email"), 1);
    office_close(&office);
}

/* ---- copies ---- */

static int64_t now_next_day(void)
{
    return time_now() + INT64_C(25) * 3600 * 1000;
}

/* A stranger's opens no case, however often it comes, and lies where the first would. */
void test_mail_case__is_for_no_copy_of_a_strangers(void **state)
{
    static const char *const orders[][3] = {{support, sales, support}, {sales, support, sales}};

    (void)state;
    open_place();
    (void)letters_add_queue(&office, "Sales", sales, "incomingFilter", "Everything");
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        const char *letter = write("x@else.example", "Hello", "");
        const struct delivered_email *result = NULL;
        for (size_t j = 0; j < 3; j++) {
            result = letters_deliver(&office, letter, orders[i][j]);
            assert_string_equal(result->reason, j == 0 ? "AcceptAll" : "Duplicate");
        }
        assert_int_equal(letters_lying(&office, "Support", &result->id.value), 0);
        assert_int_equal(letters_lying(&office, "Sales", &result->id.value), 1);
        assert_int_equal(letters_lying(&office, "Unsorted mail", &result->id.value), 1);
    }
    assert_int_equal(letters_count(&office, "Case"), 0);
    office_close(&office);
}

/* Somebody has filed it under a record: it is sorted. */
void test_mail_case__a_copy_of_what_is_sorted_is_not_unsorted(void **state)
{
    (void)state;
    open_place();
    const struct uuid firm = letters_add(&office, "Account", "name", "Firm", "firm@example.com");
    const char *letter = write("x@else.example", "Hello", "");
    const struct delivered_email *first = letters_deliver(&office, letter, support);
    letters_take_away(&office, "Unsorted mail", &first->id.value);
    struct record *change =
        record_make(office.arena, catalog_find_entity(office.house.platform.catalog, "Email"));
    *record_value(change, change->entity->id) =
        (struct value){.state = VALUE_SET, .uuid = first->id.value};
    letters_refer(&office, change, "regarding", "Account", &firm);
    const struct update_entity_request request = {.record = change};
    (void)office_run(&office, "Email", "UpdateEmail", &request);
    (void)letters_deliver(&office, letter, support);
    assert_int_equal(letters_lying(&office, "Unsorted mail", &first->id.value), 0);
    assert_int_equal(letters_lying(&office, "Support", &first->id.value), 0);
    office_close(&office);
}

/* A mail server that has numbered its messages anew brings all of them again. */
void test_mail_case__a_late_copy_opens_nothing_and_lies_nowhere(void **state)
{
    (void)state;
    open_place();
    (void)letters_add_queue(&office, "Sales", sales, "incomingFilter", "Everything");
    const char *letter = write("ann@example.com", "Does not start", "");
    const char *order = write("ann@example.com", "An order", "");
    const char *strange = write("x@else.example", "Hello", "");
    const struct delivered_email *elsewhere =
        letters_deliver(&office, letter, "third@svyaz.example");
    const struct delivered_email *ordered = letters_deliver(&office, order, sales);
    const struct delivered_email *stranger = letters_deliver(&office, strange, support);
    letters_take_away(&office, "Sales", &ordered->id.value);
    letters_take_away(&office, "Unsorted mail", &stranger->id.value);
    office.house.platform.now = now_next_day;
    const struct delivered_email *late = letters_deliver(&office, letter, support);
    assert_true(uuid_is_equal(&late->id.value, &elsewhere->id.value));
    assert_null(late->regarding);
    assert_int_equal(letters_count(&office, "Case"), 0);
    assert_int_equal(letters_lying(&office, "Support", &late->id.value), 0);
    (void)letters_deliver(&office, order, sales);
    assert_int_equal(letters_lying(&office, "Sales", &ordered->id.value), 0);
    (void)letters_deliver(&office, strange, support);
    assert_int_equal(letters_lying(&office, "Unsorted mail", &stranger->id.value), 0);
    assert_int_equal(letters_lying(&office, "Support", &stranger->id.value), 0);
    office_close(&office);
}

/* By the connector's role, whose rights are the least that it needs. */
void test_mail_case__is_opened_by_the_connector(void **state)
{
    (void)state;
    open_place();
    (void)office_add_user(&office, "postman", "mail-connector");
    office.credentials.basic_name = "postman";
    const struct delivered_email *first = deliver("ann@example.com", "Does not start", "");
    assert_non_null(first->regarding);
    const struct delivered_email *stranger = deliver("x@else.example", "Hello", "");
    office.credentials.basic_name = ADMINISTRATOR;
    assert_int_equal(letters_lying(&office, "Unsorted mail", &stranger->id.value), 1);
    letters_change(&office, "Case", &first->regarding->id, "state", "Resolved");
    const char *letter = write("ann@example.com", "Re: Does not start", answer_to(first));
    office.credentials.basic_name = "postman";
    (void)letters_deliver(&office, letter, support);
    office.credentials.basic_name = ADMINISTRATOR;
    assert_string_equal(office_text(&office, read_case(first->regarding), "state"), "Active");
    office_close(&office);
}
