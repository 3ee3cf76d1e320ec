/*
 * test_mail_token.c - tokens: made, carried through what mail programs do to them, and found again;
 * and never made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "call/call.h"
#include "mail/token.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "support/letters.h"

static struct office office;

static const struct entity *entity_of(const char *name)
{
    return catalog_find_entity(office.house.platform.catalog, name);
}

static struct uuid add_case(const char *title)
{
    const struct uuid customer =
        letters_add(&office, "Account", "name", "Firm", "firm@example.com");
    struct record *record = office_record(&office, "Case", "title", title);

    *record_value(record, entity_find_field(record->entity, "customer")) = (struct value){
        .state = VALUE_SET, .reference = {.entity = entity_of("Account"), .id = customer}};
    return letters_create(&office, record);
}

static const struct tracking_token *try_token(const char *entity, const struct uuid *id,
                                              const char *subject, const char *address)
{
    const struct reference record = {.entity = entity_of(entity), .id = *id};
    const struct get_tracking_token_request request = {
        .record = (struct reference *)&record, .subject = subject, .address = address};
    const struct get_tracking_token_response *response =
        office_try(&office, "Mail", "GetTrackingToken", &request);
    return response == NULL ? NULL : response->result;
}

static const struct tracking_token *get_token(const char *entity, const struct uuid *id,
                                              const char *subject, const char *address)
{
    const struct tracking_token *token = try_token(entity, id, subject, address);

    if (token == NULL) {
        fail_msg("%s (%s)", office.error.message, office.error.cause);
    }
    return token;
}

/* ---- tokens as text ---- */

static void expect_in_subject(struct call *call, const char *format, const char *token)
{
    const char *subject = arena_format(call->arena, format, token);
    const char *found = mail_token_in_subject(call, subject);

    if (found == NULL || strcmp(found, token) != 0) {
        fail_msg("\"%s\" gave %s", subject, found == NULL ? "nothing" : found);
    }
}

void test_mail_token__is_found_whatever_mail_programs_do_to_it(void **state)
{
    static const char *const formats[] = {
        "Offer [CRM:%s]",
        "[CRM:%s]",
        "Re: Offer [CRM:%s]",
        "RE[2]: FW: Отв: Счёт [CRM:%s] - срочно",
        "Offer (CRM:%s)",
        "Offer CRM:%s",
        "Offer CRM:%s and more of it",
        "offer [crm:%s]",
        "Offer [CRM: %s]",
        "Offer {ＣＲＭ：%s}",
        "CRM: see CRM:ABC-DEFGHJ and [CRM:%s]",
    };

    (void)state;
    office_open(&office);
    struct call *call = test_call_begin(&office.house);
    const struct uuid id = call_new_id(call);
    const char *const tokens[] = {mail_token_new(call),
                                  mail_token_of_number(call, "CAS-2026-000123"),
                                  mail_token_of_id(call, &id)};
    for (size_t token = 0; token < sizeof(tokens) / sizeof(tokens[0]); token++) {
        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
            expect_in_subject(call, formats[i], tokens[token]);
        }
        /* Folded within, wherever that was. */
        for (size_t at = 1; at < strlen(tokens[token]); at++) {
            const char *broken = arena_format(call->arena, "Re: Offer [CRM:%.*s %s] x", (int)at,
                                              tokens[token], tokens[token] + at);
            const char *found = mail_token_in_subject(call, broken);
            assert_non_null(found);
            assert_string_equal(found, tokens[token]);
        }
    }
    test_call_end(&call);
    office_close(&office);
}

/* Each single character matters, and so does the kind. */
void test_mail_token__cannot_be_made_up(void **state)
{
    static const enum mail_token_kind kinds[] = {MAIL_TOKEN_SERIAL, MAIL_TOKEN_NUMBER,
                                                 MAIL_TOKEN_ID};
    struct mail_token read;

    (void)state;
    office_open(&office);
    struct call *call = test_call_begin(&office.house);
    const struct uuid id = call_new_id(call);
    const char *const tokens[] = {mail_token_new(call),
                                  mail_token_of_number(call, "CAS-2026-000123"),
                                  mail_token_of_id(call, &id)};
    for (size_t token = 0; token < 3; token++) {
        assert_true(mail_token_read(call, tokens[token], &read));
        assert_int_equal(read.kind, kinds[token]);
        for (size_t at = 0; at < strlen(tokens[token]); at++) {
            char *other = arena_copy_text(call->arena, tokens[token]);
            other[at] = other[at] == '7' ? '8' : '7';
            assert_false(mail_token_read(call, other, &read));
        }
    }
    assert_true(mail_token_read(call, tokens[2], &read));
    const struct uuid found = mail_token_id(&read);
    assert_true(uuid_is_equal(&found, &id));
    /* Another organisation with the same key file. */
    office.house.platform.organization_id.bytes[3] ^= 1;
    assert_false(mail_token_read(call, tokens[1], &read));
    assert_null(mail_token_in_subject(call, arena_format(call->arena, "[CRM:%s]", tokens[1])));
    office.house.platform.organization_id.bytes[3] ^= 1;
    assert_null(mail_token_in_subject(call, "[CRM:]"));
    assert_null(mail_token_in_subject(call, "[CRM:CAS-2026-000123]"));
    assert_null(mail_token_of_number(call, "Счёт 1"));
    assert_null(mail_token_of_number(call, ""));
    test_call_end(&call);
    office_close(&office);
}

