/*
 * japanese.c - escapes followed, two bytes of seven bits made two of eight.
 */
#include "text/japanese.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"

enum {
    ESCAPE = 0x1B,
    SHIFT_OUT = 0x0E,
    SHIFT_IN = 0x0F,
    FIRST = 0x21, /* of the bytes of seven bits */
    LAST = 0x7E,
};

enum mode { PLAIN, KATAKANA, WIDE };

static const struct {
    const char *escape; /* after the escape itself */
    enum mode mode;
} escapes[] = {
    {"(B", PLAIN}, {"(J", PLAIN}, {"(H", PLAIN}, {"(I", KATAKANA}, {"$B", WIDE}, {"$@", WIDE},
};

static bool is_of_seven(char byte)
{
    return (unsigned char)byte >= FIRST && (unsigned char)byte <= LAST;
}

/* Rows of 94 go in pairs into rows of 188, around the place of the katakana. */
static void add_wide(struct buffer *out, const char *pair)
{
    unsigned row = (unsigned char)pair[0] - (unsigned)FIRST;
    unsigned cell = (unsigned char)pair[1] - (unsigned)FIRST;
    unsigned first = row / 2 + 0x81;
    unsigned second = row % 2 == 1 ? cell + 0x9F : cell + 0x40;

    buffer_add_char(out, (char)(first > 0x9F ? first + 0x40 : first));
    buffer_add_char(out, (char)(row % 2 == 0 && second >= 0x7F ? second + 1 : second));
}

static bool follow(const char *at, size_t left, enum mode *mode)
{
    for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        size_t length = strlen(escapes[i].escape);
        if (left > length && memcmp(at + 1, escapes[i].escape, length) == 0) {
            *mode = escapes[i].mode;
            return true;
        }
    }
    return false;
}

/* How many bytes were taken. */
static size_t add_character(struct buffer *out, const char *at, size_t left, enum mode mode)
{
    if (mode == WIDE && left > 1 && is_of_seven(at[0]) && is_of_seven(at[1])) {
        add_wide(out, at);
        return 2;
    }
    bool is_katakana = mode == KATAKANA && is_of_seven(*at);
    buffer_add_char(out, is_katakana ? (char)(*at | 0x80) : *at);
    return 1;
}

const char *japanese_unshift(struct arena *arena, const char *bytes, size_t length,
                             size_t *length_out)
{
    enum { ESCAPE_LENGTH = 3 };
    struct buffer out;
    enum mode mode = PLAIN;

    buffer_init(&out, arena, length + 1);
    for (size_t i = 0; i < length;) {
        if (bytes[i] == ESCAPE) {
            if (!follow(bytes + i, length - i, &mode)) {
                return NULL;
            }
            i += ESCAPE_LENGTH;
        } else if (bytes[i] == SHIFT_OUT || bytes[i] == SHIFT_IN) {
            mode = bytes[i++] == SHIFT_OUT ? KATAKANA : PLAIN;
        } else {
            mode = bytes[i] == '\n' ? PLAIN : mode;
            i += add_character(&out, bytes + i, length - i, mode);
        }
    }
    *length_out = out.length;
    return out.bytes;
}
