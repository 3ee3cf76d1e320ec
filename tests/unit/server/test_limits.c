/*
 * test_limits.c - each bound holds at the limit and one above; slow clients harm themselves only.
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
#include "base/time.h"
#include "fixture.h"

#define GET "GET /echo HTTP/1.1\r\nHost: x\r\n"
#define POST "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"

static void add_many(struct buffer *buffer, char character, size_t count)
{
    while (count-- > 0) {
        buffer_add_char(buffer, character);
    }
}

/* A request whose head is exactly as long as told. */
static const char *head_of(struct fixture *fixture, size_t length)
{
    static const char end[] = "\r\n\r\n";
    struct buffer request;

    buffer_init(&request, fixture->arena, length);
    buffer_add_text(&request, GET);
    while (length - request.length > 4000) {
        buffer_add_text(&request, "A: ");
        add_many(&request, 'a', 3000);
        buffer_add_text(&request, "\r\n");
    }
    buffer_add_text(&request, "A: ");
    add_many(&request, 'a', length - request.length - strlen(end));
    buffer_add_text(&request, end);
    return request.bytes;
}

static const char *target_of(struct fixture *fixture, size_t line_length)
{
    struct buffer request;

    buffer_init(&request, fixture->arena, line_length);
    buffer_add_text(&request, "GET /echo?");
    add_many(&request, 'a', line_length - strlen("GET /echo? HTTP/1.1"));
    buffer_add_text(&request, " HTTP/1.1\r\nHost: x\r\n\r\n");
    return request.bytes;
}

static const char *line_of(struct fixture *fixture, size_t line_length)
{
    struct buffer request;

    buffer_init(&request, fixture->arena, line_length);
    buffer_add_text(&request, GET "A: ");
    add_many(&request, 'a', line_length - strlen("A: "));
    buffer_add_text(&request, "\r\n\r\n");
    return request.bytes;
}

static const char *lines_of(struct fixture *fixture, size_t count)
{
    struct buffer request;

    buffer_init(&request, fixture->arena, 8 * count);
    buffer_add_text(&request, GET);
    for (size_t i = 1; i < count; i++) {
        buffer_add_text(&request, "A: b\r\n");
    }
    buffer_add_text(&request, "\r\n");
    return request.bytes;
}

static const char *body_of(struct fixture *fixture, size_t length)
{
    struct buffer request;

    buffer_init(&request, fixture->arena, length + 256);
    buffer_add_format(&request, POST "Content-Length: %zu\r\n\r\n", length);
    add_many(&request, 'a', length);
    return request.bytes;
}

static const char *chunks_of(struct fixture *fixture, size_t length)
{
    struct buffer request;

    buffer_init(&request, fixture->arena, length * 2 + 256);
    buffer_add_text(&request, POST "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t left = length; left > 0;) {
        size_t count = left < 1000 ? left : 1000;

        buffer_add_format(&request, "%zx\r\n", count);
        add_many(&request, 'a', count);
        buffer_add_text(&request, "\r\n");
        left -= count;
    }
    buffer_add_text(&request, "0\r\n\r\n");
    return request.bytes;
}

void test_limits__at_the_limit_and_one_above(void **state)
{
    static const struct {
        const char *(*make)(struct fixture *fixture, size_t size);
        size_t limit;
        int status;
    } samples[] = {
        {head_of, 16384, 431}, {target_of, 8192, 414}, {line_of, 8192, 431},
        {lines_of, 100, 431},  {body_of, 200000, 413}, {chunks_of, 200000, 413},
    };
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture.limits.body_bytes = 200000;
    fixture.limits.linger_ms = 100;
    fixture_open(&fixture);
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        assert_int_equal(client_ask(&fixture, samples[i].make(&fixture, samples[i].limit)), 200);
        assert_int_equal(client_ask(&fixture, samples[i].make(&fixture, samples[i].limit + 1)),
                         samples[i].status);
    }
    fixture_close(&fixture);
}

