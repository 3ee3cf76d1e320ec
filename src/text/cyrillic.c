/*
 * cyrillic.c - letters weighed by how often they are met in Russian.
 */
#include "text/cyrillic.h"

#include <stdbool.h>
#include <string.h>

#include <unicode/ucnv.h>

enum {
    READ_MOST = 2048,  /* bytes that are weighed */
    FEW = 6,           /* beyond ASCII: fewer prove nothing against a name */
    FEW_UNNAMED = 12,  /* without a name */
    WELL = 40,         /* in Russian it is some 55 a letter; by a wrong set some 30 and less */
    BETTER = 7,        /* fifths: so much better than by the name */
    WELL_UNNAMED = 45, /* without a name */
    ODD = -60,         /* what stands in no word: a capital behind a small letter, a sign */
    ACCENTED = 10,     /* ё, and what Serbs and others have */
    UKRAINIAN = 30,
    RARE_SETS = 2, /* the first of the sets that are */
};

static const char *const sets[] = {"windows-1251", "koi8-r", "ibm866", "x-mac-cyrillic",
                                   "iso-8859-5"};

enum { SETS = sizeof(sets) / sizeof(sets[0]) };

/* Of 1,000 letters, from а to я. */
static const unsigned char weights[] = {80, 16, 45, 17,  30, 85, 9,  17, 74, 12, 35,
                                        44, 32, 67, 110, 28, 47, 55, 63, 26, 3,  10,
                                        5,  14, 7,  4,   1,  19, 17, 3,  6,  20};

/* How bytes read by a set. */
struct reading {
    int weight;
    int count; /* of characters beyond ASCII */
};

static bool is_small(UChar unit)
{
    return (unit >= 0x430 && unit <= 0x45F) || unit == 0x491;
}

static bool is_capital(UChar unit)
{
    return (unit >= 0x400 && unit <= 0x42F) || unit == 0x490;
}

/* What may stand beside words: a blank that does not break, quotes, dashes, numero. */
static bool is_beside_words(UChar unit)
{
    return unit == 0xA0 || unit == 0xAB || unit == 0xBB || unit == 0x2116 || unit == 0x20AC ||
           (unit >= 0x2010 && unit <= 0x2026);
}

static int weigh(UChar before, UChar unit)
{
    static const UChar ukrainian[] = {0x404, 0x406, 0x407, 0x454, 0x456, 0x457, 0};
    int odd = is_capital(unit) && is_small(before) ? ODD : 0;

    if (unit >= 0x410 && unit <= 0x44F) {
        return odd + weights[(unit - 0x410) % 0x20];
    }
    for (size_t i = 0; ukrainian[i] != 0; i++) {
        if (unit == ukrainian[i]) {
            return odd + UKRAINIAN;
        }
    }
    if (is_small(unit) || is_capital(unit)) {
        return odd + ACCENTED;
    }
    return is_beside_words(unit) ? 0 : ODD;
}

static struct reading read_by(const char *set, const char *bytes, size_t length)
{
    UErrorCode status = U_ZERO_ERROR;
    UConverter *converter = ucnv_open(set, &status);
    UChar units[READ_MOST + 1];
    struct reading reading = {0};
    int32_t taken = (int32_t)(length < READ_MOST ? length : READ_MOST);
    int32_t count = ucnv_toUChars(converter, units, READ_MOST + 1, bytes, taken, &status);

    ucnv_close(converter);
    for (int32_t i = 0; U_SUCCESS(status) && i < count; i++) {
        if (units[i] >= 0x80) {
            reading.weight += weigh(i == 0 ? 0 : units[i - 1], units[i]);
            reading.count++;
        }
    }
    return reading;
}

/* The set by which they read best; of two the first. */
static size_t find_best(const char *bytes, size_t length, struct reading *best_out)
{
    size_t best = 0;

    *best_out = read_by(sets[0], bytes, length);
    for (size_t i = 1; i < SETS; i++) {
        struct reading reading = read_by(sets[i], bytes, length);
        if (reading.weight > best_out->weight) {
            *best_out = reading;
            best = i;
        }
    }
    return best;
}

static bool is_one(const char *name)
{
    for (size_t i = 0; i < SETS; i++) {
        if (ucnv_compareNames(name, sets[i]) == 0) {
            return true;
        }
    }
    return false;
}

const char *cyrillic_correct(const char *name, const char *bytes, size_t length)
{
    struct reading best = {0};

    if (!is_one(name)) {
        return name;
    }
    struct reading named = read_by(name, bytes, length);
    if (named.count < FEW || named.weight >= WELL * named.count) {
        return name;
    }
    size_t found = find_best(bytes, length, &best);
    bool is_better = best.weight >= WELL * best.count && best.weight * 5 >= named.weight * BETTER;
    return is_better ? sets[found] : name;
}

const char *cyrillic_guess_old(const char *bytes, size_t length)
{
    struct reading best = {0};
    size_t found = find_best(bytes, length, &best);
    bool is_well = best.count >= FEW_UNNAMED && best.weight >= WELL_UNNAMED * best.count;

    return is_well && found >= RARE_SETS ? sets[found] : NULL;
}
