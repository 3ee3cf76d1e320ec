/*
 * test_mail_promote.c - mail by hand: filed by its reader, under what he says, and taken away
 * again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "generated/messages.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"
#include "support/mail_office.h"
#include "support/office.h"

static struct office office;
static struct uuid olga, contact;

static void open(void)
{
    office_open(&office);
    olga = mail_add_user(&office, "olga", "salesperson", "olga@svyaz.example");
    (void)mail_add_user(&office, "ivan", "salesperson", "ivan@svyaz.example");
    (void)mail_add_user(&office, "postman", "mail-connector", "postman@svyaz.example");
    office.credentials.basic_name = "olga";
    contact = mail_add_contact(&office, "Ann", "ann@example.com", NULL, NULL);
}

/* A user who sees nothing of the others. */
static struct uuid move_away(const char *name, const char *address)
{
    const char *before = office.credentials.basic_name;

    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid unit =
        mail_create(&office, office_record(&office, "BusinessUnit", "name", "Far away"));
    const struct uuid user = mail_add_user(&office, name, "salesperson", address);
    struct record *moved = office_record(&office, "SystemUser", "lastName", name);
    *record_value(moved, moved->entity->id) = (struct value){.state = VALUE_SET, .uuid = user};
    mail_refer(&office, moved, "businessUnit", "BusinessUnit", &unit);
    const struct update_entity_request move = {.record = moved};
    (void)office_run(&office, "SystemUser", "UpdateSystemUser", &move);
    office.credentials.basic_name = before;
    return user;
}

static const char *letter(const char *id, const char *more, const char *text)
{
    return arena_format(office.arena,
                        "From: Ann <ann@example.com>\nTo: olga@svyaz.example\n"
                        "Date: Mon, 1 Jan 2024 12:00:00 +0300\nMessage-ID: <%s>\nSubject: Order\n"
                        "%s\n%s\n",
                        id, more, text);
}

static const struct promoted_email *try_promote(const char *text, const char *entity,
                                                const struct uuid *id)
{
    struct reference about = {.entity = NULL};
    if (entity != NULL) {
        about = (struct reference){
            .entity = catalog_find_entity(office.house.platform.catalog, entity), .id = *id};
    }
    const struct promote_email_request request = {.message = mail_file_of(&office, text),
                                                  .regarding = entity == NULL ? NULL : &about};
    const struct promote_email_response *response =
        office_try(&office, "Mail", "PromoteEmail", &request);
    return response == NULL ? NULL : response->result;
}

static const struct promoted_email *promote(const char *text, const char *entity,
                                            const struct uuid *id)
{
    const struct promoted_email *result = try_promote(text, entity, id);

    if (result == NULL) {
        fail_msg("%s (%s)", office.error.message, office.error.cause);
    }
    return result;
}

static const struct promotion_check *check(const char *text)
{
    const struct check_promote_email_request request = {.message = mail_file_of(&office, text)};
    const struct check_promote_email_response *response =
        office_run(&office, "Mail", "CheckPromoteEmail", &request);
    return response->result;
}

static const struct refiled_email *refile(const struct uuid *id, const char *entity,
                                          const struct uuid *about_id, bool conversation)
{
    struct reference about = {.entity = catalog_find_entity(office.house.platform.catalog, entity),
                              .id = *about_id};
    const struct refile_email_request request = {
        .id = {.is_set = true, .value = *id},
        .regarding = &about,
        .conversation = {.is_set = true, .value = conversation},
    };
    const struct refile_email_response *response =
        office_run(&office, "Mail", "RefileEmail", &request);
    return response->result;
}

static const struct refiled_email *unfile(const struct uuid *id, bool discard)
{
    const struct unfile_email_request request = {.id = {.is_set = true, .value = *id},
                                                 .discard = {.is_set = true, .value = discard}};
    const struct unfile_email_response *response =
        office_run(&office, "Mail", "UnfileEmail", &request);
    return response->result;
}

