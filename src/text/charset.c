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
#include "text/utf8.h"

#define UTF_8 "UTF-8"
#define LAST_RESORT "windows-1252"

enum {
    LABEL_SIZE = 64,
    WIDEST = 3,            /* bytes of UTF-8 that one unit of UTF-16 becomes */
    GUESSED_BYTES = 65536, /* looked at by a guess */
    FEW_BYTES = 24,        /* beyond ASCII: too few for ICU's statistics */
    SURE = 40,             /* of 100: what ICU must be of its guess */
};

/* What programs mean by a label. NULL: nothing, so the bytes are guessed. */
static const struct {
    const char *label;
    const char *name;
} meant[] = {
    {"us-ascii", NULL},
    {"ascii", NULL},
    {"ansi_x3.4-1968", NULL},
    {"unknown", NULL},
    {"unknown-8bit", NULL},
    {"x-unknown", NULL},
    {"default", NULL},
    {"none", NULL},
    {"8bit", NULL},
    {"x-user-defined", NULL},
    {"utf8", UTF_8},
    {"utf-8", UTF_8},
    {"unicode-1-1-utf-8", UTF_8},
    {"iso-8859-1", "windows-1252"},
    {"latin1", "windows-1252"},
    {"latin-1", "windows-1252"},
    {"iso8859-1", "windows-1252"},
    {"iso-8859-9", "windows-1254"},
    {"iso-8859-11", "windows-874"},
    {"tis-620", "windows-874"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"iso-8859-8-e", "iso-8859-8"},
    {"iso-8859-6-i", "iso-8859-6"},
    {"cp1251", "windows-1251"},
    {"win-1251", "windows-1251"},
    {"win1251", "windows-1251"},
    {"koi8", "koi8-r"},
    {"koi-8", "koi8-r"},
    {"koi8r", "koi8-r"},
    {"dos-866", "ibm866"},
    {"gb2312", "gb18030"},
    {"gb_2312-80", "gb18030"},
    {"gbk", "gb18030"},
    {"x-gbk", "gb18030"},
    {"cp936", "gb18030"},
    {"ks_c_5601-1987", "windows-949"},
    {"ks_c_5601", "windows-949"},
    {"ksc_5601", "windows-949"},
    {"ksc5601", "windows-949"},
    {"euc-kr", "windows-949"},
    {"x-sjis", "windows-31j"},
    {"shift-jis", "windows-31j"},
    {"shift_jis", "windows-31j"},
    {"sjis", "windows-31j"},
    {"big5", "big5-hkscs"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"utf7", "UTF-7"},
};

/* Sets whose bytes are all ASCII, whatever they mean. */
static const char *const shifted[] = {"UTF-7", "iso-2022", "hz", "utf-16", "utf-32", "imap"};

/* ---- labels ---- */

/* Without quotes, blanks and the language that RFC 2231 puts after a star. */
static void trim_label(const char *label, char name[LABEL_SIZE])
{
    size_t length = 0;

    for (const char *at = label; *at != '\0' && *at != '*' && length < LABEL_SIZE - 1; at++) {
        if (isgraph((unsigned char)*at) && *at != '"' && *at != '\'') {
            name[length++] = *at;
        }
    }
    name[length] = '\0';
}

static const char *find_meant(const char *label)
{
    for (size_t i = 0; i < sizeof(meant) / sizeof(meant[0]); i++) {
        if (strcasecmp(meant[i].label, label) == 0) {
            return meant[i].name;
        }
    }
    return label;
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
    size_t yo;         /* the letter that both have apart from the others */
    bool begins_upper; /* the first letter is one of the upper */
    size_t in_runs;    /* beside another */
    size_t sequences;  /* that are right in UTF-8, by the bytes in them */
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
    static const unsigned char yo[] = {0xA8, 0xB8, 0xA3, 0xB3}; /* windows-1251, koi8-r */
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
        look.yo += memchr(yo, bytes[i], sizeof(yo)) != NULL;
        look.in_runs += (i > 0 && bytes[i - 1] >= 0x80) || (i + 1 < length && bytes[i + 1] >= 0x80);
        look.sequences += sequence_at(bytes + i, length - i);
    }
    return look;
}

/* A single letter between ASCII is an accent of the West; words of letters are Cyrillic, mostly
 * in small letters, after a capital. */
static const char *guess_by_look(const struct look *look)
{
    if (look->in_runs * 4 < look->high * 3 || (look->letters + look->yo) * 10 < look->high * 9) {
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
        return has_japanese_escape(bytes, length) ? "iso-2022-jp" : UTF_8;
    }
    if (look.sequences * 4 >= look.high * 3) {
        return UTF_8;
    }
    if (look.high >= FEW_BYTES) {
        name = guess_by_statistics(bytes, length);
    }
    return name != NULL && !is_utf_8(name) && !is_shifted(name) ? name : guess_by_look(&look);
}

/* ---- decoding ---- */

static bool is_held_by_xml(unsigned char byte)
{
    return byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Leaves out what XML cannot hold: control characters, U+FFFE and U+FFFF. */
static char *clean(char *text, size_t length)
{
    char *to = text;

    for (size_t i = 0; i < length; i++) {
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

/* Decodes by a set; how many characters could not be read. NULL: there is no such set. */
static const char *decode_as(struct arena *arena, const char *name, const char *bytes,
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

static bool is_ascii(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)bytes[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* Whether text of another set than the label's is not to be thought of, though it is well-formed
 * UTF-8: two bytes that are a character of each are not rare in sets of the East. */
static bool has_wide_characters(const char *name)
{
    UConverter *converter = open_converter(name);
    bool is_wide = converter != NULL && ucnv_getMaxCharSize(converter) > 1;

    ucnv_close(converter);
    return is_wide;
}

const char *text_decode(struct arena *arena, const char *label, const char *bytes, size_t length)
{
    char trimmed[LABEL_SIZE];
    size_t bad = 0, guessed_bad = 0;

    trim_label(label == NULL ? "" : label, trimmed);
    const char *name = *trimmed == '\0' ? NULL : find_meant(trimmed);
    bool may_be_plain = name == NULL ? !has_japanese_escape(bytes, length) : !is_shifted(name);
    bool is_plain = may_be_plain && is_ascii(bytes, length);
    bool is_utf8 =
        may_be_plain && memchr(bytes, '\0', length) == NULL && text_is_valid_utf8(bytes, length);
    if (is_plain || (is_utf8 && (name == NULL || is_utf_8(name) || !has_wide_characters(name)))) {
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
