/*
 * http_connection.c - the states of a connection, but for reading (receive.c).
 */
#include "server/http_connection.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include "base/arena.h"
#include "base/expect.h"
#include "base/log.h"
#include "base/time.h"
#include "server/arena_stock.h"
#include "server/counters.h"
#include "server/exchange_driver.h"
#include "server/limits.h"
#include "server/receive.h"

void http_connection_open(struct http_connection *connection, struct http_shared *shared,
                          int descriptor, const struct sockaddr_storage *peer,
                          struct tls_context *context)
{
    int64_t now = time_monotonic();

    connection->shared = shared;
    connection->request_count = 0;
    connection->exchange = NULL;
    stream_open(&connection->stream, descriptor, context);
    connection->state = context == NULL ? CONNECTION_IDLE : CONNECTION_HANDSHAKE;
    connection->deadline =
        now + (context == NULL ? shared->limits->idle_ms : shared->limits->handshake_ms);
    connection->source = access_source_of(peer);
    connection->peer = network_address_of((const struct sockaddr *)peer);
}

static void release_exchange(struct http_connection *connection)
{
    if (connection->exchange != NULL) {
        struct arena *arena = connection->exchange->arena;

        connection->exchange = NULL;
        arena_stock_return(connection->shared->stock, &arena);
    }
}

void http_connection_close(struct http_connection *connection)
{
    /* A handshake that is not through has nobody to say goodbye to. */
    stream_close(&connection->stream, connection->state != CONNECTION_HANDSHAKE);
    release_exchange(connection);
}

enum stream_result http_connection_send(struct http_connection *connection)
{
    struct outbox *outbox = &connection->exchange->outbox;
    int64_t before = outbox->total_sent;
    enum stream_result result = outbox_send(outbox, &connection->stream);

    counter_add(&connection->shared->counters->sent_bytes_total, outbox->total_sent - before);
    return result;
}

void http_connection_send_early(struct http_connection *connection)
{
    enum stream_result ignored = http_connection_send(connection);
    (void)ignored;
}

static void log_refusal(const struct http_connection *connection, enum refusal refusal)
{
    const struct refusal_kind *kind = refusal_kind(refusal);
    char address[NETWORK_TEXT_SIZE];

    network_address_format(&connection->peer, address);
    log_event(connection->shared->log, LOG_LEVEL_INFO, "request_refused",
              LOG_TEXT("reason", kind->word), LOG_NUMBER("status", kind->status),
              LOG_TEXT("peer", address));
}

void http_connection_refuse(struct http_connection *connection, enum refusal refusal)
{
    counter_add(&connection->shared->counters->refusals[refusal], 1);
    log_refusal(connection, refusal);
    exchange_refuse(connection->exchange, refusal);
}

static enum wish step_handshake(struct http_connection *connection)
{
    switch (stream_handshake(&connection->stream)) {
    case STREAM_DONE:
        connection->state = CONNECTION_IDLE;
        connection->deadline = time_monotonic() + connection->shared->limits->idle_ms;
        return WISH_GO_ON;
    case STREAM_WANT_READ:
        return WISH_READ;
    case STREAM_WANT_WRITE:
        return WISH_WRITE;
    default:
        counter_add(&connection->shared->counters->handshakes_failed_total, 1);
        return WISH_CLOSE;
    }
}

/* Sends what there is; go_on is called once all is out. */
static enum wish send_then(struct http_connection *connection,
                           enum wish (*go_on)(struct http_connection *connection))
{
    switch (http_connection_send(connection)) {
    case STREAM_DONE:
        return go_on(connection);
    case STREAM_WANT_READ:
        return WISH_READ;
    case STREAM_WANT_WRITE:
        return WISH_WRITE;
    default:
        return WISH_CLOSE;
    }
}

static enum wish go_on_with_body(struct http_connection *connection)
{
    connection->state = CONNECTION_BODY;
    return WISH_GO_ON;
}

static enum wish step_interim(struct http_connection *connection)
{
    return send_then(connection, go_on_with_body);
}

static enum wish begin_linger(struct http_connection *connection)
{
    stream_end_writing(&connection->stream);
    connection->state = CONNECTION_LINGER;
    connection->deadline = time_monotonic() + connection->shared->limits->linger_ms;
    return WISH_GO_ON;
}

/* Parks the connection, or begins the request that has already come. */
static enum wish go_on_with_next(struct http_connection *connection)
{
    struct exchange *exchange = connection->exchange;
    struct arena *arena = exchange->arena;
    enum wish wish = stream_has_pending(&connection->stream) ? WISH_LATER : WISH_READ;

    connection->request_count++;
    connection->exchange = NULL;
    connection->state = CONNECTION_IDLE;
    connection->deadline = time_monotonic() + connection->shared->limits->idle_ms;
    if (exchange->leftover.length > 0) {
        wish = receive_bytes(connection, exchange->leftover.bytes, exchange->leftover.length);
    } else if (atomic_load(&connection->shared->is_draining)) {
        wish = http_connection_drain(connection);
    }
    arena_stock_return(connection->shared->stock, &arena);
    return wish;
}

