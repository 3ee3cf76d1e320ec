/*
 * charset.c - labels put right, sets guessed, bytes decoded by ICU.
 */
#include "text/charset.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>
#include <unicode/ustring.h>

#include "base/arena.h"
#include "text/cyrillic.h"
#include "text/japanese.h"
#include "text/utf8.h"

#define UTF_8 "UTF-8"
#define UTF_16 "UTF-16"
#define JAPANESE "ISO-2022-JP-2" /* what the plain one has, and more */
#define LAST_RESORT "windows-1252"

enum {
    LABEL_SIZE = 64,
    WIDEST = 3,            /* bytes of UTF-8 that one unit of UTF-16 becomes */
    GUESSED_BYTES = 65536, /* looked at by a guess */
    FEW_BYTES = 24,        /* beyond ASCII: too few for ICU's statistics */
    CYRILLIC_BYTES = 6,    /* beyond ASCII: fewer prove no label wrong */
    SURE_WEIGHT = 6,       /* of sequences of UTF-8: fewer may be characters of the East */
    PLAIN_BYTES = 8,       /* of text: fewer may be UTF-16 yet */
    SURE = 40,             /* of 100: what ICU must be of its guess */
};

/* What programs mean by a label, or by the standard's name for it; case, dashes and underscores do
 * not count. NULL: nothing, so the bytes are guessed. */
static const struct {
    const char *label;
    const char *name;
} meant[] = {
    {"us-ascii", NULL},
    {"ansi", NULL},
    {"unknown", NULL},
    {"unknown-8bit", NULL},
    {"x-unknown", NULL},
    {"default", NULL},
    {"none", NULL},
    {"8bit", NULL},
    {"binary", NULL},
    {"x-user-defined", NULL},
    {"utf-8", UTF_8},
    {"unicode-1-1-utf-8", UTF_8},
    {"unicode", UTF_16},
    {"ucs-2", UTF_16},
    {"iso-10646-ucs-2", UTF_16},
    {"iso-8859-1", LAST_RESORT},
    {"latin-1", LAST_RESORT},
    {"iso-8859-9", "windows-1254"},
    {"iso-8859-11", "windows-874"},
    {"tis-620", "windows-874"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"iso-8859-8-e", "iso-8859-8"},
    {"iso-8859-6-i", "iso-8859-6"},
    {"win-1251", "windows-1251"},
    {"koi8", "koi8-r"},
    {"dos-866", "ibm866"},
    {"gb2312", "gb18030"},
    {"gb-2312-80", "gb18030"},
    {"gbk", "gb18030"},
    {"cp936", "gb18030"},
    {"chinese", "gb18030"},
    {"cn-gb", "gb18030"},
    {"ks-c-5601-1987", "windows-949"},
    {"ks-c-5601", "windows-949"},
    {"ksc-5601", "windows-949"},
    {"euc-kr", "windows-949"},
    {"shift-jis", "windows-31j"},
    {"sjis", "windows-31j"},
    {"iso-2022-jp", JAPANESE},
    {"iso-2022-jp-ms", JAPANESE},
    {"iso-2022-jp-3", JAPANESE},
    {"cp50220", JAPANESE},
    {"cp50221", JAPANESE},
    {"cp50222", JAPANESE},
    {"big5", "big5-hkscs"},
    {"cn-big5", "big5-hkscs"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"utf-7", "UTF-7"},
};

/* Sets whose bytes are all ASCII, whatever they mean. */
static const char *const shifted[] = {"UTF-7", "iso-2022", "hz", "utf-16", "utf-32", "imap"};

/* ---- labels ---- */

/* The name within the label: without quotes, without what RFC 2231 and others put behind it. A
 * blank ends it when its number is there: "ISO 8859-1" is one, "utf-8 flowed" has one. */
static void trim_label(const char *label, char name[LABEL_SIZE])
{
    size_t length = 0;
    bool has_number = false;

    while (*label != '\0' && !isalnum((unsigned char)*label)) {
        label++;
    }
    for (const char *at = label; *at != '\0' && length < LABEL_SIZE - 1; at++) {
        bool is_blank = isspace((unsigned char)*at);
        if ((is_blank && has_number) ||
            (!is_blank && !isalnum((unsigned char)*at) && strchr("-_.+", *at) == NULL)) {
            break;
        }
        has_number |= isdigit((unsigned char)*at);
        if (!is_blank) {
            name[length++] = *at;
        }
    }
    name[length] = '\0';
}

static bool find_row(const char *label, const char **name_out)
{
    for (size_t i = 0; i < sizeof(meant) / sizeof(meant[0]); i++) {
        if (ucnv_compareNames(meant[i].label, label) == 0) {
            *name_out = meant[i].name;
            return true;
        }
    }
    return false;
}

