/*
 * date_text.c - a date as programs write it: numbers and words looked at one by one.
 *
 * What stands between colons is the time, what follows a sign behind it is the zone, a word is a
 * month, a zone or of no matter, and a number is the day and then the year. So RFC 5322, ISO 8601,
 * asctime and what resembles them are read by the same few rules.
 */
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"
#include "mime/header.h"

enum {
    UNKNOWN = -1,
    MINUTE = 60,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
    FARTHEST = 14 * 60, /* minutes: no clock is farther from UTC */
    SMALL_MOST = 99999, /* beyond anything that is a year, or a part of a time */
    UNIX_DIGITS = 9,    /* at least, of a time in seconds since 1970 */
};

/* What has been read. */
struct reading {
    const char *at;
    int year, month, day;
    int hour, minute, second;
    int zone;               /* minutes to UTC */
    bool is_zone_by_number; /* no word counts any more */
    bool has_zone;
    bool is_afternoon, is_forenoon;
    int64_t unix_seconds;
};

/* Words begin with these, in the languages of Europe where they differ; of two the longer first. */
static const struct {
    const char *begin;
    int month;
} months[] = {
    {"červenc", 7}, {"jan", 1},  {"jän", 1},  {"ene", 1},  {"gen", 1},  {"янв", 1},    {"Янв", 1},
    {"ian", 1},     {"sty", 1},  {"oca", 1},  {"січ", 1},  {"Січ", 1},  {"яну", 1},    {"feb", 2},
    {"fév", 2},     {"fev", 2},  {"фев", 2},  {"Фев", 2},  {"lut", 2},  {"úno", 2},    {"Úno", 2},
    {"şub", 2},     {"Şub", 2},  {"лют", 2},  {"Лют", 2},  {"mar", 3},  {"mär", 3},    {"márc", 3},
    {"mrz", 3},     {"mrt", 3},  {"мар", 3},  {"Мар", 3},  {"bře", 3},  {"бер", 3},    {"Бер", 3},
    {"apr", 4},     {"avr", 4},  {"abr", 4},  {"ápr", 4},  {"апр", 4},  {"Апр", 4},    {"kwi", 4},
    {"dub", 4},     {"nis", 4},  {"кві", 4},  {"Кві", 4},  {"may", 5},  {"mai", 5},    {"mag", 5},
    {"mei", 5},     {"maj", 5},  {"máj", 5},  {"май", 5},  {"мая", 5},  {"Май", 5},    {"Мая", 5},
    {"kvě", 5},     {"тра", 5},  {"Тра", 5},  {"jun", 6},  {"jún", 6},  {"juin", 6},   {"giu", 6},
    {"iun", 6},     {"июн", 6},  {"Июн", 6},  {"юни", 6},  {"cze", 6},  {"červen", 6}, {"červn", 6},
    {"haz", 6},     {"чер", 6},  {"Чер", 6},  {"jul", 7},  {"júl", 7},  {"juil", 7},   {"lug", 7},
    {"iul", 7},     {"июл", 7},  {"Июл", 7},  {"юли", 7},  {"lip", 7},  {"čvc", 7},    {"tem", 7},
    {"лип", 7},     {"Лип", 7},  {"aug", 8},  {"aoû", 8},  {"aou", 8},  {"ago", 8},    {"авг", 8},
    {"Авг", 8},     {"sie", 8},  {"srp", 8},  {"ağu", 8},  {"сер", 8},  {"Сер", 8},    {"sep", 9},
    {"set", 9},     {"szep", 9}, {"сен", 9},  {"Сен", 9},  {"сеп", 9},  {"wrz", 9},    {"zář", 9},
    {"eyl", 9},     {"вер", 9},  {"Вер", 9},  {"oct", 10}, {"okt", 10}, {"ott", 10},   {"out", 10},
    {"окт", 10},    {"Окт", 10}, {"paź", 10}, {"říj", 10}, {"Říj", 10}, {"eki", 10},   {"жов", 10},
    {"Жов", 10},    {"nov", 11}, {"ноя", 11}, {"Ноя", 11}, {"noi", 11}, {"ное", 11},   {"lis", 11},
    {"kas", 11},    {"лис", 11}, {"Лис", 11}, {"dec", 12}, {"dez", 12}, {"déc", 12},   {"dic", 12},
    {"дек", 12},    {"Дек", 12}, {"gru", 12}, {"pro", 12}, {"ara", 12}, {"гру", 12},   {"Гру", 12},
};