static enum wish end_of_answer(struct http_connection *connection)
{
    const struct exchange *exchange = connection->exchange;

    if (exchange->answer.state == ANSWER_ABORTED) {
        return WISH_CLOSE;
    }
    return exchange->is_last ? begin_linger(connection) : go_on_with_next(connection);
}

static enum wish step_sending(struct http_connection *connection)
{
    return send_then(connection, end_of_answer);
}

/* A worker has it: nothing to do here, and nothing should have asked. */
static enum wish step_handed(struct http_connection *connection)
{
    (void)connection;
    return WISH_NOTHING;
}

/* Reads and drops, so that closing does not wipe out an answer still on its way. With TLS the
 * bytes stay encrypted: nobody needs them. */
static enum wish step_linger(struct http_connection *connection)
{
    ssize_t count =
        recv(connection->stream.descriptor, connection->shared->scratch, RECEIVE_SCRATCH_SIZE, 0);

    if (count > 0) {
        return WISH_LATER;
    }
    return count < 0 ? WISH_READ : WISH_CLOSE;
}

static enum wish (*const steps[CONNECTION_STATE_COUNT])(struct http_connection *connection) = {
    [CONNECTION_HANDSHAKE] = step_handshake, [CONNECTION_IDLE] = receive_step,
    [CONNECTION_HEAD] = receive_step,        [CONNECTION_INTERIM] = step_interim,
    [CONNECTION_BODY] = receive_step,        [CONNECTION_HANDED] = step_handed,
    [CONNECTION_SENDING] = step_sending,     [CONNECTION_LINGER] = step_linger,
};

enum wish http_connection_step(struct http_connection *connection)
{
    enum wish wish;

    do {
        wish = steps[connection->state](connection);
    } while (wish == WISH_GO_ON);
    return wish;
}

enum wish http_connection_answered(struct http_connection *connection)
{
    connection->state = CONNECTION_SENDING;
    connection->deadline = 0;
    connection->window_begun = time_monotonic();
    connection->window_content = 0;
    return WISH_GO_ON;
}

enum wish http_connection_returned(struct http_connection *connection)
{
    const struct exchange *exchange = connection->exchange;

    if (exchange->errand == ERRAND_ADMIT && !exchange_is_answered(exchange)) {
        return receive_resume(connection);
    }
    return http_connection_answered(connection);
}

/* Bytes that have really passed: those that wait in the kernel have not. */
static int64_t count_passed(const struct http_connection *connection)
{
    const struct exchange *exchange = connection->exchange;
    int waiting = 0;

    if (connection->state == CONNECTION_BODY) {
        return exchange->framing.content + exchange->framing.overhead;
    }
    if (ioctl(connection->stream.descriptor, SIOCOUTQ, &waiting) != 0) {
        waiting = 0;
    }
    return exchange->outbox.total_sent - waiting;
}

/* Each window must bring its share of bytes. */
static bool keeps_pace(struct http_connection *connection, int64_t now)
{
    const struct http_limits *limits = connection->shared->limits;
    int64_t elapsed = now - connection->window_begun;
    int64_t passed;
    bool is_enough;

    if (elapsed < limits->grace_ms) {
        return true;
    }
    passed = count_passed(connection);
    is_enough = passed - connection->window_content >= limits->bytes_per_second * elapsed / 1000;
    connection->window_begun = now;
    connection->window_content = passed;
    return is_enough;
}

static bool is_in_time(struct http_connection *connection, int64_t now)
{
    if (connection->deadline != 0 && now >= connection->deadline) {
        return false;
    }
    if (connection->state == CONNECTION_BODY || connection->state == CONNECTION_SENDING) {
        return keeps_pace(connection, now);
    }
    return true;
}

enum wish http_connection_check_time(struct http_connection *connection, int64_t now)
{
    if (connection->state == CONNECTION_HANDED || is_in_time(connection, now)) {
        return WISH_NOTHING;
    }
    counter_add(&connection->shared->counters->connections_expired_total, 1);
    if (connection->state == CONNECTION_HEAD || connection->state == CONNECTION_BODY) {
        http_connection_refuse(connection, REFUSAL_TOO_SLOW);
        return http_connection_answered(connection);
    }
    return WISH_CLOSE;
}

enum wish http_connection_drain(struct http_connection *connection)
{
    if (connection->state == CONNECTION_HANDSHAKE) {
        return WISH_CLOSE;
    }
    if (connection->state == CONNECTION_IDLE) {
        /* What has already been sent is still served. */
        enum wish wish = http_connection_step(connection);

        return wish == WISH_READ && connection->state == CONNECTION_IDLE ? WISH_CLOSE : wish;
    }
    return WISH_NOTHING;
}
