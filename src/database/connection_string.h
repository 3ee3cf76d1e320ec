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

/* Connects. Every failure is DATABASE_UNAVAILABLE. */
must_check bool connection_string_connect(SQLHENV environment, const char *text,
                                          SQLHDBC *connection_out, struct error *error);

#endif
