/*
 * test_door.c - what the door answers by itself: contracts, pages, faults, HTTP errors.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/time.h"
#include "call/platform.h"
#include "fixture.h"
#include "soap/door.h"
#include "support/test_database.h"
#include "xml/document.h"

struct house {
    struct fixture fixture;
    struct settings settings;
    struct log log;
    struct platform platform;
    struct soap_door *door;
    struct soap_worker *worker;
    struct soap_request request;
    struct soap_answer answer;
    struct test_database test; /* opened by open_house_with_database */
};

static void open_house(struct house *house)
{
    struct settings_sources sources = {.directory = "/nonexistent"};
    struct error error = {0};

    fixture_open(&house->fixture);
    if (!settings_load(house->fixture.arena, &sources, &house->settings, &error)) {
        fail_msg("%s", error.message);
    }
    house->log = (struct log){.descriptor = open("/dev/null", O_WRONLY)};
    house->platform = (struct platform){.settings = &house->settings,
                                        .log = &house->log,
                                        .catalog = house->fixture.catalog,
                                        .now = time_now};
    if (!soap_door_create(&house->platform, &house->door, &error)) {
        fail_msg("%s", error.message);
    }
    house->worker = soap_worker_create(house->door);
    house->request = (struct soap_request){.method = "GET",
                                           .path = "/soap",
                                           .scheme = "https",
                                           .host = "crm.example:8443",
                                           .peer_address = "127.0.0.1"};
}

/* For what goes beyond the door: who asks is sought before it is read what for. */
static void open_house_with_database(struct house *house)
{
    open_house(house);
    test_database_open(&house->test);
    house->platform.database = house->test.database;
}

static void close_house(struct house *house)
{
    if (house->platform.database != NULL) {
        test_database_close(&house->test);
    }
    soap_worker_destroy(&house->worker);
    soap_door_destroy(&house->door);
    close(house->log.descriptor);
    fixture_close(&house->fixture);
}

static const char *get(struct house *house, const char *path, const char *query)
{
    house->request.method = "GET";
    house->request.path = path;
    house->request.query = query;
    soap_door_serve(house->worker, house->fixture.arena, &house->request, &house->answer);
    return house->answer.body.bytes;
}

static const char *post(struct house *house, const char *path, const char *type,
                        const char *message)
{
    house->request.method = "POST";
    house->request.path = path;
    house->request.content_type = type;
    house->request.body = message;
    house->request.body_length = strlen(message);
    soap_door_serve(house->worker, house->fixture.arena, &house->request, &house->answer);
    return house->answer.body.bytes;
}

void test_door__answers_contracts(void **state)
{
    struct house house;
    const char *text = NULL;

    (void)state;
    open_house(&house);
    text = get(&house, "/soap/Account", "wsdl");
    assert_int_equal(house.answer.status, 200);
    assert_string_equal(house.answer.content_type, "text/xml; charset=utf-8");
    assert_non_null(strstr(text, "location=\"https://crm.example:8443/soap/Account\""));
    assert_null(strstr(text, "soap12"));
    text = get(&house, "/soap/Account", "WSDL&soap=12");
    assert_non_null(strstr(text, "soap12:address"));
    text = get(&house, "/soap/All", "wsdl");
    assert_non_null(strstr(text, "urn:svyaz:crm:1:Session/Login"));
    assert_non_null(strstr(text, "urn:svyaz:crm:1:Account/CreateAccount"));
    get(&house, "/soap/Dragon", "wsdl");
    assert_int_equal(house.answer.status, 404);
    get(&house, "/soapbox", NULL);
    assert_int_equal(house.answer.status, 404);
    house.request.host = "x\"><script>";
    get(&house, "/soap/Account", "wsdl");
    assert_int_equal(house.answer.status, 400);
    close_house(&house);
}

