/*
 * line.c - sockets that never wait longer than they may.
 */
#include "push/line.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/network.h"
#include "base/time.h"
#include "base/url.h"
#include "crypto/tls.h"
#include "crypto/tls_client.h"

enum { SLICE = 200 /* ms after which it is seen that the node stops */, PORT_SIZE = 8 };

struct line {
    const struct line_rules *rules;
    int64_t deadline; /* time_monotonic() */
    int descriptor;
    struct tls_session *session; /* NULL: plain */
};

static void close_line(void *object)
{
    struct line *line = object;

    tls_session_close(&line->session);
    if (line->descriptor >= 0) {
        close(line->descriptor);
    }
}

/* What is left of the time, in ms; 0 when it is over or the node stops. */
static int64_t time_left(const struct line *line)
{
    int64_t left = line->deadline - time_monotonic();

    return left <= 0 || atomic_load(line->rules->is_stopping) ? 0 : left;
}

/* Waits for the descriptor; false when the time is over. */
static bool wait_for(const struct line *line, short events)
{
    struct pollfd watched = {.fd = line->descriptor, .events = events};

    for (;;) {
        int64_t left = time_left(line);
        if (left == 0) {
            return false;
        }
        int found = poll(&watched, 1, (int)(left < SLICE ? left : SLICE));
        if (found > 0) {
            return true;
        }
        if (found < 0 && errno != EINTR) {
            return false;
        }
    }
}

/* ---- connecting ---- */

static bool connect_to(struct line *line, const struct addrinfo *address)
{
    int problem = 0;
    socklen_t length = sizeof(problem);
    static const int one = 1;

    line->descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line->descriptor < 0) {
        return false;
    }
    (void)setsockopt(line->descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(line->descriptor, address->ai_addr, address->ai_addrlen) == 0 ||
        (errno == EINPROGRESS && wait_for(line, POLLOUT) &&
         getsockopt(line->descriptor, SOL_SOCKET, SO_ERROR, &problem, &length) == 0 &&
         problem == 0)) {
        return true;
    }
    close(line->descriptor);
    line->descriptor = -1;
    return false;
}

static bool may_reach(const struct line *line, const struct addrinfo *address)
{
    if (address->ai_family != AF_INET && address->ai_family != AF_INET6) {
        return false;
    }
    struct network_address found = network_address_of(address->ai_addr);
    return network_address_is_public(&found) || network_list_has(line->rules->allowed, &found);
}

static int count_reachable(const struct line *line, const struct addrinfo *found)
{
    int count = 0;

    for (const struct addrinfo *address = found; address != NULL; address = address->ai_next) {
        count += may_reach(line, address);
    }
    return count;
}

/* Of the time that is left each address that was not tried yet has its share: one that says nothing
 * leaves some to the next. */
static bool connect_in_share(struct line *line, const struct addrinfo *address, int left)
{
    int64_t end = line->deadline;
    int64_t now = time_monotonic();

    line->deadline = now + (end - now) / left;
    bool is_connected = connect_to(line, address);
    line->deadline = end;
    return is_connected;
}

static bool connect_any(struct line *line, const struct url *url, const struct addrinfo *found,
                        struct error *error)
{
    const int count = count_reachable(line, found);
    int left = count;

    for (const struct addrinfo *address = found; address != NULL; address = address->ai_next) {
        if (may_reach(line, address) && connect_in_share(line, address, left--)) {
            return true;
        }
    }
    return count > 0
               ? error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL,
                           "%s took no connection at port %d", url->host, url->port)
               : error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL,
                           "%s is at no address that may be notified; push.allow names those that "
                           "may be beside the Internet at large",
                           url->host);
}

static bool resolve(struct line *line, const struct url *url, struct error *error)
{
    const struct addrinfo wish = {.ai_socktype = SOCK_STREAM,
                                  .ai_flags = AI_NUMERICSERV |
                                              (url->is_numeric ? AI_NUMERICHOST : AI_ADDRCONFIG)};
    struct addrinfo *found = NULL;
    char port[PORT_SIZE];

    snprintf(port, sizeof(port), "%d", url->port);
    int answer = getaddrinfo(url->host, port, &wish, &found);
    if (answer != 0) {
        error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL, "%s is the name of no machine",
                  url->host);
        return error_add_cause(error, "%s", gai_strerror(answer));
    }
    bool is_connected = connect_any(line, url, found, error);
    freeaddrinfo(found);
    return is_connected;
}

