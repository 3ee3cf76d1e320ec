/*
 * framing.c - fuzz target: any bytes as an HTTP request, head and body.
 *
 * The first byte says in what pieces the rest arrives. However it is cut, the same requests and
 * the same refusal must come out: framing that depends on packets could be smuggled through.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/expect.h"
#include "server/http_body.h"
#include "server/http_head.h"
#include "server/http_rules.h"
#include "server/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was understood of one request. */
struct reading {
    enum refusal refusal;
    bool is_complete;
    size_t length; /* of the whole request */
    struct buffer content;
};

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

static enum refusal read_head(struct arena *arena, const char *bytes, size_t length, size_t step,
                              const struct http_limits *limits, struct http_scan *scan,
                              struct http_head *head)
{
    enum refusal refusal = REFUSAL_NONE;

    for (size_t seen = 0; seen < length && refusal == REFUSAL_NONE && scan->head_length == 0;) {
        seen = smaller(seen + step, length);
        refusal = http_head_scan(scan, bytes, seen, limits);
    }
    if (refusal != REFUSAL_NONE || scan->head_length == 0) {
        return refusal;
    }
    expect(scan->head_length <= length && scan->head_length <= (size_t)limits->head_bytes);
    refusal = http_head_parse(arena, bytes, scan->head_length, head);
    return refusal == REFUSAL_NONE ? http_rules_check(head, false) : refusal;
}

static enum refusal read_body(struct http_body *body, const char *bytes, size_t length, size_t step,
                              struct reading *reading)
{
    enum refusal refusal = REFUSAL_NONE;
    size_t at = 0;

    while (refusal == REFUSAL_NONE && at < length && !http_body_is_complete(body)) {
        size_t taken;
        const char *span;
        size_t span_length;
        size_t given = smaller(step, length - at);

        refusal = http_body_take(body, bytes + at, given, &taken, &span, &span_length);
        expect(refusal != REFUSAL_NONE || (taken > 0 && taken <= given));
        expect(span >= bytes + at && span + span_length <= bytes + at + given);
        if (refusal == REFUSAL_NONE) {
            buffer_add(&reading->content, span, span_length);
        }
        at += taken;
    }
    reading->length += at;
    return refusal;
}

static struct reading read_request(struct arena *arena, const char *bytes, size_t length,
                                   size_t step)
{
    struct http_limits limits = http_limits_default();
    struct http_scan scan = {0};
    struct http_head head = {0};
    struct http_body body;
    struct reading reading = {0};

    limits.body_bytes = 1024;
    buffer_init(&reading.content, arena, 64);
    reading.refusal = read_head(arena, bytes, length, step, &limits, &scan, &head);
    if (reading.refusal != REFUSAL_NONE || scan.head_length == 0) {
        return reading;
    }
    reading.length = scan.head_length;
    reading.refusal = http_body_begin(&body, &head, limits.body_bytes);
    if (reading.refusal == REFUSAL_NONE) {
        reading.refusal =
            read_body(&body, bytes + scan.head_length, length - scan.head_length, step, &reading);
        reading.is_complete = http_body_is_complete(&body);
        expect(reading.content.length <= (size_t)limits.body_bytes);
    }
    return reading;
}

static void expect_same(const struct reading *left, const struct reading *right)
{
    expect(left->refusal == right->refusal);
    expect(left->is_complete == right->is_complete);
    if (left->is_complete) {
        expect(left->length == right->length);
        expect(left->content.length == right->content.length);
        expect(memcmp(left->content.bytes, right->content.bytes, left->content.length) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena;
    const char *bytes = (const char *)data + 1;
    size_t length = size - 1;

    if (size < 2) {
        return 0;
    }
    arena = arena_create();
    for (;;) {
        struct reading whole = read_request(arena, bytes, length, length);
        struct reading pieces = read_request(arena, bytes, length, (size_t)data[0] + 1);

        expect_same(&whole, &pieces);
        if (!whole.is_complete || whole.refusal != REFUSAL_NONE || whole.length == length) {
            break;
        }
        bytes += whole.length;
        length -= whole.length;
    }
    arena_destroy(&arena);
    return 0;
}
