/*
 * answer.c - the answer of an exchange: its head, its body whole or in pieces, compressed when
 * the client can read that.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/arena.h"
#include "base/expect.h"
#include "base/time.h"
#include "server/compress.h"
#include "server/exchange.h"
#include "server/exchange_driver.h"
#include "server/http_connection.h"
#include "server/limits.h"

enum {
    COPIED_BODY_MOST = 16 * 1024, /* shorter bodies go out in one write with the head */
    PIECE_BYTES = 16 * 1024,      /* of a streamed answer, in one chunk */
    DATE_SIZE = 32,
    HEAD_ROOM = 512,
};

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

/* Media types that gain by compression: by their beginning. */
static const char *const compressible[] = {
    "text/", "application/soap+xml", "application/json", "application/javascript", "image/svg+xml",
};

static const char *phrase_of(int status)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (phrases[i].status == status) {
            return phrases[i].phrase;
        }
    }
    return "Other";
}

static bool is_compressible(const char *content_type)
{
    for (size_t i = 0; i < sizeof(compressible) / sizeof(compressible[0]); i++) {
        if (strncasecmp(content_type, compressible[i], strlen(compressible[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Statuses that never have a body, nor words about its length. */
static bool is_always_bodyless(int status)
{
    return status == 204 || status == 304;
}

static void format_date(char text[DATE_SIZE])
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = (time_t)(time_now() / 1000);
    struct tm parts;

    /* Not strftime: its words follow the locale. */
    gmtime_r(&now, &parts);
    snprintf(text, DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[parts.tm_wday],
             parts.tm_mday, months[parts.tm_mon], (parts.tm_year + 1900) % 10000, parts.tm_hour,
             parts.tm_min, parts.tm_sec);
}

/* Pages of ours need nothing from anywhere, and nobody needs them within his own. */
#define PAGE_POLICY                                                                                \
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* Writes the head; length is -1 when it is not known. */
static void write_head(struct exchange *exchange, const char *content_type, int64_t length)
{
    const struct answer *answer = &exchange->answer;
    char date[DATE_SIZE];
    struct buffer head;

    format_date(date);
    buffer_init(&head, exchange->arena, HEAD_ROOM);
    buffer_add_format(&head, "HTTP/1.1 %d %s\r\nDate: %s\r\n", answer->status,
                      phrase_of(answer->status), date);
    if (!is_always_bodyless(answer->status)) {
        buffer_add_format(&head, "Content-Type: %s\r\n", content_type);
        if (strncmp(content_type, "text/html", strlen("text/html")) == 0) {
            buffer_add_text(&head, "Content-Security-Policy: " PAGE_POLICY "\r\n");
        }
        if (answer->is_chunked) {
            buffer_add_text(&head, "Transfer-Encoding: chunked\r\n");
        } else if (length >= 0) {
            buffer_add_format(&head, "Content-Length: %lld\r\n", (long long)length);
        }
    }
    if (answer->is_gzip) {
        buffer_add_text(&head, "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n");
    }
    buffer_add_text(&head, "X-Content-Type-Options: nosniff\r\n");
    if (!answer->has_cache_control) {
        buffer_add_text(&head, "Cache-Control: no-store\r\n");
    }
    buffer_add(&head, answer->headers.bytes, answer->headers.length);
    if (exchange->is_last) {
        buffer_add_text(&head, "Connection: close\r\n");
    } else if (exchange->head.minor_version == 0) {
        buffer_add_text(&head, "Connection: keep-alive\r\n");
    }
    buffer_add_text(&head, "\r\n");
    if (!outbox_add(&exchange->outbox, head.bytes, head.length)) {
        exchange_abort(exchange);
    }
}

static void begin_answer(struct exchange *exchange, int status, const char *content_type)
{
    struct answer *answer = &exchange->answer;

    expect(answer->state == ANSWER_NONE);
    answer->status = status;
    answer->is_bodyless = exchange->head.method == HTTP_METHOD_HEAD || is_always_bodyless(status);
    answer->is_gzip = exchange->head.accepts_gzip && exchange->compressor != NULL &&
                      is_compressible(content_type) && !is_always_bodyless(status);
    exchange->is_last = exchange->is_last || atomic_load(exchange->is_draining);
}

void exchange_add_header(struct exchange *exchange, const char *name, const char *value)
{
    struct buffer *headers = &exchange->answer.headers;

    expect(strpbrk(name, "\r\n:") == NULL && strpbrk(value, "\r\n") == NULL);
    if (headers->arena == NULL) {
        buffer_init(headers, exchange->arena, HEAD_ROOM);
    }
    buffer_add_format(headers, "%s: %s\r\n", name, value);
    if (strcasecmp(name, "Cache-Control") == 0) {
        exchange->answer.has_cache_control = true;
    }
}

static void compress_body(struct exchange *exchange, const void **bytes, size_t *length)
{
    struct buffer packed;

    buffer_init(&packed, exchange->arena, *length / 4 + HEAD_ROOM);
    compressor_begin(exchange->compressor);
    compressor_add(exchange->compressor, *bytes, *length, &packed);
    compressor_end(exchange->compressor, &packed);
    *bytes = packed.bytes;
    *length = packed.length;
}

void exchange_answer(struct exchange *exchange, int status, const char *content_type,
                     const void *bytes, size_t length)
{
    struct answer *answer = &exchange->answer;

    begin_answer(exchange, status, content_type);
    answer->is_gzip = answer->is_gzip && length >= (size_t)exchange->limits->gzip_from_bytes;
    if (answer->is_gzip) {
        compress_body(exchange, &bytes, &length);
    }
    answer->state = ANSWER_COMPLETE;
    write_head(exchange, content_type, (int64_t)length);
    if (answer->is_bodyless || length == 0 || answer->state == ANSWER_ABORTED) {
        return;
    }
    if (length > COPIED_BODY_MOST) {
        outbox_set_tail(&exchange->outbox, bytes, length);
    } else if (!outbox_add(&exchange->outbox, bytes, length)) {
        exchange_abort(exchange);
    }
}

void exchange_answer_text(struct exchange *exchange, int status, const char *format, ...)
{
    va_list arguments;
    const char *text;

    va_start(arguments, format);
    text = arena_format_list(exchange->arena, format, arguments);
    va_end(arguments);
    text = arena_format(exchange->arena, "%s\n", text);
    exchange_answer(exchange, status, "text/plain; charset=utf-8", text, strlen(text));
}

void exchange_begin(struct exchange *exchange, int status, const char *content_type)
{
    struct answer *answer = &exchange->answer;

    begin_answer(exchange, status, content_type);
    answer->is_chunked = exchange->head.minor_version == 1 && !is_always_bodyless(status);
    if (exchange->head.minor_version == 0) {
        exchange->is_last = true; /* its end is told by closing */
    }
    if (answer->is_gzip) {
        compressor_begin(exchange->compressor);
    }
    buffer_init(&answer->piece, exchange->arena, 2 * PIECE_BYTES);
    answer->state = ANSWER_STREAMING;
    write_head(exchange, content_type, -1);
}

/* Frames what has been collected and sends what the client takes at once. */
static bool send_piece(struct exchange *exchange)
{
    struct answer *answer = &exchange->answer;
    struct outbox *outbox = &exchange->outbox;
    char size[24];
    bool is_added = true;

    if (answer->piece.length == 0) {
        return true;
    }
    if (answer->is_chunked) {
        snprintf(size, sizeof(size), "%zx\r\n", answer->piece.length);
        is_added = outbox_add(outbox, size, strlen(size));
        buffer_add_text(&answer->piece, "\r\n");
    }
    is_added = is_added && outbox_add(outbox, answer->piece.bytes, answer->piece.length);
    buffer_clear(&answer->piece);
    if (!is_added || outbox_waiting(outbox) > exchange->limits->answer_bytes) {
        return false;
    }
    return http_connection_send(exchange->connection) != STREAM_FAILED;
}

bool exchange_write(struct exchange *exchange, const void *bytes, size_t length)
{
    struct answer *answer = &exchange->answer;

    if (answer->state != ANSWER_STREAMING || answer->is_bodyless) {
        return false;
    }
    if (answer->is_gzip) {
        compressor_add(exchange->compressor, bytes, length, &answer->piece);
    } else {
        buffer_add(&answer->piece, bytes, length);
    }
    if (answer->piece.length >= PIECE_BYTES && !send_piece(exchange)) {
        exchange_abort(exchange);
        return false;
    }
    return true;
}

void exchange_abort(struct exchange *exchange)
{
    exchange->answer.state = ANSWER_ABORTED;
    exchange->is_last = true;
}

bool exchange_is_answered(const struct exchange *exchange)
{
    return exchange->answer.state != ANSWER_NONE;
}

static void finish_stream(struct exchange *exchange)
{
    static const char last_chunk[] = "0\r\n\r\n";
    struct answer *answer = &exchange->answer;
    bool is_sent = true;

    if (!answer->is_bodyless) {
        if (answer->is_gzip) {
            compressor_end(exchange->compressor, &answer->piece);
        }
        is_sent =
            send_piece(exchange) &&
            (!answer->is_chunked || outbox_add(&exchange->outbox, last_chunk, strlen(last_chunk)));
    }
    answer->state = ANSWER_COMPLETE;
    if (!is_sent) {
        exchange_abort(exchange);
    }
}

void exchange_refuse(struct exchange *exchange, enum refusal refusal)
{
    const struct refusal_kind *kind = refusal_kind(refusal);

    /* Only after a request that was read whole can anybody know where the next one begins. */
    if (!http_body_is_complete(&exchange->framing)) {
        exchange->is_last = true;
    }
    exchange->head.accepts_gzip = false;
    if (kind->status == 405) {
        exchange_add_header(exchange, "Allow", "GET, HEAD, POST");
    }
    if (kind->status == 503) {
        exchange_add_header(
            exchange, "Retry-After",
            arena_format(exchange->arena, "%d", exchange->limits->retry_after_seconds));
    }
    exchange_answer_text(exchange, kind->status, "%s", kind->sentence);
}

void exchange_finish(struct exchange *exchange)
{
    if (exchange->answer.state == ANSWER_NONE) {
        exchange_answer_text(exchange, 500, "The server gave no answer.");
    } else if (exchange->answer.state == ANSWER_STREAMING) {
        finish_stream(exchange);
    }
}
