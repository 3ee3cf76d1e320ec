/*
 * line.h - a connection to an endpoint, where it may lead and how long it may take.
 *
 * The name is resolved here and the address that came out is the one connected to, so that nothing
 * stands between the check and the use. Addresses that are not of the Internet at large are left
 * out unless push.allow names them: the metadata services of clouds, this machine, private
 * networks. Over https the server proves its name.
 *
 * Memory: lives in the arena given, which closes it.
 * Threads: belongs to one.
 */
#ifndef PUSH_LINE_H
#define PUSH_LINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct error;
struct line;
struct network_list;
struct tls_client;
struct url;

struct line_rules {
    const struct network_list *allowed;
    struct tls_client *tls;         /* NULL: https is not spoken */
    int64_t timeout;                /* ms, from now to the last byte of the answer */
    const atomic_bool *is_stopping; /* when it becomes true, whatever waits fails */
};

/* Connects. ENDPOINT_UNREACHABLE tells why not, without addresses. */
must_check bool line_open(struct arena *arena, const struct line_rules *rules,
                          const struct url *url, struct line **line_out, struct error *error);

/* For soap/outgoing.h; context is the line. */
bool line_send(void *context, const char *bytes, size_t length);
bool line_receive(void *context, char *bytes, size_t capacity, size_t *received_out);

#endif
