/*
 * uuid.c - ids: UUID version 7, read and written without the C library's scanning.
 */
#include "base/uuid.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { HYPHENS = 4, UUID_BYTES = 16 };

/* Digits are stored plus one, so that every other character is 0: not a digit. */
static const uint8_t digit_plus_one[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Where the two digits of each byte begin in the text. */
static const uint8_t text_place[UUID_BYTES] = {0,  2,  4,  6,  9,  11, 14, 16,
                                               19, 21, 24, 26, 28, 30, 32, 34};
static const uint8_t hyphen_place[HYPHENS] = {8, 13, 18, 23};

struct uuid uuid_make(int64_t now_ms, const uint8_t random[10])
{
    struct uuid uuid;
    for (int index = 0; index < 6; index++) {
        uuid.bytes[index] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * index));
    }
    memcpy(uuid.bytes + 6, random, 10);
    uuid.bytes[6] = (uint8_t)(0x70 | (uuid.bytes[6] & 0x0F)); /* version 7 */
    uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x3F)); /* variant of RFC 9562 */
    return uuid;
}

bool uuid_parse(const char *text, struct uuid *uuid_out)
{
    bool has_braces = text[0] == '{';
    const char *start = has_braces ? text + 1 : text;
    size_t length = strnlen(start, UUID_TEXT_SIZE + 1);
    if (has_braces ? length != 37 || start[36] != '}' : length != 36) {
        return false;
    }
    for (int index = 0; index < HYPHENS; index++) {
        if (start[hyphen_place[index]] != '-') {
            return false;
        }
    }
    struct uuid uuid;
    for (int index = 0; index < UUID_BYTES; index++) {
        const unsigned char *place = (const unsigned char *)start + text_place[index];
        unsigned high = digit_plus_one[place[0]];
        unsigned low = digit_plus_one[place[1]];
        if (high == 0 || low == 0) {
            return false;
        }
        uuid.bytes[index] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    *uuid_out = uuid;
    return true;
}

void uuid_format(const struct uuid *uuid, char text[UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (int index = 0; index < UUID_BYTES; index++) {
        text[text_place[index]] = digits[uuid->bytes[index] >> 4];
        text[text_place[index] + 1] = digits[uuid->bytes[index] & 0x0F];
    }
    for (int index = 0; index < HYPHENS; index++) {
        text[hyphen_place[index]] = '-';
    }
    text[36] = '\0';
}

bool uuid_is_equal(const struct uuid *left, const struct uuid *right)
{
    return memcmp(left->bytes, right->bytes, UUID_BYTES) == 0;
}

int uuid_compare(const void *left, const void *right)
{
    return memcmp(left, right, sizeof(struct uuid));
}

bool uuid_is_empty(const struct uuid *uuid)
{
    static const struct uuid empty = {{0}};
    return uuid_is_equal(uuid, &empty);
}

size_t uuid_sort_unique(struct uuid *ids, size_t count)
{
    size_t kept = 0;
    if (count > 0) {
        qsort(ids, count, sizeof(*ids), uuid_compare);
    }
    for (size_t index = 0; index < count; index++) {
        if (kept == 0 || !uuid_is_equal(&ids[kept - 1], &ids[index])) {
            ids[kept++] = ids[index];
        }
    }
    return kept;
}
