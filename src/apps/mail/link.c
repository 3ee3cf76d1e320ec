/*
 * link.c - a connection that is waited for with poll(2).
 */
#include "apps/mail/link.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "crypto/tls.h"

/* Waits until the descriptor can be read, or written. */
static enum link_result wait_for(const struct link *link, short events, int64_t deadline, int stop)
{
    struct pollfd polled[] = {{.fd = link->descriptor, .events = events},
                              {.fd = stop, .events = POLLIN}};
    int answer;

    do {
        int64_t left = deadline - time_monotonic();
        if (left <= 0) {
            return LINK_TOO_LATE;
        }
        answer = poll(polled, 2, left > INT_MAX ? INT_MAX : (int)left);
    } while (answer < 0 && errno == EINTR);
    if (answer < 0) {
        return LINK_ENDED;
    }
    if (polled[0].revents != 0) {
        return LINK_DONE;
    }
    return polled[1].revents != 0 ? LINK_STOPPED : LINK_TOO_LATE;
}

/* Whether the time is over, or the program about to end: a peer who never pauses is not waited for,
 * and would not hear of it. */
static bool is_called_off(const struct link *link, int64_t deadline, enum link_result *result_out)
{
    struct pollfd stop = {.fd = link->stop, .events = POLLIN};

    if (time_monotonic() >= deadline) {
        *result_out = LINK_TOO_LATE;
        return true;
    }
    if (link->stop >= 0 && poll(&stop, 1, 0) == 1) {
        *result_out = LINK_STOPPED;
        return true;
    }
    return false;
}

enum link_result link_wait(const struct link *link, int64_t deadline)
{
    return wait_for(link, POLLIN, deadline, link->stop);
}

/* One attempt on a plain socket, in the words of TLS. */
static enum tls_result read_plain(const struct link *link, void *bytes, size_t size,
                                  size_t *count_out)
{
    ssize_t count = recv(link->descriptor, bytes, size, 0);

    if (count < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? TLS_WANT_READ
                                                                         : TLS_FAILED;
    }
    *count_out = (size_t)count;
    return count == 0 ? TLS_ENDED : TLS_DONE;
}

static enum tls_result write_plain(const struct link *link, const void *bytes, size_t length,
                                   size_t *count_out)
{
    ssize_t count = send(link->descriptor, bytes, length, MSG_NOSIGNAL);

    if (count < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? TLS_WANT_WRITE
                                                                         : TLS_FAILED;
    }
    *count_out = (size_t)count;
    return TLS_DONE;
}

/* What an attempt leads to: the end of it, or a wait. False: try again. */
static bool is_over(const struct link *link, enum tls_result attempt, int64_t deadline, int stop,
                    enum link_result *result_out)
{
    if (attempt == TLS_DONE || attempt == TLS_ENDED || attempt == TLS_FAILED) {
        *result_out = attempt == TLS_DONE ? LINK_DONE : LINK_ENDED;
        return true;
    }
    *result_out = wait_for(link, attempt == TLS_WANT_READ ? POLLIN : POLLOUT, deadline, stop);
    return *result_out != LINK_DONE;
}

enum link_result link_read(struct link *link, void *bytes, size_t size, int64_t deadline,
                           size_t *count_out)
{
    enum link_result result;
    enum tls_result attempt;

    if (is_called_off(link, deadline, &result)) {
        return result;
    }
    do {
        attempt = link->tls != NULL ? tls_read(link->tls, bytes, size, count_out)
                                    : read_plain(link, bytes, size, count_out);
    } while (!is_over(link, attempt, deadline, link->stop, &result));
    return result;
}

enum link_result link_write(struct link *link, const void *bytes, size_t length, int64_t deadline)
{
    const char *at = bytes;
    enum link_result result = LINK_DONE;

    while (length > 0) {
        size_t count = 0;
        enum tls_result attempt = link->tls != NULL ? tls_write(link->tls, at, length, &count)
                                                    : write_plain(link, at, length, &count);
        if (is_over(link, attempt, deadline, link->cut, &result) && result != LINK_DONE) {
            return result;
        }
        at += count;
        length -= count;
    }
    return LINK_DONE;
}

enum link_result link_shake_hands(struct link *link, int64_t deadline)
{
    enum link_result result;

    while (!is_over(link, tls_handshake(link->tls), deadline, link->stop, &result)) {
    }
    return result;
}

enum link_result link_encrypt(struct link *link, struct tls_context *context, int64_t deadline)
{
    link->tls = tls_session_open(context, link->descriptor);
    return link_shake_hands(link, deadline);
}

void link_close(struct link *link)
{
    tls_session_close(&link->tls);
    if (link->descriptor >= 0) {
        close(link->descriptor);
        link->descriptor = -1;
    }
}
