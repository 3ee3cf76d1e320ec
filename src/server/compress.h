/*
 * compress.h - gzip both ways; the only door to zlib.
 *
 * Memory: a compressor holds zlib's 256 KB until it is closed, so each worker keeps one and uses
 * it again.
 * Threads: a compressor belongs to one thread.
 */
#ifndef SERVER_COMPRESS_H
#define SERVER_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buffer.h"
#include "server/refusal.h"

struct arena;
struct compressor;
struct spool;

/* Takes bytes that were inflated. */
typedef enum refusal (*compress_taker)(void *context, const void *bytes, size_t length);

/* Inflates one gzip member from a spool. Refused when it is malformed, when bytes follow it, when
 * it grows beyond limit bytes, which are given, or beyond ratio times what was read, or by the
 * taker. */
must_check enum refusal compress_inflate(const struct spool *from, int64_t limit, int ratio,
                                         compress_taker take, void *context);

/* Makes a compressor; it is closed with the arena. */
struct compressor *compressor_create(struct arena *arena);

/* Begins a new gzip member, whatever came before. */
void compressor_begin(struct compressor *compressor);

/* Adds bytes; what comes out is added to the buffer. */
void compressor_add(struct compressor *compressor, const void *bytes, size_t length,
                    struct buffer *out);

/* Ends the member. */
void compressor_end(struct compressor *compressor, struct buffer *out);

#endif
