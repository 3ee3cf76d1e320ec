/*
 * read.h - a message that lies in a spool, read. Private to this floor.
 *
 * Memory: everything lives in the arena given.
 */
#ifndef MIME_READ_H
#define MIME_READ_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct error;
struct mime_limits;
struct mime_message;
struct mime_spool;

enum mime_extent {
    MIME_ALL,
    MIME_HEADER_ALONE /* whatever follows it is left out, and the message says that it is cut */
};

/* Reads it. Fails with VALUE_INVALID when it has no header, with INTERNAL when there is no room. */
must_check bool mime_read_spool(struct arena *arena, const struct mime_spool *spool,
                                const struct mime_limits *limits, enum mime_extent extent,
                                struct mime_message **message_out, struct error *error);

#endif
