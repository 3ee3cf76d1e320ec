/*
 * buffer.h - bytes that grow, in an arena, always followed by a NUL.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>

#include "base/attributes.h"

struct arena;

struct buffer {
    struct arena *arena;
    char *bytes;
    size_t length;
    size_t capacity;
};

/* Begins an empty buffer with room for capacity bytes. */
void buffer_init(struct buffer *buffer, struct arena *arena, size_t capacity);

void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char character);
printf_like(2, 3) void buffer_add_format(struct buffer *buffer, const char *format, ...);

/* Makes room for length more bytes and returns where they go; add them with buffer_commit. */
char *buffer_reserve(struct buffer *buffer, size_t length);
void buffer_commit(struct buffer *buffer, size_t length);

/* Empties the buffer and keeps its room. */
void buffer_clear(struct buffer *buffer);

#endif
