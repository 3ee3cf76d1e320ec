/*
 * http_body.h - where a request's body ends: by its length or by chunks.
 *
 * The reader is fed bytes as they come and hands back spans of content within them. It never
 * takes a byte beyond the body, so what is left begins the next request.
 *
 * Threads: none of it shares anything.
 */
#ifndef SERVER_HTTP_BODY_H
#define SERVER_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "server/refusal.h"

struct http_head;

enum http_body_state {
    HTTP_BODY_LENGTH, /* of a known length: the rest is content */
    HTTP_BODY_SIZE,   /* of a chunk, in hexadecimal digits */
    HTTP_BODY_EXTENSION,
    HTTP_BODY_SIZE_END,
    HTTP_BODY_CHUNK,
    HTTP_BODY_CHUNK_END,
    HTTP_BODY_CHUNK_END_2,
    HTTP_BODY_TRAILER,
    HTTP_BODY_TRAILER_LINE,
    HTTP_BODY_TRAILER_END,
    HTTP_BODY_LAST,
    HTTP_BODY_COMPLETE,
    HTTP_BODY_STATE_COUNT
};

struct http_body {
    enum http_body_state state;
    int64_t remaining;   /* content bytes of the body or the chunk still to come */
    int64_t limit;       /* content bytes that may still come */
    int64_t overhead;    /* bytes of chunk lines and trailers so far */
    int64_t content;     /* bytes of content so far */
    int line_characters; /* of the size or the extension read now */
};

/* Begins a body; refuses one announced longer than limit. */
must_check enum refusal http_body_begin(struct http_body *body, const struct http_head *head,
                                        int64_t limit);

/* Takes bytes up to the end of the next span of content, of the body, or of what there is. The
 * span, possibly empty, lies within bytes. */
must_check enum refusal http_body_take(struct http_body *body, const char *bytes, size_t length,
                                       size_t *taken_out, const char **span_out,
                                       size_t *span_length_out);

bool http_body_is_complete(const struct http_body *body);

#endif
