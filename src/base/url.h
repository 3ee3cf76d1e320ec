/*
 * url.h - addresses that the platform itself connects to: http and https, RFC 3986 and no more.
 *
 * Memory: texts live in the arena given.
 */
#ifndef BASE_URL_H
#define BASE_URL_H

#include <stdbool.h>

#include "base/network.h"

struct arena;

struct url {
    bool is_https;
    const char *host; /* without brackets */
    int port;
    const char *target; /* path and query, at least "/" */
    bool is_numeric;    /* the host is an address */
    struct network_address address;
};

/* Reads a URL strictly: no user, no fragment, no character that must be escaped. False for anything
 * else. */
bool url_parse(struct arena *arena, const char *text, struct url *url_out);

/* Whether both lead to the same server: scheme, host and port. */
bool url_is_same_server(const struct url *left, const struct url *right);

#endif
