/*
 * tnef.h - what is in a winmail.dat: Microsoft's own envelope (TNEF), read within bounds. Private
 * to this floor.
 *
 * Outlook wraps texts and files so for those of its kind; nobody else sees more than one file. A
 * winmail.dat is a row of attributes, two of which hold properties of MAPI; a file in it may be a
 * message, with a winmail.dat of its own. What is not needed is stepped over by its length.
 *
 * Memory: everything lives in the arena given; files are ranges of the stream, which they borrow.
 * Specifications: MS-OXTNEF, MS-OXCDATA, MS-OXPROPS.
 */
#ifndef MIME_TNEF_H
#define MIME_TNEF_H

#include <gmime/gmime.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/array.h"

struct arena;
struct mime_limits;

/* A file, as it is described by whoever sent it: nothing of it is to be trusted. */
struct mime_tnef_file {
    const char *name;       /* NULL: none */
    const char *media_type; /* NULL: none */
    const char *content_id; /* NULL: none */
    GMimeStream *stream;
    int64_t size;
};

struct mime_tnef {
    const char *plain, *html; /* the text of the message, UTF-8; NULL: not in this form */
    struct array files;       /* struct mime_tnef_file * */
    bool is_cut; /* there are more files, or there is more text, than the limits allow */
};

/* Reads the whole stream. False when it is no TNEF, or breaks off. */
bool mime_tnef_read(struct arena *arena, GMimeStream *stream, const struct mime_limits *limits,
                    struct mime_tnef *tnef);

#endif
