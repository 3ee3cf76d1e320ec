/*
 * imap_name.c - characters beyond ASCII, in UTF-16 and base64, between & and -.
 */
#include "apps/mail/imap_name.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/base64.h"
#include "text/utf8.h"

enum { NAME_SIZE = 256, BEYOND_UTF16 = 0x10000, HIGH = 0xD800, LOW = 0xDC00, HALF_BITS = 10 };

static bool is_ascii(char byte)
{
    return (unsigned char)byte < 0x80;
}

static bool is_all_ascii(const char *name)
{
    while (*name != '\0' && is_ascii(*name)) {
        name++;
    }
    return *name == '\0';
}

/* The character at the begin of well-formed text, which is moved behind it. */
static uint32_t take_character(const char **text)
{
    unsigned char first = (unsigned char)*(*text)++;
    uint32_t character = first >= 0xF0   ? first & 0x07u
                         : first >= 0xE0 ? first & 0x0Fu
                                         : first & 0x1Fu;

    while (((unsigned char)**text & 0xC0) == 0x80) {
        character = character << 6 | ((unsigned char)*(*text)++ & 0x3Fu);
    }
    return character;
}

static void add_unit(struct buffer *units, uint32_t unit)
{
    buffer_add_char(units, (char)(unit >> 8));
    buffer_add_char(units, (char)(unit & 0xFF));
}

static void add_character(struct buffer *units, uint32_t character)
{
    if (character < BEYOND_UTF16) {
        add_unit(units, character);
        return;
    }
    character -= BEYOND_UTF16;
    add_unit(units, HIGH + (character >> HALF_BITS));
    add_unit(units, LOW + (character & ((1u << HALF_BITS) - 1)));
}

/* Base64 without padding, and with a comma in the place of the slash. */
static void add_shifted(struct buffer *out, const struct buffer *units)
{
    char *text = base64_encode(out->arena, units->bytes, units->length);

    text[strcspn(text, "=")] = '\0';
    for (char *at = strchr(text, '/'); at != NULL; at = strchr(at, '/')) {
        *at = ',';
    }
    buffer_add_format(out, "&%s-", text);
}

const char *imap_name_for_server(struct arena *arena, const char *name)
{
    struct buffer out, units;

    if (is_all_ascii(name) || !text_is_valid_utf8(name, strlen(name))) {
        return name;
    }
    buffer_init(&out, arena, NAME_SIZE);
    buffer_init(&units, arena, NAME_SIZE);
    while (*name != '\0') {
        if (is_ascii(*name)) {
            buffer_add_text(&out, *name == '&' ? "&-" : (const char[]){*name, '\0'});
            name++;
            continue;
        }
        buffer_clear(&units);
        while (*name != '\0' && !is_ascii(*name)) {
            add_character(&units, take_character(&name));
        }
        add_shifted(&out, &units);
    }
    return out.bytes;
}
