/*
 * lmtp_content.c - the content after DATA.
 */
#include "apps/mail/lmtp_content.h"

#include <string.h>

/* Where a byte leads from each place but those that hold bytes back. */
static enum lmtp_place next_place(enum lmtp_place place, char byte)
{
    if (byte == '\r') {
        return LMTP_AFTER_CR;
    }
    return byte == '\n' && place == LMTP_AFTER_CR ? LMTP_LINE_BEGIN : LMTP_WITHIN;
}

/* Copies what lies before the next CR: most of any message. */
static size_t copy_plain(const char *bytes, size_t length, char *text)
{
    const char *end = memchr(bytes, '\r', length);
    size_t count = end == NULL ? length : (size_t)(end - bytes);

    memcpy(text, bytes, count);
    return count;
}

size_t lmtp_content_take(struct lmtp_content *content, const char *bytes, size_t length,
                         char *text_out, size_t *text_length_out)
{
    enum lmtp_place place = content->place;
    size_t written = 0;
    size_t at = 0;

    while (at < length && place != LMTP_ENDED) {
        char byte = bytes[at];

        if (place == LMTP_WITHIN && byte != '\r') {
            size_t count = copy_plain(bytes + at, length - at, text_out + written);
            written += count;
            at += count;
            continue;
        }
        at++;
        if (place == LMTP_LINE_BEGIN && byte == '.') {
            place = LMTP_AFTER_DOT;
        } else if (place == LMTP_AFTER_DOT && byte == '\r') {
            place = LMTP_AFTER_DOT_CR;
        } else if (place == LMTP_AFTER_DOT_CR && byte == '\n') {
            place = LMTP_ENDED;
        } else {
            if (place == LMTP_AFTER_DOT_CR) {
                text_out[written++] = '\r';
                place = LMTP_AFTER_CR;
            }
            text_out[written++] = byte;
            place = next_place(place, byte);
        }
    }
    content->place = place;
    *text_length_out = written;
    return at;
}
