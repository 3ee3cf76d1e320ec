/*
 * spool.h - bytes that are kept in memory up to a bound, and beyond it in an unlinked file.
 *
 * Bodies that come in, bodies that were inflated and answers that wait for a slow client are
 * all kept in spools. So a connection's memory is bounded however much it sends, and what lies
 * on disk is bounded by a budget that all spools share.
 *
 * Memory: a spool lives in an arena; its file is closed with the arena.
 * Threads: a spool belongs to one thread at a time; the budget is shared.
 */
#ifndef SERVER_SPOOL_H
#define SERVER_SPOOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buffer.h"

struct arena;

/* What all files together may hold. */
struct spool_budget {
    const char *folder;
    int64_t bytes;
    _Atomic int64_t used;
};

struct spool {
    struct buffer memory; /* everything, until there is a file */
    int file;             /* -1 while memory does */
    int64_t length;
    int64_t memory_bytes;
    int64_t reserved; /* of the budget */
    void *mapping;    /* of the file, with one byte more; NULL: none */
    struct spool_budget *budget;
};

/* Makes an empty spool that goes to a file beyond memory_bytes. */
struct spool *spool_create(struct arena *arena, struct spool_budget *budget, int64_t memory_bytes);

/* Adds bytes; false when the budget or the disk is exhausted. */
must_check bool spool_add(struct spool *spool, const void *bytes, size_t length);

/* Reads up to size bytes from offset: a pointer into memory, or to copy filled from the file.
 * False when the file cannot be read; a count of 0 means the end. */
must_check bool spool_read(const struct spool *spool, int64_t offset, void *copy, size_t size,
                           const char **bytes_out, size_t *count_out);

/* Gives all bytes, followed by a NUL: those in memory, or the file mapped into it, read only, until
 * the arena ends. Nothing may be added afterwards. False when the file cannot be mapped. */
must_check bool spool_map(struct spool *spool, const char **bytes_out);

/* Forgets the bytes; the file, once made, is kept and used again. */
void spool_clear(struct spool *spool);

#endif
