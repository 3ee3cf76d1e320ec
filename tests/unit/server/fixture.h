/*
 * fixture.h - a server on a free port of the loopback, with a handler that echoes; and a client
 * that says exactly what it is told to.
 */
#ifndef UNIT_SERVER_FIXTURE_H
#define UNIT_SERVER_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "server/counters.h"
#include "server/limits.h"
#include "server/server.h"

struct fixture {
    struct arena *arena;
    struct http_limits limits; /* set before fixture_open */
    struct tls_context *context;
    struct counters counters;
    struct log log;
    bool asks; /* set before fixture_open: bodies longer than free_bytes must begin with "ok" */
    struct server *server;
    int port;
};

/* What the handler does, by path:
 *   /echo      answers method, path, query and length in a first line, then the body
 *   /large     answers as many bytes as the query says, whole
 *   /stream    the same piece by piece
 *   /sleep     answers after as many milliseconds as the query says
 *   /nothing   answers nothing
 *   /abort     gives up in the middle of a streamed answer */

struct fixture fixture_prepare(void);
void fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);

struct answer_read {
    int status;
    char head[4096];
    char *body; /* in the fixture's arena, with a NUL */
    size_t body_length;
};

/* A blocking connection whose reads give up after ten seconds. */
int client_connect(const struct fixture *fixture);

void client_send(int descriptor, const char *text);
void client_send_bytes(int descriptor, const void *bytes, size_t length);

/* Reads one answer, by its framing; false when the connection ends first. */
bool client_read(struct fixture *fixture, int descriptor, struct answer_read *answer_out);

/* True when the server has closed, and nothing more came before that. */
bool client_is_closed(int descriptor);

/* One connection, one request, its status; 0 when no answer came. */
int client_ask(struct fixture *fixture, const char *request);

#endif