void test_limits__requests_on_one_connection(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    int descriptor;

    (void)state;
    fixture.limits.requests_per_connection = 3;
    fixture_open(&fixture);
    descriptor = client_connect(&fixture);
    for (int i = 1; i <= 3; i++) {
        client_send(descriptor, GET "\r\n");
        assert_true(client_read(&fixture, descriptor, &answer));
        assert_int_equal(strstr(answer.head, "Connection: close") != NULL, i == 3);
    }
    assert_true(client_is_closed(descriptor));
    close(descriptor);
    fixture_close(&fixture);
}

/* How many of eight connections are answered. */
static int count_served(struct fixture *fixture)
{
    int descriptors[8];
    int served = 0;

    for (int i = 0; i < 8; i++) {
        descriptors[i] = client_connect(fixture);
    }
    for (int i = 0; i < 8; i++) {
        struct answer_read answer;

        client_send(descriptors[i], GET "\r\n");
        served += client_read(fixture, descriptors[i], &answer) && answer.status == 200 ? 1 : 0;
    }
    for (int i = 0; i < 8; i++) {
        close(descriptors[i]);
    }
    return served;
}

void test_limits__connections_of_one_source(void **state)
{
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture.limits.connections_per_source = 5;
    fixture_open(&fixture);
    assert_int_equal(count_served(&fixture), 5);
    usleep(100000);
    assert_int_equal(count_served(&fixture), 5);
    fixture_close(&fixture);
}

void test_limits__connections_of_all(void **state)
{
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture.limits.connections = 6;
    fixture_open(&fixture);
    assert_int_equal(count_served(&fixture), 6);
    fixture_close(&fixture);
}

/* The loop makes connections in its own thread: the arena of whoever made the server is not its. */
void test_limits__connections_take_nothing_from_the_arena_of_the_owner(void **state)
{
    enum { CONNECTIONS = 100 };
    int descriptors[CONNECTIONS];
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture_open(&fixture);
    size_t size = arena_size(fixture.arena);
    for (int i = 0; i < CONNECTIONS; i++) {
        descriptors[i] = client_connect(&fixture);
        client_send(descriptors[i], GET "\r\n");
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        char byte;
        assert_int_equal(recv(descriptors[i], &byte, 1, 0), 1);
        close(descriptors[i]);
    }
    assert_int_equal(arena_size(fixture.arena), size);
    fixture_close(&fixture);
}

void test_limits__more_than_the_queue_holds_is_told_at_once(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    int descriptors[8];
    int busy = 0;

    (void)state;
    fixture.limits.workers = 1;
    fixture.limits.queue_length = 3;
    fixture_open(&fixture);
    for (int i = 0; i < 8; i++) {
        descriptors[i] = client_connect(&fixture);
        client_send(descriptors[i], "GET /sleep?400 HTTP/1.1\r\nHost: x\r\n\r\n");
        usleep(20000);
    }
    for (int i = 0; i < 8; i++) {
        assert_true(client_read(&fixture, descriptors[i], &answer));
        if (answer.status == 503) {
            assert_non_null(strstr(answer.head, "Retry-After: 1\r\n"));
            assert_null(strstr(answer.head, "Connection: close"));
            busy++;
        }
        close(descriptors[i]);
    }
    assert_int_equal(busy, 4);
    fixture_close(&fixture);
}

void test_limits__waiting_too_long_for_a_worker(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    int first;
    int second;

    (void)state;
    fixture.limits.workers = 1;
    fixture.limits.queue_ms = 50;
    fixture_open(&fixture);
    first = client_connect(&fixture);
    client_send(first, "GET /sleep?300 HTTP/1.1\r\nHost: x\r\n\r\n");
    usleep(50000);
    second = client_connect(&fixture);
    client_send(second, GET "\r\n");
    assert_true(client_read(&fixture, second, &answer));
    assert_int_equal(answer.status, 503);
    assert_true(client_read(&fixture, first, &answer));
    assert_int_equal(answer.status, 200);
    close(first);
    close(second);
    fixture_close(&fixture);
}

