/*
 * receive.h - reads one whole request from a connection and hands it to the workers.
 */
#ifndef SERVER_RECEIVE_H
#define SERVER_RECEIVE_H

#include <stddef.h>

#include "base/attributes.h"
#include "server/http_connection.h"

/* Reads what the client has sent; for the states idle, head and body. */
must_check enum wish receive_step(struct http_connection *connection);

/* Takes bytes that belong to the next request, and came with the one before. */
must_check enum wish receive_resume(struct http_connection *connection);
must_check enum wish receive_bytes(struct http_connection *connection, const char *bytes,
                                   size_t length);

enum { RECEIVE_SCRATCH_SIZE = 64 * 1024 };

#endif
