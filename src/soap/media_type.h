/*
 * media_type.h - a Content-Type: its name and its parameters.
 *
 * Memory: texts live in the arena given.
 */
#ifndef SOAP_MEDIA_TYPE_H
#define SOAP_MEDIA_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;

enum { MEDIA_PARAMETERS = 8 };

struct media_type {
    const char *name; /* lower case: "multipart/related" */
    struct {
        const char *name; /* lower case */
        const char *value;
    } parameters[MEDIA_PARAMETERS];
    size_t parameter_count;
};

/* False when it is malformed, repeats a parameter, or has too many. */
must_check bool media_type_parse(struct arena *arena, const char *text,
                                 struct media_type *media_out);

/* The value of a parameter, or NULL. */
const char *media_type_parameter(const struct media_type *media, const char *name);

/* Whether its charset is UTF-8, a part of it, or not said. */
bool media_type_is_utf8(const struct media_type *media);

/* Whether the value of an Accept header, which may be NULL, asks for MTOM by its name:
 * multipart/related; type="application/xop+xml" (RFC 9110, section 12.5.1). A wildcard does not. */
bool media_type_accepts_mtom(struct arena *arena, const char *accept);

/* Whether a name is that of a SOAP message: "text/xml" or "application/soap+xml". */
bool media_type_is_soap(const char *name);

#endif
