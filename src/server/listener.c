/*
 * listener.c - a socket that accepts connections.
 */
#define _GNU_SOURCE /* accept4 */
#include "server/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"

enum { BACKLOG = 4096, HOST_SIZE = 256, PORT_SIZE = 8 };

static bool set_error(struct error *error, const char *address, const char *problem,
                      const char *cause)
{
    error_set(error, ERROR_SETTING_INVALID, address, "%s: %s", address, problem);
    return error_add_cause(error, "%s", cause);
}

/* Splits "host:port"; an IPv6 address stands in brackets. */
static bool split_address(const char *address, char host[HOST_SIZE], const char **port_out)
{
    const char *colon = strrchr(address, ':');
    size_t length = colon == NULL ? 0 : (size_t)(colon - address);

    if (length == 0 || length >= HOST_SIZE || colon[1] == '\0' || strlen(colon + 1) >= PORT_SIZE) {
        return false;
    }
    if (address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    }
    memcpy(host, address, length);
    host[length] = '\0';
    *port_out = colon + 1;
    return true;
}

static int open_socket(const struct addrinfo *info)
{
    static const int one = 1;
    int descriptor =
        socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

    if (descriptor < 0) {
        return -1;
    }
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (info->ai_family == AF_INET6) {
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    }
    if (bind(descriptor, info->ai_addr, info->ai_addrlen) != 0 ||
        listen(descriptor, BACKLOG) != 0) {
        int problem = errno;

        close(descriptor);
        errno = problem;
        return -1;
    }
    return descriptor;
}

static const char *describe(struct arena *arena, const struct listener *listener, const char *host)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof(bound);
    char port[PORT_SIZE] = "";

    getsockname(listener->descriptor, (struct sockaddr *)&bound, &size);
    getnameinfo((struct sockaddr *)&bound, size, NULL, 0, port, sizeof(port), NI_NUMERICSERV);
    const char *scheme = listener->context == NULL ? "http" : "https";
    bool is_ipv6 = strchr(host, ':') != NULL;

    return arena_format(arena, "%s://%s%s%s:%s", scheme, is_ipv6 ? "[" : "", host,
                        is_ipv6 ? "]" : "", port);
}

bool listener_open(struct arena *arena, struct listener *listener, const char *address,
                   struct tls_context *context, struct error *error)
{
    static const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *info = NULL;
    char host[HOST_SIZE];
    const char *port;
    int answer;

    if (!split_address(address, host, &port)) {
        return set_error(error, address, "must be host:port", "no colon");
    }
    answer = getaddrinfo(host, port, &wanted, &info);
    if (answer != 0) {
        return set_error(error, address, "is not an address to listen on", gai_strerror(answer));
    }
    listener->context = context;
    listener->descriptor = open_socket(info);
    freeaddrinfo(info);
    if (listener->descriptor < 0) {
        return set_error(error, address, "cannot be listened on", strerror(errno));
    }
    listener->url = describe(arena, listener, host);
    return true;
}

int listener_accept(const struct listener *listener, struct sockaddr_storage *peer_out)
{
    static const int one = 1;
    socklen_t size = sizeof(*peer_out);
    int descriptor = accept4(listener->descriptor, (struct sockaddr *)peer_out, &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (descriptor >= 0) {
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    }
    return descriptor;
}

void listener_close(struct listener *listener)
{
    if (listener->descriptor >= 0) {
        close(listener->descriptor);
        listener->descriptor = -1;
    }
}
