/*
 * compress.c - gzip by zlib.
 */
#include "server/compress.h"

#define ZLIB_CONST /* zlib then promises not to change its input */
#include <zlib.h>

#include "base/arena.h"
#include "base/expect.h"
#include "server/spool.h"

enum {
    PIECE = 16 * 1024,
    GZIP_WINDOW = MAX_WBITS + 16, /* zlib's way of saying: gzip, and nothing else */
    RATIO_FREE = 64 * 1024,       /* bytes that may come out before the ratio counts */
    FASTEST = 1,
    MEMORY_LEVEL = 8,
};

struct compressor {
    z_stream zlib;
};

static bool is_beyond_ratio(const z_stream *zlib, int ratio)
{
    return zlib->total_out > RATIO_FREE && zlib->total_out / (unsigned)ratio > zlib->total_in;
}

/* How much may come out, and who takes it. */
struct inflation {
    int64_t limit;
    int ratio;
    compress_taker take;
    void *context;
};

/* Gives what came out, to the limit. */
static enum refusal give(const z_stream *zlib, const struct inflation *inflation,
                         const unsigned char *piece, size_t length)
{
    uint64_t limit = (uint64_t)inflation->limit;
    size_t excess = zlib->total_out > limit ? (size_t)(zlib->total_out - limit) : 0;
    enum refusal refusal = inflation->take(inflation->context, piece, length - excess);

    return refusal == REFUSAL_NONE && excess > 0 ? REFUSAL_BODY_TOO_LARGE : refusal;
}

/* Inflates what is in zlib->next_in; *is_ended_out tells that the member is complete. */
static enum refusal inflate_piece(z_stream *zlib, const struct inflation *inflation,
                                  bool *is_ended_out)
{
    unsigned char piece[PIECE];
    enum refusal refusal;
    int answer;

    do {
        zlib->next_out = piece;
        zlib->avail_out = sizeof(piece);
        answer = inflate(zlib, Z_NO_FLUSH);
        if (answer != Z_OK && answer != Z_STREAM_END && answer != Z_BUF_ERROR) {
            return REFUSAL_COMPRESSION;
        }
        if (is_beyond_ratio(zlib, inflation->ratio)) {
            return REFUSAL_RATIO;
        }
        refusal = give(zlib, inflation, piece, sizeof(piece) - zlib->avail_out);
        if (refusal != REFUSAL_NONE) {
            return refusal;
        }
    } while (answer == Z_OK && (zlib->avail_in > 0 || zlib->avail_out == 0));
    *is_ended_out = answer == Z_STREAM_END;
    return *is_ended_out && zlib->avail_in > 0 ? REFUSAL_COMPRESSION : REFUSAL_NONE;
}

static enum refusal inflate_all(z_stream *zlib, const struct spool *from,
                                const struct inflation *inflation)
{
    enum refusal refusal = REFUSAL_NONE;
    bool is_ended = false;
    char copy[PIECE];
    int64_t offset = 0;

    while (refusal == REFUSAL_NONE && offset < from->length) {
        const char *bytes;
        size_t count;

        if (is_ended) {
            return REFUSAL_COMPRESSION; /* something follows the member */
        }
        if (!spool_read(from, offset, copy, sizeof(copy), &bytes, &count)) {
            return REFUSAL_NO_ROOM;
        }
        zlib->next_in = (const unsigned char *)bytes;
        zlib->avail_in = (unsigned)count;
        refusal = inflate_piece(zlib, inflation, &is_ended);
        offset += (int64_t)count;
    }
    return refusal == REFUSAL_NONE && !is_ended ? REFUSAL_COMPRESSION : refusal;
}

enum refusal compress_inflate(const struct spool *from, int64_t limit, int ratio,
                              compress_taker take, void *context)
{
    const struct inflation inflation = {limit, ratio, take, context};
    z_stream zlib = {0};
    enum refusal refusal;

    if (inflateInit2(&zlib, GZIP_WINDOW) != Z_OK) {
        return REFUSAL_NO_ROOM;
    }
    refusal = inflate_all(&zlib, from, &inflation);
    inflateEnd(&zlib);
    return refusal;
}

static void release(void *object)
{
    struct compressor *compressor = object;

    deflateEnd(&compressor->zlib);
}

struct compressor *compressor_create(struct arena *arena)
{
    struct compressor *compressor = arena_allocate(arena, sizeof(*compressor));

    expect(deflateInit2(&compressor->zlib, FASTEST, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                        Z_DEFAULT_STRATEGY) == Z_OK);
    arena_on_release(arena, release, compressor);
    return compressor;
}

void compressor_begin(struct compressor *compressor)
{
    expect(deflateReset(&compressor->zlib) == Z_OK);
}

/* Runs zlib until it has taken all its input, or with Z_FINISH has written all its output. */
static void run(z_stream *zlib, int flush, struct buffer *out)
{
    int answer;

    do {
        zlib->next_out = (unsigned char *)buffer_reserve(out, PIECE);
        zlib->avail_out = PIECE;
        answer = deflate(zlib, flush);
        expect(answer == Z_OK || answer == Z_STREAM_END || answer == Z_BUF_ERROR);
        buffer_commit(out, PIECE - zlib->avail_out);
    } while (zlib->avail_out == 0 || (flush == Z_FINISH && answer != Z_STREAM_END));
}

void compressor_add(struct compressor *compressor, const void *bytes, size_t length,
                    struct buffer *out)
{
    expect(length <= UINT32_MAX);
    compressor->zlib.next_in = bytes;
    compressor->zlib.avail_in = (unsigned)length;
    run(&compressor->zlib, Z_NO_FLUSH, out);
}

void compressor_end(struct compressor *compressor, struct buffer *out)
{
    compressor->zlib.avail_in = 0;
    run(&compressor->zlib, Z_FINISH, out);
}