/* ---- TLS ---- */

/* Whether something that wants to wait may go on. */
static bool wait_as_told(const struct line *line, enum tls_result result)
{
    return (result == TLS_WANT_READ && wait_for(line, POLLIN)) ||
           (result == TLS_WANT_WRITE && wait_for(line, POLLOUT));
}

static bool shake_hands(struct line *line, const struct url *url, struct error *error)
{
    enum tls_result result = TLS_FAILED;

    if (line->rules->tls == NULL) {
        return error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL,
                         "Nobody can prove who he is here: push.ca_file cannot be read");
    }
    line->session =
        tls_client_session(line->rules->tls, line->descriptor, url->host, url->is_numeric);
    if (line->session != NULL) {
        do {
            result = tls_handshake(line->session);
        } while (wait_as_told(line, result));
    }
    if (result == TLS_DONE) {
        return true;
    }
    const char *complaint = line->session == NULL ? NULL : tls_client_complaint(line->session);
    return error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL, "%s did not prove who it is: %s",
                     url->host, complaint == NULL ? "no TLS came about" : complaint);
}

bool line_open(struct arena *arena, const struct line_rules *rules, const struct url *url,
               struct line **line_out, struct error *error)
{
    struct line *line = arena_allocate(arena, sizeof(*line));

    *line = (struct line){.rules = arena_copy(arena, rules, sizeof(*rules)),
                          .deadline = time_monotonic() + rules->timeout,
                          .descriptor = -1};
    arena_on_release(arena, close_line, line);
    if (!resolve(line, url, error) || (url->is_https && !shake_hands(line, url, error))) {
        return false;
    }
    *line_out = line;
    return true;
}

/* ---- bytes ---- */

static bool send_some(struct line *line, const char *bytes, size_t length, size_t *sent_out)
{
    *sent_out = 0;
    if (line->session != NULL) {
        enum tls_result result = tls_write(line->session, bytes, length, sent_out);
        return result == TLS_DONE || wait_as_told(line, result);
    }
    ssize_t sent = send(line->descriptor, bytes, length, MSG_NOSIGNAL);
    if (sent >= 0) {
        *sent_out = (size_t)sent;
        return true;
    }
    return errno == EINTR || (errno == EAGAIN && wait_for(line, POLLOUT));
}

bool line_send(void *context, const char *bytes, size_t length)
{
    struct line *line = context;

    while (length > 0) {
        size_t sent = 0;
        if (!send_some(line, bytes, length, &sent)) {
            return false;
        }
        bytes += sent;
        length -= sent;
    }
    return true;
}

/* True when there is no more to wait for: something came, or the other side has ended. */
static bool receive_some(struct line *line, char *bytes, size_t capacity, size_t *received_out,
                         bool *is_broken_out)
{
    if (line->session != NULL) {
        enum tls_result result = tls_read(line->session, bytes, capacity, received_out);
        bool is_over = result == TLS_DONE || result == TLS_ENDED;
        *is_broken_out = !is_over && !wait_as_told(line, result);
        return is_over;
    }
    ssize_t count = recv(line->descriptor, bytes, capacity, 0);
    if (count >= 0) {
        *received_out = (size_t)count;
        return true;
    }
    *is_broken_out = errno != EINTR && !(errno == EAGAIN && wait_for(line, POLLIN));
    return false;
}

/* The time counts even while there is always something to read. */
bool line_receive(void *context, char *bytes, size_t capacity, size_t *received_out)
{
    struct line *line = context;
    bool is_broken = false;

    *received_out = 0;
    while (!is_broken && time_left(line) > 0) {
        if (receive_some(line, bytes, capacity, received_out, &is_broken)) {
            return true;
        }
    }
    return false;
}
