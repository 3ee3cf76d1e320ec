/*
 * test_envelope.c - versions, headers, credentials, and one body with one operation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "fixture.h"
#include "text/zone.h"

#define WHO "<WhoAmI xmlns='urn:svyaz:crm:1:Session'/>"
#define SECURITY                                                                                   \
    "xmlns:s='http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd' " \
    "xmlns:u='http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'"
#define PROFILE "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
#define TOKEN(password)                                                                            \
    "<s:UsernameToken><s:Username>anna</s:Username>" password "</s:UsernameToken>"

#define CREATED "<u:Created>2023-11-14T22:13:00Z</u:Created>"
#define NONCE "<s:Nonce>MTIzNDU2Nzg=</s:Nonce>"
#define STAMP "<u:Timestamp>" CREATED "</u:Timestamp>"
#define DIGEST(rest) TOKEN("<s:Password Type='" PROFILE "#PasswordDigest'>YWJj</s:Password>" rest)

void test_envelope__knows_both_versions(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    assert_true(fixture_read(
        &fixture, "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body>" WHO
                  "</Body></Envelope>"));
    assert_int_equal(fixture.envelope.version, SOAP_VERSION_1_1);
    assert_true(fixture_read(&fixture,
                             "<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope'><Body>" WHO
                             "</Body></Envelope>"));
    assert_int_equal(fixture.envelope.version, SOAP_VERSION_1_2);
    assert_false(fixture_read(&fixture, "<Envelope xmlns='urn:x'><Body>" WHO "</Body></Envelope>"));
    assert_refused(&fixture, ERROR_SOAP_VERSION, "");
    fixture_close(&fixture);
}

void test_envelope__wants_one_body_with_one_operation(void **state)
{
    static const char *const messages[] = {
        "<a/>",
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'/>",
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Header/></Envelope>",
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body/></Envelope>",
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body>" WHO WHO
        "</Body></Envelope>",
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body>" WHO "</Body><Body>" WHO
        "</Body></Envelope>",
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Header/><Header/><Body>" WHO
        "</Body></Envelope>",
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body>" WHO
        "</Body><Header/></Envelope>",
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><x xmlns=''/><Body>" WHO
        "</Body></Envelope>",
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><Body>" WHO
        "</Body></e:Envelope>",
    };
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        if (fixture_read(&fixture, messages[i])) {
            fail_msg("%s passes", messages[i]);
        }
        assert_refused(&fixture, ERROR_SOAP_INVALID, "");
    }
    fixture_close(&fixture);
}

void test_envelope__reads_our_headers(void **state)
{
    struct fixture fixture;
    const struct request_header *request = &fixture.envelope.request;

    (void)state;
    fixture_open(&fixture);
    assert_true(fixture_read_header(
        &fixture,
        "<e:Header><Session xmlns='urn:svyaz:crm:1:Account'><token> t-1 </token></Session>"
        "<r:Request xmlns:r='urn:svyaz:crm:1:Session'><r:timeZone>+03:30</r:timeZone>"
        "<r:id>r-1</r:id><r:validateOnly>true</r:validateOnly>"
        "<r:expectedVersion>7</r:expectedVersion><r:language>ru</r:language>"
        "<r:application>ERP</r:application></r:Request></e:Header>",
        WHO));
    assert_string_equal(fixture.envelope.session_token, "t-1");
    assert_string_equal(request->id, "r-1");
    assert_string_equal(request->application, "ERP");
    assert_true(request->is_validate_only && request->has_expected_version);
    assert_int_equal(request->expected_version, 7);
    assert_int_equal(request->language, LANGUAGE_RUSSIAN);
    assert_string_equal(zone_name(request->zone), "+03:30");
    fixture_close(&fixture);
}

static const struct {
    const char *headers;
    enum error_code code;
    const char *subject;
} wrong[] = {
    {"<Session xmlns='urn:svyaz:crm:1:Session'><token>a</token></Session>"
     "<Session xmlns='urn:svyaz:crm:1:Account'><token>b</token></Session>",
     ERROR_SOAP_INVALID, "Session"},
    {"<Session xmlns='urn:svyaz:crm:1:Session'><token>a</token><token>b</token></Session>",
     ERROR_PARAMETER_REPEATED, "token"},
    {"<Session xmlns='urn:svyaz:crm:1:Session'/>", ERROR_SESSION_INVALID, "token"},
    {"<Request xmlns='urn:svyaz:crm:1:Session'><timeZone>Mars</timeZone></Request>",
     ERROR_VALUE_INVALID, "timeZone"},
    {"<Request xmlns='urn:svyaz:crm:1:Session'><timeZone>+15:00</timeZone></Request>",
     ERROR_VALUE_INVALID, "timeZone"},
    {"<Request xmlns='urn:svyaz:crm:1:Session'><language>tlh</language></Request>",
     ERROR_CHOICE_UNKNOWN, "language"},
    {"<Request xmlns='urn:svyaz:crm:1:Session'><onBehalfOf>x</onBehalfOf></Request>",
     ERROR_NOT_ALLOWED, "onBehalfOf"},
    {"<Request xmlns='urn:svyaz:crm:1:Session'><other/></Request>", ERROR_PARAMETER_UNKNOWN,
     "other"},
    {"<x:y xmlns:x='urn:x' e:mustUnderstand='1'/>", ERROR_SOAP_MUST_UNDERSTAND, "y"},
    {"<s:Security " SECURITY ">" TOKEN("<s:Password>a</s:Password>")
         TOKEN("<s:Password>b</s:Password>") "</s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY
     ">" TOKEN("<s:Password Type='" PROFILE "#PasswordDigest'>a</s:Password>") "</s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY ">" TOKEN("<s:Password Type='other'>a</s:Password>") "</s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY ">" TOKEN("") "</s:Security>", ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY ">" DIGEST(NONCE CREATED) "</s:Security>", ERROR_CREDENTIALS_INVALID,
     "Security"}, /* no Timestamp */
    {"<s:Security " SECURITY ">" STAMP DIGEST(CREATED) "</s:Security>", ERROR_CREDENTIALS_INVALID,
     "Security"},
    {"<s:Security " SECURITY ">" STAMP DIGEST(NONCE) "</s:Security>", ERROR_CREDENTIALS_INVALID,
     "Security"},
    {"<s:Security " SECURITY ">" STAMP DIGEST(NONCE NONCE CREATED) "</s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY ">" STAMP DIGEST(NONCE CREATED CREATED) "</s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY ">" STAMP DIGEST("<s:Nonce>AAAA</s:Nonce>" CREATED) "</s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"}, /* too short */
    {"<s:Security " SECURITY
     ">" STAMP DIGEST("<s:Nonce>MTIzNDU2 Nzg=</s:Nonce>" CREATED) "</s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"}, /* the same bytes, another text */
    {"<s:Security " SECURITY
     ">" STAMP DIGEST("<s:Nonce EncodingType='x'>MTIzNDU2Nzg=</s:Nonce>" CREATED) "</s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY ">" STAMP STAMP DIGEST(NONCE CREATED) "</s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY
     ">" STAMP DIGEST(NONCE CREATED "<s:Password>a</s:Password>") "</s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY ">" STAMP DIGEST(NONCE CREATED "<s:Salt>a</s:Salt>") "</s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY "><s:BinarySecurityToken/></s:Security>", ERROR_CREDENTIALS_INVALID,
     "Security"},
    {"<s:Security " SECURITY "><u:Timestamp><u:Expires>2001-01-01T00:00:00Z</u:Expires>"
     "</u:Timestamp></s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY "><u:Timestamp><u:Created>2100-01-01T00:00:00Z</u:Created>"
     "</u:Timestamp></s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
    {"<s:Security " SECURITY "><u:Timestamp><u:Created>yesterday</u:Created>"
     "</u:Timestamp></s:Security>",
     ERROR_CREDENTIALS_INVALID, "Security"},
};