static void expect_about(const struct uuid *id, const struct uuid *about)
{
    const struct record *email = mail_read_record(&office, "Email", id, "regarding", NULL);
    const struct value *regarding = mail_value(email, "regarding");

    assert_int_equal(regarding->state == VALUE_SET, about != NULL);
    if (about != NULL) {
        assert_true(uuid_is_equal(&regarding->reference.id, about));
    }
}

/* ---- filed by hand ---- */

void test_mail_promote__a_reader_files_his_message_once(void **state)
{
    (void)state;
    open();
    const char *text = letter("p1@example.com", "", "Three.");
    assert_false(check(text)->filed.value);
    assert_int_equal(check(text)->candidates.count, 2);
    const struct promoted_email *first = promote(text, "Contact", &contact);
    assert_true(first->created.value);
    assert_true(uuid_is_equal(&first->regarding->id, &contact));
    const struct record *email = mail_read_record(&office, "Email", &first->id.value, "owner",
                                                  "from", "bcc", "messageId", "original", NULL);
    assert_true(uuid_is_equal(&mail_value(email, "owner")->reference.id, &olga));
    assert_true(uuid_is_equal(&mail_value(email, "from")->parties.items[0].reference.id, &contact));
    assert_int_equal(mail_value(email, "bcc")->parties.count, 0);
    assert_string_equal(mail_bytes(&office, mail_value(email, "original")->file), text);
    const struct promoted_email *again = promote(text, "Contact", &contact);
    assert_false(again->created.value);
    assert_int_equal(again->version.value, first->version.value);
    assert_true(uuid_is_equal(&again->id.value, &first->id.value));
    assert_true(check(text)->filed.value);
    assert_true(uuid_is_equal(&check(text)->email->id, &first->id.value));
    /* nor is it filed again by the connector */
    office.credentials.basic_name = "postman";
    const struct deliver_incoming_email_request request = {.message = mail_file_of(&office, text)};
    const struct deliver_incoming_email_response *response =
        office_run(&office, "Mail", "DeliverIncomingEmail", &request);
    assert_false(response->result->created.value);
    assert_int_equal(mail_count(&office, "Email"), 1);
    office_close(&office);
}

void test_mail_promote__what_is_filed_under_nothing_comes_under_what_he_says(void **state)
{
    (void)state;
    open();
    const char *text = letter("p2@example.com", "", "Three.");
    const struct promoted_email *first = promote(text, NULL, NULL);
    assert_null(first->regarding);
    const struct promoted_email *again = promote(text, "Contact", &contact);
    assert_true(uuid_is_equal(&again->regarding->id, &contact));
    expect_about(&first->id.value, &contact);
    /* what it is about it stays about */
    const struct uuid other = mail_add_contact(&office, "Other", NULL, NULL, NULL);
    assert_true(uuid_is_equal(&promote(text, "Contact", &other)->regarding->id, &contact));
    office_close(&office);
}

/* A colleague of the same unit reads it, and is known of it now; he may not write it. */
void test_mail_promote__a_colleague_becomes_one_who_takes_part(void **state)
{
    (void)state;
    open();
    const char *text = letter("p3@example.com", "", "Three.");
    const struct promoted_email *first = promote(text, NULL, NULL);
    office.credentials.basic_name = "ivan";
    const struct promoted_email *second = promote(text, "Contact", &contact);
    assert_false(second->created.value);
    assert_true(uuid_is_equal(&second->id.value, &first->id.value));
    assert_null(second->regarding);
    assert_int_equal(promote(text, NULL, NULL)->version.value, second->version.value);
    const struct record *email =
        mail_read_record(&office, "Email", &first->id.value, "bcc", "version", NULL);
    assert_int_equal(mail_value(email, "bcc")->parties.count, 1);
    assert_string_equal(mail_value(email, "bcc")->parties.items[0].address, "ivan@svyaz.example");
    expect_about(&first->id.value, NULL);
    office_close(&office);
}

/* ---- nothing leaks ---- */

