/*
 * wide.c - sums by integers of 128 bits.
 */
#include "base/wide.h"

#include <string.h>

#include "base/expect.h"

enum { SCALE_MOST = 18, SCALE_GAIN = 4 };

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* The places after the point that text has; -1 when it is no number. */
static int count_places(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    const char *point = text + whole;
    if (whole == 0 || (*point != '\0' && *point != '.')) {
        return -1;
    }
    size_t places = *point == '.' ? strspn(point + 1, "0123456789") : 0;
    bool is_whole = *point == '\0';
    bool is_ended = !is_whole && places > 0 && point[1 + places] == '\0';
    return is_whole || is_ended ? (int)places : -1;
}

bool wide_parse(const char *text, uint8_t scale, struct wide *value_out)
{
    bool is_negative = *text == '-';
    const char *number = is_negative ? text + 1 : text;
    int places = count_places(number);
    if (places < 0 || places > scale || strlen(number) + (size_t)(scale - places) > WIDE_DIGITS) {
        return false;
    }
    struct wide value = {.scale = scale};
    for (const char *at = number; *at != '\0'; at++) {
        if (is_digit(*at)) {
            value.digits = value.digits * 10 + (*at - '0');
        }
    }
    for (; places < scale; places++) {
        value.digits *= 10;
    }
    value.digits = is_negative ? -value.digits : value.digits;
    *value_out = value;
    return true;
}

void wide_format(struct wide value, char text[WIDE_TEXT_SIZE])
{
    expect(value.scale <= SCALE_MOST);
    bool is_negative = value.digits < 0;
    char reversed[WIDE_TEXT_SIZE];
    int length = 0;
    for (int place = 0; place <= value.scale || value.digits != 0; place++) {
        int digit = (int)(value.digits % 10);
        if (place == value.scale && place > 0) {
            reversed[length++] = '.';
        }
        reversed[length++] = (char)('0' + (digit < 0 ? -digit : digit));
        value.digits /= 10;
    }
    if (is_negative) {
        reversed[length++] = '-';
    }
    while (length > 0) {
        *text++ = reversed[--length];
    }
    *text = '\0';
}

struct wide wide_divide(struct wide value, int64_t count, uint8_t scale)
{
    expect(count > 0 && scale >= value.scale && scale <= value.scale + SCALE_GAIN);
    wide_digits quotient = value.digits / count;
    wide_digits rest = value.digits % count;
    for (int place = value.scale; place < scale; place++) {
        quotient *= 10;
        rest *= 10;
    }
    quotient += rest / count;
    rest %= count;
    if ((rest < 0 ? -rest : rest) * 2 >= count) {
        quotient += value.digits < 0 ? -1 : 1;
    }
    return (struct wide){.digits = quotient, .scale = scale};
}

int wide_compare(struct wide left, struct wide right)
{
    expect(left.scale == right.scale);
    return left.digits < right.digits ? -1 : left.digits > right.digits ? 1 : 0;
}
