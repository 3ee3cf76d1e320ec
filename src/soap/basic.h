/*
 * basic.h - HTTP Basic: a name and a password in the Authorization line.
 */
#ifndef SOAP_BASIC_H
#define SOAP_BASIC_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct error;

/* Reads an Authorization line, which may be NULL: then both stay NULL. Fails with
 * CREDENTIALS_INVALID when it is another scheme, or malformed. */
must_check bool basic_parse(struct arena *arena, const char *authorization, const char **name_out,
                            const char **password_out, struct error *error);

#endif
