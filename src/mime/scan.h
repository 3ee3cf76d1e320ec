/*
 * scan.h - lines of a message counted while it comes in, before a parser makes objects of them.
 *
 * A million header lines, or as many empty parts, are small as bytes and large as objects. Of the
 * header itself too much is refused. What looks like it further down, in parts or in messages
 * within, may just as well be somebody's log file: the message is then filed and not taken apart.
 * So it is when one field is more than a parser can bear (field.h); of the own header such a field
 * is hidden. Long lists of addresses are noted wherever they stand, and hidden while they are
 * parsed (hide.h).
 *
 * Memory: the lists of fields live in the arena given.
 */
#ifndef MIME_SCAN_H
#define MIME_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/attributes.h"
#include "mime/field.h"

struct arena;
struct error;
struct mime_limits;

enum mime_scan_line {
    MIME_LINE_START,
    MIME_LINE_NAME,
    MIME_LINE_HEADER,
    MIME_LINE_BLANK,
    MIME_LINE_DASHES,
    MIME_LINE_OTHER
};

struct mime_scan {
    struct arena *arena;
    const struct mime_limits *limits;
    int64_t offset;       /* of the byte that comes next */
    int64_t header_begin; /* after the line of a mailbox ("From ...") */
    int64_t header_end;   /* -1: not met yet */
    enum mime_scan_line line;
    size_t line_length;
    size_t header_lines; /* of the message's own header */
    size_t run;          /* lines in a row that look like a header, of the body */
    size_t parts;        /* lines that look as if they began one */
    bool after_dashes;   /* the line before may be a boundary */
    bool is_first_mailbox;
    bool is_hostile; /* not to be taken apart */
    struct mime_field field;
    int64_t field_begin;
    /* Of the own header; int64_t *: where they begin. */
    struct array hidden; /* fields that no parser may see */
    struct array lists;  /* fields of addresses */
    bool has_long_lists; /* which GMime may not see */
    /* Of what looks like a header further down. */
    bool has_long_lists_within;
    bool does_note_within;                    /* where they begin */
    struct array within;                      /* int64_t * */
    int64_t run_lists[MIME_FIELD_LISTS_MOST]; /* fields of addresses of the one that is scanned */
};

void mime_scan_begin(struct arena *arena, const struct mime_limits *limits, struct mime_scan *scan);

/* Looks at the next bytes. Fails with LIMIT_EXCEEDED when the header is too large. */
must_check bool mime_scan_add(struct mime_scan *scan, const char *bytes, size_t length,
                              struct error *error);

/* Ends; a message without a body ends with its header. */
must_check bool mime_scan_end(struct mime_scan *scan, struct error *error);

#endif
