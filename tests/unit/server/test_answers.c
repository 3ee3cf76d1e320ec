/*
 * test_answers.c - bodies in and out: spooled, compressed, streamed, cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "fixture.h"

#define POST "POST /echo HTTP/1.1\r\nHost: x\r\n"

static struct buffer gzip(struct fixture *fixture, const void *bytes, size_t length)
{
    struct buffer packed;
    z_stream zlib = {0};

    buffer_init(&packed, fixture->arena, length + 100);
    assert_int_equal(deflateInit2(&zlib, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    zlib.next_in = (Bytef *)(uintptr_t)bytes;
    zlib.avail_in = (unsigned)length;
    zlib.next_out = (Bytef *)buffer_reserve(&packed, length + 100);
    zlib.avail_out = (unsigned)length + 100;
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    buffer_commit(&packed, zlib.total_out);
    deflateEnd(&zlib);
    return packed;
}

static struct buffer gunzip(struct fixture *fixture, const struct answer_read *answer, size_t room)
{
    struct buffer plain;
    z_stream zlib = {0};

    buffer_init(&plain, fixture->arena, room);
    assert_int_equal(inflateInit2(&zlib, 31), Z_OK);
    zlib.next_in = (Bytef *)answer->body;
    zlib.avail_in = (unsigned)answer->body_length;
    zlib.next_out = (Bytef *)buffer_reserve(&plain, room);
    zlib.avail_out = (unsigned)room;
    assert_int_equal(inflate(&zlib, Z_FINISH), Z_STREAM_END);
    buffer_commit(&plain, zlib.total_out);
    inflateEnd(&zlib);
    return plain;
}

/* Bytes that hardly compress, and are the same each time. */
static char *make_noise(struct fixture *fixture, size_t length)
{
    char *bytes = arena_allocate(fixture->arena, length + 1);
    uint32_t seed = 1;

    for (size_t i = 0; i < length; i++) {
        seed = seed * 1664525 + 1013904223;
        bytes[i] = (char)('!' + (seed >> 24) % 90);
    }
    return bytes;
}

static void post(struct fixture *fixture, const char *headers, const void *body, size_t length,
                 struct answer_read *answer)
{
    int descriptor = client_connect(fixture);
    char head[512];

    snprintf(head, sizeof(head), POST "%sContent-Length: %zu\r\n\r\n", headers, length);
    client_send(descriptor, head);
    client_send_bytes(descriptor, body, length);
    assert_true(client_read(fixture, descriptor, answer));
    close(descriptor);
}

void test_bodies__long_ones_pass_through_a_file_unchanged(void **state)
{
    static const char *const types[] = {
        "Content-Type: text/xml\r\n",
        "Content-Type: multipart/related; boundary=b\r\n",
    };
    struct fixture fixture = fixture_prepare();
    const size_t length = 500000;
    char *noise;

    (void)state;
    fixture_open(&fixture);
    noise = make_noise(&fixture, length);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct answer_read answer;
        char *body;

        post(&fixture, types[i], noise, length, &answer);
        assert_int_equal(answer.status, 200);
        body = strchr(answer.body, '\n') + 1;
        assert_int_equal(answer.body_length - (size_t)(body - answer.body), length);
        assert_memory_equal(body, noise, length);
    }
    fixture_close(&fixture);
}

/* Sends the beginning of a body that is announced longer; the status. */
static int begin_body(struct fixture *fixture, const char *headers, const void *begin,
                      size_t length, size_t announced)
{
    struct answer_read answer;
    int descriptor = client_connect(fixture);
    char head[512];

    snprintf(head, sizeof(head), POST "Content-Type: text/xml\r\n%sContent-Length: %zu\r\n\r\n",
             headers, announced);
    client_send(descriptor, head);
    client_send_bytes(descriptor, begin, length);
    assert_true(client_read(fixture, descriptor, &answer));
    if (answer.status != 200) {
        assert_non_null(strstr(answer.head, "Connection: close"));
        assert_true(client_is_closed(descriptor));
    }
    close(descriptor);
    return answer.status;
}

/* Whoever sends more than anybody may is asked for before the rest is read. */
void test_bodies__long_ones_are_let_in_by_the_door(void **state)
{
    struct fixture fixture = fixture_prepare();
    const size_t length = 300000;
    char *noise;

    (void)state;
    fixture.asks = true;
    fixture.limits.free_bytes = 1000;
    fixture_open(&fixture);
    noise = make_noise(&fixture, length);
    for (int is_known = 0; is_known < 2; is_known++) {
        struct buffer packed;

        memcpy(noise, is_known ? "ok" : "no", 2);
        packed = gzip(&fixture, noise, length);
        assert_int_equal(begin_body(&fixture, "", noise, 1000, 1000), 200);
        assert_int_equal(begin_body(&fixture, "", noise, 1001, 1001), is_known ? 200 : 401);
        assert_int_equal(begin_body(&fixture, "", noise, length, length), is_known ? 200 : 401);
        assert_int_equal(begin_body(&fixture, "Content-Encoding: gzip\r\n", packed.bytes,
                                    packed.length, packed.length),
                         is_known ? 200 : 401);
    }
    memcpy(noise, "no", 2);
    assert_int_equal(begin_body(&fixture, "", noise, 1001, length), 401);
    fixture_close(&fixture);
}