/* Those that mean one thing, or one by far the most often. */
static const struct {
    const char *name;
    int hours;
} zones[] = {
    {"GMT", 0},  {"UTC", 0},   {"UT", 0},    {"Z", 0},    {"WET", 0},   {"WEST", 1},  {"BST", 1},
    {"CET", 1},  {"MET", 1},   {"CEST", 2},  {"MEST", 2}, {"EET", 2},   {"EEST", 3},  {"MSK", 3},
    {"MSD", 4},  {"SAMT", 4},  {"YEKT", 5},  {"OMST", 6}, {"NOVT", 7},  {"KRAT", 7},  {"IRKT", 8},
    {"HKT", 8},  {"JST", 9},   {"KST", 9},   {"YAKT", 9}, {"VLAT", 10}, {"AEST", 10}, {"NZST", 12},
    {"EST", -5}, {"EDT", -4},  {"CDT", -5},  {"CST", -6}, {"MDT", -6},  {"MST", -7},  {"PDT", -7},
    {"PST", -8}, {"AKST", -9}, {"HST", -10},
};

/* ---- numbers ---- */

static int64_t take_number(const char **at, size_t *digits_out)
{
    const char *begin = *at;
    int64_t number = 0;

    while (isdigit((unsigned char)**at)) {
        number = number > INT32_MAX * (int64_t)1000 ? number : number * 10 + (**at - '0');
        ++*at;
    }
    *digits_out = (size_t)(*at - begin);
    return number;
}

static int take_small(const char **at)
{
    size_t digits = 0;
    int64_t number = take_number(at, &digits);
    return number > SMALL_MOST ? SMALL_MOST : (int)number;
}

/* Years of two digits are of this century or the last; those of three were counted from 1900. */
static int year_of(int number, size_t digits)
{
    enum { TURN = 50, THIS_CENTURY = 2000, LAST_CENTURY = 1900 };

    if (digits <= 2) {
        return number + (number < TURN ? THIS_CENTURY : LAST_CENTURY);
    }
    return digits == 3 ? number + LAST_CENTURY : number;
}

static int find_month(const char *word)
{
    for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
        if (strncasecmp(word, months[i].begin, strlen(months[i].begin)) == 0) {
            return months[i].month;
        }
    }
    return UNKNOWN;
}

/* ---- what begins with a number ---- */

/* "12:00", "12:00:00", "12:00:00.5"; dots for colons behind a day. */
static void take_time(struct reading *reading, int hour)
{
    char colon = *reading->at;

    reading->at++;
    reading->hour = hour;
    reading->minute = take_small(&reading->at);
    reading->second = 0;
    if (*reading->at == colon && isdigit((unsigned char)reading->at[1])) {
        reading->at++;
        reading->second = take_small(&reading->at);
    }
    if ((*reading->at == '.' || *reading->at == ',') && isdigit((unsigned char)reading->at[1])) {
        reading->at++;
        take_small(&reading->at);
    }
}

/* "2024-01-31", "31.01.2024", "31-Jan-24", and "1/31/2024" as Americans have it. */
static bool take_day(struct reading *reading, int first, size_t digits)
{
    const char *at = reading->at + 1;
    char sign = *reading->at;
    int month = find_month(at);

    if (month == UNKNOWN) {
        month = isdigit((unsigned char)*at) ? take_small(&at) : UNKNOWN;
    } else {
        at += strcspn(at, "-/. ");
    }
    if (month == UNKNOWN || *at != sign || !isdigit((unsigned char)at[1])) {
        return false;
    }
    at++;
    const char *begin = at;
    int last = take_small(&at);
    size_t year_digits = (size_t)(at - begin);
    bool is_year_first = digits > 2;
    bool is_month_first = sign == '/' && !is_year_first && first <= 12;
    reading->year = is_year_first ? first : year_of(last, year_digits);
    reading->month = is_month_first ? first : month;
    reading->day = is_year_first ? last : is_month_first ? month : first;
    reading->at = at;
    return true;
}

static void take_plain(struct reading *reading, int64_t number, size_t digits)
{
    if (digits >= UNIX_DIGITS) {
        reading->unix_seconds = number;
    } else if (reading->day == UNKNOWN && digits <= 2) {
        reading->day = (int)number;
    } else if (reading->month == UNKNOWN && digits <= 2) {
        reading->month = (int)number;
    } else if (reading->year == UNKNOWN) {
        reading->year = year_of((int)number, digits);
    }
}

/* What stands behind a number in the East says what it is. */
static bool take_named(struct reading *reading, int64_t number, size_t digits)
{
    static const struct {
        const char *name;
        size_t offset;
    } names[] = {
        {"年", offsetof(struct reading, year)},  {"月", offsetof(struct reading, month)},
        {"日", offsetof(struct reading, day)},   {"년", offsetof(struct reading, year)},
        {"월", offsetof(struct reading, month)}, {"일", offsetof(struct reading, day)},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && digits <= 4; i++) {
        size_t length = strlen(names[i].name);
        if (strncmp(reading->at, names[i].name, length) == 0) {
            *(int *)((char *)reading + names[i].offset) = (int)number;
            reading->at += length;
            return true;
        }
    }
    return false;
}