void test_mail_promote__who_may_not_read_it_is_told_no_more_than_that_it_is_filed(void **state)
{
    (void)state;
    open();
    const struct uuid remote = move_away("remote", "remote@svyaz.example");
    const char *text = letter("p4@example.com", "", "Three.");
    const struct promoted_email *first = promote(text, "Contact", &contact);
    office.credentials.basic_name = "remote";
    const struct promotion_check *found = check(text);
    assert_true(found->filed.value);
    assert_null(found->email);
    assert_null(found->regarding);
    assert_int_equal(found->candidates.count, 1); /* Olga, whose name everybody reads */
    const struct promoted_email *second = promote(text, NULL, NULL);
    assert_false(second->created.value);
    assert_false(second->id.is_set || second->version.is_set);
    assert_null(second->regarding);
    assert_int_equal(mail_count(&office, "Email"), 0);
    office.credentials.basic_name = "olga";
    const struct record *email = mail_read_record(&office, "Email", &first->id.value, "bcc", NULL);
    assert_int_equal(mail_value(email, "bcc")->parties.count, 1);
    assert_true(uuid_is_equal(&mail_value(email, "bcc")->parties.items[0].reference.id, &remote));
    office_close(&office);
}

/* Who knows an id and not what was written learns nothing by it, and loses nothing. */
void test_mail_promote__an_id_alone_proves_nothing(void **state)
{
    (void)state;
    open();
    (void)move_away("remote", "remote@svyaz.example");
    const struct promoted_email *first =
        promote(letter("p5@example.com", "", "A secret."), "Contact", &contact);
    office.credentials.basic_name = "remote";
    const char *guess = letter("p5@example.com", "", "I wonder.");
    assert_false(check(guess)->filed.value);
    const struct promoted_email *own = promote(guess, NULL, NULL);
    assert_true(own->created.value);
    assert_false(uuid_is_equal(&own->id.value, &first->id.value));
    const struct record *email =
        mail_read_record(&office, "Email", &own->id.value, "messageId", NULL);
    assert_null(office_text(&office, email, "messageId"));
    assert_false(promote(guess, NULL, NULL)->created.value);
    assert_int_equal(mail_count(&office, "Email"), 1);
    office.credentials.basic_name = "olga";
    email = mail_read_record(&office, "Email", &first->id.value, "bcc", NULL);
    assert_int_equal(mail_value(email, "bcc")->parties.count, 0);
    office_close(&office);
}

void test_mail_promote__needs_the_right_to_write_emails(void **state)
{
    (void)state;
    open();
    office.credentials.basic_name = ADMINISTRATOR;
    (void)office_add_user(&office, "auditor", "read-only-auditor");
    office.credentials.basic_name = "auditor";
    office_expect(&office, try_promote(letter("p6@example.com", "", "x"), NULL, NULL),
                  ERROR_NOT_ALLOWED);
    office.credentials.basic_name = "olga";
    office_expect(&office, try_promote("no message", NULL, NULL), ERROR_VALUE_INVALID);
    office_close(&office);
}

/* ---- elsewhere, and nowhere ---- */

void test_mail_promote__a_conversation_goes_along(void **state)
{
    (void)state;
    open();
    const struct uuid other = mail_add_contact(&office, "Other", NULL, NULL, NULL);
    const struct uuid third = mail_add_contact(&office, "Third", NULL, NULL, NULL);
    const struct uuid a = promote(letter("a@x.org", "", "1"), "Contact", &contact)->id.value;
    const struct uuid b =
        promote(letter("b@x.org", "In-Reply-To: <a@x.org>\n", "2"), NULL, NULL)->id.value;
    const struct uuid c =
        promote(letter("c@x.org", "References: <a@x.org> <b@x.org>\n", "3"), NULL, NULL)->id.value;
    const struct uuid d =
        promote(letter("d@x.org", "In-Reply-To: <b@x.org>\n", "4"), NULL, NULL)->id.value;
    const struct uuid apart = promote(letter("e@x.org", "", "5"), "Contact", &contact)->id.value;
    expect_about(&c, &contact); /* what it answers */
    (void)refile(&d, "Contact", &third, false);
    const struct refiled_email *moved = refile(&b, "Contact", &other, true);
    assert_int_equal(moved->others.value, 2);
    expect_about(&b, &other);
    expect_about(&a, &other);
    expect_about(&d, &third); /* filed elsewhere by somebody */
    expect_about(&apart, &contact);
    expect_about(&c, &other); /* by References alone */
    office_close(&office);
}