void test_mail_token__stands_at_the_end_of_a_subject_once(void **state)
{
    (void)state;
    office_open(&office);
    struct call *call = test_call_begin(&office.house);
    const char *token = mail_token_of_number(call, "CAS-1");
    const char *other = mail_token_new(call);
    const char *mark = arena_format(call->arena, "[CRM:%s]", token);
    const char *once = mail_token_into_subject(call, "Offer", token, 200);
    assert_string_equal(once, arena_format(call->arena, "Offer %s", mark));
    assert_string_equal(mail_token_into_subject(call, once, token, 200), once);
    assert_string_equal(
        mail_token_into_subject(call, arena_format(call->arena, "Re: [crm:%s] Offer", other), token,
                                200),
        arena_format(call->arena, "Re: Offer %s", mark));
    assert_string_equal(mail_token_into_subject(call, "", token, 200), mark);
    /* Cut by characters, not bytes, and never the token. */
    assert_string_equal(mail_token_into_subject(call, "Предложение", token, strlen(mark) + 5),
                        arena_format(call->arena, "Пред %s", mark));
    assert_string_equal(mail_token_into_subject(call, "Offer", token, strlen(mark)), "Offer");
    office.house.settings.filing.token_prefix = "";
    assert_string_equal(mail_token_into_subject(call, "Offer", token, 200), "Offer");
    assert_null(mail_token_in_subject(call, once));
    test_call_end(&call);
    office_close(&office);
}

void test_mail_token__stands_after_a_plus(void **state)
{
    struct mail_token read;

    (void)state;
    office_open(&office);
    struct call *call = test_call_begin(&office.house);
    const char *token = mail_token_of_number(call, "CAS-2026-000123");
    const char *address = mail_token_into_address(call, "Support@firm.example", token);
    assert_memory_equal(address, "Support+cas-2026-000123-", 24);
    assert_true(mail_token_read(call, mail_tag_of_address(call, address), &read));
    assert_string_equal(read.body, "CAS-2026-000123");
    assert_string_equal(mail_tag_of_address(call, "a+b+c@firm.example"), "c");
    assert_null(mail_tag_of_address(call, "a+@firm.example"));
    assert_null(mail_tag_of_address(call, "a@firm+example"));
    assert_null(mail_tag_of_address(call, "none"));
    assert_null(mail_token_into_address(call, "none", token));
    assert_null(mail_token_into_address(
        call, "a-local-part-that-is-as-long-as-it-can-be-with-a-plus@firm.example", token));
    test_call_end(&call);
    office_close(&office);
}

/* ---- records ---- */

void test_mail_token__of_a_record_names_it(void **state)
{
    struct mail_token read;
    struct reference found;
    struct error error = {0};

    (void)state;
    office_open(&office);
    const struct uuid incident = add_case("Does not start");
    const struct uuid lead = letters_add(&office, "Lead", "lastName", "Ann", "ann@example.com");
    const struct record *stored =
        letters_retrieve(&office, "Case", &incident, "ticketNumber", NULL);
    const struct tracking_token *of_case =
        get_token("Case", &incident, "Answer", "support@svyaz.example");
    const struct tracking_token *of_lead = get_token("Lead", &lead, NULL, NULL);
    struct call *call = test_call_begin(&office.house);
    assert_non_null(strstr(of_case->token, office_text(&office, stored, "ticketNumber")));
    assert_string_equal(mail_token_in_subject(call, of_case->subject), of_case->token);
    assert_true(mail_token_read(call, mail_tag_of_address(call, of_case->reply_to), &read));
    assert_true(mail_token_find(call, &read, &found, &error));
    assert_ptr_equal(found.entity, entity_of("Case"));
    assert_true(uuid_is_equal(&found.id, &incident));
    assert_null(of_lead->subject);
    assert_null(of_lead->reply_to);
    assert_true(mail_token_read(call, of_lead->token, &read));
    assert_true(mail_token_find(call, &read, &found, &error));
    assert_ptr_equal(found.entity, entity_of("Lead"));
    assert_true(uuid_is_equal(&found.id, &lead));
    test_call_end(&call);
    office_close(&office);
}

/* An e-mail gets one, and bears it from then on. */
void test_mail_token__of_an_email_is_kept_in_it(void **state)
{
    (void)state;
    office_open(&office);
    const struct uuid email =
        letters_create(&office, office_record(&office, "Email", "subject", "Offer"));
    const struct tracking_token *first = get_token("Email", &email, NULL, NULL);
    const struct tracking_token *again = get_token("Email", &email, NULL, NULL);
    const struct record *stored =
        letters_retrieve(&office, "Email", &email, "trackingToken", "version", NULL);
    assert_string_equal(again->token, first->token);
    assert_string_equal(office_text(&office, stored, "trackingToken"), first->token);
    assert_string_equal(office_text(&office, stored, "version"), "2");
    assert_memory_equal(first->subject, "Offer [CRM:", 11);
    office_close(&office);
}

/* Who has a token can have mail filed under the record. */
void test_mail_token__is_for_those_who_may_append_to_the_record(void **state)
{
    (void)state;
    office_open(&office);
    const struct uuid incident = add_case("Does not start");
    const struct uuid unit =
        letters_create(&office, office_record(&office, "UnitOfMeasure", "name", "piece"));
    (void)office_add_user(&office, "auditor", "read-only-auditor");
    office_expect(&office, try_token("UnitOfMeasure", &unit, NULL, NULL), ERROR_VALUE_INVALID);
    office_expect(&office, try_token("Lead", &unit, NULL, NULL), ERROR_RECORD_NOT_FOUND);
    office.credentials.basic_name = "auditor";
    office_expect(&office, try_token("Case", &incident, NULL, NULL), ERROR_NOT_ALLOWED);
    office_close(&office);
}
