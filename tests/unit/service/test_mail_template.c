/*
 * test_mail_template.c - texts with slots: what stands in their place, for whom, and how it is
 * written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "generated/messages.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "support/mail_office.h"
#include "support/office.h"

static struct office office;
static struct uuid contact;

static void open(void)
{
    office_open(&office);
    (void)mail_add_user(&office, "olga", "salesperson", "olga@svyaz.example");
    (void)mail_add_user(&office, "ivan", "salesperson", "ivan@svyaz.example");
    office.credentials.basic_name = "olga";
    contact =
        mail_add_contact(&office, "O'Neil <b>&", "ann@example.com", "birthDate", "1990-02-05");
}

static struct uuid add_template(const char *subject, const char *body, const char *field,
                                const char *text)
{
    struct record *template = office_record(&office, "EmailTemplate", "title", "T");

    office_set(&office, template, "subject", subject);
    office_set(&office, template, "body", body);
    if (field != NULL) {
        office_set(&office, template, field, text);
    }
    return mail_create(&office, template);
}

static struct reference reference_to(const char *entity, const struct uuid *id)
{
    return (struct reference){.entity = catalog_find_entity(office.house.platform.catalog, entity),
                              .id = *id};
}

static const struct instantiated_template *try_fill(const struct uuid *template_id,
                                                    const char *entity, const struct uuid *id)
{
    struct reference record = reference_to(entity, id);
    const struct instantiate_template_request request = {
        .template_id = {.is_set = true, .value = *template_id}, .record = &record};
    const struct instantiate_template_response *response =
        office_try(&office, "Mail", "InstantiateTemplate", &request);
    return response == NULL ? NULL : response->result;
}

static const char *fill(const char *body, const char *field, const char *text)
{
    const struct uuid id = add_template("s", body, field, text);
    const struct instantiated_template *filled = try_fill(&id, "Contact", &contact);

    if (filled == NULL) {
        fail_msg("%s: %s (%s)", body, office.error.message, office.error.cause);
    }
    return filled->description;
}

static void expect_refused(const char *body, enum error_code code)
{
    const struct uuid id = add_template("s", body, NULL, NULL);
    office_expect(&office, try_fill(&id, "Contact", &contact), code);
}

void test_mail_template__slots_are_filled_and_escaped(void **state)
{
    static const struct {
        const char *body, *filled;
    } texts[] = {
        {"Dear {{Contact.fullName}}!", "Dear O&#39;Neil &lt;b&gt;&amp;!"},
        {"{{ Contact.lastName | nobody }}", "O&#39;Neil &lt;b&gt;&amp;"},
        {"{{Contact.firstName|dear <i>customer</i>}}", "dear <i>customer</i>"},
        {"[{{Contact.firstName}}]", "[]"},
        {"{{Contact.birthDate}}", "February 5, 1990"},
        {"{{Contact.doNotEmail}}", "no"},
        {"{{Contact.state}}", "Active"},
        {"{{Contact.parentCustomer.name|alone}}", "alone"},
        {"{{Contact.owner.fullName}} {{User.internalEmailAddress}}", "olga olga@svyaz.example"},
        {"no slots } } { {", "no slots } } { {"},
        {"", ""},
    };

    (void)state;
    open();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_string_equal(fill(texts[i].body, NULL, NULL), texts[i].filled);
    }
    assert_string_equal(fill("{{Contact.lastName}}", "mimeType", "text/plain"), "O'Neil <b>&");
    assert_string_equal(fill("{{Contact.birthDate}}", "language", "Russian"),
                        "5 февраля 1990\u202Fг.");
    assert_string_equal(fill("{{Contact.doNotEmail}}", "language", "Russian"), "нет");
    assert_string_equal(fill("{{Contact.state}}", "language", "Russian"), "Активно");
    office_close(&office);
}

/* Where the way ends early there is no value: not the name of what it led to. */
void test_mail_template__a_way_that_ends_early_has_no_value(void **state)
{
    static const char body[] = "{{Contact.parentCustomer.telephone1|our office}}";

    (void)state;
    open();
    const struct uuid firm =
        mail_create(&office, office_record(&office, "Account", "name", "Firm"));
    struct record *member = office_record(&office, "Contact", "lastName", "Ann");
    mail_refer(&office, member, "parentCustomer", "Account", &firm);
    contact = mail_create(&office, member);
    assert_string_equal(fill(body, NULL, NULL), "our office");
    assert_string_equal(fill("{{Contact.parentCustomer}}", NULL, NULL), "Firm");
    assert_string_equal(fill("{{Contact.parentCustomer.primaryContact.lastName|x}}", NULL, NULL),
                        "x");
    mail_change(&office, "Account", &firm, "telephone1", "+7 495 123-45-67");
    assert_string_equal(fill(body, NULL, NULL), "+7 495 123-45-67");
    office_close(&office);
}

