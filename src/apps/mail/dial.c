/*
 * dial.c - a connection opened, and encrypted.
 */
#include "apps/mail/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apps/mail/link.h"
#include "base/network.h"
#include "base/time.h"
#include "crypto/tls.h"
#include "crypto/tls_client.h"

enum { PORT_SIZE = 12 };

/* Waits until a connection is there, or is refused. */
static bool is_connected(int descriptor, int64_t deadline)
{
    struct pollfd polled = {.fd = descriptor, .events = POLLOUT};
    int64_t left = deadline - time_monotonic();
    int failure = 0;
    socklen_t size = sizeof(failure);

    return left > 0 && poll(&polled, 1, left > INT_MAX ? INT_MAX : (int)left) == 1 &&
           getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0;
}

static int dial_one(const struct addrinfo *address, int64_t deadline)
{
    int descriptor = socket(address->ai_family, address->ai_socktype, address->ai_protocol);

    if (descriptor < 0) {
        return -1;
    }
    if (fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 &&
        fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 &&
        (connect(descriptor, address->ai_addr, address->ai_addrlen) == 0 ||
         (errno == EINPROGRESS && is_connected(descriptor, deadline)))) {
        return descriptor;
    }
    close(descriptor);
    return -1;
}

int dial(const char *host, int port, int64_t deadline)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    char service[PORT_SIZE];
    int descriptor = -1;

    snprintf(service, sizeof(service), "%d", port);
    if (getaddrinfo(host, service, &hints, &addresses) != 0) {
        return -1;
    }
    for (const struct addrinfo *at = addresses; at != NULL && descriptor < 0; at = at->ai_next) {
        descriptor = dial_one(at, deadline);
    }
    freeaddrinfo(addresses);
    return descriptor;
}

const char *dial_encrypt(struct link *link, struct tls_client *authorities, const char *host,
                         int64_t deadline)
{
    struct network_address address;

    link->tls = tls_client_session(authorities, link->descriptor, host,
                                   network_address_parse(host, &address));
    if (link->tls == NULL) {
        return "No certificate can be for such a name of a mail server";
    }
    if (link_shake_hands(link, deadline) == LINK_DONE) {
        return NULL;
    }
    const char *complaint = tls_client_complaint(link->tls);
    return complaint == NULL ? "The mail server does not encrypt" : complaint;
}
