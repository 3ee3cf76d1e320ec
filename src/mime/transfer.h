/*
 * transfer.h - transfer encodings undone (RFC 2045, section 6), broken ones too.
 *
 * Labels carry semicolons, quotes and comments; base64 has other signs in it, padding in the
 * middle, none at its end, or the footer of a mailing list behind it; and some of it is plain text
 * that was only called so. Bytes go through line by line: what is no line of the encoding tells
 * where it ended, or that it never began.
 *
 * Memory: plain; nothing is allocated. Private to this floor.
 */
#ifndef MIME_TRANSFER_H
#define MIME_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mime_encoding { MIME_PLAIN, MIME_BASE64, MIME_QUOTED, MIME_UUENCODED, MIME_ENCODINGS };

enum {
    MIME_LINE_MOST = 2048, /* longer lines are taken in pieces */
    /* Room that bytes given need when they come out, beyond their own length. */
    MIME_TRANSFER_ROOM = MIME_LINE_MOST + 4
};

/* Digits of base64 that are no whole bytes yet. */
struct mime_base64 {
    uint32_t bits;
    unsigned digits; /* 0 .. 3 */
};

struct mime_transfer {
    enum mime_encoding encoding;
    struct mime_base64 base64;
    bool has_begun, has_ended;
    bool is_padded;     /* an end was told; what follows has to prove itself */
    bool has_junk;      /* in a line so far: then junk says nothing */
    size_t first, last; /* digits of the first line, and of the last so far */
    size_t length;
    char line[MIME_LINE_MOST];
};

/* What a label means; NULL and unknown ones: plain. */
enum mime_encoding mime_encoding_named(const char *label);

void mime_transfer_begin(struct mime_transfer *transfer, enum mime_encoding encoding);

/* Decodes the next bytes; how many came out, at most their number and MIME_TRANSFER_ROOM. */
size_t mime_transfer_add(struct mime_transfer *transfer, const char *bytes, size_t length,
                         char *out);

/* Decodes what waits, at the end; how many bytes came out. */
size_t mime_transfer_end(struct mime_transfer *transfer, char *out);

/* Decodes digits of base64, all else skipped; at most three bytes of four come out, and two. */
size_t mime_base64_add(struct mime_base64 *base64, const char *digits, size_t length, char *out);

/* Ends a text of base64 that has no padding; the bytes that its last digits are. */
size_t mime_base64_end(struct mime_base64 *base64, char *out);

/* Whether the digits that wait are the begin of a byte, and nothing that could be an end. */
bool mime_base64_is_cut(const struct mime_base64 *base64);

/* One line of a file in uuencode; how many bytes came out, at most 63. -1: it is none. */
int mime_uuencoded_line(const char *line, size_t length, char *out);

#endif
