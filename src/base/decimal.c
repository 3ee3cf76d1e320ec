/*
 * decimal.c - exact decimal numbers; intermediate results have 128 bits, and are rounded once.
 */
#include "base/decimal.h"

#include <stddef.h>

#include "base/expect.h"

__extension__ typedef __int128 wide;

enum { ZEROS_IN_TABLE = 18 };

static const int64_t limit = 1000000000000000000; /* the first number of 19 digits */

static const int64_t powers[ZEROS_IN_TABLE + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

/* 10^exponent, exponent 0..36 */
static wide power(int exponent)
{
    return exponent <= ZEROS_IN_TABLE
               ? powers[exponent]
               : (wide)powers[ZEROS_IN_TABLE] * powers[exponent - ZEROS_IN_TABLE];
}

static bool is_sound(struct decimal value)
{
    expect(value.scale <= DECIMAL_DIGITS);
    return value.digits > -limit && value.digits < limit;
}

/* Multiplies by 10^exponent; false when the result would reach 10^36, which no caller can use. */
static bool shift_up(wide *value, int exponent)
{
    wide top = power(2 * DECIMAL_DIGITS);
    for (; exponent > 0 && *value != 0; exponent--) {
        if (*value >= top / 10 || *value <= -(top / 10)) {
            return false;
        }
        *value *= 10;
    }
    return true;
}

static wide divide_rounded(wide value, wide divisor)
{
    wide quotient = value / divisor;
    wide rest = value % divisor;
    wide twice_rest = rest < 0 ? -rest * 2 : rest * 2;
    if (twice_rest >= (divisor < 0 ? -divisor : divisor)) {
        quotient += (value < 0) == (divisor < 0) ? 1 : -1;
    }
    return quotient;
}

static bool settle(wide value, uint8_t scale, struct decimal *value_out)
{
    if (value >= limit || value <= -limit) {
        return false;
    }
    *value_out = (struct decimal){.digits = (int64_t)value, .scale = scale};
    return true;
}

/* Brings value, which has from_scale places (0..36), to scale places, rounding once. */
static bool settle_scaled(wide value, int from_scale, uint8_t scale, struct decimal *value_out)
{
    expect(scale <= DECIMAL_DIGITS);
    if (from_scale > scale) {
        value = divide_rounded(value, power(from_scale - scale));
    } else if (!shift_up(&value, scale - from_scale)) {
        return false;
    }
    return settle(value, scale, value_out);
}

static int larger_scale(struct decimal left, struct decimal right)
{
    return left.scale > right.scale ? left.scale : right.scale;
}

static wide widen(struct decimal value, int scale)
{
    return value.digits * power(scale - value.scale);
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* The end of the fraction's digits that are needed when they are too many: trailing zeros go. */
static const char *trim_zeros(const char *begin, const char *end)
{
    while (end > begin && end[-1] == '0') {
        end--;
    }
    return end;
}

/* Appends the digits; false when they become more than 18. */
static bool append_digits(const char *begin, const char *end, int64_t *digits)
{
    int64_t value = *digits;
    for (const char *at = begin; at < end; at++) {
        if (value >= limit / 10) {
            return false;
        }
        value = value * 10 + (*at - '0');
    }
    *digits = value;
    return true;
}

bool decimal_parse(const char *text, struct decimal *value_out)
{
    bool is_negative = *text == '-';
    const char *whole = *text == '-' || *text == '+' ? text + 1 : text;
    const char *whole_end = whole;
    while (is_digit(*whole_end)) {
        whole_end++;
    }
    const char *fraction = *whole_end == '.' ? whole_end + 1 : whole_end;
    const char *fraction_end = fraction;
    while (is_digit(*fraction_end)) {
        fraction_end++;
    }
    if (*fraction_end != '\0' || (whole == whole_end && fraction == fraction_end)) {
        return false;
    }
    int64_t whole_digits = 0;
    if (!append_digits(whole, whole_end, &whole_digits)) {
        return false;
    }
    int64_t digits = whole_digits;
    if (fraction_end - fraction > DECIMAL_DIGITS ||
        !append_digits(fraction, fraction_end, &digits)) {
        fraction_end = trim_zeros(fraction, fraction_end);
        digits = whole_digits;
        if (fraction_end - fraction > DECIMAL_DIGITS ||
            !append_digits(fraction, fraction_end, &digits)) {
            return false;
        }
    }
    *value_out = (struct decimal){.digits = is_negative ? -digits : digits,
                                  .scale = (uint8_t)(fraction_end - fraction)};
    return true;
}

void decimal_format(struct decimal value, char text[DECIMAL_TEXT_SIZE])
{
    expect(value.scale <= DECIMAL_DIGITS);
    uint64_t rest = value.digits < 0 ? -(uint64_t)value.digits : (uint64_t)value.digits;
    char reversed[DECIMAL_TEXT_SIZE];
    int length = 0;
    for (int place = 0; place <= value.scale || rest > 0; place++) {
        if (place == value.scale && place > 0) {
            reversed[length++] = '.';
        }
        reversed[length++] = (char)('0' + rest % 10);
        rest /= 10;
    }
    char *at = text;
    if (value.digits < 0) {
        *at++ = '-';
    }
    while (length > 0) {
        *at++ = reversed[--length];
    }
    *at = '\0';
}

bool decimal_rescale(struct decimal value, uint8_t scale, struct decimal *value_out)
{
    return is_sound(value) && settle_scaled(value.digits, value.scale, scale, value_out);
}

bool decimal_fits_scale(struct decimal value, uint8_t scale)
{
    expect(value.scale <= DECIMAL_DIGITS && scale <= DECIMAL_DIGITS);
    return value.scale <= scale || value.digits % powers[value.scale - scale] == 0;
}

bool decimal_add(struct decimal left, struct decimal right, uint8_t scale,
                 struct decimal *value_out)
{
    if (!is_sound(left) || !is_sound(right)) {
        return false;
    }
    int common = larger_scale(left, right);
    return settle_scaled(widen(left, common) + widen(right, common), common, scale, value_out);
}

bool decimal_subtract(struct decimal left, struct decimal right, uint8_t scale,
                      struct decimal *value_out)
{
    if (!is_sound(right)) {
        return false;
    }
    right.digits = -right.digits;
    return decimal_add(left, right, scale, value_out);
}

bool decimal_multiply(struct decimal left, struct decimal right, uint8_t scale,
                      struct decimal *value_out)
{
    if (!is_sound(left) || !is_sound(right)) {
        return false;
    }
    return settle_scaled((wide)left.digits * right.digits, left.scale + right.scale, scale,
                         value_out);
}

bool decimal_divide(struct decimal left, struct decimal right, uint8_t scale,
                    struct decimal *value_out)
{
    expect(scale <= DECIMAL_DIGITS);
    if (!is_sound(left) || !is_sound(right) || right.digits == 0) {
        return false;
    }
    wide numerator = left.digits;
    wide denominator = right.digits;
    int exponent = scale + right.scale - left.scale;
    if (exponent < 0) {
        denominator *= power(-exponent);
    } else if (!shift_up(&numerator, exponent)) {
        return false;
    }
    return settle(divide_rounded(numerator, denominator), scale, value_out);
}

int decimal_compare(struct decimal left, struct decimal right)
{
    expect(left.scale <= DECIMAL_DIGITS && right.scale <= DECIMAL_DIGITS);
    int common = larger_scale(left, right);
    wide difference = widen(left, common) - widen(right, common);
    return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}