void test_door__uses_the_public_url(void **state)
{
    struct house house;

    (void)state;
    open_house(&house);
    house.settings.http.public_url = "https://public.example/crm/";
    assert_non_null(strstr(get(&house, "/soap/Account", "wsdl"),
                           "location=\"https://public.example/crm/soap/Account\""));
    close_house(&house);
}

/* Every contract is XML, and so are the pages for people. */
void test_door__writes_well_formed_documents(void **state)
{
    struct house house;
    const struct xml_node *root = NULL;
    struct error error = {0};

    (void)state;
    open_house(&house);
    for (size_t i = 0; i < house.fixture.wire->service_count; i++) {
        const char *path =
            arena_format(house.fixture.arena, "/soap/%s", house.fixture.wire->services[i].name);
        const char *text = get(&house, path, "wsdl&soap=12");
        if (!xml_read_bytes(house.fixture.arena, path, text, house.answer.body.length, NULL, &root,
                            &error)) {
            fail_msg("%s", error.message);
        }
        assert_non_null(strstr(get(&house, path, NULL), "</html>"));
    }
    assert_non_null(strstr(get(&house, "/soap", NULL), "/soap/Account?wsdl"));
    assert_non_null(strstr(get(&house, "/soap/", NULL), "/soap/Account?wsdl"));
    close_house(&house);
}

#define ENVELOPE(namespace, body)                                                                  \
    "<e:Envelope xmlns:e='" namespace "'><e:Body>" body "</e:Body></e:Envelope>"
#define SOAP_1_1 "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP_1_2 "http://www.w3.org/2003/05/soap-envelope"

void test_door__answers_faults_of_both_versions(void **state)
{
    struct house house;
    const char *text = NULL;

    (void)state;
    open_house(&house);
    text = post(&house, "/soap/Account", "text/xml",
                ENVELOPE(SOAP_1_1, "<MarryAccount xmlns='urn:svyaz:crm:1:Account'/>"));
    assert_int_equal(house.answer.status, 500);
    assert_string_equal(house.answer.content_type, "text/xml; charset=utf-8");
    assert_non_null(strstr(text, "<faultcode>soap:Client</faultcode>"
                                 "<faultstring>OPERATION_UNKNOWN: "));
    assert_non_null(strstr(text, "<CrmFault xmlns=\"urn:svyaz:crm:1:Account\">"
                                 "<code>OPERATION_UNKNOWN</code>"));
    text = post(&house, "/soap/Account", "application/soap+xml",
                ENVELOPE(SOAP_1_2, "<MarryAccount xmlns='urn:svyaz:crm:1:Account'/>"));
    assert_int_equal(house.answer.status, 500);
    assert_string_equal(house.answer.content_type, "application/soap+xml; charset=utf-8");
    assert_non_null(strstr(text, "<soap:Value>soap:Sender</soap:Value>"));
    assert_non_null(strstr(text, "<soap:Detail><CrmFault "));
    text = post(&house, "/soap/Account", "text/xml", ENVELOPE("urn:soap-3", "<a/>"));
    assert_non_null(strstr(text, "soap:VersionMismatch"));
    text = post(&house, "/soap/Account", "application/soap+xml", "<");
    assert_non_null(strstr(text, "<soap:Value>soap:Sender</soap:Value>"));
    assert_non_null(strstr(text, "XML_INVALID: Line 1"));
    close_house(&house);
}

void test_door__hints_in_the_callers_language(void **state)
{
    struct house house;

    (void)state;
    open_house(&house);
    house.request.accept_language = "ru-RU,ru;q=0.9";
    assert_non_null(strstr(post(&house, "/soap/Account", "text/xml", "<"), "Отправляйте"));
    close_house(&house);
}