static struct uuid conversation_of(const struct uuid *id)
{
    return mail_value(mail_read_record(&office, "Email", id, "conversation", NULL), "conversation")
        ->uuid;
}

void test_mail_promote__a_copy_under_another_id_is_answered_too(void **state)
{
    (void)state;
    open();
    const struct uuid question = promote(letter("q@x.org", "", "1"), NULL, NULL)->id.value;
    assert_false(promote(letter("relay@x.org", "", "1"), NULL, NULL)->created.value);
    const struct uuid answer =
        promote(letter("a@x.org", "In-Reply-To: <relay@x.org>\n", "2"), NULL, NULL)->id.value;
    const struct uuid ours = conversation_of(&question), of_answer = conversation_of(&answer);
    assert_true(uuid_is_equal(&ours, &of_answer));
    office_close(&office);
}

/* She names an id that she should not know; nothing is joined, and nothing is told. */
void test_mail_promote__nobody_gets_into_a_conversation_that_he_may_not_read(void **state)
{
    (void)state;
    open();
    const struct uuid question = promote(letter("q@x.org", "", "1"), NULL, NULL)->id.value;
    (void)move_away("eve", "eve@svyaz.example");
    office.credentials.basic_name = "eve";
    const struct uuid own = promote(letter("own@x.org", "", "2"), NULL, NULL)->id.value;
    const struct uuid forged =
        promote(letter("f@x.org", "References: <q@x.org> <own@x.org>\n", "3"), NULL, NULL)
            ->id.value;
    const struct uuid hers = conversation_of(&own), of_forged = conversation_of(&forged);
    assert_true(uuid_is_equal(&hers, &of_forged));
    office.credentials.basic_name = "olga";
    const struct uuid answer =
        promote(letter("a@x.org", "In-Reply-To: <q@x.org>\n", "4"), NULL, NULL)->id.value;
    const struct uuid ours = conversation_of(&question), of_answer = conversation_of(&answer);
    assert_true(uuid_is_equal(&ours, &of_answer));
    assert_false(uuid_is_equal(&ours, &hers));
    office_close(&office);
}

void test_mail_promote__only_ones_own_is_discarded(void **state)
{
    (void)state;
    open();
    const char *text =
        letter("u1@x.org", "MIME-Version: 1.0\nContent-Type: application/pdf; name=a.pdf\n", "1");
    const struct uuid own = promote(text, "Contact", &contact)->id.value;
    assert_int_equal(mail_count(&office, "Note"), 1);
    assert_false(unfile(&own, false)->deleted.value);
    expect_about(&own, NULL);
    assert_true(unfile(&own, true)->deleted.value);
    assert_int_equal(mail_count(&office, "Email"), 0);
    assert_int_equal(mail_count(&office, "Note"), 0);
    /* a colleague has it too */
    const struct uuid shared = promote(letter("u2@x.org", "", "2"), "Contact", &contact)->id.value;
    office.credentials.basic_name = "ivan";
    (void)promote(letter("u2@x.org", "", "2"), NULL, NULL);
    office.credentials.basic_name = "olga";
    assert_false(unfile(&shared, true)->deleted.value);
    expect_about(&shared, NULL);
    /* one's own draft is nothing that was filed */
    struct record *draft = mail_draft(&office, "Draft", &contact);
    const struct uuid draft_id = mail_create(&office, draft);
    assert_false(unfile(&draft_id, true)->deleted.value);
    /* nor does anybody unfile what he may not write */
    office.credentials.basic_name = "ivan";
    const struct unfile_email_request request = {.id = {.is_set = true, .value = shared}};
    office.credentials.basic_name = "olga";
    (void)refile(&shared, "Contact", &contact, false);
    office.credentials.basic_name = "ivan";
    office_expect(&office, office_try(&office, "Mail", "UnfileEmail", &request), ERROR_NOT_ALLOWED);
    office_close(&office);
}

