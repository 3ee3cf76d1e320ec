/*
 * describe.h - a message in the words of a test: read from bytes, told field by field.
 */
#ifndef MIME_DESCRIBE_H
#define MIME_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "mime/mime.h"

struct arena;

/* Limits that no ordinary message meets; the day is fixed. */
struct mime_limits ordinary_limits(void);

/* Bytes in memory, on their way. */
struct given {
    const char *bytes;
    size_t left;
};

/* They come in small pieces; the source borrows both. */
struct mime_source source_of(struct given *given, const char *bytes, size_t length);

/* Reads a message that is in memory; NULL with the error. It comes in small pieces. */
struct mime_message *try_message(struct arena *arena, const struct mime_limits *limits,
                                 const char *bytes, size_t length, struct error *error);

/* The same, and fails the test when it fails. */
struct mime_message *read_message(struct arena *arena, const char *bytes, size_t length);
struct mime_message *read_text(struct arena *arena, const char *text);

/* All that is known of a message, a line a field. */
const char *describe(struct arena *arena, const struct mime_message *message);

/* The bytes of a part, as text. */
const char *content_of(struct arena *arena, const struct mime_part *part);

#endif
