/*
 * parts.h - the two parts of an answer by MTOM, told apart while it comes: the envelope, and a
 * file.
 *
 * The envelope is the first part (RFC 2387: unless "start" says otherwise, and it never does here),
 * the file the second. What comes is given on at once, so that nothing of the file is held.
 *
 * Memory: the reader is the caller's; what it gathers of a head lives in its arena.
 * Threads: one at a time.
 * Specifications: RFC 2046, section 5.1; RFC 2387; MTOM.
 */
#ifndef CLIENT_PARTS_H
#define CLIENT_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/buffer.h"

struct arena;

enum parts_place {
    PARTS_BEFORE, /* nothing was a part yet */
    PARTS_MARK,   /* on a line that begins a part, or ends all */
    PARTS_HEAD,
    PARTS_CONTENT,
    PARTS_AFTER,
};

enum { PARTS_ENVELOPE = 1, PARTS_FILE = 2, PARTS_MARK_SIZE = 80 };

/* Takes bytes of a part, PARTS_ENVELOPE or PARTS_FILE; false: no more is wanted. */
typedef bool parts_take(void *context, int part, const char *bytes, size_t length);

struct parts {
    parts_take *take;
    void *context;
    char mark[PARTS_MARK_SIZE]; /* CR LF, two dashes, the boundary */
    size_t mark_length;
    enum parts_place place;
    int part;           /* counted from one */
    size_t matched;     /* bytes of the mark that came last */
    struct buffer line; /* what has come of a line */
};

/* Whether a Content-Type is that of a message in parts; prepares to read it then. */
bool parts_begin(struct parts *parts, struct arena *arena, const char *content_type,
                 parts_take *take, void *context);

/* The next bytes. False: they are no such parts, or what takes them wants no more. */
must_check bool parts_add(struct parts *parts, const char *bytes, size_t length);

/* Whether all of it has come. */
bool parts_are_whole(const struct parts *parts);

#endif
