/*
 * utf8.c - checking and counting UTF-8 text.
 */
#include "text/utf8.h"

#include <stdint.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

/* What may follow a first byte: Unicode 15, table 3-7. */
struct sequence {
    uint8_t length;       /* of the whole; 0 when the byte begins none */
    uint8_t second_least; /* bounds of the second byte; the others are 80..BF */
    uint8_t second_most;
};

static struct sequence sequence_of(uint8_t first)
{
    static const struct {
        uint8_t first_most;
        struct sequence sequence;
    } table[] = {
        {.first_most = 0x7F, .sequence = {.length = 1}},
        {.first_most = 0xC1, .sequence = {.length = 0}},
        {.first_most = 0xDF, .sequence = {2, 0x80, 0xBF}},
        {.first_most = 0xE0, .sequence = {3, 0xA0, 0xBF}},
        {.first_most = 0xEC, .sequence = {3, 0x80, 0xBF}},
        {.first_most = 0xED, .sequence = {3, 0x80, 0x9F}},
        {.first_most = 0xEF, .sequence = {3, 0x80, 0xBF}},
        {.first_most = 0xF0, .sequence = {4, 0x90, 0xBF}},
        {.first_most = 0xF3, .sequence = {4, 0x80, 0xBF}},
        {.first_most = 0xF4, .sequence = {4, 0x80, 0x8F}},
        {.first_most = 0xFF, .sequence = {.length = 0}},
    };
    int row = 0;

    while (first > table[row].first_most) {
        row++;
    }
    return table[row].sequence;
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes from the start that are ASCII and not NUL, eight at a time. */
static size_t skip_ascii(const uint8_t *bytes, size_t length)
{
    static const uint64_t high_bits = 0x8080808080808080;
    static const uint64_t low_bits = 0x0101010101010101;
    size_t at = 0;

    for (; length - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, bytes + at, sizeof(word));
        if (((word | (word - low_bits)) & high_bits) != 0) {
            break;
        }
    }
    while (at < length && bytes[at] != 0 && bytes[at] < 0x80) {
        at++;
    }
    return at;
}

/* Length of the sequence of more than one byte at bytes; 0 when it is not well-formed. */
static size_t sequence_length(const uint8_t *bytes, size_t length)
{
    struct sequence sequence = sequence_of(bytes[0]);

    if (sequence.length < 2 || sequence.length > length || bytes[1] < sequence.second_least ||
        bytes[1] > sequence.second_most) {
        return 0;
    }
    for (size_t i = 2; i < sequence.length; i++) {
        if (!is_continuation(bytes[i])) {
            return 0;
        }
    }
    return sequence.length;
}

bool text_is_valid_utf8(const char *text, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t at = 0;

    for (;;) {
        size_t count;

        at += skip_ascii(bytes + at, length - at);
        if (at == length) {
            return true;
        }
        count = sequence_length(bytes + at, length - at);
        if (count == 0) {
            return false;
        }
        at += count;
    }
}

bool text_is_visible(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        UChar32 character;
        U8_NEXT(text, at, length, character);
        if (character < 0 || !u_isgraph(character)) {
            return false;
        }
    }
    return true;
}

size_t text_count_characters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++) {
        count += is_continuation((uint8_t)*text) ? 0 : 1;
    }
    return count;
}

size_t text_length_of(const char *text, size_t characters)
{
    size_t length = 0;

    for (; text[length] != '\0'; length++) {
        if (!is_continuation((uint8_t)text[length]) && characters-- == 0) {
            break;
        }
    }
    return length;
}

size_t text_cut_length(const char *text, size_t length, size_t max_bytes)
{
    size_t cut = max_bytes;

    if (length <= max_bytes) {
        return length;
    }
    while (cut > 0 && is_continuation((uint8_t)text[cut])) {
        cut--;
    }
    return cut;
}
