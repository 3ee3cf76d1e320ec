/*
 * exchange.h - one HTTP request, whole and checked, and the answer to it.
 *
 * The event loop reads the request to its last byte before a worker sees it, so a handler never
 * waits for a client; what it answers is collected and sent by the loop when the client is slow.
 * A handler answers exactly once: with one body (exchange_answer), or piece by piece
 * (exchange_begin, exchange_write ...). A handler that answers nothing is answered 500.
 *
 * Framing, media type, encoding and origin were checked by the server; user names, SOAP and
 * XML are the handler's business.
 *
 * Memory: everything reached from here lives in the exchange's arena, until the answer is sent.
 * Threads: an exchange belongs to the worker that handles it.
 */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct exchange;
struct http_head;

enum http_method { HTTP_METHOD_GET, HTTP_METHOD_HEAD, HTTP_METHOD_POST };

/* The request. Strings are never NULL unless said. */
struct exchange_request {
    enum http_method method;
    const char *path;  /* percent-decoded; begins with a slash, has no dot segments */
    const char *query; /* after the question mark, without it; NULL when there was none */
    const char *host;  /* host[:port] that the client used; empty in HTTP/1.0 without it */
    const char
        *peer_address; /* of the client, in digits; behind a trusted proxy the one it names */
    bool is_tls;       /* the client's connection is encrypted */
    const char *client_certificate; /* fingerprint of the one that TLS has proved, or NULL */
    const struct http_head *head;   /* for exchange_header() */
    const char *body;               /* inflated and followed by a NUL */
    int64_t body_length;            /* bytes */
    bool is_mapped;                 /* the body is mapped from the file that it was spooled to */
    bool is_admitted;    /* the door has let in a body that is longer than anybody's may be */
    void *watcher;       /* what watch_begin made, or NULL */
    int64_t received_at; /* when the last byte had come; time_monotonic() */
    int64_t deadline;    /* when the client's patience ends; time_monotonic() */
};

/* What a watcher thinks of a body so far. */
enum exchange_verdict {
    EXCHANGE_GO_ON,
    EXCHANGE_TOO_LARGE, /* refused */
    EXCHANGE_ENOUGH,    /* the rest is not read: the handler answers what has come */
};

/* Who answers: a struct of functions handed to the server at start. */
struct exchange_door {
    void *context;

    /* Optional. Makes what one worker thread keeps between requests, and releases it. */
    void *(*worker_open)(void *context);
    void (*worker_close)(void *context, void *worker);

    /* Optional, both. Watches a body while it comes: watch_begin is called as soon as the head is
     * read, watch with each piece, inflated. Mostly the event loop calls: they must not block. What
     * watch_begin makes lives in the arena. */
    void *(*watch_begin)(void *context, struct arena *arena,
                         const struct exchange_request *request);
    enum exchange_verdict (*watch)(void *watcher, const char *bytes, size_t length);

    /* Optional. Bodies of more than the limit free_bytes are let in by admit, which sees their
     * beginning only. It returns whether the rest may come; if not it has answered. */
    bool (*admit)(void *context, void *worker, struct exchange *exchange, const char *begin,
                  size_t length);

    /* Answers one request. worker is what worker_open made, or NULL. */
    void (*handle)(void *context, void *worker, struct exchange *exchange);
};

const struct exchange_request *exchange_request(const struct exchange *exchange);

/* The arena that lives as long as the exchange. */
struct arena *exchange_arena(const struct exchange *exchange);

/* The value of a header line, its name given in lower case; NULL when it was not sent. */
const char *exchange_header(const struct exchange_request *request, const char *name);

/* Adds a header line to the answer; before it is begun. Neither part may hold a line break. */
void exchange_add_header(struct exchange *exchange, const char *name, const char *value);

/* Answers with a body that is ready; bytes are borrowed until the arena ends. A HEAD request
 * is answered with its length only. The body is compressed when the client can read that. */
void exchange_answer(struct exchange *exchange, int status, const char *content_type,
                     const void *bytes, size_t length);

/* Answers with a short sentence as text/plain. */
printf_like(3, 4) void exchange_answer_text(struct exchange *exchange, int status,
                                            const char *format, ...);

/* Begins an answer whose length is not known yet. */
void exchange_begin(struct exchange *exchange, int status, const char *content_type);

/* Adds a piece; never waits for the client. False when nobody reads any more or the answer
 * grew beyond the limit: the handler should stop then. */
bool exchange_write(struct exchange *exchange, const void *bytes, size_t length);

/* Gives up an answer in the middle: the connection is closed, so that the client notices. */
void exchange_abort(struct exchange *exchange);

/* True when an answer has been given or begun. */
bool exchange_is_answered(const struct exchange *exchange);

#endif
