/*
 * base64.c - RFC 4648, sections 4 and 5.
 */
#include "crypto/base64.h"

#include <string.h>

#include "base/arena.h"

static const char standard_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of a standard digit, with 1 added: 0 is no digit at all. */
static const uint8_t digit_values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

static bool is_space(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

size_t base64_encoded_length(size_t length)
{
    return (length + 2) / 3 * 4;
}

/* Writes whole groups; returns where the text ends. */
static char *encode_groups(char *text, const uint8_t *bytes, size_t length, const char *digits)
{
    for (; length >= 3; length -= 3, bytes += 3) {
        uint32_t group = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];

        *text++ = digits[group >> 18];
        *text++ = digits[group >> 12 & 63];
        *text++ = digits[group >> 6 & 63];
        *text++ = digits[group & 63];
    }
    if (length > 0) {
        uint32_t group = (uint32_t)bytes[0] << 16 | (length == 2 ? (uint32_t)bytes[1] << 8 : 0);

        *text++ = digits[group >> 18];
        *text++ = digits[group >> 12 & 63];
        *text++ = length == 2 ? digits[group >> 6 & 63] : '=';
        *text++ = '=';
    }
    return text;
}

void base64_encode_into(char *text, const void *bytes, size_t length)
{
    encode_groups(text, bytes, length, standard_digits);
}

char *base64_encode(struct arena *arena, const void *bytes, size_t length)
{
    char *text = arena_allocate(arena, base64_encoded_length(length) + 1);

    encode_groups(text, bytes, length, standard_digits);
    return text;
}

char *base64_encode_url(struct arena *arena, const void *bytes, size_t length)
{
    char *text = arena_allocate(arena, base64_encoded_length(length) + 1);
    char *end = encode_groups(text, bytes, length, url_digits);

    while (end > text && end[-1] == '=') {
        end--;
    }
    *end = '\0';
    return text;
}

void base64_decoder_init(struct base64_decoder *decoder, enum base64_space space)
{
    *decoder = (struct base64_decoder){.space = space};
}

/* Writes the bytes of a finished group; false when its unused bits are not zero. */
static bool finish_group(struct base64_decoder *decoder, uint8_t **next)
{
    uint32_t group = decoder->group;
    uint32_t unused = decoder->padding == 2 ? 0xFFFF : decoder->padding == 1 ? 0xFF : 0;

    if ((group & unused) != 0) {
        return false;
    }
    *(*next)++ = (uint8_t)(group >> 16);
    if (decoder->padding < 2) {
        *(*next)++ = (uint8_t)(group >> 8);
    }
    if (decoder->padding < 1) {
        *(*next)++ = (uint8_t)group;
    }
    decoder->group = 0;
    decoder->characters = 0;
    return true;
}

/* Takes one character that is not a space. */
static bool take_character(struct base64_decoder *decoder, char character, uint8_t **next)
{
    uint8_t value = digit_values[(uint8_t)character];

    if (character == '=') {
        bool is_ended = decoder->padding > 0 && decoder->characters == 0;

        if (is_ended || decoder->characters < 2) {
            return false;
        }
        decoder->padding++;
        decoder->group <<= 6;
    } else if (value != 0 && decoder->padding == 0) {
        decoder->group = decoder->group << 6 | (uint32_t)(value - 1);
    } else {
        return false;
    }
    decoder->characters++;
    return decoder->characters < 4 || finish_group(decoder, next);
}

/* Decodes whole groups of four digits while there are any: the way of nearly all text. */
static size_t take_whole_groups(const char *text, size_t length, uint8_t **next)
{
    size_t taken = 0;

    for (; length - taken >= 4; taken += 4) {
        const uint8_t *digits = (const uint8_t *)text + taken;
        uint32_t first = digit_values[digits[0]];
        uint32_t second = digit_values[digits[1]];
        uint32_t third = digit_values[digits[2]];
        uint32_t fourth = digit_values[digits[3]];

        if (first == 0 || second == 0 || third == 0 || fourth == 0) {
            break;
        }
        uint32_t group = (first - 1) << 18 | (second - 1) << 12 | (third - 1) << 6 | (fourth - 1);
        *(*next)++ = (uint8_t)(group >> 16);
        *(*next)++ = (uint8_t)(group >> 8);
        *(*next)++ = (uint8_t)group;
    }
    return taken;
}

bool base64_decoder_add(struct base64_decoder *decoder, const char *text, size_t length,
                        void *bytes, size_t *length_out)
{
    uint8_t *next = bytes;

    for (size_t i = 0; i < length;) {
        if (decoder->characters == 0 && decoder->padding == 0) {
            i += take_whole_groups(text + i, length - i, &next);
            if (i == length) {
                break;
            }
        }
        bool is_skipped = decoder->space == BASE64_SPACE_SKIPPED && is_space(text[i]);
        if (!is_skipped && !take_character(decoder, text[i], &next)) {
            return false;
        }
        i++;
    }
    *length_out = (size_t)(next - (uint8_t *)bytes);
    return true;
}

bool base64_decoder_finish(const struct base64_decoder *decoder)
{
    return decoder->characters == 0;
}

bool base64_decode(struct arena *arena, const char *text, size_t text_length, void **bytes_out,
                   size_t *length_out)
{
    struct base64_decoder decoder;
    void *bytes = arena_allocate(arena, 3 * (text_length / 4 + 1) + 1);
    size_t length;

    base64_decoder_init(&decoder, BASE64_SPACE_REFUSED);
    if (!base64_decoder_add(&decoder, text, text_length, bytes, &length) ||
        !base64_decoder_finish(&decoder)) {
        return false;
    }
    *bytes_out = bytes;
    *length_out = length;
    return true;
}

bool base64_decode_url(struct arena *arena, const char *text, size_t text_length, void **bytes_out,
                       size_t *length_out)
{
    /* Translated to the standard digits, so that one decoder serves both. */
    size_t padded_length = (text_length + 3) / 4 * 4;
    char *standard = arena_allocate(arena, padded_length + 1);

    for (size_t i = 0; i < text_length; i++) {
        char character = text[i];

        if (character == '+' || character == '/' || character == '=') {
            return false;
        }
        standard[i] = character == '-' ? '+' : character == '_' ? '/' : character;
    }
    memset(standard + text_length, '=', padded_length - text_length);
    return base64_decode(arena, standard, padded_length, bytes_out, length_out);
}
