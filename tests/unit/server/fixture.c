/*
 * fixture.c - the server under test, and its client.
 */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "server/exchange.h"

static const char *const method_names[] = {"GET", "HEAD", "POST"};

static size_t number_of(const struct exchange_request *request)
{
    return request->query == NULL ? 0 : strtoul(request->query, NULL, 10);
}

static void echo(struct exchange *exchange)
{
    const struct exchange_request *request = exchange_request(exchange);
    struct buffer answer;

    buffer_init(&answer, exchange_arena(exchange), 256);
    buffer_add_format(&answer, "%s %s %s %lld\n", method_names[request->method], request->path,
                      request->query == NULL ? "-" : request->query,
                      (long long)request->body_length);
    buffer_add(&answer, request->body, (size_t)request->body_length);
    exchange_answer(exchange, 200, "text/plain", answer.bytes, answer.length);
}

static char *make_bytes(struct arena *arena, size_t length)
{
    char *bytes = arena_allocate(arena, length + 1);

    for (size_t i = 0; i < length; i++) {
        bytes[i] = (char)('a' + i % 23);
    }
    return bytes;
}

static void answer_large(struct exchange *exchange)
{
    size_t length = number_of(exchange_request(exchange));

    exchange_answer(exchange, 200, "text/plain", make_bytes(exchange_arena(exchange), length),
                    length);
}

static void answer_stream(struct exchange *exchange)
{
    size_t length = number_of(exchange_request(exchange));
    const char *bytes = make_bytes(exchange_arena(exchange), length);

    exchange_begin(exchange, 200, "text/plain");
    for (size_t at = 0; at < length; at += 1000) {
        size_t count = length - at < 1000 ? length - at : 1000;

        if (!exchange_write(exchange, bytes + at, count)) {
            return;
        }
    }
}

static void answer_late(struct exchange *exchange)
{
    size_t ms = number_of(exchange_request(exchange));
    struct timespec pause = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL);
    exchange_answer_text(exchange, 200, "slept");
}

static void answer_nothing(struct exchange *exchange)
{
    (void)exchange;
}

static void answer_and_abort(struct exchange *exchange)
{
    exchange_begin(exchange, 200, "text/plain");
    exchange_write(exchange, "half of it", 10);
    exchange_abort(exchange);
}

static const struct {
    const char *path;
    void (*answer)(struct exchange *exchange);
} pages[] = {
    {"/echo", echo},         {"/large", answer_large},     {"/stream", answer_stream},
    {"/sleep", answer_late}, {"/nothing", answer_nothing}, {"/abort", answer_and_abort},
};

static void handle(void *context, void *worker, struct exchange *exchange)
{
    const char *path = exchange_request(exchange)->path;

    (void)context;
    assert_non_null(worker);
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (strcmp(path, pages[i].path) == 0) {
            pages[i].answer(exchange);
            return;
        }
    }
    exchange_answer_text(exchange, 404, "There is nothing at %s.", path);
}

static bool admit(void *context, void *worker, struct exchange *exchange, const char *begin,
                  size_t length)
{
    const struct fixture *fixture = context;

    (void)worker;
    assert_true((int64_t)length <= fixture->limits.free_bytes);
    if (length >= 2 && memcmp(begin, "ok", 2) == 0) {
        return true;
    }
    exchange_answer_text(exchange, 401, "Who is it?");
    return false;
}

static void *open_worker(void *context)
{
    return context;
}

struct fixture fixture_prepare(void)
{
    struct fixture fixture = {.arena = arena_create(), .limits = http_limits_default()};

    fixture.limits.tick_ms = 10;
    fixture.limits.workers = 2;
    fixture.log.descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return fixture;
}

void fixture_open(struct fixture *fixture)
{
    struct server_address address = {.address = "127.0.0.1:0", .context = fixture->context};
    struct server_options options = {
        .limits = fixture->limits,
        .addresses = &address,
        .address_count = 1,
        .door = {.context = fixture,
                 .worker_open = open_worker,
                 .admit = fixture->asks ? admit : NULL,
                 .handle = handle},
        .log = &fixture->log,
        .counters = &fixture->counters,
    };
    struct error error = {0};

    assert_true(server_create(fixture->arena, &options, &fixture->server, &error));
    assert_true(server_start(fixture->server, &error));
    fixture->port = atoi(strrchr(server_url(fixture->server, 0), ':') + 1);
}