/* What somebody calls himself is not taken for a slot, and ends no line of the subject. */
void test_mail_template__values_are_no_slots(void **state)
{
    (void)state;
    open();
    const struct uuid sly =
        mail_add_contact(&office, "{{User.fullName}}", "sly@example.com", NULL, NULL);
    const struct uuid id =
        add_template("For {{Contact.lastName}}", "{{Contact.lastName}}", NULL, NULL);
    const struct instantiated_template *filled = try_fill(&id, "Contact", &sly);
    assert_string_equal(filled->subject, "For {{User.fullName}}");
    assert_string_equal(filled->description, "{{User.fullName}}");
    office_close(&office);
}

void test_mail_template__amounts_are_in_their_currency(void **state)
{
    (void)state;
    open();
    struct record *deal = office_record(&office, "Opportunity", "name", "Deal");
    mail_refer(&office, deal, "customer", "Contact", &contact);
    office_set(&office, deal, "estimatedValue", "1234567.5");
    const struct uuid id = mail_create(&office, deal);
    const struct uuid english =
        add_template("s", "{{Opportunity.estimatedValue}} {{Opportunity.customer.lastName}}",
                     "language", "English");
    const struct uuid russian =
        add_template("s", "{{Opportunity.estimatedValue}}", "language", "Russian");
    assert_string_equal(try_fill(&english, "Opportunity", &id)->description,
                        "$1,234,567.50 O&#39;Neil &lt;b&gt;&amp;");
    assert_string_equal(try_fill(&russian, "Opportunity", &id)->description,
                        "1\u00A0234\u00A0567,50\u00A0$");
    office_close(&office);
}

void test_mail_template__what_is_no_slot_is_said(void **state)
{
    (void)state;
    open();
    expect_refused("{{Contact.nonsense}}", ERROR_FIELD_UNKNOWN);
    expect_refused("{{Account.name}}", ERROR_VALUE_INVALID);
    expect_refused("{{Contact}}", ERROR_VALUE_INVALID);
    expect_refused("{{}}", ERROR_VALUE_INVALID);
    expect_refused("{{Contact.lastName", ERROR_VALUE_INVALID);
    expect_refused("{{Contact.owner.manager.manager.manager.fullName}}", ERROR_VALUE_INVALID);
    expect_refused("{{Contact.lastName.length}}", ERROR_FIELD_NOT_USABLE);
    struct buffer many;
    buffer_init(&many, office.arena, 1024);
    for (int i = 0; i < 501; i++) {
        buffer_add_text(&many, "{{Contact.firstName}}");
    }
    expect_refused(many.bytes, ERROR_LIMIT_EXCEEDED);
    office_close(&office);
}

