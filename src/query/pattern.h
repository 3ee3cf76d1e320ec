/*
 * pattern.h - what a client writes for like, as every engine understands it.
 *
 * % is any text, _ one character, [x] the character x itself, as in the classic model.
 */
#ifndef QUERY_PATTERN_H
#define QUERY_PATTERN_H

#include <stdbool.h>

struct call;

/* SQLite takes no longer ones. */
enum { PATTERN_BYTES_MOST = 50000 };

/* Makes a pattern for sql_add_like, of folded text when the column holds that. */
const char *pattern_make(struct call *call, const char *text, bool is_folded);

#endif
