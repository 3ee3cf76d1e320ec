/*
 * time.c - moments and dates by arithmetic alone: no time zone of the machine, no C locale.
 */
#include "base/time.h"

#include <time.h>

enum {
    FIRST_YEAR = 1753,
    LAST_YEAR = 9999,
    DAYS_IN_ERA = 146097,      /* 400 years */
    DAYS_BEFORE_1970 = 719468, /* since 0000-03-01, where the count of an era begins */
    FIRST_DAY = -79257,        /* 1753-01-01 */
    LAST_DAY = 2932896,        /* 9999-12-31 */
    LARGEST_OFFSET_MINUTES = 14 * 60,
};

static const int64_t ms_in_second = 1000;
static const int64_t ms_in_minute = 60000;
static const int64_t ms_in_day = 86400000;

static bool is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* Reads exactly count digits and moves on. */
static bool read_digits(const char **text, int count, int *value_out)
{
    int value = 0;
    for (int index = 0; index < count; index++) {
        char digit = (*text)[index];
        if (digit < '0' || digit > '9') {
            return false;
        }
        value = value * 10 + (digit - '0');
    }
    *text += count;
    *value_out = value;
    return true;
}

static bool read_char(const char **text, char character)
{
    if (**text != character) {
        return false;
    }
    (*text)++;
    return true;
}

static bool read_date(const char **text, int32_t *days_out)
{
    int year;
    int month;
    int day;
    return read_digits(text, 4, &year) && read_char(text, '-') && read_digits(text, 2, &month) &&
           read_char(text, '-') && read_digits(text, 2, &day) &&
           date_join(year, month, day, days_out);
}

/* Reads hh:mm:ss[.f+], 24:00:00 too; what is finer than a millisecond is dropped. */
static bool read_clock(const char **text, int64_t *ms_out)
{
    int hour;
    int minute;
    int second;
    bool is_whole = true; /* no fraction, however fine, after 24:00:00 */
    if (!read_digits(text, 2, &hour) || !read_char(text, ':') || !read_digits(text, 2, &minute) ||
        !read_char(text, ':') || !read_digits(text, 2, &second)) {
        return false;
    }
    if (hour > 24 || minute > 59 || second > 59) {
        return false;
    }
    int64_t ms = ((hour * 60 + minute) * 60 + second) * ms_in_second;
    if (read_char(text, '.')) {
        int digit;
        int weight = 100;
        if (!read_digits(text, 1, &digit)) {
            return false;
        }
        do {
            is_whole = is_whole && digit == 0;
            ms += digit * weight;
            weight /= 10;
        } while (read_digits(text, 1, &digit));
    }
    *ms_out = ms;
    return ms < ms_in_day || (ms == ms_in_day && is_whole);
}

/* Reads Z, +hh:mm, -hh:mm or nothing, to the end of the text. */
static bool read_zone(const char *text, int *minutes_out, enum moment_zone *zone_out)
{
    *minutes_out = 0;
    *zone_out = *text == '\0' ? MOMENT_WITHOUT_ZONE : MOMENT_ZONED;
    if (*text == '\0' || (text[0] == 'Z' && text[1] == '\0')) {
        return true;
    }
    bool is_west = *text == '-';
    int hour;
    int minute;
    if ((!read_char(&text, '+') && !read_char(&text, '-')) || !read_digits(&text, 2, &hour) ||
        !read_char(&text, ':') || !read_digits(&text, 2, &minute) || *text != '\0') {
        return false;
    }
    int minutes = hour * 60 + minute;
    *minutes_out = is_west ? -minutes : minutes;
    return minute <= 59 && minutes <= LARGEST_OFFSET_MINUTES;
}

static int64_t read_clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * ms_in_second + now.tv_nsec / 1000000;
}

static char *write_digits(char *text, int value, int count)
{
    for (int index = count - 1; index >= 0; index--) {
        text[index] = (char)('0' + value % 10);
        value /= 10;
    }
    return text + count;
}

