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

#include <stddef.h>

struct arena;
struct file;
struct multipart;
struct part;

struct content {
    const char *text; /* base64; NULL when it is a part */
    size_t text_length;
    const struct multipart *multipart;
    const struct part *part;
    size_t limit; /* bytes at most, when decoded */
};

/* Gives a file its reader. Reading fails with VALUE_INVALID where the text is not base64, with
 * LIMIT_EXCEEDED beyond the limit. */
void content_open(struct arena *arena, const struct content *content, struct file *file);

#endif