/* Two equal headers are never "the last one counts". */
void test_envelope__refuses_bad_headers(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const char *header =
            arena_format(fixture.arena, "<e:Header>%s</e:Header>", wrong[i].headers);
        if (fixture_read_header(&fixture, header, WHO)) {
            fail_msg("%s passes", wrong[i].headers);
        }
        assert_refused(&fixture, wrong[i].code, wrong[i].subject);
    }
    fixture_close(&fixture);
}

void test_envelope__reads_a_user_name_token(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    assert_true(
        fixture_read_header(&fixture,
                            "<e:Header><s:Security " SECURITY " e:mustUnderstand='1'>"
                            "<u:Timestamp u:Id='t'><u:Created>2023-11-14T22:13:00Z</u:Created>"
                            "<u:Expires>2023-11-14T22:18:00Z</u:Expires></u:Timestamp>" TOKEN(
                                "<s:Password Type='" PROFILE "#PasswordText'>p&amp;w</s:Password>"
                                "<s:Nonce>AAAA</s:Nonce><u:Created>2023-11-14T22:13:00Z</"
                                "u:Created>") "</s:Security></e:Header>",
                            WHO));
    assert_string_equal(fixture.envelope.user_name, "anna");
    assert_string_equal(fixture.envelope.password, "p&w");
    fixture_close(&fixture);
}

