/*
 * http_connection.h - one client's connection: a small machine that is fed by the event loop.
 *
 * It parks between requests with nothing but this struct (and OpenSSL's, with TLS). Once bytes
 * come it holds an exchange, reads one whole request into it, hands it to the workers, sends the
 * answer and parks again. Each state has a function that goes on as far as it can without
 * waiting and then says what it wishes for.
 *
 * Memory: structs are kept by the loop and used again; an exchange has an arena of its own.
 * Threads: the loop's, but while a worker has the exchange: then http_connection_refuse and the
 * functions to send are the worker's, and the loop touches nothing.
 */
#ifndef SERVER_HTTP_CONNECTION_H
#define SERVER_HTTP_CONNECTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attributes.h"
#include "base/network.h"
#include "server/access.h"
#include "server/ready.h"
#include "server/refusal.h"
#include "server/spool.h"
#include "server/stream.h"

struct arena_stock;
struct counters;
struct exchange;
struct exchange_door;
struct http_limits;
struct log;
struct network_list;
struct tls_context;
struct workers;

enum connection_state {
    CONNECTION_HANDSHAKE,
    CONNECTION_IDLE,
    CONNECTION_HEAD,
    CONNECTION_INTERIM, /* sending 100 Continue */
    CONNECTION_BODY,
    CONNECTION_HANDED, /* a worker has it */
    CONNECTION_SENDING,
    CONNECTION_LINGER, /* the last answer is out; the client may still be sending */
    CONNECTION_STATE_COUNT
};

/* What a connection needs next. */
enum wish {
    WISH_GO_ON, /* another step at once */
    WISH_READ,
    WISH_WRITE,
    WISH_LATER, /* another step, after others had their turn */
    WISH_NOTHING,
    WISH_CLOSE
};

/* What all connections of a server share. */
struct http_shared {
    const struct http_limits *_Atomic limits; /* an exchange keeps those it began with */
    const struct log *log;
    const struct exchange_door *door;
    const struct network_list *proxies; /* or NULL */
    struct counters *counters;
    struct spool_budget budget;
    struct workers *workers;
    atomic_bool is_draining;
    char *scratch; /* the loop reads into this, whoever sends */
    struct arena_stock *stock;
};

struct http_connection {
    struct ready ready; /* first: the loop finds the connection by it */
    struct http_shared *shared;
    struct stream stream;
    enum connection_state state;
    int request_count;
    int64_t deadline;       /* of the state; 0 for none */
    int64_t window_begun;   /* the pace is looked at in windows of grace_ms */
    int64_t window_content; /* bytes that had passed when the window began */
    struct exchange *exchange;
    struct access_source source;
    struct network_address peer;
    struct http_connection *previous; /* among the open ones */
    struct http_connection *next;
    struct http_connection *next_later; /* among those that wished for later */
    bool is_later;
};

/* Begins with a descriptor just accepted. */
void http_connection_open(struct http_connection *connection, struct http_shared *shared,
                          int descriptor, const struct sockaddr_storage *peer,
                          struct tls_context *context);

/* Goes on as far as possible. */
must_check enum wish http_connection_step(struct http_connection *connection);

/* A worker gives the exchange back: what the loop does next. */
must_check enum wish http_connection_returned(struct http_connection *connection);

/* The request has been answered: what the loop does next. */
must_check enum wish http_connection_answered(struct http_connection *connection);

/* Looks at the clock; WISH_NOTHING leaves the connection as it is. */
must_check enum wish http_connection_check_time(struct http_connection *connection, int64_t now);

/* The server stops: an idle connection goes, one that has begun a request may finish. */
must_check enum wish http_connection_drain(struct http_connection *connection);

/* Releases everything. */
void http_connection_close(struct http_connection *connection);

/* Sends what the client takes. */
must_check enum stream_result http_connection_send(struct http_connection *connection);

/* The same where the result is of no interest yet: the loop will find out. */
void http_connection_send_early(struct http_connection *connection);

/* Answers the request with a refusal, logs and counts it. */
void http_connection_refuse(struct http_connection *connection, enum refusal refusal);

#endif
