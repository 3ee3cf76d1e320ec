/*
 * exchange.c - what a handler asks of the request, and the request made ready for it.
 */
#include "server/exchange.h"

#include <string.h>

#include "base/arena.h"
#include "server/compress.h"
#include "server/exchange_driver.h"
#include "server/limits.h"
#include "server/spool.h"

const struct exchange_request *exchange_request(const struct exchange *exchange)
{
    return &exchange->request;
}

struct arena *exchange_arena(const struct exchange *exchange)
{
    return exchange->arena;
}

const char *exchange_header(const struct exchange_request *request, const char *name)
{
    return http_head_find(request->head, name);
}

enum refusal exchange_take(struct exchange *exchange, const void *bytes, size_t length)
{
    const struct exchange_door *door = exchange->door;
    enum exchange_verdict verdict = EXCHANGE_GO_ON;

    if (exchange->is_enough) {
        return REFUSAL_NONE;
    }
    if (exchange->request.watcher != NULL) {
        verdict = door->watch(exchange->request.watcher, bytes, length);
    }
    if (verdict == EXCHANGE_TOO_LARGE) {
        return REFUSAL_BODY_TOO_LARGE;
    }
    exchange->is_enough = verdict == EXCHANGE_ENOUGH;
    return spool_add(exchange->body, bytes, length) ? REFUSAL_NONE : REFUSAL_NO_ROOM;
}

bool exchange_must_ask(const struct exchange *exchange)
{
    const struct exchange_door *door = exchange->door;

    return door->admit != NULL && !exchange->request.is_admitted &&
           exchange->body->length > exchange->limits->free_bytes;
}

/* An answer of the door is the connection's last: the rest of the body is not read. */
static void ask(struct exchange *exchange, void *worker, const char *begin, size_t length)
{
    const struct exchange_door *door = exchange->door;
    bool was_last = exchange->is_last;

    exchange->is_last = true;
    exchange->request.is_admitted = door->admit(door->context, worker, exchange, begin, length);
    if (exchange->request.is_admitted) {
        exchange->is_last = was_last;
    }
}

/* Asks with what anybody may send of a body as it came. */
static enum refusal ask_plain(struct exchange *exchange, void *worker)
{
    size_t most = (size_t)exchange->limits->free_bytes;
    char *copy = arena_allocate(exchange->arena, most + 1);
    const char *bytes;
    size_t length;

    if (!spool_read(exchange->body, 0, copy, most, &bytes, &length)) {
        return REFUSAL_NO_ROOM;
    }
    ask(exchange, worker, bytes, length);
    return REFUSAL_NONE;
}

static enum refusal add_to_spool(void *context, const void *bytes, size_t length)
{
    return spool_add(context, bytes, length) ? REFUSAL_NONE : REFUSAL_NO_ROOM;
}

static enum refusal take_inflated(void *context, const void *bytes, size_t length)
{
    return exchange_take(context, bytes, length);
}

/* Inflates what anybody may send of a compressed body. */
static enum refusal inflate_begin(struct exchange *exchange, struct spool **begin_out)
{
    int64_t most = exchange->limits->free_bytes;

    *begin_out = spool_create(exchange->arena, exchange->budget, most);
    return compress_inflate(exchange->body, most, exchange->limits->inflate_ratio, add_to_spool,
                            *begin_out);
}

/* Only the beginning has come: whether the rest of it is in order is found later. */
static void ask_inflated(struct exchange *exchange, void *worker)
{
    struct spool *begin = NULL;
    enum refusal ignored = inflate_begin(exchange, &begin);

    (void)ignored;
    ask(exchange, worker, begin->memory.bytes, (size_t)begin->length);
}

/* A body that comes short may become long. */
static enum refusal inflate_body(struct exchange *exchange, void *worker)
{
    const struct http_limits *limits = exchange->limits;
    const struct spool *compressed = exchange->body;
    struct spool *begin = NULL;
    enum refusal refusal = REFUSAL_NONE;

    if (exchange->door->admit != NULL && !exchange->request.is_admitted) {
        refusal = inflate_begin(exchange, &begin);
    }
    if (refusal == REFUSAL_BODY_TOO_LARGE) {
        refusal = REFUSAL_NONE;
        ask(exchange, worker, begin->memory.bytes, (size_t)begin->length);
    }
    if (refusal != REFUSAL_NONE || exchange_is_answered(exchange)) {
        return refusal;
    }
    exchange->body = spool_create(exchange->arena, exchange->budget, limits->memory_bytes);
    return compress_inflate(compressed, limits->body_bytes, limits->inflate_ratio, take_inflated,
                            exchange);
}

static bool is_compressed(const struct exchange *exchange)
{
    return exchange->head.is_gzip && exchange->body->length > 0;
}

static enum refusal let_in(struct exchange *exchange, void *worker)
{
    if (exchange->errand == ERRAND_HANDLE) {
        return is_compressed(exchange)       ? inflate_body(exchange, worker)
               : exchange_must_ask(exchange) ? ask_plain(exchange, worker)
                                             : REFUSAL_NONE;
    }
    if (is_compressed(exchange)) {
        ask_inflated(exchange, worker);
        return REFUSAL_NONE;
    }
    return ask_plain(exchange, worker);
}

enum refusal exchange_prepare(struct exchange *exchange, void *worker)
{
    enum refusal refusal = let_in(exchange, worker);

    if (refusal != REFUSAL_NONE || exchange_is_answered(exchange) ||
        exchange->errand == ERRAND_ADMIT) {
        return refusal;
    }
    exchange->request.body_length = exchange->body->length;
    exchange->request.is_mapped = exchange->body->file >= 0;
    return spool_map(exchange->body, &exchange->request.body) ? REFUSAL_NONE : REFUSAL_NO_ROOM;
}
