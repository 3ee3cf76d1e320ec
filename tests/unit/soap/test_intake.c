/*
 * test_intake.c - how much of a message comes in: files by their limit, all else by limits.body.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "fixture.h"
#include "soap/intake.h"

enum { ATTACHMENT = 30000, BODY = 1000 };

struct message_bytes {
    const char *before;
    char filler; /* so many times between the two */
    size_t count;
    const char *after;
};

/* What is thought of a message at its end, whatever the pieces in which it comes. */
static enum intake_verdict judge(struct fixture *fixture, const struct message_bytes *message)
{
    size_t length = strlen(message->before) + message->count + strlen(message->after);
    char *bytes = arena_allocate(fixture->arena, length + 1);
    enum intake_verdict verdicts[3] = {INTAKE_GO_ON};
    static const size_t pieces[] = {1, 4096, 1000000};

    strcpy(bytes, message->before);
    memset(bytes + strlen(bytes), message->filler, message->count);
    strcat(bytes, message->after);
    for (size_t i = 0; i < 3; i++) {
        struct soap_intake *intake = intake_begin(fixture->arena, "text/xml", &fixture->limits);
        for (size_t at = 0; at < length; at += pieces[i]) {
            size_t left = length - at;
            verdicts[i] = intake_take(intake, bytes + at, left < pieces[i] ? left : pieces[i]);
        }
        assert_int_equal(verdicts[i], verdicts[0]);
    }
    return verdicts[0];
}

static void open_limited(struct fixture *fixture)
{
    fixture_open(fixture);
    fixture->limits.attachment = ATTACHMENT;
    fixture->limits.envelope = BODY;
}

void test_intake__bounds_what_is_no_file(void **state)
{
    struct fixture fixture;
    struct message_bytes samples[] = {
        {"<a>", '-', BODY - 7, "</a>"},
        {"<a/>", ' ', BODY - 4, ""},
        {"<a>", 'x', BODY - 7, "</a>"},
        {"<a>AAAA", ' ', BODY - 11, "</a>"},
    };

    (void)state;
    open_limited(&fixture);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        assert_int_equal(judge(&fixture, &samples[i]), INTAKE_GO_ON);
        samples[i].count++;
        assert_int_equal(judge(&fixture, &samples[i]), INTAKE_TOO_LARGE);
    }
    fixture_close(&fixture);
}

void test_intake__bounds_files_by_themselves(void **state)
{
    struct fixture fixture;
    struct message_bytes sample = {"<a>", 'A', 40000, "</a>"};

    (void)state;
    open_limited(&fixture);
    assert_int_equal(judge(&fixture, &sample), INTAKE_GO_ON);
    sample.count = 40008; /* two groups more: two bytes may be padding */
    assert_int_equal(judge(&fixture, &sample), INTAKE_ENOUGH);
    fixture_close(&fixture);
}

/* Base64 in lines is one file; blanks without end are none. */
void test_intake__passes_over_line_ends(void **state)
{
    struct fixture fixture;
    struct soap_intake *intake = NULL;

    (void)state;
    open_limited(&fixture);
    intake = intake_begin(fixture.arena, "text/xml", &fixture.limits);
    for (int line = 0; line < 500; line++) {
        assert_int_equal(
            intake_take(intake,
                        "0123456789012345678901234567890123456789012345678901234567890123"
                        "\r\n        ",
                        74),
            INTAKE_GO_ON);
    }
    for (int line = 0; line < 500; line++) {
        (void)intake_take(intake, "A   ", 4);
    }
    assert_int_equal(intake_take(intake, " ", 1), INTAKE_GO_ON);
    for (int line = 0; line < 500; line++) {
        (void)intake_take(intake, "    ", 4);
    }
    assert_int_equal(intake_take(intake, " ", 1), INTAKE_TOO_LARGE);
    fixture_close(&fixture);
}

/* What began as a file turned out to be a text: that is bounded where it is read. */
void test_intake__texts_do_not_pass_as_files(void **state)
{
    struct fixture fixture;
    char *name = NULL;

    (void)state;
    fixture_open(&fixture);
    fixture.limits.envelope = 30000;
    name = arena_allocate(fixture.arena, 40001);
    memset(name, 'n', 40000);
    assert_null(
        fixture_read_account(&fixture, arena_format(fixture.arena, "<name>%s</name>", name)));
    assert_refused(&fixture, ERROR_LIMIT_EXCEEDED, "body");
    name[20000] = '\0';
    assert_non_null(fixture_read_account(
        &fixture, arena_format(fixture.arena, "<description>%s</description>", name)));
    assert_null(fixture_read_account(
        &fixture,
        arena_format(fixture.arena, "<name>%s</name><description>%s</description>", name, name)));
    fixture_close(&fixture);
}

/* ---- the beginning of a message ---- */

static bool find_header(struct fixture *fixture, const char *text, size_t length)
{
    fixture->body = (struct body){.bytes = text, .length = length};
    return scan_header(fixture->arena, &fixture->body, &fixture->limits, &fixture->scan);
}

void test_header__is_read_before_the_body_has_come(void **state)
{
    const struct envelope_rules rules = {.now = 1700000000000, .window = 300000, .skew = 60000};
    static const char text[] =
        "<?xml version='1.0'?>\n<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'> "
        "<s:Header><Session xmlns='urn:svyaz:crm:1:Account'><token>T</token></Session></s:Header>"
        "<s:Body><a";
    const char *end = strstr(text, "</s:Header>") + strlen("</s:Header>");
    struct fixture fixture;
    struct envelope envelope = {0};

    (void)state;
    fixture_open(&fixture);
    for (const char *at = text; at < end; at++) {
        assert_false(find_header(&fixture, text, (size_t)(at - text)));
    }
    for (size_t length = (size_t)(end - text); length < sizeof(text); length++) {
        assert_true(find_header(&fixture, text, length));
        fixture.decoder = (struct decoder){
            .arena = fixture.arena, .catalog = fixture.catalog, .limits = &fixture.limits};
        assert_true(walk_begin(fixture.arena, fixture.parser, &fixture.scan, &fixture.decoder.walk,
                               &fixture.error));
        assert_true(envelope_read_header(fixture.wire, &fixture.decoder, &rules, &envelope,
                                         &fixture.error));
        walk_end(&fixture.decoder.walk);
        assert_string_equal(envelope.session_token, "T");
    }
    fixture_close(&fixture);
}

void test_header__is_the_first_child_of_the_envelope_or_none(void **state)
{
    static const char *const others[] = {
        "<e><Body><Header/></Body></e>",
        "<e><Headers/><Header/></e>",
        "<e>text</e>",
        "<Header/>",
        "<e/>",
        "<e><Header>",
        "<e><Header></e>",
        "",
    };
    struct fixture fixture;

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(find_header(&fixture, others[i], strlen(others[i])));
    }
    assert_true(find_header(&fixture, "<e><x:Header xmlns:x='u'/>", 26));
    fixture_close(&fixture);
}
