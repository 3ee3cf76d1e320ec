/*
 * socket.c - sockets that a program listens on.
 */
#define _GNU_SOURCE /* accept4 */
#include "base/socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"

enum { BACKLOG = 4096, HOST_SIZE = 256, PORT_SIZE = 8, PORT_MOST = 65535 };

static bool set_error(struct error *error, const char *address, const char *problem,
                      const char *cause)
{
    error_set(error, ERROR_SETTING_INVALID, address, "%s: %s", address, problem);
    return error_add_cause(error, "%s", cause);
}

/* Closes and keeps what went wrong before. */
static int give_up(int descriptor)
{
    int problem = errno;

    close(descriptor);
    errno = problem;
    return -1;
}

/* ---- ports ---- */

/* A name, or a number that is one: getaddrinfo() takes others for what they leave over. */
static bool is_port(const char *port)
{
    return port[strspn(port, "0123456789")] != '\0' || strtol(port, NULL, 10) <= PORT_MOST;
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

static int open_port(const struct addrinfo *info)
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
        return give_up(descriptor);
    }
    return descriptor;
}

static const char *describe(struct arena *arena, int descriptor, const char *host)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof(bound);
    char port[PORT_SIZE] = "";
    bool is_ipv6 = strchr(host, ':') != NULL;

    getsockname(descriptor, (struct sockaddr *)&bound, &size);
    getnameinfo((struct sockaddr *)&bound, size, NULL, 0, port, sizeof(port), NI_NUMERICSERV);
    return arena_format(arena, "%s%s%s:%s", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
}

/* What an address stands for; whoever gets it frees it. */
static bool look_up(const char *address, char host[HOST_SIZE], struct addrinfo **info_out,
                    struct error *error)
{
    static const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    const char *port = NULL;

    if (!split_address(address, host, &port)) {
        return set_error(error, address, "must be host:port", "no colon");
    }
    if (!is_port(port)) {
        return set_error(error, address, "is not an address to listen on", "no such port");
    }
    int answer = getaddrinfo(host, port, &wanted, info_out);
    return answer == 0 ||
           set_error(error, address, "is not an address to listen on", gai_strerror(answer));
}

bool socket_check(const char *address, struct error *error)
{
    struct addrinfo *info = NULL;
    char host[HOST_SIZE];

    if (!look_up(address, host, &info, error)) {
        return false;
    }
    freeaddrinfo(info);
    return true;
}

bool socket_listen(struct arena *arena, const char *address, int *descriptor_out,
                   const char **name_out, struct error *error)
{
    struct addrinfo *info = NULL;
    char host[HOST_SIZE];

    if (!look_up(address, host, &info, error)) {
        return false;
    }
    int descriptor = open_port(info);
    freeaddrinfo(info);
    if (descriptor < 0) {
        return set_error(error, address, "cannot be listened on", strerror(errno));
    }
    *descriptor_out = descriptor;
    *name_out = describe(arena, descriptor, host);
    return true;
}

/* ---- paths ---- */

/* Whether nobody answers at a socket that is there. */
static bool is_left_over(const struct sockaddr_un *address)
{
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_refused =
        descriptor >= 0 &&
        connect(descriptor, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
        errno == ECONNREFUSED;

    if (descriptor >= 0) {
        close(descriptor);
    }
    return is_refused;
}

static int open_path(const struct sockaddr_un *address)
{
    const struct sockaddr *name = (const struct sockaddr *)address;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (descriptor < 0) {
        return -1;
    }
    int answer = bind(descriptor, name, sizeof(*address));
    if (answer != 0 && errno == EADDRINUSE && is_left_over(address)) {
        unlink(address->sun_path);
        answer = bind(descriptor, name, sizeof(*address));
    }
    if (answer != 0 || listen(descriptor, BACKLOG) != 0) {
        return give_up(descriptor);
    }
    return descriptor;
}

bool socket_listen_on_path(const char *path, int *descriptor_out, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path)) {
        return set_error(error, path, "is too long for the path of a socket", "sun_path");
    }
    strcpy(address.sun_path, path);
    int descriptor = open_path(&address);
    if (descriptor < 0) {
        return set_error(error, path, "cannot be listened on", strerror(errno));
    }
    *descriptor_out = descriptor;
    return true;
}

int socket_accept(int listener, struct sockaddr_storage *peer_out)
{
    static const int one = 1;
    socklen_t size = sizeof(*peer_out);
    int descriptor =
        accept4(listener, (struct sockaddr *)peer_out, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (descriptor >= 0 && peer_out->ss_family != AF_UNIX) {
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    }
    return descriptor;
}
