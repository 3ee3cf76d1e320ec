/*
 * receive.c - reads one whole request from a connection.
 */
#include "server/receive.h"

#include <string.h>

#include "base/arena.h"
#include "base/time.h"
#include "crypto/tls.h"
#include "server/arena_stock.h"
#include "server/counters.h"
#include "server/exchange_driver.h"
#include "server/http_rules.h"
#include "server/limits.h"
#include "server/proxies.h"
#include "server/workers.h"

enum {
    READS_AT_ONCE = 16, /* then others have their turn */
    INPUT_ROOM = 2048,
};

static void begin_exchange(struct http_connection *connection)
{
    struct http_shared *shared = connection->shared;
    struct arena *arena = arena_stock_take(shared->stock);
    struct exchange *exchange = arena_allocate(arena, sizeof(*exchange));
    int64_t now = time_monotonic();

    exchange->arena = arena;
    exchange->connection = connection;
    exchange->limits = shared->limits;
    exchange->door = shared->door;
    exchange->budget = &shared->budget;
    exchange->is_draining = &shared->is_draining;
    exchange->begun_at = now;
    buffer_init(&exchange->input, arena, INPUT_ROOM);
    outbox_init(&exchange->outbox, arena, &shared->budget, shared->limits->memory_bytes);
    connection->exchange = exchange;
    connection->state = CONNECTION_HEAD;
    connection->deadline = now + shared->limits->head_ms;
}

static enum wish refuse(struct http_connection *connection, enum refusal refusal)
{
    http_connection_refuse(connection, refusal);
    return http_connection_answered(connection);
}

static const char *format_address(const struct http_connection *connection, struct arena *arena)
{
    char text[NETWORK_TEXT_SIZE];

    network_address_format(&connection->peer, text);
    return arena_copy_text(arena, text);
}

/* A proxy's certificate proves the proxy, not who is behind it. */
static const char *find_certificate(const struct http_connection *connection, struct arena *arena)
{
    char fingerprint[SHA256_TEXT_SIZE];

    return connection->stream.session != NULL &&
                   tls_client_fingerprint(connection->stream.session, fingerprint)
               ? arena_copy_text(arena, fingerprint)
               : NULL;
}

static enum refusal fill_request(struct http_connection *connection)
{
    struct exchange *exchange = connection->exchange;
    const struct http_head *head = &exchange->head;
    const struct network_list *proxies = connection->shared->proxies;

    exchange->request.method = head->method;
    exchange->request.path = head->path;
    exchange->request.query = head->query;
    exchange->request.host = head->host;
    exchange->request.head = head;
    exchange->request.is_tls = connection->stream.session != NULL;
    exchange->request.peer_address = format_address(connection, exchange->arena);
    exchange->request.client_certificate = network_list_has(proxies, &connection->peer)
                                               ? NULL
                                               : find_certificate(connection, exchange->arena);
    exchange->is_last =
        !head->is_keep_alive ||
        connection->request_count + 1 >= connection->shared->limits->requests_per_connection;
    if (network_list_has(proxies, &connection->peer) &&
        !proxies_apply(proxies, exchange->arena, &exchange->request)) {
        return REFUSAL_FORWARDED;
    }
    return REFUSAL_NONE;
}

/* The time that a body has, and its pace, from now on. */
static void begin_wait(struct http_connection *connection)
{
    const struct exchange *exchange = connection->exchange;

    connection->state = CONNECTION_BODY;
    connection->deadline = exchange->begun_at + connection->shared->limits->request_ms;
    connection->window_begun = time_monotonic();
    connection->window_content = exchange->framing.content + exchange->framing.overhead;
}

static void begin_watch(struct exchange *exchange)
{
    const struct exchange_door *door = exchange->door;

    if (door->watch_begin != NULL && exchange->head.method == HTTP_METHOD_POST) {
        exchange->request.watcher =
            door->watch_begin(door->context, exchange->arena, &exchange->request);
    }
}

/* The head is complete: what it says decides how the rest is read. */
static enum refusal begin_body(struct http_connection *connection)
{
    struct exchange *exchange = connection->exchange;
    const struct http_limits *limits = connection->shared->limits;
    enum refusal refusal = http_head_parse(exchange->arena, exchange->input.bytes,
                                           exchange->scan.head_length, &exchange->head);

    if (refusal == REFUSAL_NONE) {
        refusal = http_rules_check(&exchange->head, connection->stream.session != NULL);
    }
    if (refusal == REFUSAL_NONE) {
        refusal = fill_request(connection);
    }
    if (refusal != REFUSAL_NONE) {
        return refusal;
    }
    begin_watch(exchange);
    exchange->body = spool_create(exchange->arena, exchange->budget, limits->memory_bytes);
    refusal = http_body_begin(&exchange->framing, &exchange->head, limits->body_bytes);
    begin_wait(connection);
    return refusal;
}

/* Adds bytes to the head. When it is complete, the bytes after it are given out. */
static enum refusal take_head(struct http_connection *connection, const char **bytes,
                              size_t *length)
{
    struct exchange *exchange = connection->exchange;
    struct buffer *input = &exchange->input;
    enum refusal refusal;

    buffer_add(input, *bytes, *length);
    *length = 0;
    refusal =
        http_head_scan(&exchange->scan, input->bytes, input->length, connection->shared->limits);
    if (refusal != REFUSAL_NONE || exchange->scan.head_length == 0) {
        return refusal;
    }
    *bytes = input->bytes + exchange->scan.head_length;
    *length = input->length - exchange->scan.head_length;
    return begin_body(connection);
}

