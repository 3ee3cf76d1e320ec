/*
 * suggest.h - "did you mean": the known word that is nearest to an unknown one.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

/* The word that needs the fewest letters changed, added, left out or swapped to become text;
 * NULL when none is near enough to be meant. words may hold NULL, which is passed over. */
const char *suggest_word(const char *text, const char *const *words, size_t count);

#endif
