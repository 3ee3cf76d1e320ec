/* Moments and dates: every day there is, and the texts that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "support/random.h"

static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static int days_in(int year, int month)
{
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month_days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

static void check_day(int year, int month, int day, int32_t expected)
{
    int32_t days;
    int read_year;
    int read_month;
    int read_day;
    char text[DATE_TEXT_SIZE];
    char wanted[32];
    assert_true(date_join(year, month, day, &days));
    assert_int_equal(days, expected);
    date_split(days, &read_year, &read_month, &read_day);
    assert_true(read_year == year && read_month == month && read_day == day);
    date_format(days, text);
    snprintf(wanted, sizeof(wanted), "%04d-%02d-%02d", year, month, day);
    assert_string_equal(text, wanted);
    assert_true(date_parse(text, &days));
    assert_int_equal(days, expected);
}

void test_date__every_day_from_1753_to_9999(void **state)
{
    (void)state;
    int32_t count = 0;
    for (int year = 1969; year >= 1753; year--) {
        for (int month = 1; month <= 12; month++) {
            count -= days_in(year, month);
        }
    }
    for (int year = 1753; year <= 9999; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= days_in(year, month); day++) {
                check_day(year, month, day, count++);
            }
            int32_t days;
            assert_false(date_join(year, month, days_in(year, month) + 1, &days));
        }
    }
    assert_int_equal(count, 2932897);
}

void test_date__refuses_what_is_no_day(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "2024",
        "2024-01",
        "2024-01-1",
        "2024-1-01",
        "2023-02-29",
        "2024-04-31",
        "2024-13-01",
        "2024-00-01",
        "2024-01-00",
        "1752-12-31",
        "10000-01-01",
        "-2024-01-01",
        "+2024-01-01",
        "2024-01-01T",
        "20240101",
        " 2024-01-01",
        "2024-01-01 ",
        "2024/01/01",
        "2024-01-01+15:00",
        "2024-01-01z",
        "2024-01-01+1:00",
        "2024-01-01+01",
        "2024-01-01+14:01",
        "2024-01-01Z ",
        "0001-01-01",
    };
    int32_t days;
    for (size_t index = 0; index < sizeof(refused) / sizeof(*refused); index++) {
        assert_false(date_parse(refused[index], &days));
    }
    assert_true(date_parse("2024-02-29Z", &days));
    assert_true(date_parse("2024-02-29+14:00", &days));
    assert_int_equal(days, 19782);
    assert_true(date_parse("2024-02-29-05:30", &days));
    assert_int_equal(days, 19782);
}

static void check_moment(const char *text, int64_t expected, enum moment_zone expected_zone)
{
    int64_t moment;
    enum moment_zone zone;
    assert_true(moment_parse(text, &moment, &zone));
    assert_int_equal(moment, expected);
    assert_int_equal(zone, expected_zone);
}

void test_moment__reads_offsets_and_fractions(void **state)
{
    (void)state;
    check_moment("1970-01-01T00:00:00Z", 0, MOMENT_ZONED);
    check_moment("1970-01-01T00:00:00", 0, MOMENT_WITHOUT_ZONE);
    check_moment("2024-02-29T12:34:56.7Z", 1709210096700, MOMENT_ZONED);
    check_moment("2024-02-29T12:34:56.789123456789Z", 1709210096789, MOMENT_ZONED);
    check_moment("2024-02-29T12:34:56.0005Z", 1709210096000, MOMENT_ZONED);
    check_moment("2024-02-29T15:34:56+03:00", 1709210096000, MOMENT_ZONED);
    check_moment("2024-02-28T22:34:56-14:00", 1709210096000, MOMENT_ZONED);
    check_moment("1969-12-31T23:59:59.999Z", -1, MOMENT_ZONED);
    check_moment("1969-12-31T24:00:00", 0, MOMENT_WITHOUT_ZONE);
    check_moment("2024-02-29T24:00:00.000+03:00", 1709240400000, MOMENT_ZONED);
    check_moment("1753-01-01T00:00:00Z", -6847804800000, MOMENT_ZONED);
    check_moment("9999-12-31T23:59:59.999Z", 253402300799999, MOMENT_ZONED);
}

void test_moment__refuses_what_is_no_moment(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "2024-02-29",
        "2024-02-29 12:34:56Z",
        "2024-02-30T12:34:56Z",
        "2024-04-31T00:00:00Z",
        "2024-02-29T24:00:01Z",
        "2024-02-29T24:00:00.0001Z",
        "2024-02-29T24:30:00Z",
        "9999-12-31T24:00:00Z",
        "2024-02-29T25:00:00Z",
        "2024-02-29T12:60:00Z",
        "2024-02-29T12:34:60Z",
        "2024-02-29T12:34:56.Z",
        "2024-02-29T12:34Z",
        "2024-02-29T12:34:56z",
        "2024-02-29T12:34:56+3:00",
        "2024-02-29T12:34:56+03",
        "2024-02-29T12:34:56+0300",
        "2024-02-29T12:34:56+14:01",
        "2024-02-29T12:34:56+03:60",
        "2024-02-29T12:34:56Z ",
        " 2024-02-29T12:34:56Z",
        "02024-02-29T12:34:56Z",
        "99999999999-01-01T00:00:00Z",
        "1753-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "1752-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "2024-02-29T12:34:56.1e3Z",
    };
    int64_t moment;
    enum moment_zone zone;
    for (size_t index = 0; index < sizeof(refused) / sizeof(*refused); index++) {
        assert_false(moment_parse(refused[index], &moment, &zone));
    }
}

void test_moment__reads_what_it_writes(void **state)
{
    (void)state;
    struct random_source source = random_begin();
    for (int index = 0; index < 200000; index++) {
        int64_t moment = (int64_t)random_below(&source, 260250105600000U) - 6847804800000;
        moment -= random_below(&source, 2) == 0 ? moment % 1000 : 0;
        char text[MOMENT_TEXT_SIZE];
        moment_format(moment, text);
        int64_t read;
        enum moment_zone zone;
        assert_true(moment_parse(text, &read, &zone));
        assert_int_equal(read, moment);
        assert_int_equal(zone, MOMENT_ZONED);
        assert_true((moment % 1000 == 0) == (strlen(text) == 20));
    }
}

void test_moment__clocks_go_on(void **state)
{
    (void)state;
    assert_true(time_now() > 1700000000000);
    int64_t before = time_monotonic();
    assert_true(time_monotonic() >= before);
}