void test_envelope__reads_a_digest(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    assert_true(fixture_read_header(&fixture,
                                    "<e:Header><s:Security " SECURITY
                                    ">" STAMP DIGEST(NONCE CREATED) "</s:Security></e:Header>",
                                    WHO));
    assert_true(fixture.envelope.is_digest);
    assert_int_equal(fixture.envelope.nonce.length, 8);
    assert_memory_equal(fixture.envelope.nonce.bytes, "12345678", 8);
    assert_memory_equal(fixture.envelope.digest.bytes, "abc", 3);
    assert_string_equal(fixture.envelope.token_created, "2023-11-14T22:13:00Z");
    /* Created, the window of five minutes, and the minute that clocks may differ. */
    assert_int_equal(fixture.envelope.fresh_until - fixture.now,
                     (fixture.now / 60000 * 60000 - fixture.now) + 360000);
    fixture_close(&fixture);
}

/* ReplyTo is data: nobody is called. What is meant for others, or needs no understanding, is
 * passed over. */
void test_envelope__passes_over_other_headers(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    assert_true(fixture_read_header(
        &fixture,
        "<e:Header><x:deep xmlns:x='urn:x'>mixed <x:a>/><x:b/></x:a></x:deep>"
        "<x:y xmlns:x='urn:x' e:mustUnderstand='1' e:actor='urn:somebody'/>"
        "<a:MessageID xmlns:a='http://www.w3.org/2005/08/addressing'>urn:uuid:1</a:MessageID>"
        "<a:ReplyTo xmlns:a='http://www.w3.org/2005/08/addressing' e:mustUnderstand='1'>"
        "<a:Address>http://127.0.0.1:1/</a:Address></a:ReplyTo></e:Header>",
        WHO));
    assert_string_equal(fixture.envelope.message_id, "urn:uuid:1");
    assert_string_equal(fixture.operation->request->name, "WhoAmI");
    fixture_close(&fixture);
}

void test_envelope__reads_moments_in_the_declared_zone(void **state)
{
    static const char body[] =
        "<CreateTask xmlns='urn:svyaz:crm:1:Task'><task><scheduledEnd>2024-05-01T12:00:00"
        "</scheduledEnd></task></CreateTask>";
    struct fixture fixture;
    struct record *record = NULL;

    (void)state;
    fixture_open(&fixture);
    assert_false(fixture_read_body(&fixture, body));
    assert_refused(&fixture, ERROR_VALUE_INVALID, "scheduledEnd");
    assert_true(fixture_read_header(&fixture,
                                    "<e:Header><Request xmlns='urn:svyaz:crm:1:Task'><timeZone>"
                                    " Europe/Moscow </timeZone></Request></e:Header>",
                                    body));
    record = *(struct record **)fixture.parameters;
    assert_int_equal(fixture_value(record, "scheduledEnd")->moment, 1714554000000);
    fixture_close(&fixture);
}