static void take_numbers(struct reading *reading)
{
    size_t digits = 0;
    int64_t number = take_number(&reading->at, &digits);
    char next = *reading->at;
    if (take_named(reading, number, digits)) {
        return;
    }
    bool goes_on = next != '\0' && isdigit((unsigned char)reading->at[1]);
    bool is_small = digits <= 4;

    if (is_small && goes_on && reading->hour == UNKNOWN &&
        (next == ':' || (next == '.' && reading->day != UNKNOWN))) {
        take_time(reading, (int)number);
        return;
    }
    bool is_day =
        is_small && reading->day == UNKNOWN && strchr("-/.", next) != NULL && next != '\0';
    if (!is_day || !take_day(reading, (int)number, digits)) {
        take_plain(reading, number, digits);
    }
}

/* ---- zones and words ---- */

/* "+0300", "+03:00", "+3". */
static void take_zone(struct reading *reading)
{
    int sign = *reading->at == '-' ? -1 : 1;
    size_t digits = 0;

    reading->at++;
    reading->at += strspn(reading->at, " ");
    int number = (int)take_number(&reading->at, &digits);
    int minutes = digits > 2 ? number / 100 * 60 + number % 100 : number * 60;
    if (*reading->at == ':' && digits <= 2) {
        reading->at++;
        minutes += take_small(&reading->at);
    }
    if (digits <= 4 && minutes >= 0 && minutes <= FARTHEST && !reading->is_zone_by_number) {
        reading->zone = sign * minutes;
        reading->is_zone_by_number = true;
        reading->has_zone = true;
    }
}

static bool is_word(const char *at, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(at, word, length) == 0;
}

/* A month behind a day of the week is the later one: "mar." is both. */
static void take_word(struct reading *reading)
{
    const char *word = reading->at;
    int month = find_month(word);

    while (isalpha((unsigned char)*reading->at) || (unsigned char)*reading->at >= 0x80) {
        reading->at++;
    }
    size_t length = (size_t)(reading->at - word);
    reading->month = month == UNKNOWN ? reading->month : month;
    reading->is_afternoon |= is_word(word, length, "pm");
    reading->is_forenoon |= is_word(word, length, "am");
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        if (!reading->is_zone_by_number && is_word(word, length, zones[i].name)) {
            reading->zone = zones[i].hours * 60;
            reading->has_zone = true;
        }
    }
}

/* ---- the whole ---- */

static void take_next(struct reading *reading)
{
    unsigned char byte = (unsigned char)*reading->at;
    const char *next = reading->at + 1;
    next += byte == '+' ? strspn(next, " ") : 0;
    bool is_sign = (byte == '+' || byte == '-') && isdigit((unsigned char)*next);

    if (isdigit(byte)) {
        take_numbers(reading);
    } else if (is_sign && reading->hour != UNKNOWN) {
        take_zone(reading);
    } else if (isalpha(byte) || byte >= 0x80) {
        take_word(reading);
    } else {
        reading->at++;
    }
}

/* The clock as one of 24 hours; a day without a time begins at midnight. */
static bool is_time(struct reading *reading)
{
    if (reading->hour == UNKNOWN) {
        reading->hour = reading->minute = reading->second = 0;
    }
    if ((reading->is_afternoon || reading->is_forenoon) && reading->hour <= 12) {
        reading->hour = reading->hour % 12 + (reading->is_afternoon ? 12 : 0);
    }
    bool is_midnight = reading->hour == 24 && reading->minute == 0 && reading->second == 0;
    return (reading->hour < 24 || is_midnight) && reading->minute < 60 && reading->second <= 60;
}

static void begin_reading(struct reading *reading, const char *text)
{
    *reading = (struct reading){.at = text,
                                .year = UNKNOWN,
                                .month = UNKNOWN,
                                .day = UNKNOWN,
                                .hour = UNKNOWN,
                                .unix_seconds = UNKNOWN};
}

bool mime_date_parse(const char *text, struct mime_moment *moment_out)
{
    struct reading reading;
    int32_t days = 0;

    begin_reading(&reading, text);
    while (*reading.at != '\0') {
        take_next(&reading);
    }
    if (reading.unix_seconds != UNKNOWN && reading.day == UNKNOWN) {
        *moment_out = (struct mime_moment){.seconds = reading.unix_seconds, .has_zone = true};
        return true;
    }
    if (!date_join(reading.year, reading.month, reading.day, &days) || !is_time(&reading)) {
        return false;
    }
    *moment_out = (struct mime_moment){
        .seconds = days * (int64_t)DAY + reading.hour * HOUR + reading.minute * MINUTE +
                   reading.second - reading.zone * (int64_t)MINUTE,
        .zone = reading.zone,
        .has_zone = reading.has_zone,
    };
    return true;
}

bool mime_zone_parse(const char *text, int *zone_out)
{
    struct reading reading;

    begin_reading(&reading, text);
    reading.hour = 0; /* a sign begins a zone behind a time alone */
    while (*reading.at != '\0') {
        take_next(&reading);
    }
    *zone_out = reading.zone;
    return reading.has_zone;
}