static const char *find_meant(const char *label)
{
    static const char utf_8[] = "utf8";
    UErrorCode status = U_ZERO_ERROR;
    const char *name = label;

    if (find_row(label, &name)) {
        return name;
    }
    const char *standard = ucnv_getStandardName(label, "MIME", &status);
    if (standard != NULL && find_row(standard, &name)) {
        return name;
    }
    if (strncasecmp(label, UTF_8, strlen(UTF_8)) == 0 ||
        strncasecmp(label, utf_8, strlen(utf_8)) == 0) {
        return UTF_8; /* of MySQL, of Python */
    }
    bool is_private = standard == NULL && strncasecmp(label, "x-", 2) == 0;
    return is_private ? find_meant(label + 2) : label;
}

static UConverter *open_converter(const char *name)
{
    UErrorCode status = U_ZERO_ERROR;
    UConverter *converter = ucnv_open(name, &status);

    if (U_FAILURE(status)) {
        ucnv_close(converter);
        return NULL;
    }
    return converter;
}

static bool is_shifted(const char *name)
{
    for (size_t i = 0; i < sizeof(shifted) / sizeof(shifted[0]); i++) {
        if (strncasecmp(shifted[i], name, strlen(shifted[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_utf_8(const char *name)
{
    return name != NULL && strcmp(name, UTF_8) == 0;
}

/* ---- guessing ---- */

/* What the bytes beyond ASCII look like. */
struct look {
    size_t high;       /* all of them */
    size_t letters;    /* from 0xC0, where Cyrillic sets have theirs */
    size_t upper;      /* 0xC0 to 0xDF: capitals of windows-1251, small letters of koi8-r */
    size_t apart;      /* letters that both have apart from the others */
    bool begins_upper; /* the first letter is one of the upper */
    size_t in_runs;    /* beside another */
    size_t sequences;  /* that are right in UTF-8, by the bytes in them */
    size_t weight;     /* of these: the longer they are, the less of it is chance */
};

/* Bytes of the sequence of UTF-8 that begins here, by its first byte and those that go on; 0: none
 * does. */
static size_t sequence_at(const unsigned char *bytes, size_t length)
{
    size_t count = bytes[0] < 0xC2   ? 0
                   : bytes[0] < 0xE0 ? 2
                   : bytes[0] < 0xF0 ? 3
                   : bytes[0] < 0xF5 ? 4
                                     : 0;

    for (size_t i = 1; i < count; i++) {
        if (i == length || (bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return count;
}

static struct look look_at(const unsigned char *bytes, size_t length)
{
    /* windows-1251, koi8-r and koi8-u: the Russian one, then the Ukrainian ones. */
    static const unsigned char apart[] = {0xA8, 0xB8, 0xA3, 0xB3, 0xB2, 0xAA, 0xBA, 0xAF, 0xBF,
                                          0xA5, 0xB4, 0xA4, 0xA6, 0xA7, 0xAD, 0xB6, 0xB7, 0xBD};
    struct look look = {0};

    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < 0x80) {
            continue;
        }
        look.high++;
        bool is_upper = bytes[i] >= 0xC0 && bytes[i] < 0xE0;
        look.begins_upper = look.letters == 0 ? is_upper : look.begins_upper;
        look.letters += bytes[i] >= 0xC0;
        look.upper += is_upper;
        look.apart += memchr(apart, bytes[i], sizeof(apart)) != NULL;
        look.in_runs += (i > 0 && bytes[i - 1] >= 0x80) || (i + 1 < length && bytes[i + 1] >= 0x80);
        size_t sequence = sequence_at(bytes + i, length - i);
        look.sequences += sequence;
        look.weight += sequence == 0 ? 0 : 2 * sequence - 3;
    }
    return look;
}

/* Letters, and not too many of those that are other signs in the West. */
static bool is_of_letters(const struct look *look)
{
    return (look->letters + look->apart) * 10 >= look->high * 9 &&
           look->letters * 10 >= look->high * 6;
}

/* Words of nothing but letters beyond ASCII, as the West has none. */
static bool is_cyrillic(const struct look *look)
{
    return look->high >= CYRILLIC_BYTES && look->in_runs * 10 >= look->high * 9 &&
           is_of_letters(look);
}

/* A single letter between ASCII is an accent of the West; words of letters are Cyrillic, mostly
 * in small letters, after a capital. */
static const char *guess_by_look(const struct look *look)
{
    if (look->in_runs * 4 < look->high * 3 || !is_of_letters(look)) {
        return LAST_RESORT;
    }
    bool is_koi =
        look->upper * 2 == look->letters ? !look->begins_upper : look->upper * 2 > look->letters;
    return is_koi ? "koi8-r" : "windows-1251";
}

static const char *guess_by_statistics(const char *bytes, size_t length)
{
    UErrorCode status = U_ZERO_ERROR;
    UCharsetDetector *detector = ucsdet_open(&status);
    const char *name = NULL;

    ucsdet_setText(detector, bytes, (int32_t)length, &status);
    const UCharsetMatch *match = ucsdet_detect(detector, &status);
    if (U_SUCCESS(status) && match != NULL && ucsdet_getConfidence(match, &status) >= SURE) {
        /* The names are constants of ICU's. */
        name = find_meant(ucsdet_getName(match, &status));
    }
    ucsdet_close(detector);
    return name;
}

/* ISO-2022-JP is all ASCII; its escapes are found in no other text. */
static bool has_japanese_escape(const char *bytes, size_t length)
{
    for (size_t i = 0; i + 2 < length; i++) {
        if (bytes[i] == 0x1B && bytes[i + 1] == '$' &&
            (bytes[i + 2] == 'B' || bytes[i + 2] == '@')) {
            return true;
        }
    }
    return false;
}

const char *text_guess_charset(const char *bytes, size_t length)
{
    length = length < GUESSED_BYTES ? length : GUESSED_BYTES;
    const struct look look = look_at((const unsigned char *)bytes, length);
    const char *name = NULL;

    /* A sequence that was cut, or a foreign word, makes no other set of it. */
    if (look.high == 0) {
        return has_japanese_escape(bytes, length) ? JAPANESE : UTF_8;
    }
    if (look.sequences * 4 >= look.high * 3) {
        return UTF_8;
    }
    name = cyrillic_guess_old(bytes, length);
    if (name == NULL && look.high >= FEW_BYTES) {
        name = guess_by_statistics(bytes, length);
    }
    return name != NULL && !is_utf_8(name) && !is_shifted(name) ? name : guess_by_look(&look);
}

/* ---- decoding ---- */

static bool is_held_by_xml(unsigned char byte)
{
    return byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Leaves out what XML cannot hold: control characters, U+FFFE and U+FFFF; and the mark of byte
 * order that a text may begin with. */
static char *clean(char *text, size_t length)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t begin = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    char *to = text;

    for (size_t i = begin; i < length; i++) {
        bool is_no_character = (unsigned char)text[i] == 0xEF && i + 2 < length &&
                               (unsigned char)text[i + 1] == 0xBF &&
                               (unsigned char)text[i + 2] >= 0xBE;
        if (is_no_character) {
            i += 2;
        } else if (is_held_by_xml((unsigned char)text[i])) {
            *to++ = text[i];
        }
    }
    *to = '\0';
    return text;
}

static size_t count_replacements(const UChar *units, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        found += units[i] == 0xFFFD;
    }
    return found;
}

/* Decodes by a set that ICU knows; how many characters could not be read. NULL: it knows none. */
static const char *decode_by(struct arena *arena, const char *name, const char *bytes,
                             size_t length, size_t *bad_out)
{
    UConverter *converter = open_converter(name);
    UErrorCode status = U_ZERO_ERROR;

    if (converter == NULL) {
        return NULL;
    }
    /* ICU never makes more than two units of a byte, but for a few that it makes of none. */
    size_t room = 2 * length + 16;
    UChar *units = arena_allocate_array(arena, room, sizeof(*units));
    int32_t count = ucnv_toUChars(converter, units, (int32_t)room, bytes, (int32_t)length, &status);
    ucnv_close(converter);
    if (U_FAILURE(status)) {
        return NULL;
    }
    *bad_out = count_replacements(units, (size_t)count);
    char *text = arena_allocate(arena, (size_t)count * WIDEST + 1);
    int32_t written = 0;
    u_strToUTF8WithSub(text, count * WIDEST + 1, &written, units, count, 0xFFFD, NULL, &status);
    return U_FAILURE(status) ? NULL : clean(text, (size_t)written);
}

/* Which of the two the bytes are: by the mark that they begin with; without one, by where zeros
 * stand, since every text has blanks. */
static const char *order_of_bytes(const char *bytes, size_t length)
{
    size_t zeros[2] = {0, 0};

    if (length >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0)) {
        return bytes[0] == '\xFF' ? "UTF-16LE" : "UTF-16BE";
    }
    for (size_t i = 0; i < length; i++) {
        zeros[i % 2] += bytes[i] == '\0';
    }
    return zeros[1] > zeros[0] ? "UTF-16LE" : "UTF-16BE";
}

/* Whether text of koi8-r has Ukrainian letters where that set draws corners: beside other letters,
 * and with no line drawn. */
static bool is_ukrainian(const char *bytes, size_t length)
{
    static const unsigned char letters[] = {0xA4, 0xA6, 0xA7, 0xAD, 0xB4, 0xB6, 0xB7, 0xBD};
    bool is_found = false;

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        bool is_beside = (i > 0 && (unsigned char)bytes[i - 1] >= 0xC0) ||
                         (i + 1 < length && (unsigned char)bytes[i + 1] >= 0xC0);
        if (byte == 0x80 || byte == 0xA0) {
            return false;
        }
        is_found |= is_beside && memchr(letters, byte, sizeof(letters)) != NULL;
    }
    return is_found;
}

static const char *decode_as(struct arena *arena, const char *name, const char *bytes,
                             size_t length, size_t *bad_out)
{
    if (strcmp(name, JAPANESE) == 0) {
        size_t unshifted = 0;
        const char *text = japanese_unshift(arena, bytes, length, &unshifted);
        if (text != NULL) {
            return decode_by(arena, "windows-31j", text, unshifted, bad_out);
        }
    }
    if (ucnv_compareNames(name, UTF_16) == 0) {
        name = order_of_bytes(bytes, length);
    } else if (ucnv_compareNames(name, "koi8-r") == 0 && is_ukrainian(bytes, length)) {
        name = "koi8-u";
    }
    return decode_by(arena, name, bytes, length, bad_out);
}

static bool is_ascii(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)bytes[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* ---- labels that lie ---- */

static bool has_wide_characters(const char *name)
{
    UConverter *converter = open_converter(name);
    bool is_wide = converter != NULL && ucnv_getMaxCharSize(converter) > 1;

    ucnv_close(converter);
    return is_wide;
}

static bool begins_with_utf_16(const char *bytes, size_t length)
{
    return length > 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0) &&
           memchr(bytes, '\0', length) != NULL;
}

static bool has_controls(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!is_held_by_xml((unsigned char)bytes[i])) {
            return true;
        }
    }
    return false;
}

/* Text of seven bits is what its escapes make of it; UTF-16 is full of what no text has, unless it
 * is short. */
static bool may_be_utf_8(const char *name, const char *bytes, size_t length)
{
    if (name == NULL) {
        return !has_japanese_escape(bytes, length);
    }
    bool is_utf_16 = strncasecmp(name, UTF_16, strlen(UTF_16)) == 0;
    return !is_shifted(name) || (is_utf_16 && length > PLAIN_BYTES && !has_controls(bytes, length));
}

/* Whether the bytes are UTF-8, whatever the label says. Two bytes that are a character of each are
 * not rare in sets of the East. */
static bool is_utf_8_under(const char *name, const char *bytes, size_t length)
{
    if (!may_be_utf_8(name, bytes, length) || memchr(bytes, '\0', length) != NULL ||
        !text_is_valid_utf8(bytes, length)) {
        return false;
    }
    return name == NULL || is_utf_8(name) || is_ascii(bytes, length) ||
           !has_wide_characters(name) ||
           look_at((const unsigned char *)bytes, length).weight >= SURE_WEIGHT;
}

/* The set that a label means, as far as the bytes let it be believed. NULL: they are guessed. */
static const char *find_set(const char *label, const char *bytes, size_t length)
{
    const char *name = *label == '\0' ? NULL : find_meant(label);

    if (begins_with_utf_16(bytes, length)) {
        return UTF_16;
    }
    if (name != NULL && strcmp(name, LAST_RESORT) == 0) {
        const struct look look = look_at((const unsigned char *)bytes, length);
        return is_cyrillic(&look) ? NULL : name;
    }
    return name == NULL ? NULL : cyrillic_correct(name, bytes, length);
}

const char *text_decode(struct arena *arena, const char *label, const char *bytes, size_t length)
{
    char trimmed[LABEL_SIZE];
    size_t bad = 0, guessed_bad = 0;

    trim_label(label == NULL ? "" : label, trimmed);
    const char *name = find_set(trimmed, bytes, length);

    if (is_utf_8_under(name, bytes, length)) {
        return clean(arena_copy_part(arena, bytes, length), length);
    }
    const char *text = name == NULL ? NULL : decode_as(arena, name, bytes, length, &bad);
    if (text != NULL && bad == 0) {
        return text;
    }
    const char *guess = text_guess_charset(bytes, length);
    const char *guessed = decode_as(arena, guess, bytes, length, &guessed_bad);
    if (text == NULL && guessed == NULL) {
        /* A set that ICU knows by its letters alone: any text of this one can be read. */
        return decode_as(arena, LAST_RESORT, bytes, length, &bad);
    }
    return text == NULL || (guessed != NULL && guessed_bad < bad) ? guessed : text;
}

const char *text_charset_meant(const char *label, const char *bytes, size_t length)
{
    char trimmed[LABEL_SIZE];

    trim_label(label, trimmed);
    const char *name = *trimmed == '\0' ? NULL : find_meant(trimmed);
    const char *corrected = name == NULL ? NULL : cyrillic_correct(name, bytes, length);
    return corrected == name ? label : corrected;
}
