/*
 * link.h - a connection, plain or encrypted, that is read and written within a time.
 *
 * Threads: one at a time.
 */
#ifndef APPS_MAIL_LINK_H
#define APPS_MAIL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct tls_context;
struct tls_session;

enum link_result {
    LINK_DONE,
    LINK_ENDED, /* the peer closed it, or it broke */
    LINK_TOO_LATE,
    LINK_STOPPED, /* the program is about to end */
};

struct link {
    int descriptor; /* non-blocking */
    int stop;       /* becomes readable when the program is about to end; -1: nobody asks */
    int cut;        /* becomes readable when nothing is to be written any more; -1: nobody asks */
    struct tls_session *tls;
};

/* Waits until there is something to read. */
must_check enum link_result link_wait(const struct link *link, int64_t deadline);

/* Reads at least one byte. deadline is one of time_monotonic(): behind it nothing is read, and so
 * when the program is about to end, however much has come. */
must_check enum link_result link_read(struct link *link, void *bytes, size_t size, int64_t deadline,
                                      size_t *count_out);

/* Writes all. That the program is about to end is no reason to stop, but for cut. */
must_check enum link_result link_write(struct link *link, const void *bytes, size_t length,
                                       int64_t deadline);

/* Encrypts the connection, as the server of it. */
must_check enum link_result link_encrypt(struct link *link, struct tls_context *context,
                                         int64_t deadline);

/* Goes through the handshake of a session that was begun. */
must_check enum link_result link_shake_hands(struct link *link, int64_t deadline);

void link_close(struct link *link);

#endif
