/*
 * connection_string.h - ODBC connection strings: completed with what a dialect needs, and used.
 *
 * A string holds secrets: it is never logged and never part of an error.
 */
#ifndef DATABASE_CONNECTION_STRING_H
#define DATABASE_CONNECTION_STRING_H

#include <sql.h>
#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct dialect;
struct error;

/* Adds the dialect's keywords: those the string does not have, and the fixed ones in any case. */
const char *connection_string_complete(struct arena *arena, const char *text,
                                       const struct dialect *dialect);

/* One ODBC connection with an environment of its own: the driver of MariaDB writes to what it
 * keeps in the environment when it connects, and threads connect at the same time. */
struct connection_link {
    SQLHENV environment;
    SQLHDBC handle;
};

/* Connects. Every failure is DATABASE_UNAVAILABLE; nothing is left open then. */
must_check bool connection_link_open(const char *text, struct connection_link *link_out,
                                     struct error *error);

/* Accepts a link that was never opened. */
void connection_link_close(struct connection_link *link);

#endif
