/*
 * cookie.h - where a page ended, for the client to bring back.
 *
 * A cookie holds the values by which the last record of the page was ordered, a digest of the
 * query it belongs to, and a signature over both. So it needs no place on a server, is valid on
 * any node for as long as the key lives, cannot be made up, and fits no other query. It is
 * url-safe base64 of
 *
 *   version (1 byte), digest of the query (16), cells of the orders, signature (16)
 */
#ifndef QUERY_COOKIE_H
#define QUERY_COOKIE_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct cell;
struct error;
struct query;

/* Writes the cookie of a page that ended at the record with these cells, one for each order. */
const char *cookie_write(struct call *call, const struct query *query, const struct cell *cells);

/* Reads the cells of a cookie. COOKIE_INVALID for anything that is not ours, of this query. */
must_check bool cookie_read(struct call *call, const struct query *query, const char *text,
                            struct cell *cells_out, struct error *error);

#endif
