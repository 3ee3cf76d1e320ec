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
struct client_file;
struct client_target;
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

/* Has the name and the secret of a program go with every message, by HTTP Basic. Both are borrowed.
 */
void transport_authorize(struct transport *transport, const char *name, const char *secret);

struct transport_body {
    const char *bytes; /* the envelope */
    size_t length;
    const struct client_file *file; /* goes after it, as a part; NULL: none */
    struct client_target *target;   /* takes the part that comes after the answer's; NULL: none */
};

/* Posts an envelope to a path. Fails as UNREACHABLE, or UNREADABLE and UNWRITABLE for the files;
 * any status is an answer. */
must_check bool transport_post(struct transport *transport, struct arena *arena, const char *path,
                               const char *action, const struct transport_body *body,
                               struct transport_answer *answer_out, struct client_error *error);

must_check bool transport_get(struct transport *transport, struct arena *arena, const char *path,
                              struct transport_answer *answer_out, struct client_error *error);

#endif
