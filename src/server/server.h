/*
 * server.h - an HTTP server: listeners, one event loop, worker threads and a door to call.
 *
 * A program may run several; crmd runs one for its clients and one, small, for its
 * administrator (admin.h).
 *
 * Memory: lives in the arena given, which must outlive it.
 * Threads: create, start, drain and destroy belong to one thread, the owner.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "server/exchange.h"
#include "server/limits.h"

struct arena;
struct counters;
struct error;
struct log;
struct network_list;
struct server;
struct tls_context;

struct server_address {
    const char *address;         /* "127.0.0.1:8080", "[::1]:0" */
    struct tls_context *context; /* NULL: plain */
};

struct server_options {
    struct http_limits limits;
    const struct server_address *addresses;
    int address_count;
    struct exchange_door door;
    const struct network_list *proxies; /* NULL: none is trusted */
    const struct log *log;
    struct counters *counters;
};

/* Binds all addresses and starts the workers; accepts nothing yet. */
must_check bool server_create(struct arena *arena, const struct server_options *options,
                              struct server **server_out, struct error *error);

/* Begins to serve, in a thread of its own. */
must_check bool server_start(struct server *server, struct error *error);

/* The URL of an address, in the order of the options: scheme, host and port really bound. */
const char *server_url(const struct server *server, int index);

/* What begins from now on keeps to other limits, which must outlive the server. The number of
 * connections and of workers and the folder stay; they are filled in. */
void server_change_limits(struct server *server, struct http_limits *limits);

/* Stops accepting, finishes what has begun, and returns when that is done or patience_ms are
 * over. True when nothing had to be cut off. A server that was never started is done at once. */
bool server_drain(struct server *server, int64_t patience_ms);

/* Ends the threads and closes everything; drains first, without patience, if nobody has.
 * Accepts a pointer to NULL and leaves NULL. */
void server_destroy(struct server **server);

#endif
