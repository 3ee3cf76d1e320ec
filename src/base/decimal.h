/*
 * decimal.h - exact decimal numbers of up to 18 digits: money, quantities, percentages.
 *
 * The value is digits / 10^scale. Nothing here passes through binary floating point.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

enum { DECIMAL_DIGITS = 18, DECIMAL_TEXT_SIZE = 24 };

struct decimal {
    int64_t digits;
    uint8_t scale; /* 0..18 */
};

/* Reads XML Schema decimal ("-12.50", no exponent). False when malformed or over 18 digits. */
must_check bool decimal_parse(const char *text, struct decimal *value_out);

/* Writes all digits of the scale: 12.50 of scale 2 is "12.50". */
void decimal_format(struct decimal value, char text[DECIMAL_TEXT_SIZE]);

/* Changes the scale; rounds half away from zero. False when it no longer fits 18 digits. */
must_check bool decimal_rescale(struct decimal value, uint8_t scale, struct decimal *value_out);

/* True when rescaling would lose no digit. */
bool decimal_fits_scale(struct decimal value, uint8_t scale);

/* The result has the given scale, rounded half away from zero once, from the exact result.
 * False on overflow of 18 digits; divide also when right is zero. */
must_check bool decimal_add(struct decimal left, struct decimal right, uint8_t scale,
                            struct decimal *value_out);
must_check bool decimal_subtract(struct decimal left, struct decimal right, uint8_t scale,
                                 struct decimal *value_out);
must_check bool decimal_multiply(struct decimal left, struct decimal right, uint8_t scale,
                                 struct decimal *value_out);
must_check bool decimal_divide(struct decimal left, struct decimal right, uint8_t scale,
                               struct decimal *value_out);

/* Negative, zero or positive, whatever the scales. */
int decimal_compare(struct decimal left, struct decimal right);

#endif