/* A small body that becomes a long one is no way around that. */
void test_bodies__long_ones_are_let_in_by_the_door_when_inflated(void **state)
{
    struct fixture fixture = fixture_prepare();
    char blanks[2000];
    struct buffer packed;
    struct answer_read answer;

    (void)state;
    fixture.asks = true;
    fixture.limits.free_bytes = 1000;
    fixture_open(&fixture);
    memset(blanks, ' ', sizeof(blanks));
    packed = gzip(&fixture, blanks, 1000);
    post(&fixture, "Content-Type: text/xml\r\nContent-Encoding: gzip\r\n", packed.bytes,
         packed.length, &answer);
    assert_int_equal(answer.status, 200);
    packed = gzip(&fixture, blanks, 1001);
    assert_true(packed.length < 1000);
    post(&fixture, "Content-Type: text/xml\r\nContent-Encoding: gzip\r\n", packed.bytes,
         packed.length, &answer);
    assert_int_equal(answer.status, 401);
    fixture_close(&fixture);
}

void test_bodies__inflated_when_compressed(void **state)
{
    static const char *const types[] = {
        "Content-Type: text/xml\r\nContent-Encoding: gzip\r\n",
        "Content-Type: multipart/related; boundary=b\r\nContent-Encoding: X-GZIP\r\n",
    };
    static const size_t lengths[] = {0, 1, 5000, 500000};
    struct fixture fixture = fixture_prepare();
    char *noise;

    (void)state;
    fixture_open(&fixture);
    noise = make_noise(&fixture, 500000);
    for (size_t i = 0; i < 8; i++) {
        size_t length = lengths[i / 2];
        struct buffer packed = gzip(&fixture, noise, length);
        struct answer_read answer;
        char *body;

        post(&fixture, types[i % 2], packed.bytes, packed.length, &answer);
        assert_int_equal(answer.status, 200);
        body = strchr(answer.body, '\n') + 1;
        assert_int_equal(answer.body_length - (size_t)(body - answer.body), length);
        assert_memory_equal(body, noise, length);
    }
    fixture_close(&fixture);
}

void test_bodies__broken_compression_is_refused(void **state)
{
    static const char headers[] = "Content-Type: text/xml\r\nContent-Encoding: gzip\r\n";
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    struct buffer packed;

    (void)state;
    fixture_open(&fixture);
    packed = gzip(&fixture, "hello", 5);
    post(&fixture, headers, packed.bytes, packed.length - 1, &answer);
    assert_int_equal(answer.status, 400);
    buffer_add_text(&packed, "x");
    post(&fixture, headers, packed.bytes, packed.length, &answer);
    assert_int_equal(answer.status, 400);
    packed.bytes[packed.length - 4] ^= 1;
    post(&fixture, headers, packed.bytes, packed.length - 1, &answer);
    assert_int_equal(answer.status, 400);
    fixture_close(&fixture);
}

/* The limit counts what comes out: at it, one above, and far beyond the ratio. */
void test_bodies__ratio_at_the_limit_and_one_above(void **state)
{
    static const char headers[] = "Content-Type: text/xml\r\nContent-Encoding: gzip\r\n";
    struct answer_read answer;

    (void)state;
    /* More than nine times its size, and ten at the most: 10 is the first limit that it meets. */
    for (int limit = 9; limit <= 10; limit++) {
        struct fixture fixture = fixture_prepare();
        const size_t length = 500000;
        char *text = arena_allocate(fixture.arena, length + 1);
        struct buffer packed = {0};
        size_t noise = 0;

        for (; packed.length * 10 < length; noise += 1000) {
            memset(text, 'a', length);
            memcpy(text, make_noise(&fixture, noise), noise);
            packed = gzip(&fixture, text, length);
        }
        assert_true(length > packed.length * 9);
        fixture.limits.inflate_ratio = limit;
        fixture_open(&fixture);
        post(&fixture, headers, packed.bytes, packed.length, &answer);
        assert_int_equal(answer.status, limit == 10 ? 200 : 413);
        fixture_close(&fixture);
    }
}

void test_bodies__gzip_bomb_is_refused(void **state)
{
    static const char headers[] = "Content-Type: text/xml\r\nContent-Encoding: gzip\r\n";
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    struct buffer packed;
    char *noise;
    char *zeros;

    (void)state;
    fixture.limits.body_bytes = 300000;
    fixture_open(&fixture);
    noise = make_noise(&fixture, 300001);
    packed = gzip(&fixture, noise, 300000);
    post(&fixture, headers, packed.bytes, packed.length, &answer);
    assert_int_equal(answer.status, 200);
    packed = gzip(&fixture, noise, 300001);
    post(&fixture, headers, packed.bytes, packed.length, &answer);
    assert_int_equal(answer.status, 413);
    zeros = arena_allocate(fixture.arena, 50000000);
    packed = gzip(&fixture, zeros, 290000);
    post(&fixture, headers, packed.bytes, packed.length, &answer);
    assert_int_equal(answer.status, 413);
    packed = gzip(&fixture, zeros, 50000000);
    post(&fixture, headers, packed.bytes, packed.length, &answer);
    assert_int_equal(answer.status, 413);
    fixture_close(&fixture);
}

