/*
 * buffer.c - bytes that grow, in an arena, always followed by a NUL.
 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/expect.h"

/* capacity counts what may be added; the NUL has a byte of its own beyond it. */
static void make_room(struct buffer *buffer, size_t length)
{
    if (length <= buffer->capacity - buffer->length) {
        return;
    }
    expect(length <= SIZE_MAX / 4 && buffer->capacity <= SIZE_MAX / 4);
    size_t needed = buffer->length + length;
    size_t capacity = buffer->capacity * 2 > needed ? buffer->capacity * 2 : needed;
    buffer->bytes = arena_grow(buffer->arena, buffer->bytes, buffer->capacity + 1, capacity + 1);
    buffer->capacity = capacity;
}

void buffer_init(struct buffer *buffer, struct arena *arena, size_t capacity)
{
    *buffer = (struct buffer){
        .arena = arena, .bytes = arena_allocate(arena, capacity + 1), .capacity = capacity};
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length > 0) {
        make_room(buffer, length);
        memcpy(buffer->bytes + buffer->length, bytes, length);
        buffer_commit(buffer, length);
    }
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char character)
{
    buffer_add(buffer, &character, 1);
}

void buffer_add_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    size_t room = buffer->capacity - buffer->length + 1;
    int length = vsnprintf(buffer->bytes + buffer->length, room, format, arguments);
    expect(length >= 0);
    if ((size_t)length >= room) {
        make_room(buffer, (size_t)length);
        vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, again);
    }
    buffer->length += (size_t)length;
    va_end(again);
    va_end(arguments);
}

char *buffer_reserve(struct buffer *buffer, size_t length)
{
    make_room(buffer, length);
    return buffer->bytes + buffer->length;
}

void buffer_commit(struct buffer *buffer, size_t length)
{
    expect(length <= buffer->capacity - buffer->length);
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->bytes[0] = '\0';
}
