/*
 * test_framing.c - what is ambiguous is refused, what is right is answered in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "fixture.h"

#define POST "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
#define LENGTH_5 "Content-Length: 5\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"

struct sample {
    const char *request;
    int status;
};

static const struct sample accepted[] = {
    {"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", 200},
    {"GET /echo HTTP/1.0\r\n\r\n", 200},
    {"HEAD /echo?wsdl HTTP/1.1\r\nhOsT:x\r\n\r\n", 200},
    {"GET /nowhere HTTP/1.1\r\nHost: x:8080\r\n\r\n", 404},
    {"GET /nothing HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 500},
    {"GET /%65cho HTTP/1.1\r\nHost: x\r\n\r\n", 200},
    {POST LENGTH_5 "\r\nhello", 200},
    {POST "Content-Length: 0\r\n\r\n", 200},
    {POST "Content-Length: 00005\r\n\r\nhello", 200},
    {POST CHUNKED "\r\n5\r\nhello\r\n0\r\n\r\n", 200},
    {POST CHUNKED "\r\n0000000a;name=\"value\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", 200},
    {POST LENGTH_5 "Content-Encoding: identity\r\n\r\nhello", 200},
    {POST LENGTH_5 "Origin: http://x\r\n\r\nhello", 200},
    {POST LENGTH_5 "Origin: https://X\r\n\r\nhello", 200},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml; charset=\"UTF-8\"; "
     "action=\"urn:a\"\r\n" LENGTH_5 "\r\nhello",
     200},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: Multipart/Related; boundary=\"=_a\"; "
     "type=\"text/xml\"\r\n" LENGTH_5 "\r\nhello",
     200},
};

static const struct sample refused[] = {
    /* not HTTP, or not one that we speak */
    {"<Envelope/>\r\n\r\n", 400},
    {"\x1f\x8b\x08\r\n\r\n", 400},
    {"\r\nGET /echo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET\r\n\r\n", 400},
    {"GET /echo\r\n\r\n", 400},
    {"GET  /echo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /echo HTTP/1.1 \r\nHost: x\r\n\r\n", 400},
    {"GET\t/echo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /echo http/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /echo HTTP/1.10\r\nHost: x\r\n\r\n", 400},
    {"GET /echo HTTP/9.9\r\nHost: x\r\n\r\n", 505},
    {"GET /echo HTTP/2.0\r\nHost: x\r\n\r\n", 505},
    {"GET /echo HTTP/1.2\r\nHost: x\r\n\r\n", 505},
    {"PUT /echo HTTP/1.1\r\nHost: x\r\n\r\n", 405},
    {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 405},
    {"TRACE /echo HTTP/1.1\r\nHost: x\r\n\r\n", 405},
    {"BREW /echo HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"G(T /echo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    /* targets */
    {"GET echo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET http://x/echo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /a/../echo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /%2e%2e/echo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /./echo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /a%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /a%0d%0a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /a%5cb HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /a%4 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /a%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /echo#part HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /\xD0\x90 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    /* header lines */
    {"GET /echo HTTP/1.1\nHost: x\n\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost : x\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\r\n : x\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\r\n: x\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\r\nA: b\r\n folded\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\r\nA: b\r\n\tfolded\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\n Host: x\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\r\nA: b\x0b\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\r\nA\x0b: b\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\r\nA: b\x7f\r\n\r\n", 400},
    /* host */
    {"GET /echo HTTP/1.1\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x, y\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
    {"GET /echo HTTP/1.1\r\nHost: user@x\r\n\r\n", 400},
    /* lengths */
    {POST "\r\nhello", 411},
    {POST LENGTH_5 CHUNKED "\r\n5\r\nhello\r\n0\r\n\r\n", 400},
    {POST CHUNKED LENGTH_5 "\r\n5\r\nhello\r\n0\r\n\r\n", 400},
    {POST LENGTH_5 LENGTH_5 "\r\nhello", 400},
    {POST LENGTH_5 "Content-Length: 6\r\n\r\nhello!", 400},
    {POST "Content-Length: 5, 5\r\n\r\nhello", 400},
    {POST "Content-Length: -1\r\n\r\nhello", 400},
    {POST "Content-Length: +5\r\n\r\nhello", 400},
    {POST "Content-Length: 1e3\r\n\r\nhello", 400},
    {POST "Content-Length: 0x5\r\n\r\nhello", 400},
    {POST "Content-Length: 5 5\r\n\r\nhello", 400},
    {POST "Content-Length:\r\n\r\nhello", 400},
    {POST "Content-Length: 99999999999999999999\r\n\r\nhello", 400},
    {POST "Content-Length: 8388609\r\n\r\n", 413},
    {"GET /echo HTTP/1.1\r\nHost: x\r\n" LENGTH_5 "\r\nhello", 400},
    {"GET /echo HTTP/1.1\r\nHost: x\r\n" CHUNKED "\r\n0\r\n\r\n", 400},
    /* codings */
    {POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
    {POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501},
    {POST "Transfer-Encoding: identity\r\n\r\n", 501},
    {POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501},
    {POST "Transfer-Encoding:\r\n\r\n", 501},
    {POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
    {POST CHUNKED CHUNKED "\r\n0\r\n\r\n", 400},
    {"POST /echo HTTP/1.0\r\nHost: x\r\nContent-Type: text/xml\r\n" CHUNKED "\r\n0\r\n\r\n", 501},
    {POST LENGTH_5 "Content-Encoding: deflate\r\n\r\nhello", 415},
    {POST LENGTH_5 "Content-Encoding: br\r\n\r\nhello", 415},
    {POST LENGTH_5 "Content-Encoding: gzip, gzip\r\n\r\nhello", 415},
    {POST LENGTH_5 "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\nhello", 400},
    /* chunks */
    {POST CHUNKED "\r\n5 \r\nhello\r\n0\r\n\r\n", 400},
    {POST CHUNKED "\r\n 5\r\nhello\r\n0\r\n\r\n", 400},
    {POST CHUNKED "\r\n0x5\r\nhello\r\n0\r\n\r\n", 400},
    {POST CHUNKED "\r\n-5\r\nhello\r\n0\r\n\r\n", 400},
    {POST CHUNKED "\r\n5\nhello\r\n0\r\n\r\n", 400},
    {POST CHUNKED "\r\n5\r\nhello0\r\n\r\n", 400},
    {POST CHUNKED "\r\n5\r\nhello!\r\n0\r\n\r\n", 400},
    {POST CHUNKED "\r\n\r\nhello\r\n0\r\n\r\n", 400},
    {POST CHUNKED "\r\n000000005\r\nhello\r\n0\r\n\r\n", 400},
    {POST CHUNKED "\r\nffffffffffffffff\r\nhello\r\n0\r\n\r\n", 400},
    {POST CHUNKED "\r\n800001\r\n", 413},
    {POST CHUNKED "\r\n5;\x01\r\nhello\r\n0\r\n\r\n", 400},
    {POST CHUNKED "\r\n5;a\nhello\r\n0\r\n\r\n", 400},
    {POST CHUNKED "\r\n0\r\nA: b\n\r\n", 400},
    {POST CHUNKED "\r\n0\r\n folded\r\n\r\n", 400},
    /* media types, expectations, origins */
    {"POST /echo HTTP/1.1\r\nHost: x\r\n" LENGTH_5 "\r\nhello", 415},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n" LENGTH_5 "\r\nhello", 415},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/xmlx\r\n" LENGTH_5 "\r\nhello", 415},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/dime\r\n" LENGTH_5 "\r\nhello",
     415},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml; charset=utf-7\r\n" LENGTH_5
     "\r\nhello",
     415},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml; charset=utf-8; "
     "charset=utf-16\r\n" LENGTH_5 "\r\nhello",
     415},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/related\r\n" LENGTH_5 "\r\nhello",
     400},
    {POST "Content-Type: text/xml\r\n" LENGTH_5 "\r\nhello", 400},
    {POST LENGTH_5 "Expect: 200-ok\r\n\r\nhello", 417},
    {POST LENGTH_5 "Origin: http://evil\r\n\r\nhello", 403},
    {POST LENGTH_5 "Origin: null\r\n\r\nhello", 403},
    {POST LENGTH_5 "Origin: ftp://x\r\n\r\nhello", 403},
    {POST LENGTH_5 "Authorization: a\r\nAuthorization: b\r\n\r\nhello", 400},
};

