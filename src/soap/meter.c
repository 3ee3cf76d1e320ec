/*
 * meter.c - tells base64 from all else, byte by byte.
 */
#include "soap/meter.h"

#include "soap/limits.h"

enum character_class { OTHER, DIGIT, SPACE };

/* clang-format off */
static const unsigned char classes[256] = {
    ['A'] = DIGIT, ['B'] = DIGIT, ['C'] = DIGIT, ['D'] = DIGIT, ['E'] = DIGIT, ['F'] = DIGIT,
    ['G'] = DIGIT, ['H'] = DIGIT, ['I'] = DIGIT, ['J'] = DIGIT, ['K'] = DIGIT, ['L'] = DIGIT,
    ['M'] = DIGIT, ['N'] = DIGIT, ['O'] = DIGIT, ['P'] = DIGIT, ['Q'] = DIGIT, ['R'] = DIGIT,
    ['S'] = DIGIT, ['T'] = DIGIT, ['U'] = DIGIT, ['V'] = DIGIT, ['W'] = DIGIT, ['X'] = DIGIT,
    ['Y'] = DIGIT, ['Z'] = DIGIT,
    ['a'] = DIGIT, ['b'] = DIGIT, ['c'] = DIGIT, ['d'] = DIGIT, ['e'] = DIGIT, ['f'] = DIGIT,
    ['g'] = DIGIT, ['h'] = DIGIT, ['i'] = DIGIT, ['j'] = DIGIT, ['k'] = DIGIT, ['l'] = DIGIT,
    ['m'] = DIGIT, ['n'] = DIGIT, ['o'] = DIGIT, ['p'] = DIGIT, ['q'] = DIGIT, ['r'] = DIGIT,
    ['s'] = DIGIT, ['t'] = DIGIT, ['u'] = DIGIT, ['v'] = DIGIT, ['w'] = DIGIT, ['x'] = DIGIT,
    ['y'] = DIGIT, ['z'] = DIGIT,
    ['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT, ['5'] = DIGIT,
    ['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
    ['+'] = DIGIT, ['/'] = DIGIT, ['='] = DIGIT,
    [' '] = SPACE, ['\t'] = SPACE, ['\r'] = SPACE, ['\n'] = SPACE,
};
/* clang-format on */

static enum character_class class_of(char byte)
{
    return (enum character_class)classes[(unsigned char)byte];
}

size_t meter_span(const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length && class_of(bytes[at]) != OTHER) {
        at++;
    }
    return at;
}

size_t meter_encoded(size_t length)
{
    return (length + 2) / 3 * 4;
}

/* The run is over, but for blanks at its end, which belong to nobody. */
static void end_run(struct meter *meter)
{
    meter->other += meter->digits < METER_RUN ? meter->run : meter->spaces;
    meter->run = meter->digits = meter->spaces = 0;
}

static void take_one(struct meter *meter, char byte)
{
    switch (class_of(byte)) {
    case DIGIT:
        meter->run++;
        meter->digits++;
        meter->spaces = 0;
        break;
    case SPACE:
        meter->run++;
        meter->spaces++;
        if (meter->digits == 0 || meter->spaces > METER_SPACES) {
            end_run(meter);
        }
        break;
    default:
        end_run(meter);
        meter->other++;
    }
}

enum intake_verdict meter_take(struct meter *meter, const struct message_limits *limits,
                               const char *bytes, size_t length)
{
    /* A group more than needed: whoever measures the file then finds it too large for certain. */
    size_t most_digits = meter_encoded(limits->attachment) + 4;

    for (size_t i = 0; i < length; i++) {
        take_one(meter, bytes[i]);
        meter->taken++;
        if (meter->digits > most_digits) {
            return INTAKE_ENOUGH;
        }
    }
    return meter->other > limits->envelope ? INTAKE_TOO_LARGE : INTAKE_GO_ON;
}
