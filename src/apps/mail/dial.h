/*
 * dial.h - connections that a connector itself opens.
 */
#ifndef APPS_MAIL_DIAL_H
#define APPS_MAIL_DIAL_H

#include <stdint.h>

struct link;
struct tls_client;

/* Connects to a port of a host, by whichever of its addresses answers. A non-blocking descriptor;
 * -1: none did before the deadline, one of time_monotonic(). */
int dial(const char *host, int port, int64_t deadline);

/* Encrypts the connection as the client of it, to a server whose certificate is for the host. NULL,
 * or what went wrong. */
const char *dial_encrypt(struct link *link, struct tls_client *authorities, const char *host,
                         int64_t deadline);

#endif
