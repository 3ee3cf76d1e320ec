/*
 * japanese.h - the seven bits of Japanese mail (RFC 1468) as programs write them.
 *
 * Under the label iso-2022-jp they send what Microsoft's set has beyond the standard (digits in
 * circles, katakana of half width), begin a part that is empty, and forget to end one with its
 * line. Said in the bytes of windows-31j all of it can be read.
 *
 * Memory: results live in the arena given.
 * Threads: any thread.
 */
#ifndef TEXT_JAPANESE_H
#define TEXT_JAPANESE_H

#include <stddef.h>

struct arena;

/* The same text in windows-31j; NULL: it has escapes to sets that this one does not hold. */
const char *japanese_unshift(struct arena *arena, const char *bytes, size_t length,
                             size_t *length_out);

#endif