void test_framing__accepts(void **state)
{
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        int status;

        /* The client cannot know that a HEAD has no body: it must not wait for one. */
        if (strncmp(accepted[i].request, "HEAD", 4) == 0) {
            continue;
        }
        status = client_ask(&fixture, accepted[i].request);
        if (status != accepted[i].status) {
            fail_msg("%d instead of %d for: %s", status, accepted[i].status, accepted[i].request);
        }
    }
    fixture_close(&fixture);
}

void test_framing__refuses_and_closes(void **state)
{
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture.limits.linger_ms = 100;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct answer_read answer;
        int descriptor = client_connect(&fixture);

        client_send(descriptor, refused[i].request);
        if (!client_read(&fixture, descriptor, &answer) || answer.status != refused[i].status) {
            fail_msg("%d instead of %d for: %s", answer.status, refused[i].status,
                     refused[i].request);
        }
        assert_non_null(strstr(answer.head, "Connection: close\r\n"));
        assert_true(client_is_closed(descriptor));
        close(descriptor);
    }
    fixture_close(&fixture);
}

void test_framing__refuses_a_nul_in_the_head(void **state)
{
    static const char request[] = "GET /echo HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n";
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    int descriptor;

    (void)state;
    fixture_open(&fixture);
    descriptor = client_connect(&fixture);
    client_send_bytes(descriptor, request, sizeof(request) - 1);
    assert_true(client_read(&fixture, descriptor, &answer));
    assert_int_equal(answer.status, 400);
    close(descriptor);
    fixture_close(&fixture);
}

