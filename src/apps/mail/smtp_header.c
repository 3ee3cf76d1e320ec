/*
 * smtp_header.c - addresses beyond ASCII become names of groups.
 */
#include "apps/mail/smtp_header.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/base64.h"
#include "text/utf8.h"

enum { WORD_BYTES = 45 /* of text, in a word of at most 75 characters */ };

static bool ends_address(char byte)
{
    return strchr(" \t\r\n,;:<>", byte) != NULL;
}

/* The first byte beyond ASCII; the length where there is none. */
static size_t find_beyond_ascii(const char *header, size_t from, size_t length)
{
    while (from < length && (unsigned char)header[from] < 128) {
        from++;
    }
    return from;
}

/* Encoded words, each on a line of its own but the first. */
static void add_words(struct buffer *out, const char *text)
{
    size_t length = strlen(text);

    for (size_t at = 0; at < length;) {
        size_t count = text_cut_length(text + at, length - at, WORD_BYTES);
        buffer_add_format(out, "%s=?utf-8?B?%s?=", at == 0 ? "" : "\r\n ",
                          base64_encode(out->arena, text + at, count));
        at += count;
    }
}

/* Blanks between encoded words are not seen, so one is told within them. */
static void add_group(struct buffer *out, const char *address, size_t length, bool has_name)
{
    add_words(out, arena_format(out->arena, "%s%.*s", has_name ? " " : "", (int)length, address));
    buffer_add_text(out, " :;");
}

void smtp_header_downgrade(const char *header, size_t length, struct buffer *out)
{
    size_t done = 0, found;

    while ((found = find_beyond_ascii(header, done, length)) < length) {
        size_t begin = found, end = found;
        while (begin > done && !ends_address(header[begin - 1])) {
            begin--;
        }
        while (end < length && !ends_address(header[end])) {
            end++;
        }
        bool is_in_brackets =
            begin > done && header[begin - 1] == '<' && end < length && header[end] == '>';
        buffer_add(out, header + done, begin - done - (is_in_brackets ? 1 : 0));
        add_group(out, header + begin, end - begin, is_in_brackets);
        done = end + (is_in_brackets ? 1 : 0);
    }
    buffer_add(out, header + done, length - done);
}
