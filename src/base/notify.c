/*
 * notify.c - one datagram to the socket that the supervisor names.
 */
#include "base/notify.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_supervisor(const char *message)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path == NULL ? 0 : strlen(path);
    int descriptor;

    if (length == 0 || length >= sizeof(address.sun_path)) {
        return;
    }
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') {
        address.sun_path[0] = '\0'; /* an abstract address */
    }
    descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0) {
        socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
        ssize_t ignored = sendto(descriptor, message, strlen(message), MSG_NOSIGNAL,
                                 (const struct sockaddr *)&address, size);
        (void)ignored;
        close(descriptor);
    }
}

int notify_watchdog_period(void)
{
    const char *text = getenv("WATCHDOG_USEC");
    char *end = NULL;
    unsigned long long period = text == NULL ? 0 : strtoull(text, &end, 10) / 2000;

    return period == 0 || *end != '\0' || period > INT_MAX ? -1 : (int)period;
}
