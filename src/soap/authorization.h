/*
 * authorization.h - the Authorization line: HTTP Basic, or Negotiate with a ticket.
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef SOAP_AUTHORIZATION_H
#define SOAP_AUTHORIZATION_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct credentials;
struct error;

/* Reads an Authorization line, which may be NULL: then nothing is set. Fails with
 * CREDENTIALS_INVALID when it is another scheme, or malformed. */
must_check bool authorization_parse(struct arena *arena, const char *line,
                                    struct credentials *credentials, struct error *error);

#endif