void fixture_close(struct fixture *fixture)
{
    server_destroy(&fixture->server);
    assert_int_equal(atomic_load(&fixture->counters.connections_open), 0);
    close(fixture->log.descriptor);
    arena_destroy(&fixture->arena);
}

int client_connect(const struct fixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)fixture->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 10};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    return descriptor;
}

void client_send_bytes(int descriptor, const void *bytes, size_t length)
{
    const char *next = bytes;

    while (length > 0) {
        ssize_t count = send(descriptor, next, length, MSG_NOSIGNAL);

        if (count <= 0) {
            return; /* the server has hung up: what it said tells why */
        }
        next += count;
        length -= (size_t)count;
    }
}

void client_send(int descriptor, const char *text)
{
    client_send_bytes(descriptor, text, strlen(text));
}

static bool read_exactly(int descriptor, char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = recv(descriptor, bytes, length, 0);

        if (count <= 0) {
            return false;
        }
        bytes += count;
        length -= (size_t)count;
    }
    return true;
}

/* Byte by byte, so that nothing of the next answer is taken. */
static bool read_line(int descriptor, char *line, size_t size)
{
    size_t length = 0;

    while (length + 1 < size && read_exactly(descriptor, line + length, 1)) {
        length++;
        line[length] = '\0';
        if (line[length - 1] == '\n') {
            return true;
        }
    }
    return false;
}

static bool read_head(int descriptor, struct answer_read *answer)
{
    size_t length = 0;

    do {
        size_t before = length;

        if (!read_line(descriptor, answer->head + length, sizeof(answer->head) - length)) {
            return false;
        }
        length += strlen(answer->head + length);
        if (strcmp(answer->head + before, "\r\n") == 0) {
            break;
        }
    } while (length < sizeof(answer->head));
    answer->status = atoi(answer->head + strlen("HTTP/1.1 "));
    return true;
}

static bool read_chunks(int descriptor, struct buffer *body)
{
    char line[64];

    while (read_line(descriptor, line, sizeof(line))) {
        size_t length = strtoul(line, NULL, 16);
        char *room = buffer_reserve(body, length);

        if (!read_exactly(descriptor, room, length) || !read_line(descriptor, line, sizeof(line))) {
            return false;
        }
        buffer_commit(body, length);
        if (length == 0) {
            return true;
        }
    }
    return false;
}

static bool read_to_end(int descriptor, struct buffer *body)
{
    ssize_t count;

    while ((count = recv(descriptor, buffer_reserve(body, 4096), 4096, 0)) > 0) {
        buffer_commit(body, (size_t)count);
    }
    return count == 0;
}

bool client_read(struct fixture *fixture, int descriptor, struct answer_read *answer_out)
{
    struct buffer body;
    const char *length;
    bool is_read = true;

    memset(answer_out, 0, sizeof(*answer_out));
    if (!read_head(descriptor, answer_out)) {
        return false;
    }
    buffer_init(&body, fixture->arena, 64);
    length = strstr(answer_out->head, "Content-Length: ");
    if (answer_out->status == 100) {
        return true;
    }
    if (strstr(answer_out->head, "Transfer-Encoding: chunked") != NULL) {
        is_read = read_chunks(descriptor, &body);
    } else if (length != NULL) {
        size_t count = strtoul(length + strlen("Content-Length: "), NULL, 10);

        is_read = read_exactly(descriptor, buffer_reserve(&body, count), count);
        buffer_commit(&body, count);
    } else {
        is_read = read_to_end(descriptor, &body);
    }
    answer_out->body = body.bytes;
    answer_out->body_length = body.length;
    return is_read;
}

bool client_is_closed(int descriptor)
{
    char byte;

    return recv(descriptor, &byte, 1, 0) == 0;
}

int client_ask(struct fixture *fixture, const char *request)
{
    struct answer_read answer;
    int descriptor = client_connect(fixture);

    client_send(descriptor, request);
    if (!client_read(fixture, descriptor, &answer)) {
        answer.status = 0;
    }
    close(descriptor);
    return answer.status;
}
