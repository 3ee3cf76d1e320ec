/*
 * lmtp_content.h - the content after DATA, as it comes: where it ends, which dots go.
 *
 * CR LF . CR LF ends it and nothing else does: a bare CR or LF is content like any byte and begins
 * no line, so that no message can hide another behind a line end of its own making. What comes is
 * kept byte for byte, but for the dot that stands before a line's own.
 */
#ifndef APPS_MAIL_LMTP_CONTENT_H
#define APPS_MAIL_LMTP_CONTENT_H

#include <stddef.h>

/* What the last bytes were. */
enum lmtp_place {
    LMTP_LINE_BEGIN, /* CR LF, or nothing yet */
    LMTP_WITHIN,
    LMTP_AFTER_CR,
    LMTP_AFTER_DOT,    /* one at the beginning of a line; it is held back */
    LMTP_AFTER_DOT_CR, /* both are held back */
    LMTP_ENDED
};

/* Begins all zero. */
struct lmtp_content {
    enum lmtp_place place;
};

/* Reads on. text_out has room for length + 1 bytes and gets the content; answers how many bytes
 * were read: fewer than length only when the content has ended. */
size_t lmtp_content_take(struct lmtp_content *content, const char *bytes, size_t length,
                         char *text_out, size_t *text_length_out);

#endif
