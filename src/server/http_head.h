/*
 * http_head.h - the head of an HTTP/1.1 request, read strictly.
 *
 * Two steps: the scan looks for the end of the head while bytes still arrive, and refuses early
 * what can never become one; the parse then takes the whole head apart. Whatever two readers
 * could understand differently is refused: bare line feeds, folded lines, control characters,
 * blanks before a colon. http_rules.h says what the parts may be.
 *
 * Memory: a parsed head lives in the arena given.
 * Threads: none of it shares anything.
 */
#ifndef SERVER_HTTP_HEAD_H
#define SERVER_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "server/exchange.h"
#include "server/refusal.h"

struct arena;
struct http_limits;

/* How far the search for the end of the head has come; begins zeroed. */
struct http_scan {
    size_t scanned;
    size_t line_begin;
    int lines;
    size_t head_length; /* 0 until the end is found */
};

struct http_header {
    const char *name; /* in lower case */
    const char *value;
};

struct http_head {
    enum http_method method;
    int minor_version; /* of HTTP/1 */
    const char *path;  /* decoded, without dot segments */
    const char *query; /* as sent, or NULL */
    struct http_header *headers;
    int header_count;

    /* What the rules found out. */
    const char *host;
    int64_t content_length; /* 0 when there is no body, -1 when it is chunked */
    bool is_chunked;
    bool is_gzip;
    bool is_multipart;
    bool is_keep_alive;
    bool expects_continue;
    bool accepts_gzip;
};

/* Looks at bytes that were not seen yet; scan->head_length tells when the head is complete. */
must_check enum refusal http_head_scan(struct http_scan *scan, const char *bytes, size_t length,
                                       const struct http_limits *limits);

/* Takes a complete head apart. */
must_check enum refusal http_head_parse(struct arena *arena, const char *bytes, size_t length,
                                        struct http_head *head_out);

/* The value of a header, the first of its name; NULL when there is none. */
const char *http_head_find(const struct http_head *head, const char *name);

#endif