void test_bodies__no_room_left_is_told(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    char *noise;

    (void)state;
    fixture.limits.spool_bytes = 1000000;
    fixture_open(&fixture);
    noise = make_noise(&fixture, 1200000);
    post(&fixture, "Content-Type: text/xml\r\n", noise, 1200000, &answer);
    assert_int_equal(answer.status, 503);
    /* What each took from the budget is given back, a moment after its answer. */
    for (int i = 0; i < 3; i++) {
        usleep(100000);
        post(&fixture, "Content-Type: text/xml\r\n", noise, 700000, &answer);
        assert_int_equal(answer.status, 200);
    }
    fixture_close(&fixture);
}

static void get(struct fixture *fixture, const char *target, const char *headers,
                struct answer_read *answer)
{
    int descriptor = client_connect(fixture);
    char request[512];

    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", target, headers);
    client_send(descriptor, request);
    assert_true(client_read(fixture, descriptor, answer));
    close(descriptor);
}

void test_answers__compressed_for_those_who_accept_it(void **state)
{
    static const struct {
        const char *target;
        const char *headers;
        bool is_packed;
    } samples[] = {
        {"/large?100000", "", false},
        {"/large?100000", "Accept-Encoding: gzip\r\n", true},
        {"/stream?100000", "Accept-Encoding: deflate, gzip;q=0.5\r\n", true},
        {"/large?100000", "Accept-Encoding: gzip;q=0\r\n", false},
        {"/large?100000", "Accept-Encoding: gzip; q=0.000, br\r\n", false},
        {"/large?100000", "Accept-Encoding: xgzip\r\n", false},
        {"/large?1023", "Accept-Encoding: gzip\r\n", false},
        {"/large?1024", "Accept-Encoding: gzip\r\n", true},
        {"/stream?0", "Accept-Encoding: gzip\r\n", true},
    };
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        size_t length = (size_t)atoi(strchr(samples[i].target, '?') + 1);
        struct answer_read answer;
        bool is_packed;

        get(&fixture, samples[i].target, samples[i].headers, &answer);
        is_packed = strstr(answer.head, "Content-Encoding: gzip\r\n") != NULL;
        assert_int_equal(is_packed, samples[i].is_packed);
        assert_int_equal(is_packed ? gunzip(&fixture, &answer, 200000).length : answer.body_length,
                         length);
    }
    fixture_close(&fixture);
}

void test_answers__large_and_streamed_ones_arrive_whole(void **state)
{
    static const char *const targets[] = {"/large?3000000", "/stream?3000000", "/stream?1"};
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        size_t length = (size_t)atoi(strchr(targets[i], '?') + 1);
        struct answer_read answer;

        get(&fixture, targets[i], "", &answer);
        assert_int_equal(answer.body_length, length);
        for (size_t at = 0; at < length; at++) {
            assert_int_equal(answer.body[at], 'a' + at % 23);
        }
    }
    fixture_close(&fixture);
}

void test_answers__one_given_up_closes_the_connection(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    int descriptor;

    (void)state;
    fixture_open(&fixture);
    descriptor = client_connect(&fixture);
    client_send(descriptor, "GET /abort HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_false(client_read(&fixture, descriptor, &answer));
    close(descriptor);
    fixture_close(&fixture);
}

void test_answers__one_beyond_the_limit_is_cut(void **state)
{
    struct fixture fixture = fixture_prepare();
    char bytes[1000];
    int descriptor;
    size_t total = 0;
    ssize_t count;

    (void)state;
    fixture.limits.answer_bytes = 1000000;
    fixture_open(&fixture);
    descriptor = client_connect(&fixture);
    client_send(descriptor, "GET /stream?50000000 HTTP/1.0\r\n\r\n");
    usleep(300000);
    while ((count = recv(descriptor, bytes, sizeof(bytes), 0)) > 0) {
        total += (size_t)count;
    }
    assert_true(total < 50000000);
    close(descriptor);
    fixture_close(&fixture);
}

void test_answers__client_that_hangs_up_costs_nothing(void **state)
{
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture_open(&fixture);
    for (int i = 0; i < 20; i++) {
        int descriptor = client_connect(&fixture);

        client_send(descriptor, "GET /stream?5000000 HTTP/1.1\r\nHost: x\r\n\r\n");
        usleep(i * 500);
        close(descriptor);
    }
    assert_int_equal(client_ask(&fixture, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    fixture_close(&fixture);
}
