/*
 * transport.h - one HTTP exchange after another over a kept connection, TLS verified.
 *
 * The door to gSOAP: nobody else on this side meets its types.
 *
 * Memory: a transport is released with its arena.
 * Threads: one at a time.
 */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct client_error;
struct transport;

struct transport_answer {
    int status; /* of HTTP */
    const char *bytes;
    size_t length;
};

/* Makes a transport to a server. ca_file may be NULL. */
must_check bool transport_open(struct arena *arena, const char *url, const char *ca_file,
                               int timeout, struct transport **transport_out,
                               struct client_error *error);

/* Posts an envelope to a path. Fails as UNREACHABLE; any status is an answer. */
must_check bool transport_post(struct transport *transport, struct arena *arena, const char *path,
                               const char *action, const char *bytes, size_t length,
                               struct transport_answer *answer_out, struct client_error *error);

must_check bool transport_get(struct transport *transport, struct arena *arena, const char *path,
                              struct transport_answer *answer_out, struct client_error *error);

#endif
