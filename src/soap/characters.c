/*
 * characters.c - UTF-8 and the character classes of XML 1.0, fifth edition.
 */
#include "soap/characters.h"

#include <string.h>

enum {
    WORD = 8, /* bytes looked at together */
    CHARACTER_MOST = 0x10FFFF,
    REFERENCE_DIGITS = 10
};

struct range {
    uint32_t first, last;
};

/* NameStartChar beyond ASCII. */
static const struct range name_starts[] = {
    {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},    {0x370, 0x37D},
    {0x37F, 0x1FFF},  {0x200C, 0x200D}, {0x2070, 0x218F}, {0x2C00, 0x2FEF},
    {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
};

/* What NameChar adds to them. */
static const struct range name_inners[] = {
    {0xB7, 0xB7},
    {0x300, 0x36F},
    {0x203F, 0x2040},
};

/* How many bytes a character has that begins with this byte, and the least it may stand for;
 * indexed by the first byte's five high bits. */
static const struct lead {
    uint8_t length;
    uint8_t mask;
    uint32_t least;
} leads[32] = {
    [24] = {2, 0x1F, 0x80},    [25] = {2, 0x1F, 0x80},  [26] = {2, 0x1F, 0x80},
    [27] = {2, 0x1F, 0x80},    [28] = {3, 0x0F, 0x800}, [29] = {3, 0x0F, 0x800},
    [30] = {4, 0x07, 0x10000},
};

/* 1: may begin a name, 2: may go on in one; ASCII only. */
static const uint8_t name_classes[128] = {
    ['-'] = 2, ['.'] = 2, ['0'] = 2, ['1'] = 2, ['2'] = 2, ['3'] = 2, ['4'] = 2, ['5'] = 2,
    ['6'] = 2, ['7'] = 2, ['8'] = 2, ['9'] = 2, [':'] = 3, ['A'] = 3, ['B'] = 3, ['C'] = 3,
    ['D'] = 3, ['E'] = 3, ['F'] = 3, ['G'] = 3, ['H'] = 3, ['I'] = 3, ['J'] = 3, ['K'] = 3,
    ['L'] = 3, ['M'] = 3, ['N'] = 3, ['O'] = 3, ['P'] = 3, ['Q'] = 3, ['R'] = 3, ['S'] = 3,
    ['T'] = 3, ['U'] = 3, ['V'] = 3, ['W'] = 3, ['X'] = 3, ['Y'] = 3, ['Z'] = 3, ['_'] = 3,
    ['a'] = 3, ['b'] = 3, ['c'] = 3, ['d'] = 3, ['e'] = 3, ['f'] = 3, ['g'] = 3, ['h'] = 3,
    ['i'] = 3, ['j'] = 3, ['k'] = 3, ['l'] = 3, ['m'] = 3, ['n'] = 3, ['o'] = 3, ['p'] = 3,
    ['q'] = 3, ['r'] = 3, ['s'] = 3, ['t'] = 3, ['u'] = 3, ['v'] = 3, ['w'] = 3, ['x'] = 3,
    ['y'] = 3, ['z'] = 3,
};

static const struct {
    const char *name;
    char character;
} entities[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};

enum { ENTITY_COUNT = sizeof(entities) / sizeof(entities[0]) };

bool character_is_allowed(uint32_t character)
{
    if (character < 0x20) {
        return character == '\t' || character == '\n' || character == '\r';
    }
    return character <= CHARACTER_MOST && !(character >= 0xD800 && character <= 0xDFFF) &&
           character != 0xFFFE && character != 0xFFFF;
}

/* Reads one character of at least two bytes; returns its length, or 0 when it is ill-formed. */
static size_t read_character(const char *bytes, const char *end, uint32_t *character_out)
{
    const struct lead *lead = &leads[(unsigned char)bytes[0] >> 3];
    uint32_t character = (unsigned char)bytes[0] & lead->mask;

    if (lead->length == 0 || end - bytes < lead->length) {
        return 0;
    }
    for (size_t i = 1; i < lead->length; i++) {
        if (((unsigned char)bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
        character = character << 6 | ((unsigned char)bytes[i] & 0x3F);
    }
    if (character < lead->least || !character_is_allowed(character)) {
        return 0;
    }
    *character_out = character;
    return lead->length;
}

/* Whether eight bytes are all ASCII and none a control character. */
static bool is_plain_word(const char *bytes)
{
    const uint64_t high = 0x8080808080808080U;
    const uint64_t blank = 0x2020202020202020U;
    uint64_t word = 0;

    memcpy(&word, bytes, WORD);
    /* Of bytes below 0x80, those below 0x20 borrow and get the high bit. */
    return ((word | (word - blank)) & high) == 0;
}

size_t characters_check(const char *bytes, size_t length)
{
    const char *at = bytes;
    const char *end = bytes + length;

    while (at < end) {
        uint32_t character = 0;
        if (end - at >= WORD && is_plain_word(at)) {
            at += WORD;
        } else if ((unsigned char)*at < 0x80) {
            if (!character_is_allowed((unsigned char)*at)) {
                break;
            }
            at++;
        } else {
            size_t size = read_character(at, end, &character);
            if (size == 0) {
                break;
            }
            at += size;
        }
    }
    return (size_t)(at - bytes);
}

size_t character_write(uint32_t character, char bytes[4])
{
    size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xC0, 0xE0, 0xF0};

    for (size_t i = length; i-- > 1; character >>= 6) {
        bytes[i] = (char)(0x80 | (character & 0x3F));
    }
    bytes[0] = (char)(marks[length] | character);
    return length;
}

static bool is_in(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* The length of the name character at bytes, or 0 when there is none. */
static size_t name_character(const char *bytes, const char *end, bool is_first)
{
    uint32_t character = 0;
    size_t length = 1;

    if ((unsigned char)*bytes < 0x80) {
        return (name_classes[(unsigned char)*bytes] & (is_first ? 1 : 2)) != 0 ? 1 : 0;
    }
    length = read_character(bytes, end, &character);
    if (is_in(name_starts, sizeof(name_starts) / sizeof(name_starts[0]), character) ||
        (!is_first &&
         is_in(name_inners, sizeof(name_inners) / sizeof(name_inners[0]), character))) {
        return length;
    }
    return 0;
}

size_t name_measure(const char *bytes, const char *end)
{
    const char *at = bytes;
    size_t length = at < end ? name_character(at, end, true) : 0;

    while (length > 0) {
        at += length;
        /* Names are nearly always ASCII. */
        while (at < end && (unsigned char)*at < 0x80 && name_classes[(unsigned char)*at] != 0) {
            at++;
        }
        length = at < end ? name_character(at, end, false) : 0;
    }
    return (size_t)(at - bytes);
}

static int digit_of(char character, uint32_t base)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    if (base == 16 && character >= 'a' && character <= 'f') {
        return character - 'a' + 10;
    }
    if (base == 16 && character >= 'A' && character <= 'F') {
        return character - 'A' + 10;
    }
    return -1;
}

static bool parse_number(const char *bytes, size_t length, uint32_t base, uint32_t *character_out)
{
    uint32_t character = 0;

    if (length == 0 || length > REFERENCE_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        int digit = digit_of(bytes[i], base);
        if (digit < 0 || character > CHARACTER_MOST) {
            return false;
        }
        character = character * base + (uint32_t)digit;
    }
    if (character == 0 || !character_is_allowed(character)) {
        return false;
    }
    *character_out = character;
    return true;
}

bool reference_parse(const char *bytes, size_t length, uint32_t *character_out)
{
    if (length > 2 && bytes[0] == '#' && bytes[1] == 'x') {
        return parse_number(bytes + 2, length - 2, 16, character_out);
    }
    if (length > 1 && bytes[0] == '#') {
        return parse_number(bytes + 1, length - 1, 10, character_out);
    }
    for (size_t i = 0; i < ENTITY_COUNT; i++) {
        if (strlen(entities[i].name) == length && memcmp(entities[i].name, bytes, length) == 0) {
            *character_out = (unsigned char)entities[i].character;
            return true;
        }
    }
    return false;
}