/* Sends one byte of text each few milliseconds until the server answers or hangs up. */
static int dribble(struct fixture *fixture, const char *begin, const char *text)
{
    struct answer_read answer;
    int descriptor = client_connect(fixture);
    bool is_answered = false;

    client_send(descriptor, begin);
    for (; *text != '\0' && !is_answered; text++) {
        char byte;

        client_send_bytes(descriptor, text, 1);
        usleep(20000);
        is_answered = recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
    }
    if (!client_read(fixture, descriptor, &answer)) {
        answer.status = 0;
    }
    close(descriptor);
    return answer.status;
}

void test_limits__slow_head(void **state)
{
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture.limits.head_ms = 200;
    fixture_open(&fixture);
    assert_int_equal(dribble(&fixture, "", GET "A: 12345678901234567890\r\n\r\n"), 408);
    fixture_close(&fixture);
}

void test_limits__slow_body(void **state)
{
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture.limits.grace_ms = 200;
    fixture_open(&fixture);
    assert_int_equal(dribble(&fixture, POST "Content-Length: 50\r\n\r\n",
                             "12345678901234567890123456789012345678901234567890"),
                     408);
    assert_int_equal(dribble(&fixture, POST "Transfer-Encoding: chunked\r\n\r\n",
                             "1\r\na\r\n1\r\na\r\n1\r\na\r\n1\r\na\r\n1\r\na\r\n0\r\n\r\n"),
                     408);
    fixture_close(&fixture);
}

void test_limits__whole_request_in_time(void **state)
{
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture.limits.request_ms = 200;
    fixture_open(&fixture);
    assert_int_equal(dribble(&fixture, POST "Content-Length: 50\r\n\r\n",
                             "12345678901234567890123456789012345678901234567890"),
                     408);
    fixture_close(&fixture);
}

void test_limits__idle_connection_is_closed(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    int silent;
    int descriptor;

    (void)state;
    fixture.limits.idle_ms = 200;
    fixture_open(&fixture);
    silent = client_connect(&fixture);
    descriptor = client_connect(&fixture);
    client_send(descriptor, GET "\r\n");
    assert_true(client_read(&fixture, descriptor, &answer));
    assert_true(client_is_closed(descriptor));
    assert_true(client_is_closed(silent));
    close(descriptor);
    close(silent);
    fixture_close(&fixture);
}

/* Eight clients ask for much and read nothing: two workers still serve the others at once. */
void test_limits__never_reading_clients_block_nobody_and_are_dropped(void **state)
{
    struct fixture fixture = fixture_prepare();
    int descriptors[8];
    int64_t begun;

    (void)state;
    fixture.limits.grace_ms = 500;
    fixture_open(&fixture);
    for (int i = 0; i < 8; i++) {
        descriptors[i] = client_connect(&fixture);
        client_send(descriptors[i], i % 2 == 0
                                        ? "GET /large?20000000 HTTP/1.1\r\nHost: x\r\n\r\n"
                                        : "GET /stream?20000000 HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    usleep(300000);
    begun = time_monotonic();
    assert_int_equal(client_ask(&fixture, GET "\r\n"), 200);
    assert_true(time_monotonic() - begun < 5000);
    for (int tries = 0; atomic_load(&fixture.counters.connections_open) > 0 && tries < 500;
         tries++) {
        usleep(10000);
    }
    assert_int_equal(atomic_load(&fixture.counters.connections_open), 0);
    assert_int_equal(atomic_load(&fixture.counters.connections_expired_total), 8);
    for (int i = 0; i < 8; i++) {
        close(descriptors[i]);
    }
    fixture_close(&fixture);
}

void test_limits__slow_reader_that_keeps_reading_gets_all(void **state)
{
    struct fixture fixture = fixture_prepare();
    size_t total = 0;
    int descriptor;
    char bytes[65536];
    ssize_t count;

    (void)state;
    fixture.limits.grace_ms = 100;
    fixture_open(&fixture);
    descriptor = client_connect(&fixture);
    client_send(descriptor, "GET /stream?9000000 HTTP/1.0\r\n\r\n");
    while ((count = recv(descriptor, bytes, sizeof(bytes), 0)) > 0) {
        total += (size_t)count;
        usleep(5000);
    }
    assert_int_equal(count, 0);
    assert_true(total > 9000000);
    close(descriptor);
    fixture_close(&fixture);
}
