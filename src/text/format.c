/*
 * format.c - dates and numbers by ICU.
 */
#include "text/format.h"

#include <stdbool.h>
#include <string.h>
#include <unicode/udat.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

#include "base/arena.h"
#include "base/time.h"

enum { UNITS = 200, BYTES = 3 * UNITS + 1, DAY = 86400000 };

/* UTF-8 of what ICU wrote; the other text when it failed. */
static const char *take(struct arena *arena, const UChar *units, int32_t length, UErrorCode status,
                        const char *otherwise)
{
    char bytes[BYTES];
    int32_t written = 0;

    if (U_SUCCESS(status) && length < UNITS) {
        u_strToUTF8(bytes, BYTES, &written, units, length, &status);
    }
    return U_FAILURE(status) || length >= UNITS ? otherwise
                                                : arena_copy_part(arena, bytes, (size_t)written);
}

static const char *format_time(struct arena *arena, const char *locale, int64_t moment,
                               const char *zone, UDateFormatStyle clock)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar zone_units[UNITS];
    UChar units[UNITS];
    char otherwise[MOMENT_TEXT_SIZE];
    int32_t zone_length = 0, length = 0;

    moment_format(moment, otherwise);
    u_strFromUTF8(zone_units, UNITS, &zone_length, zone == NULL ? "UTC" : zone, -1, &status);
    UDateFormat *format =
        udat_open(clock, UDAT_LONG, locale, zone_units, zone_length, NULL, 0, &status);
    if (U_SUCCESS(status)) {
        length = udat_format(format, (UDate)moment, units, UNITS, NULL, &status);
    }
    const char *text = take(arena, units, length, status, arena_copy_text(arena, otherwise));
    if (format != NULL) {
        udat_close(format);
    }
    return text;
}

const char *text_format_day(struct arena *arena, const char *locale, int32_t days)
{
    return format_time(arena, locale, (int64_t)days * DAY, NULL, UDAT_NONE);
}

const char *text_format_moment(struct arena *arena, const char *locale, int64_t moment,
                               const char *zone)
{
    return format_time(arena, locale, moment, zone, UDAT_SHORT);
}

static const char *format_number(struct arena *arena, const char *locale, const char *number,
                                 const char *currency)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar units[UNITS];
    int32_t length = 0;
    const char *point = strchr(number, '.');
    UNumberFormat *format =
        unum_open(currency == NULL ? UNUM_DECIMAL : UNUM_CURRENCY, NULL, 0, locale, NULL, &status);

    if (U_SUCCESS(status) && currency != NULL) {
        UChar code[4];
        u_charsToUChars(currency, code, 3);
        code[3] = 0;
        unum_setTextAttribute(format, UNUM_CURRENCY_CODE, code, 3, &status);
    } else if (U_SUCCESS(status)) {
        unum_setAttribute(format, UNUM_FRACTION_DIGITS,
                          point == NULL ? 0 : (int32_t)strlen(point + 1));
    }
    if (U_SUCCESS(status)) {
        length = unum_formatDecimal(format, number, -1, units, UNITS, NULL, &status);
    }
    const char *text = take(arena, units, length, status, number);
    if (format != NULL) {
        unum_close(format);
    }
    return text;
}

const char *text_format_number(struct arena *arena, const char *locale, const char *number)
{
    return format_number(arena, locale, number, NULL);
}

const char *text_format_amount(struct arena *arena, const char *locale, const char *number,
                               const char *currency)
{
    bool is_code = currency != NULL && strlen(currency) == 3;

    return format_number(arena, locale, number, is_code ? currency : NULL);
}
