/*
 * fold.h - one order and one equality of text, the same on every database engine.
 *
 * Engines sort and compare by rules of their own. So for each string we store what we compute
 * here: a sort key, whose bytes order as people expect (the Unicode root collation, right for
 * English and Russian alike, Latin before Cyrillic), and a folded form, whose equality means
 * "the same but for case and compatibility forms".
 *
 * Both belong to a version of ICU: when text_collation_version() changes, stored keys must be
 * computed again.
 *
 * Memory: results live in the arena given; rules in the program's.
 * Threads: any thread; the rules keep a collator for each thread that is inside at once.
 */
#ifndef TEXT_FOLD_H
#define TEXT_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct error;
struct text_rules;

/* Loads the rules, once a program. Fails when ICU's data is missing. */
must_check bool text_rules_open(struct arena *arena, struct text_rules **rules_out,
                                struct error *error);

/* Computes the sort key of well-formed UTF-8: bytes without zeros that compare by memcmp, a
 * shorter one first when it is the beginning of the other. A key longer than max_bytes is cut:
 * keys then never order against their texts, but long texts may become equal. */
void text_sort_key(struct arena *arena, struct text_rules *rules, const char *text,
                   size_t max_bytes, const uint8_t **bytes_out, size_t *length_out);

/* Folds well-formed UTF-8: compatibility composition (NFKC) and full case folding, invisible
 * characters removed. Folding what is folded changes nothing. */
const char *text_fold(struct arena *arena, const struct text_rules *rules, const char *text);

/* Likewise, no more than its first so many characters. */
const char *text_fold_within(struct arena *arena, const struct text_rules *rules, const char *text,
                             size_t characters);

/* Names the versions of collation and Unicode in use; changes when stored keys become stale. */
const char *text_collation_version(const struct text_rules *rules);

#endif
