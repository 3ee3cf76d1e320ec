/*
 * exchange.c - what a handler asks of the request, and the request made ready for it.
 */
#include "server/exchange.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/expect.h"
#include "server/compress.h"
#include "server/exchange_driver.h"
#include "server/limits.h"
#include "server/spool.h"

enum { PIECE = 64 * 1024 };

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

bool exchange_is_multipart(const struct exchange_request *request)
{
    return request->head->is_multipart;
}

static enum refusal inflate_body(struct exchange *exchange)
{
    const struct http_limits *limits = exchange->limits;
    /* A body that must be in memory anyway is inflated there. */
    int64_t memory_bytes =
        exchange->head.is_multipart ? limits->memory_bytes : exchange->body_limit + 1;
    struct spool *inflated = spool_create(exchange->arena, exchange->budget, memory_bytes);
    enum refusal refusal =
        compress_inflate(exchange->body, inflated, exchange->body_limit, limits->inflate_ratio);

    exchange->body = inflated;
    return refusal;
}

/* Brings a spooled body into memory, whole. */
static enum refusal load_body(struct exchange *exchange)
{
    struct spool *spool = exchange->body;
    char *body = arena_allocate(exchange->arena, (size_t)spool->length + 1);
    int64_t offset = 0;

    while (offset < spool->length) {
        const char *bytes;
        size_t count;

        if (!spool_read(spool, offset, body + offset, PIECE, &bytes, &count)) {
            return REFUSAL_NO_ROOM;
        }
        offset += (int64_t)count;
    }
    exchange->request.body = body;
    return REFUSAL_NONE;
}

enum refusal exchange_prepare(struct exchange *exchange)
{
    enum refusal refusal = REFUSAL_NONE;

    if (exchange->head.is_gzip && exchange->body->length > 0) {
        refusal = inflate_body(exchange);
    }
    exchange->request.body_length = exchange->body->length;
    exchange->request.body_file = -1;
    if (refusal != REFUSAL_NONE) {
        return refusal;
    }
    if (exchange->body->file < 0) {
        exchange->request.body = exchange->body->memory.bytes;
        return REFUSAL_NONE;
    }
    if (!exchange->head.is_multipart) {
        return load_body(exchange);
    }
    exchange->request.body_file = exchange->body->file;
    return lseek(exchange->body->file, 0, SEEK_SET) == 0 ? REFUSAL_NONE : REFUSAL_NO_ROOM;
}
