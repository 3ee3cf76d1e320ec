/*
 * content.h - the bytes of a file in a message: base64 text within the envelope, or a part.
 *
 * Nothing is copied: reading decodes from the message, or from the file it was spooled to,
 * piece by piece.
 *
 * Memory: refers to the message; lives in the arena of the call.
 */
#ifndef SOAP_CONTENT_H
#define SOAP_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "soap/body.h"

struct arena;
struct error;
struct field;
struct file;

struct content {
    struct body bytes; /* of the content alone */
    bool is_base64;
    size_t limit;              /* bytes at most, when decoded */
    const struct field *field; /* whose file it is; NULL: of no record */
};

/* Gives a file its size and its reader. Fails with LIMIT_EXCEEDED when it is too large. Reading
 * fails with VALUE_INVALID where the text is not base64. */
must_check bool content_open(struct arena *arena, const struct content *content, struct file *file,
                             struct error *error);

#endif
