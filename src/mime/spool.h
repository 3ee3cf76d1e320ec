/*
 * spool.h - the bytes of a message, where GMime can go back and forth in them.
 *
 * While they come in they are looked at line by line (scan.h): the limits hold before any parser
 * sees a byte.
 *
 * Memory: a spool lives in an arena; its file has no name, and is closed with the arena.
 */
#ifndef MIME_SPOOL_H
#define MIME_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include <gmime/gmime.h>

#include "base/attributes.h"

struct arena;
struct error;
struct mime_limits;
struct mime_scan;
struct mime_source;

/* Makes an empty stream for so many bytes: memory, or when they are many an unlinked file in the
 * folder. Fails with INTERNAL when there is no room for the file. */
must_check bool mime_spool_make(struct arena *arena, const char *folder, int64_t size,
                                GMimeStream **stream_out, struct error *error);

/* Copies a message from its source; scan is told of its lines. */
must_check bool mime_spool_fill(struct arena *arena, const struct mime_source *source,
                                const struct mime_limits *limits, struct mime_scan *scan,
                                GMimeStream **stream_out, struct error *error);

/* Has the arena let go of an object of GMime's. */
void mime_unref_with(struct arena *arena, void *object);

#endif