void test_door__refuses_other_media_types(void **state)
{
    static const char *const types[] = {"text/plain",
                                        "application/json",
                                        "application/dime",
                                        "text/xml; charset=utf-16",
                                        "text",
                                        "",
                                        "application/x-www-form-urlencoded"};
    struct house house;

    (void)state;
    open_house(&house);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        assert_non_null(
            strstr(post(&house, "/soap/Account", types[i], "<a/>"), "HTTP_UNSUPPORTED"));
    }
    house.request.method = "DELETE";
    soap_door_serve(house.worker, house.fixture.arena, &house.request, &house.answer);
    assert_int_equal(house.answer.status, 405);
    close_house(&house);
}

/* An operation of another service is none of this one; All has them all. */
void test_door__keeps_services_apart(void **state)
{
    static const char message[] =
        ENVELOPE(SOAP_1_1, "<DeleteContact xmlns='urn:svyaz:crm:1:Contact'/>");
    struct house house;

    (void)state;
    open_house_with_database(&house);
    assert_non_null(
        strstr(post(&house, "/soap/Account", "text/xml", message), "OPERATION_UNKNOWN"));
    assert_non_null(strstr(post(&house, "/soap/All", "text/xml", message), "NOT_AUTHENTICATED"));
    post(&house, "/soap/Dragon", "text/xml", message);
    assert_int_equal(house.answer.status, 404);
    close_house(&house);
}

void test_door__refuses_malformed_credentials(void **state)
{
    static const char *const lines[] = {"Basic", "Basic !", "Basic YWJj", "Bearer x", "Basic /w=="};
    struct house house;

    (void)state;
    open_house(&house);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        house.request.authorization = lines[i];
        assert_non_null(
            strstr(post(&house, "/soap/Session", "text/xml",
                        ENVELOPE(SOAP_1_1, "<WhoAmI xmlns='urn:svyaz:crm:1:Session'/>")),
                   "CREDENTIALS_INVALID"));
    }
    close_house(&house);
}

#define LOGIN(comment)                                                                             \
    ENVELOPE(SOAP_1_1, "<Login xmlns='urn:svyaz:crm:1:Session'>" comment "<other/></Login>")

void test_door__takes_little_from_strangers(void **state)
{
    struct house house;

    (void)state;
    open_house_with_database(&house);
    house.settings.limits.anonymous_body = (int64_t)strlen(LOGIN("x"));
    assert_non_null(
        strstr(post(&house, "/soap/Session", "text/xml", LOGIN("xx")), "LIMIT_EXCEEDED"));
    assert_null(strstr(post(&house, "/soap/Session", "text/xml", LOGIN("x")), "LIMIT_EXCEEDED"));
    close_house(&house);
}

void test_door__takes_passwords_over_tls_where_asked(void **state)
{
    struct house house;

    (void)state;
    open_house_with_database(&house);
    house.settings.login.allow_plain = false;
    house.request.scheme = "http";
    house.request.peer_address = "192.0.2.1";
    assert_non_null(strstr(post(&house, "/soap/Session", "text/xml", LOGIN("")), "NOT_ALLOWED"));
    house.request.peer_address = "127.0.0.1";
    assert_null(strstr(post(&house, "/soap/Session", "text/xml", LOGIN("")), "NOT_ALLOWED"));
    house.request.peer_address = "192.0.2.1";
    house.request.scheme = "https";
    assert_null(strstr(post(&house, "/soap/Session", "text/xml", LOGIN("")), "NOT_ALLOWED"));
    close_house(&house);
}

/* The id is what the log line has; one that could break a line is refused. */
void test_door__takes_the_callers_request_id(void **state)
{
    struct house house;

    (void)state;
    open_house(&house);
    house.request.idempotency_key = "order-4711";
    post(&house, "/soap/Account", "text/xml", ENVELOPE(SOAP_1_1, "<a/>"));
    assert_string_equal(house.answer.request_id, "order-4711");
    house.request.idempotency_key = "a b";
    assert_non_null(strstr(post(&house, "/soap/Account", "text/xml", ENVELOPE(SOAP_1_1, "<a/>")),
                           "VALUE_INVALID"));
    close_house(&house);
}
