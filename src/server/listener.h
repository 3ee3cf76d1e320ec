/*
 * listener.h - a socket that accepts connections.
 *
 * Memory: lives in the arena given; its descriptor is a pair open/close.
 */
#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/attributes.h"
#include "server/ready.h"

struct arena;
struct error;
struct tls_context;

struct listener {
    struct ready ready;          /* first: the loop finds the listener by it */
    int descriptor;              /* -1 once closed */
    struct tls_context *context; /* NULL: plain */
    const char *url;             /* "http://127.0.0.1:8080", with the port really bound */
};

/* Binds "host:port" or "[::1]:port"; port 0 takes a free one. Fails with SETTING_INVALID. */
must_check bool listener_open(struct arena *arena, struct listener *listener, const char *address,
                              struct tls_context *context, struct error *error);

/* The next connection, non-blocking and closed on exec; -1 when none waits. Sets errno. */
int listener_accept(const struct listener *listener, struct sockaddr_storage *peer_out);

void listener_close(struct listener *listener);

#endif
