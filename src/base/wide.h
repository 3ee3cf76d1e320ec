/*
 * wide.h - exact sums of decimals: more digits than a decimal has, and nothing lost.
 *
 * Nine times 10^18 numbers of 18 digits fit.
 */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

__extension__ typedef __int128 wide_digits;

enum { WIDE_DIGITS = 37, WIDE_TEXT_SIZE = 44 };

/* digits / 10^scale */
struct wide {
    wide_digits digits;
    uint8_t scale; /* 0..18 */
};

/* Reads "-12.50" as a number of the scale. False when malformed, too long, or of more places. */
must_check bool wide_parse(const char *text, uint8_t scale, struct wide *value_out);

/* Writes all digits of the scale. */
void wide_format(struct wide value, char text[WIDE_TEXT_SIZE]);

/* The value divided by a count that is not zero, rounded half away from zero once. The scale is
 * at least the value's and at most four more. */
struct wide wide_divide(struct wide value, int64_t count, uint8_t scale);

/* Negative, zero or positive; of one scale. */
int wide_compare(struct wide left, struct wide right);

#endif
