/*
 * word.h - the encoded words of headers (RFC 2047), and headers that hold bytes as they are.
 *
 * Words that follow one another in one character set are put together before they are decoded:
 * many programs cut characters in two. Wrong labels are put right as text/charset.h says.
 *
 * Memory: results live in the arena given.
 */
#ifndef MIME_WORD_H
#define MIME_WORD_H

struct arena;

/* A header as people read it: on one line, decoded (twice, if it was encoded twice), blanks at its
 * ends left out. Bytes as they are may be in the set; NULL: nobody knows of one. */
const char *mime_words_decode(struct arena *arena, const char *raw, const char *charset);

/* The same header with all its encoded words in UTF-8, for a parser that knows the grammar of
 * addresses and not that labels lie. */
const char *mime_words_relabel(struct arena *arena, const char *raw, const char *charset);

#endif
