/*
 * mend.h - bytes of a message coming in, mended where no parser would find its header.
 *
 * Left out: a mark of byte order and empty lines before the first field, zeros in the header,
 * blanks between the name of a field and its colon, lines of the header that are nothing but dashes
 * and the like: RFC 5322 itself draws blanks so (A.6.3), and the field goes on behind them. Lines
 * that end with a return alone, or with two, end as others do, all through the message: whoever
 * made them so made all of them so. A return within a field is a blank.
 *
 * Memory: plain. Private to this floor.
 */
#ifndef MIME_MEND_H
#define MIME_MEND_H

#include <stdbool.h>
#include <stddef.h>

enum {
    MIME_MEND_ROOM = 64
}; /* that bytes given need when they come out, beyond their own length */

/* How lines end, by the first that does. */
enum mime_line_end { MIME_END_UNKNOWN, MIME_END_PROPER, MIME_END_RETURN, MIME_END_DOUBLED };

struct mime_mend {
    enum mime_line_end line_end;
    bool has_begun; /* a first field */
    bool is_body;
    bool is_in_name; /* of a field */
    size_t line_length;
    size_t returns; /* that wait for what follows them */
    size_t blanks;  /* likewise, in a name */
    size_t lines;   /* likewise, at the begin of a line: signs that may be all of it */
    char line_sign; /* which */
};

void mime_mend_begin(struct mime_mend *mend);

/* Mends the next bytes; how many came out. */
size_t mime_mend_add(struct mime_mend *mend, const char *bytes, size_t length, char *out);

/* Ends; what waited comes out. */
size_t mime_mend_end(struct mime_mend *mend, char *out);

#endif
