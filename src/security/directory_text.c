/*
 * directory_text.c - escapes by what is allowed, not by what is known to be dangerous.
 */
#include "security/directory_text.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"

enum { ESCAPED = 3, TEXT_START = 64 };

/* Bytes of characters beyond ASCII are plain in valid UTF-8, and told so by the caller. */
static bool is_plain(unsigned char byte, bool is_text)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' ||
           (is_text && byte >= 0x80);
}

static const char *escape(struct arena *arena, const unsigned char *bytes, size_t length,
                          bool is_text)
{
    struct buffer text;

    buffer_init(&text, arena, length * ESCAPED + 1);
    for (size_t index = 0; index < length; index++) {
        if (is_plain(bytes[index], is_text)) {
            buffer_add_char(&text, (char)bytes[index]);
        } else {
            buffer_add_format(&text, "\\%02x", bytes[index]);
        }
    }
    buffer_add_char(&text, '\0');
    return text.bytes;
}

const char *directory_escape_filter(struct arena *arena, const void *bytes, size_t length)
{
    return escape(arena, bytes, length, false);
}

const char *directory_escape_dn(struct arena *arena, const char *text)
{
    return escape(arena, (const unsigned char *)text, strlen(text), true);
}

const char *directory_fill(struct arena *arena, const char *pattern, const char *word,
                           const char *value)
{
    struct buffer text;
    const char *at = pattern;
    const char *found;

    buffer_init(&text, arena, TEXT_START);
    while ((found = strstr(at, word)) != NULL) {
        buffer_add(&text, at, (size_t)(found - at));
        buffer_add_text(&text, value);
        at = found + strlen(word);
    }
    buffer_add_text(&text, at);
    buffer_add_char(&text, '\0');
    return text.bytes;
}

bool directory_is_name(const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || name[0] == ' ' || name[length - 1] == ' ' || strstr(name, "  ") != NULL) {
        return false;
    }
    for (size_t index = 0; index < length; index++) {
        if ((unsigned char)name[index] < ' ' || name[index] == 0x7F) {
            return false;
        }
    }
    return true;
}
