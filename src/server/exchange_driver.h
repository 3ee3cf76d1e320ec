/*
 * exchange_driver.h - an exchange as the server itself sees it.
 *
 * The event loop fills it while the request arrives (http_connection.c), a worker runs the handler
 * (workers.c), the answer is written into its outbox (answer.c), and the loop sends the rest.
 *
 * Memory: an exchange and all it holds live in an arena of its own.
 * Threads: it belongs to the loop, then to one worker, then to the loop again.
 */
#ifndef SERVER_EXCHANGE_DRIVER_H
#define SERVER_EXCHANGE_DRIVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "server/exchange.h"
#include "server/http_body.h"
#include "server/http_head.h"
#include "server/outbox.h"
#include "server/refusal.h"

struct compressor;
struct http_connection;
struct http_limits;
struct spool;
struct spool_budget;

enum answer_state {
    ANSWER_NONE,
    ANSWER_STREAMING,
    ANSWER_COMPLETE,
    ANSWER_ABORTED /* cut: only closing the connection tells the client */
};

struct answer {
    enum answer_state state;
    int status;
    struct buffer headers;  /* lines added by the handler */
    bool has_cache_control; /* among them; without it the answer is not to be stored */
    bool is_chunked;
    bool is_bodyless; /* an answer to HEAD: the body is dropped */
    bool is_gzip;
    struct buffer piece; /* of a streamed answer, not yet framed */
};

/* What a worker is to do. */
enum errand {
    ERRAND_HANDLE, /* the request is whole */
    ERRAND_ADMIT,  /* whether the rest of the body may come */
};

struct exchange {
    struct arena *arena;
    struct http_connection *connection;
    struct exchange *next; /* in a queue */
    const struct http_limits *limits;
    const struct exchange_door *door;
    struct spool_budget *budget;
    enum errand errand;
    const atomic_bool *is_draining;
    struct compressor *compressor; /* the worker's; NULL outside */

    /* The request as it arrives. */
    int64_t begun_at;
    struct buffer input; /* the head, and what came with it */
    struct http_scan scan;
    struct http_head head;
    struct http_body framing;
    struct spool *body;
    bool is_enough;         /* the watcher wants no more of it */
    struct buffer leftover; /* bytes of the requests after this one */
    struct exchange_request request;

    /* The answer. */
    bool is_last; /* the connection ends with it */
    struct answer answer;
    struct outbox outbox;
};

/* Adds content of the body, as it comes or as it is inflated, and lets the door watch it. What
 * comes after the watcher has had enough is dropped. */
must_check enum refusal exchange_take(struct exchange *exchange, const void *bytes, size_t length);

/* Whether a body is longer than anybody's may be, and the door has not been asked. */
bool exchange_must_ask(const struct exchange *exchange);

/* Does what the errand asks of a worker before the handler: asks the door to let the body in, and
 * makes it ready: inflated, and in memory or mapped. The door may have answered afterwards. */
must_check enum refusal exchange_prepare(struct exchange *exchange, void *worker);

/* Answers a refusal. It is the connection's last answer unless the request was read whole. */
void exchange_refuse(struct exchange *exchange, enum refusal refusal);

/* Ends whatever the handler left: a streamed answer is completed, none becomes 500. */
void exchange_finish(struct exchange *exchange);

#endif
