/*
 * suggest.c - the nearest word, by the optimal string alignment distance.
 */
#include "base/suggest.h"

#include <string.h>

enum { LONGEST_WORD = 64 };

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

/* Row by row: how many edits make the first letters of one word the first letters of another. */
static size_t distance(const char *from, size_t from_length, const char *to, size_t to_length)
{
    size_t rows[3][LONGEST_WORD + 1];
    for (size_t column = 0; column <= to_length; column++) {
        rows[0][column] = column;
    }
    for (size_t row = 1; row <= from_length; row++) {
        size_t *current = rows[row % 3];
        const size_t *above = rows[(row - 1) % 3];
        current[0] = row;
        for (size_t column = 1; column <= to_length; column++) {
            size_t changed = above[column - 1] + (from[row - 1] == to[column - 1] ? 0 : 1);
            size_t best = smaller(changed, smaller(above[column], current[column - 1]) + 1);
            if (row > 1 && column > 1 && from[row - 1] == to[column - 2] &&
                from[row - 2] == to[column - 1]) {
                best = smaller(best, rows[(row - 2) % 3][column - 2] + 1);
            }
            current[column] = best;
        }
    }
    return rows[from_length % 3][to_length];
}

const char *suggest_word(const char *text, const char *const *words, size_t count)
{
    size_t length = strlen(text);
    if (length > LONGEST_WORD) {
        return NULL;
    }
    const char *nearest = NULL;
    size_t fewest = length / 3 + 1; /* more edits than that, and it is another word */
    for (size_t index = 0; index < count; index++) {
        size_t word_length = words[index] == NULL ? LONGEST_WORD + 1 : strlen(words[index]);
        if (word_length > LONGEST_WORD) {
            continue;
        }
        size_t edits = distance(text, length, words[index], word_length);
        if (edits < fewest || (edits == fewest && nearest == NULL)) {
            fewest = edits;
            nearest = words[index];
        }
    }
    return nearest;
}