/* A value that he could not retrieve is as if it were not there. */
void test_mail_template__nobody_reads_by_a_template_what_he_may_not(void **state)
{
    (void)state;
    open();
    office.credentials.basic_name = ADMINISTRATOR;
    const struct uuid direct = add_template("s", "{{Contact.lastName}}", "isPersonal", "false");
    const struct uuid along = add_template(
        "s", "{{Opportunity.customer.lastName|nobody}}, {{Opportunity.customer|nobody}}",
        "isPersonal", "false");
    const struct uuid unit =
        mail_create(&office, office_record(&office, "BusinessUnit", "name", "Far away"));
    const struct uuid far = office_add_user(&office, "remote", "salesperson");
    struct record *moved = office_record(&office, "SystemUser", "lastName", "Remote");
    *record_value(moved, moved->entity->id) = (struct value){.state = VALUE_SET, .uuid = far};
    mail_refer(&office, moved, "businessUnit", "BusinessUnit", &unit);
    const struct update_entity_request move = {.record = moved};
    (void)office_run(&office, "SystemUser", "UpdateSystemUser", &move);
    struct record *deal = office_record(&office, "Opportunity", "name", "Deal");
    mail_refer(&office, deal, "customer", "Contact", &contact);
    mail_refer(&office, deal, "owner", "SystemUser", &far);
    const struct uuid deal_id = mail_create(&office, deal);
    const struct instantiated_template *seen = try_fill(&along, "Opportunity", &deal_id);
    assert_non_null(strstr(seen->description, "O&#39;Neil &lt;b&gt;&amp;, O&#39;Neil"));
    office.credentials.basic_name = "remote";
    office_expect(&office, try_fill(&direct, "Contact", &contact), ERROR_RECORD_NOT_FOUND);
    seen = try_fill(&along, "Opportunity", &deal_id);
    assert_string_equal(seen->description, "nobody, nobody");
    office_close(&office);
}

void test_mail_template__a_personal_one_is_its_owners(void **state)
{
    (void)state;
    open();
    const struct uuid own = add_template("s", "b", NULL, NULL);
    const struct uuid shared = add_template("s", "b", "isPersonal", "false");
    const struct uuid other = add_template("s", "b", "forEntity", "Account");
    office_expect(&office, try_fill(&other, "Contact", &contact), ERROR_VALUE_INVALID);
    assert_non_null(try_fill(&own, "Contact", &contact));
    office.credentials.basic_name = "ivan";
    office_expect(&office, try_fill(&own, "Contact", &contact), ERROR_NOT_ALLOWED);
    assert_non_null(try_fill(&shared, "Contact", &contact));
    office_close(&office);
}

/* ---- sent ---- */

static const struct sent_email *try_send(const struct uuid *template_id, const char *entity,
                                         const struct uuid *id, const struct reference *recipient)
{
    struct reference record = reference_to(entity, id);
    const void *recipients[] = {recipient};
    const struct send_email_from_template_request request = {
        .template_id = {.is_set = true, .value = *template_id},
        .record = &record,
        .recipients = {.is_set = recipient != NULL,
                       .count = recipient != NULL,
                       .items = (void **)recipients},
    };
    const struct send_email_from_template_response *response =
        office_try(&office, "Mail", "SendEmailFromTemplate", &request);
    return response == NULL ? NULL : response->result;
}

void test_mail_template__becomes_an_email_that_is_sent(void **state)
{
    (void)state;
    open();
    const struct uuid id =
        add_template("Hello {{Contact.lastName}}", "<p>{{User.fullName}}</p>", NULL, NULL);
    const struct sent_email *sent = try_send(&id, "Contact", &contact, NULL);
    assert_non_null(sent);
    const struct record *email =
        mail_read_record(&office, "Email", &sent->id.value, "subject", "description", "to",
                         "regarding", "statusReason", "original", "messageId", NULL);
    const char *message = mail_bytes(&office, mail_value(email, "original")->file);
    assert_string_equal(office_text(&office, email, "subject"), "Hello O'Neil <b>&");
    assert_string_equal(office_text(&office, email, "description"), "<p>olga</p>");
    assert_string_equal(office_text(&office, email, "statusReason"), "PendingSend");
    assert_string_equal(office_text(&office, email, "messageId"), sent->message_id);
    assert_true(uuid_is_equal(&mail_value(email, "regarding")->reference.id, &contact));
    assert_non_null(strstr(message, "ann@example.com"));
    assert_null(strstr(message, "Auto-Submitted"));
    /* about something else than who gets it */
    struct record *deal = office_record(&office, "Opportunity", "name", "Deal");
    mail_refer(&office, deal, "customer", "Contact", &contact);
    const struct uuid deal_id = mail_create(&office, deal);
    const struct uuid second = add_template("s", "{{Opportunity.name}}", NULL, NULL);
    const struct reference ann = reference_to("Contact", &contact);
    office_expect(&office, try_send(&second, "Opportunity", &deal_id, NULL), ERROR_VALUE_INVALID);
    assert_non_null(try_send(&second, "Opportunity", &deal_id, &ann));
    office_close(&office);
}