/* ---- invitations ---- */

/* Of a meeting that Ann organizes; each message has an id of its own. */
static const char *invitation(const char *id, const char *method, int sequence, const char *subject)
{
    return letter(id, "MIME-Version: 1.0\nContent-Type: text/calendar; charset=utf-8\n",
                  arena_format(office.arena,
                               "BEGIN:VCALENDAR\nMETHOD:%s\nBEGIN:VEVENT\nUID:7@x\nSEQUENCE:%d\n"
                               "DTSTAMP:20240101T080000Z\nDTSTART:20240105T100000Z\n"
                               "DTEND:20240105T110000Z\nORGANIZER:mailto:ann@example.com\n"
                               "ATTENDEE:mailto:olga@svyaz.example\nSUMMARY:%s\nEND:VEVENT\n"
                               "END:VCALENDAR",
                               method, sequence, subject));
}

/* The one appointment that the administrator sees. */
static const struct record *the_appointment(void)
{
    const char *before = office.credentials.basic_name;
    struct query_request query = {.columns =
                                      office_list(&office, "subject", "owner", "statusReason",
                                                  "invitation", "regarding", NULL)};
    const struct retrieve_multiple_entity_request request = {.query = &query};

    office.credentials.basic_name = ADMINISTRATOR;
    const struct retrieve_multiple_entity_response *response =
        office_run(&office, "Appointment", "RetrieveMultipleAppointment", &request);
    office.credentials.basic_name = before;
    assert_int_equal(response->page->records.count, 1);
    return response->page->records.items[0];
}

static void expect_reference(const struct record *record, const char *field, const struct uuid *id)
{
    assert_true(uuid_is_equal(&mail_value(record, field)->reference.id, id));
}

void test_mail_promote__an_invitation_becomes_an_appointment(void **state)
{
    (void)state;
    open();
    const struct promoted_email *filed =
        promote(invitation("7@x", "REQUEST", 0, "Tea"), "Contact", &contact);
    const struct record *made = the_appointment();
    assert_string_equal(office_text(&office, made, "subject"), "Tea");
    assert_string_equal(office_text(&office, made, "statusReason"), "Tentative");
    expect_reference(made, "owner", &olga);
    expect_reference(made, "invitation", &filed->id.value);
    expect_reference(made, "regarding", &contact);
    (void)promote(invitation("7b@x", "REQUEST", 1, "Coffee"), NULL, NULL);
    assert_string_equal(office_text(&office, the_appointment(), "subject"), "Coffee");
    (void)promote(invitation("7c@x", "CANCEL", 2, "Coffee"), NULL, NULL);
    assert_string_equal(office_text(&office, the_appointment(), "statusReason"), "Canceled");
    office_close(&office);
}

/* What he may not see or change stays as it is; his message is filed all the same. */
void test_mail_promote__an_invitation_changes_nothing_of_others(void **state)
{
    (void)state;
    open();
    (void)move_away("far", "far@svyaz.example");
    (void)promote(invitation("7@x", "REQUEST", 0, "Tea"), NULL, NULL);
    for (int at = 0; at < 2; at++) {
        office.credentials.basic_name = at == 0 ? "far" : "ivan";
        const char *id = at == 0 ? "7b@x" : "7c@x";
        assert_true(promote(invitation(id, "REQUEST", 1, id), NULL, NULL)->created.value);
        assert_string_equal(office_text(&office, the_appointment(), "subject"), "Tea");
        id = at == 0 ? "7d@x" : "7e@x";
        assert_true(promote(invitation(id, "CANCEL", 2, id), NULL, NULL)->created.value);
        assert_string_equal(office_text(&office, the_appointment(), "statusReason"), "Tentative");
    }
    office_close(&office);
}
