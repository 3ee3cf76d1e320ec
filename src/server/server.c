/*
 * server.c - puts listeners, loop and workers together.
 */
#include "server/server.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/time.h"
#include "server/arena_stock.h"
#include "server/descriptors.h"
#include "server/http_connection.h"
#include "server/listener.h"
#include "server/loop.h"
#include "server/receive.h"
#include "server/workers.h"

/* Descriptors for everything but clients: the database, files, the log. */
enum { DESCRIPTORS_BESIDE = 256 };

struct server {
    struct http_limits limits;
    struct exchange_door door;
    struct http_shared shared;
    struct listener *listeners;
    int listener_count;
    struct loop *loop;
    pthread_t thread;
    bool is_running;
};

static bool open_listeners(struct arena *arena, struct server *server,
                           const struct server_options *options, struct error *error)
{
    server->listeners =
        arena_allocate_array(arena, (size_t)options->address_count, sizeof(*server->listeners));
    for (int i = 0; i < options->address_count; i++) {
        const struct server_address *address = &options->addresses[i];

        if (!listener_open(arena, &server->listeners[i], address->address, address->context,
                           error)) {
            return false;
        }
        server->listener_count++;
    }
    return true;
}

static void fill_shared(struct arena *arena, struct server *server,
                        const struct server_options *options)
{
    struct http_shared *shared = &server->shared;

    shared->limits = &server->limits;
    shared->log = options->log;
    shared->proxies = options->proxies;
    shared->door = &server->door;
    shared->counters = options->counters;
    shared->budget.folder = arena_copy_text(arena, options->limits.spool_folder);
    shared->budget.bytes = options->limits.spool_bytes;
    shared->scratch = arena_allocate(arena, RECEIVE_SCRATCH_SIZE);
    shared->stock = arena_stock_create(arena);
}

/* Connections that have no descriptor could only be refused: better to say so at the start. */
static void fit_connections(struct server *server)
{
    int64_t wanted = (int64_t)server->limits.connections + DESCRIPTORS_BESIDE;
    int64_t granted = descriptors_raise(wanted);

    if (granted < wanted) {
        server->limits.connections =
            (int)(granted > 2 * DESCRIPTORS_BESIDE ? granted - DESCRIPTORS_BESIDE : granted / 2);
        log_event(server->shared.log, LOG_LEVEL_WARNING, "connections_limited",
                  LOG_TEXT("reason", "the limit of open files (ulimit -n) is lower"),
                  LOG_NUMBER("connections", server->limits.connections));
    }
}

bool server_create(struct arena *arena, const struct server_options *options,
                   struct server **server_out, struct error *error)
{
    struct server *server = arena_allocate(arena, sizeof(*server));

    server->limits = options->limits;
    server->door = options->door;
    fill_shared(arena, server, options);
    fit_connections(server);
    if (!open_listeners(arena, server, options, error) ||
        !workers_start(arena, &server->door, server->limits.workers, options->counters,
                       &server->shared.workers, error) ||
        !loop_create(arena, &server->shared, server->listeners, server->listener_count,
                     &server->loop, error)) {
        server_destroy(&server);
        return false;
    }
    *server_out = server;
    return true;
}

static void *run(void *context)
{
    struct server *server = context;

    loop_run(server->loop);
    return NULL;
}

bool server_start(struct server *server, struct error *error)
{
    server->is_running = thread_start(&server->thread, run, server, error);
    return server->is_running;
}

const char *server_url(const struct server *server, int index)
{
    expect(index >= 0 && index < server->listener_count);
    return server->listeners[index].url;
}

void server_change_limits(struct server *server, struct http_limits *limits)
{
    limits->connections = server->limits.connections;
    limits->workers = server->limits.workers;
    limits->spool_folder = server->limits.spool_folder;
    server->shared.limits = limits;
}

bool server_drain(struct server *server, int64_t patience_ms)
{
    if (server->is_running) {
        loop_drain(server->loop, time_monotonic() + patience_ms);
        pthread_join(server->thread, NULL);
        server->is_running = false;
    }
    return loop_cut_count(server->loop) == 0;
}

void server_destroy(struct server **server)
{
    struct server *self = *server;

    if (self == NULL) {
        return;
    }
    if (self->loop != NULL) {
        server_drain(self, 0);
    }
    if (self->shared.workers != NULL) {
        workers_stop(self->shared.workers);
    }
    for (int i = 0; i < self->listener_count; i++) {
        listener_close(&self->listeners[i]);
    }
    loop_destroy(&self->loop);
    *server = NULL;
}
