/*
 * outgoing.h - one POST over HTTP/1.1 to a server elsewhere, and its answer.
 *
 * gSOAP writes and reads HTTP; the bytes go through a line that is open already, so who it leads
 * to, and for how long, is decided elsewhere. Redirections are answers like any other: nothing is
 * followed. Of the answer's headers only those that frame it count.
 *
 * Memory: the answer lives in the arena given.
 * Threads: any; a line belongs to one.
 */
#ifndef SOAP_OUTGOING_H
#define SOAP_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;
struct error;
struct url;

/* Where the bytes go and come from. send: false when they cannot all be sent. receive: how many
 * came, none when the other side has ended; false when it broke off, or the time is over. */
struct outgoing_line {
    bool (*send)(void *context, const char *bytes, size_t length);
    bool (*receive)(void *context, char *bytes, size_t capacity, size_t *received_out);
    void *context;
};

struct outgoing_message {
    const struct url *url;
    const char *action;        /* for the header SOAPAction */
    const char *authorization; /* value of the header Authorization, or NULL */
    const char *bytes;         /* a SOAP 1.1 envelope */
    size_t length;
};

enum { OUTGOING_ANSWER_MOST = 256 * 1024 }; /* bytes of an answer's body that are read */

struct outgoing_answer {
    int status;
    const char *bytes;
    size_t length;
};

/* ENDPOINT_UNREACHABLE when there is no whole answer. */
must_check bool outgoing_post(struct arena *arena, const struct outgoing_line *line,
                              const struct outgoing_message *message,
                              struct outgoing_answer *answer_out, struct error *error);

#endif