void test_framing__bytes_of_the_body_arrive_whole(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    int descriptor;

    (void)state;
    fixture_open(&fixture);
    descriptor = client_connect(&fixture);
    client_send(descriptor,
                "POST /echo?a=b HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n" CHUNKED
                "\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
    assert_true(client_read(&fixture, descriptor, &answer));
    assert_string_equal(answer.body, "POST /echo a=b 5\nhello");
    close(descriptor);
    fixture_close(&fixture);
}

void test_framing__pipelined_requests_are_answered_in_order(void **state)
{
    struct fixture fixture = fixture_prepare();
    int descriptor;

    (void)state;
    fixture_open(&fixture);
    descriptor = client_connect(&fixture);
    for (int i = 0; i < 30; i++) {
        char request[256];

        snprintf(request, sizeof(request),
                 POST "Content-Length: 2\r\n\r\n%02dGET /echo?%d HTTP/1.1"
                      "\r\nHost: x\r\n\r\n",
                 i, i);
        client_send(descriptor, request);
    }
    for (int i = 0; i < 30; i++) {
        struct answer_read answer;
        char expected[64];

        snprintf(expected, sizeof(expected), "POST /echo - 2\n%02d", i);
        assert_true(client_read(&fixture, descriptor, &answer));
        assert_string_equal(answer.body, expected);
        snprintf(expected, sizeof(expected), "GET /echo %d 0\n", i);
        assert_true(client_read(&fixture, descriptor, &answer));
        assert_string_equal(answer.body, expected);
    }
    close(descriptor);
    fixture_close(&fixture);
}

void test_framing__dribbled_request_is_answered(void **state)
{
    static const char request[] =
        POST CHUNKED "\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n" POST LENGTH_5 "\r\nworld";
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    int descriptor;

    (void)state;
    fixture_open(&fixture);
    descriptor = client_connect(&fixture);
    for (size_t i = 0; i < strlen(request); i++) {
        client_send_bytes(descriptor, request + i, 1);
        usleep(200);
    }
    assert_true(client_read(&fixture, descriptor, &answer));
    assert_string_equal(answer.body, "POST /echo - 5\nhello");
    assert_true(client_read(&fixture, descriptor, &answer));
    assert_string_equal(answer.body, "POST /echo - 5\nworld");
    close(descriptor);
    fixture_close(&fixture);
}

void test_framing__head_has_the_length_but_no_body(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    char head[1024] = "";
    int descriptor;

    (void)state;
    fixture_open(&fixture);
    descriptor = client_connect(&fixture);
    client_send(descriptor, "HEAD /large?5000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_true(recv(descriptor, head, sizeof(head) - 1, MSG_WAITALL) > 0);
    assert_non_null(strstr(head, "Content-Length: 5000\r\n"));
    assert_string_equal(head + strlen(head) - 4, "\r\n\r\n");
    close(descriptor);
    descriptor = client_connect(&fixture);
    client_send(descriptor, "HEAD /stream?5000 HTTP/1.1\r\nHost: x\r\n\r\n"
                            "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    memset(head, 0, sizeof(head));
    assert_true(recv(descriptor, head, strlen("HTTP/1.1 200 OK\r\n"), MSG_WAITALL) > 0);
    while (strstr(head, "\r\n\r\n") == NULL) {
        assert_int_equal(recv(descriptor, head + strlen(head), 1, 0), 1);
    }
    assert_true(client_read(&fixture, descriptor, &answer));
    assert_string_equal(answer.body, "GET /echo - 0\n");
    close(descriptor);
    fixture_close(&fixture);
}

void test_framing__half_a_request_is_told(void **state)
{
    static const char *const halves[] = {
        "G",
        "GET /echo HTTP/1.1\r\nHost:",
        POST LENGTH_5 "\r\nhel",
        POST CHUNKED "\r\n5\r\nhello\r\n",
    };
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
        struct answer_read answer;
        int descriptor = client_connect(&fixture);

        client_send(descriptor, halves[i]);
        shutdown(descriptor, SHUT_WR);
        assert_true(client_read(&fixture, descriptor, &answer));
        assert_int_equal(answer.status, 400);
        assert_true(client_is_closed(descriptor));
        close(descriptor);
    }
    fixture_close(&fixture);
}

void test_framing__connection_stays_or_goes_as_asked(void **state)
{
    static const struct {
        const char *request;
        bool stays;
    } samples[] = {
        {"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", true},
        {"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
        {"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: TE , Close\r\n\r\n", false},
        {"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: TE\r\nConnection: close\r\n\r\n", false},
        {"GET /echo HTTP/1.0\r\nHost: x\r\n\r\n", false},
        {"GET /echo HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", true},
        {"GET /stream?10 HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", false},
        {"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", true},
    };
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct answer_read answer;
        int descriptor = client_connect(&fixture);

        client_send(descriptor, samples[i].request);
        assert_true(client_read(&fixture, descriptor, &answer));
        if (samples[i].stays) {
            client_send(descriptor, samples[i].request);
            assert_true(client_read(&fixture, descriptor, &answer));
        } else {
            assert_non_null(strstr(answer.head, "Connection: close"));
            assert_true(client_is_closed(descriptor));
        }
        close(descriptor);
    }
    fixture_close(&fixture);
}

void test_framing__body_is_sent_when_asked_to_continue(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    int descriptor;

    (void)state;
    fixture_open(&fixture);
    descriptor = client_connect(&fixture);
    client_send(descriptor, POST LENGTH_5 "Expect: 100-Continue\r\n\r\n");
    assert_true(client_read(&fixture, descriptor, &answer));
    assert_int_equal(answer.status, 100);
    client_send(descriptor, "hello");
    assert_true(client_read(&fixture, descriptor, &answer));
    assert_int_equal(answer.status, 200);
    /* A body that is too large is told before it is sent. */
    client_send(descriptor, POST "Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n");
    assert_true(client_read(&fixture, descriptor, &answer));
    assert_int_equal(answer.status, 413);
    close(descriptor);
    fixture_close(&fixture);
}
