/*
 * spool.h - the bytes of a message, as they came in; and streams of GMime's to go back and forth
 * in.
 *
 * While they come in they are looked at line by line (scan.h): the limits hold before any parser
 * sees a byte. A spool is a file without a name, of memory as long as it is small.
 *
 * Memory: files and streams are closed with the arena.
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
struct mime_source;

/* A message, and what was seen of it. */
struct mime_spool {
    int file;    /* only to be read */
    int scratch; /* an empty file for what is made of it; -1: files are made when they are needed */
    int64_t size;
    int64_t header_begin, header_end;
    bool has_header;
    bool is_hostile;     /* not to be taken apart */
    bool has_long_lists; /* of addresses, which GMime may not see, in messages within */
    bool is_cut;         /* fields of its header are hidden from whoever reads the spool */
};

/* Copies a message from its source. Fails with LIMIT_EXCEEDED when its header is too large, with
 * INTERNAL when there is no room, and as the source does. */
must_check bool mime_spool_fill(struct arena *arena, const struct mime_source *source,
                                const struct mime_limits *limits, struct mime_spool *spool_out,
                                struct error *error);

/* Makes a file for so many bytes, to be written and read. Fails with INTERNAL when there is no
 * room. */
must_check bool mime_spool_file(struct arena *arena, const char *folder, int64_t size,
                                int *file_out, struct error *error);

/* What is in the spool, as GMime reads it. Fails with INTERNAL when it cannot be read. */
must_check bool mime_spool_stream(struct arena *arena, const struct mime_spool *spool,
                                  GMimeStream **stream_out, struct error *error);

/* Makes an empty stream for so many bytes: memory, or when they are many an unlinked file in the
 * folder. Fails with INTERNAL when there is no room for the file. */
must_check bool mime_spool_make(struct arena *arena, const char *folder, int64_t size,
                                GMimeStream **stream_out, struct error *error);

/* Where a reading makes its streams. */
struct mime_scratch {
    const char *folder;
    int file;     /* of all streams; -1: each has its own, in the folder */
    int64_t used; /* bytes of it */
};

/* The same where there may be one file for all: the stream is a piece of it then, and takes no
 * more. */
must_check bool mime_scratch_make(struct arena *arena, struct mime_scratch *scratch, int64_t size,
                                  GMimeStream **stream_out, struct error *error);

/* Has the arena let go of an object of GMime's. */
void mime_unref_with(struct arena *arena, void *object);

#endif
