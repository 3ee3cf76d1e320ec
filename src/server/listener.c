/*
 * listener.c - a socket that accepts connections.
 */
#include "server/listener.h"

#include <unistd.h>

#include "base/arena.h"
#include "base/socket.h"

bool listener_open(struct arena *arena, struct listener *listener, const char *address,
                   struct tls_context *context, struct error *error)
{
    const char *name = NULL;

    if (!socket_listen(arena, address, &listener->descriptor, &name, error)) {
        listener->descriptor = -1;
        return false;
    }
    listener->context = context;
    listener->url = arena_format(arena, "%s://%s", context == NULL ? "http" : "https", name);
    return true;
}

int listener_accept(const struct listener *listener, struct sockaddr_storage *peer_out)
{
    return socket_accept(listener->descriptor, peer_out);
}

void listener_close(struct listener *listener)
{
    if (listener->descriptor >= 0) {
        close(listener->descriptor);
        listener->descriptor = -1;
    }
}