static char *write_date(char *text, int32_t days)
{
    int year;
    int month;
    int day;
    date_split(days < FIRST_DAY  ? FIRST_DAY
               : days > LAST_DAY ? LAST_DAY
                                 : days,
               &year, &month, &day);
    text = write_digits(text, year, 4);
    *text++ = '-';
    text = write_digits(text, month, 2);
    *text++ = '-';
    return write_digits(text, day, 2);
}

int64_t time_now(void)
{
    return read_clock_ms(CLOCK_REALTIME);
}

int64_t time_monotonic(void)
{
    return read_clock_ms(CLOCK_MONOTONIC);
}

bool moment_is_in_range(int64_t moment)
{
    return moment >= FIRST_DAY * ms_in_day && moment < (LAST_DAY + 1) * ms_in_day;
}

bool moment_parse(const char *text, int64_t *moment_out, enum moment_zone *zone_out)
{
    int32_t days;
    int64_t ms;
    int offset_minutes;
    enum moment_zone zone;
    if (!read_date(&text, &days) || !read_char(&text, 'T') || !read_clock(&text, &ms) ||
        !read_zone(text, &offset_minutes, &zone)) {
        return false;
    }
    int64_t moment = days * ms_in_day + ms - offset_minutes * ms_in_minute;
    if (!moment_is_in_range(moment)) {
        return false;
    }
    *moment_out = moment;
    *zone_out = zone;
    return true;
}

void moment_format(int64_t moment, char text[MOMENT_TEXT_SIZE])
{
    int64_t first = FIRST_DAY * ms_in_day;
    int64_t last = (LAST_DAY + 1) * ms_in_day - 1;
    moment = moment < first ? first : moment > last ? last : moment;
    int64_t since_first = moment - first;
    int ms = (int)(since_first % ms_in_day);
    char *at = write_date(text, FIRST_DAY + (int32_t)(since_first / ms_in_day));
    *at++ = 'T';
    at = write_digits(at, ms / 3600000, 2);
    *at++ = ':';
    at = write_digits(at, ms / 60000 % 60, 2);
    *at++ = ':';
    at = write_digits(at, ms / 1000 % 60, 2);
    if (ms % 1000 != 0) {
        *at++ = '.';
        at = write_digits(at, ms % 1000, 3);
    }
    *at++ = 'Z';
    *at = '\0';
}

bool date_parse(const char *text, int32_t *days_out)
{
    int32_t days;
    int offset_minutes;
    enum moment_zone zone;
    if (!read_date(&text, &days) || !read_zone(text, &offset_minutes, &zone)) {
        return false;
    }
    *days_out = days;
    return true;
}

void date_format(int32_t days, char text[DATE_TEXT_SIZE])
{
    *write_date(text, days) = '\0';
}

/* Years here begin in March, so that the day that comes and goes is the last of its year. */
void date_split(int32_t days, int *year_out, int *month_out, int *day_out)
{
    int64_t shifted = (int64_t)days + DAYS_BEFORE_1970;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_IN_ERA - 1)) / DAYS_IN_ERA;
    int day_of_era = (int)(shifted - era * DAYS_IN_ERA);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_IN_ERA - 1)) /
        365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int march_month = (5 * day_of_year + 2) / 153;
    int month = march_month < 10 ? march_month + 3 : march_month - 9;
    *year_out = (int)(era * 400) + year_of_era + (month <= 2 ? 1 : 0);
    *month_out = month;
    *day_out = day_of_year - (153 * march_month + 2) / 5 + 1;
}

bool date_join(int year, int month, int day, int32_t *days_out)
{
    if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month)) {
        return false;
    }
    int march_year = month <= 2 ? year - 1 : year;
    int era = march_year / 400;
    int year_of_era = march_year % 400;
    int march_month = month > 2 ? month - 3 : month + 9;
    int day_of_year = (153 * march_month + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    *days_out = era * DAYS_IN_ERA + day_of_era - DAYS_BEFORE_1970;
    return true;
}