/* Compressed content says nothing yet. */
static enum refusal add_content(struct exchange *exchange, const char *bytes, size_t length)
{
    if (exchange->head.is_gzip) {
        return spool_add(exchange->body, bytes, length) ? REFUSAL_NONE : REFUSAL_NO_ROOM;
    }
    return exchange_take(exchange, bytes, length);
}

/* Whether a worker must look before more is read. */
static bool is_for_worker(const struct exchange *exchange)
{
    return http_body_is_complete(&exchange->framing) || exchange->is_enough ||
           exchange_must_ask(exchange);
}

static enum refusal take_body(struct exchange *exchange, const char **bytes, size_t *length)
{
    enum refusal refusal = REFUSAL_NONE;

    while (refusal == REFUSAL_NONE && *length > 0 && !is_for_worker(exchange)) {
        size_t taken;
        const char *span;
        size_t span_length;

        refusal = http_body_take(&exchange->framing, *bytes, *length, &taken, &span, &span_length);
        if (refusal == REFUSAL_NONE) {
            refusal = add_content(exchange, span, span_length);
        }
        *bytes += taken;
        *length -= taken;
    }
    return refusal;
}

/* What is not read whole is the connection's last request: nobody knows where the next begins. */
static enum errand choose_errand(struct exchange *exchange)
{
    if (http_body_is_complete(&exchange->framing)) {
        return ERRAND_HANDLE;
    }
    if (exchange_must_ask(exchange)) {
        return ERRAND_ADMIT;
    }
    exchange->is_last = true;
    return ERRAND_HANDLE;
}

static enum wish hand_over(struct http_connection *connection, const char *bytes, size_t length)
{
    struct exchange *exchange = connection->exchange;

    exchange->errand = choose_errand(exchange);
    if (length > 0) {
        buffer_init(&exchange->leftover, exchange->arena, length);
        buffer_add(&exchange->leftover, bytes, length);
    }
    exchange->request.received_at = time_monotonic();
    exchange->request.deadline =
        exchange->request.received_at + connection->shared->limits->request_ms;
    connection->state = CONNECTION_HANDED;
    connection->deadline = 0;
    if (!workers_submit(connection->shared->workers, exchange)) {
        return refuse(connection, REFUSAL_BUSY);
    }
    return WISH_NOTHING;
}

/* Some clients send the body only after they were asked to. */
static enum wish ask_for_body(struct http_connection *connection)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct exchange *exchange = connection->exchange;

    exchange->head.expects_continue = false;
    if (!outbox_add(&exchange->outbox, interim, strlen(interim))) {
        return WISH_CLOSE;
    }
    connection->state = CONNECTION_INTERIM;
    return WISH_GO_ON;
}

enum wish receive_bytes(struct http_connection *connection, const char *bytes, size_t length)
{
    enum refusal refusal = REFUSAL_NONE;
    struct exchange *exchange;

    if (connection->state == CONNECTION_IDLE) {
        begin_exchange(connection);
    }
    exchange = connection->exchange;
    if (connection->state == CONNECTION_HEAD) {
        refusal = take_head(connection, &bytes, &length);
    }
    if (refusal == REFUSAL_NONE && connection->state == CONNECTION_BODY) {
        refusal = take_body(exchange, &bytes, &length);
        if (refusal == REFUSAL_NONE && is_for_worker(exchange)) {
            return hand_over(connection, bytes, length);
        }
    }
    if (refusal != REFUSAL_NONE) {
        return refuse(connection, refusal);
    }
    if (exchange->head.expects_continue && exchange->framing.content == 0) {
        return ask_for_body(connection);
    }
    return WISH_READ;
}

enum wish receive_resume(struct http_connection *connection)
{
    struct exchange *exchange = connection->exchange;
    struct buffer leftover = exchange->leftover;

    exchange->leftover = (struct buffer){0};
    begin_wait(connection);
    if (leftover.length > 0 || is_for_worker(exchange)) {
        enum wish wish = receive_bytes(connection, leftover.bytes, leftover.length);
        if (wish != WISH_READ) {
            return wish;
        }
    }
    return WISH_GO_ON;
}

/* The client will send no more: in the middle of a request that is worth an answer, since he
 * may still be reading. */
static enum wish end_of_input(struct http_connection *connection, enum stream_result result)
{
    if (result == STREAM_ENDED && connection->state != CONNECTION_IDLE) {
        return refuse(connection, REFUSAL_CUT_SHORT);
    }
    return WISH_CLOSE;
}

enum wish receive_step(struct http_connection *connection)
{
    char *scratch = connection->shared->scratch;

    for (int turn = 0; turn < READS_AT_ONCE; turn++) {
        size_t count = 0;
        enum stream_result result =
            stream_read(&connection->stream, scratch, RECEIVE_SCRATCH_SIZE, &count);
        enum wish wish;

        if (result == STREAM_WANT_READ) {
            return WISH_READ;
        }
        if (result == STREAM_WANT_WRITE) {
            return WISH_WRITE;
        }
        if (result != STREAM_DONE) {
            return end_of_input(connection, result);
        }
        counter_add(&connection->shared->counters->received_bytes_total, (int64_t)count);
        wish = receive_bytes(connection, scratch, count);
        if (wish != WISH_READ) {
            return wish;
        }
    }
    return WISH_LATER;
}
