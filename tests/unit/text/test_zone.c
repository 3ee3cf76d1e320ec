/*
 * test_zone.c - zones by all their names, and local time through the changes of the clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/time.h"
#include "text/zone.h"

void test_zone__has_one_name_whatever_it_is_called(void **state)
{
    static const char *const names[][2] = {
        {"UTC", "UTC"},
        {"Z", "UTC"},
        {"+00:00", "UTC"},
        {"-00:00", "UTC"},
        {"+03:30", "+03:30"},
        {"-14:00", "-14:00"},
        {"Europe/Moscow", "Europe/Moscow"},
        {"Asia/Kolkata", "Asia/Kolkata"},
        {"America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"},
        {"W-SU", "W-SU"},
        {"EST", "EST"},
        {"Russian Standard Time", "Europe/Moscow"},
        {"W. Europe Standard Time", "Europe/Berlin"},
        {"Eastern Standard Time", "America/New_York"},
        {"Ekaterinburg Standard Time", "Asia/Yekaterinburg"},
    };
    struct arena *arena = arena_create();

    (void)state;
    for (size_t index = 0; index < sizeof(names) / sizeof(names[0]); index++) {
        const char *name = zone_find_name(arena, names[index][0]);
        if (name == NULL) {
            fail_msg("%s is not known", names[index][0]);
        }
        assert_string_equal(name, names[index][1]);
        assert_string_equal(zone_name(zone_open(arena, names[index][0])), names[index][1]);
    }
    arena_destroy(&arena);
}

void test_zone__refuses_what_is_none(void **state)
{
    static const char *const wrong[] = {
        "",
        " ",
        "Mars",
        "Europe/Moscov",
        "europe/moscow",
        "Etc/Unknown",
        "BST",
        "IST",
        "SystemV/AST4",
        "GMT+3",
        "GMT+03:00",
        "+3:00",
        "+14:01",
        "+03:60",
        "03:00",
        "Europe/Moscow ",
        "utc",
        "Russian",
        "+03:000",
        "\xd0\x9c",
        "Europe/\xd0\x9c",
        "Europe\nMoscow",
    };
    struct arena *arena = arena_create();
    char longest[1000];

    (void)state;
    for (size_t index = 0; index < sizeof(wrong) / sizeof(wrong[0]); index++) {
        if (zone_find_name(arena, wrong[index]) != NULL) {
            fail_msg("\"%s\" is taken for a zone", wrong[index]);
        }
        assert_null(zone_open(arena, wrong[index]));
    }
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_null(zone_find_name(arena, longest));
    assert_null(zone_suggest(arena, longest));
    arena_destroy(&arena);
}

void test_zone__says_what_was_meant(void **state)
{
    struct arena *arena = arena_create();

    (void)state;
    assert_string_equal(zone_suggest(arena, "europe/moscow"), "Europe/Moscow");
    assert_string_equal(zone_suggest(arena, "Moscow"), "Europe/Moscow");
    assert_string_equal(zone_suggest(arena, "Europe/Moskow"), "Europe/Moscow");
    assert_null(zone_suggest(arena, "Our office, second floor, by the window"));
    arena_destroy(&arena);
}

static int64_t read_moment(const char *text)
{
    enum moment_zone zone;
    int64_t moment = 0;

    assert_true(moment_parse(text, &moment, &zone));
    return moment;
}

void test_zone__local_time_becomes_a_moment(void **state)
{
    static const struct {
        const char *zone, *local, *moment;
    } rows[] = {
        {"UTC", "2024-05-01T12:00:00", "2024-05-01T12:00:00Z"},
        {"-03:30", "2024-05-01T12:00:00.5", "2024-05-01T15:30:00.5Z"},
        /* Moscow has had +04:00 without change from 2011 to 2014, and +03:00 since. */
        {"Europe/Moscow", "2010-07-01T12:00:00", "2010-07-01T08:00:00Z"},
        {"Europe/Moscow", "2012-01-01T12:00:00", "2012-01-01T08:00:00Z"},
        {"Europe/Moscow", "2024-07-01T12:00:00", "2024-07-01T09:00:00Z"},
        {"Asia/Kolkata", "2024-07-01T12:00:00", "2024-07-01T06:30:00Z"},
        /* summer and winter */
        {"Europe/Berlin", "2024-07-01T12:00:00", "2024-07-01T10:00:00Z"},
        {"Europe/Berlin", "2024-01-01T12:00:00", "2024-01-01T11:00:00Z"},
        /* put forward at 02:00: what is left out is counted from before */
        {"Europe/Berlin", "2024-03-31T01:59:59.999", "2024-03-31T00:59:59.999Z"},
        {"Europe/Berlin", "2024-03-31T02:00:00", "2024-03-31T01:00:00Z"},
        {"Europe/Berlin", "2024-03-31T02:30:00", "2024-03-31T01:30:00Z"},
        {"Europe/Berlin", "2024-03-31T03:00:00", "2024-03-31T01:00:00Z"},
        /* put back at 03:00: what comes twice is the first */
        {"Europe/Berlin", "2024-10-27T01:59:59", "2024-10-26T23:59:59Z"},
        {"Europe/Berlin", "2024-10-27T02:00:00", "2024-10-27T00:00:00Z"},
        {"Europe/Berlin", "2024-10-27T02:59:59", "2024-10-27T00:59:59Z"},
        {"Europe/Berlin", "2024-10-27T03:00:00", "2024-10-27T02:00:00Z"},
        {"America/New_York", "2024-11-03T01:30:00", "2024-11-03T05:30:00Z"},
        /* a midnight that there was not, and a whole day */
        {"America/Sao_Paulo", "2018-11-04T00:00:00", "2018-11-04T03:00:00Z"},
        {"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z"},
        /* the ends of time: the sun, and the rule of today */
        {"Europe/Moscow", "1753-06-01T12:00:00", "1753-06-01T09:29:43Z"},
        {"Europe/Berlin", "9998-07-01T12:00:00", "9998-07-01T10:00:00Z"},
    };
    struct arena *arena = arena_create();

    (void)state;
    for (size_t index = 0; index < sizeof(rows) / sizeof(rows[0]); index++) {
        char text[MOMENT_TEXT_SIZE];
        int64_t moment = 0;
        struct zone *zone = zone_open(arena, rows[index].zone);
        assert_non_null(zone);
        assert_true(zone_to_moment(zone, read_moment(rows[index].local), &moment));
        moment_format(moment, text);
        if (moment != read_moment(rows[index].moment)) {
            fail_msg("%s in %s is %s, not %s", rows[index].local, rows[index].zone, text,
                     rows[index].moment);
        }
    }
    arena_destroy(&arena);
}

void test_zone__keeps_to_the_years_that_are_kept(void **state)
{
    struct arena *arena = arena_create();
    int64_t moment = 7;

    (void)state;
    assert_false(
        zone_to_moment(zone_open(arena, "+00:01"), read_moment("1753-01-01T00:00:00"), &moment));
    assert_false(zone_to_moment(zone_open(arena, "Europe/Moscow"),
                                read_moment("1753-01-01T00:00:00"), &moment));
    assert_false(zone_to_moment(zone_open(arena, "America/New_York"),
                                read_moment("9999-12-31T20:00:00"), &moment));
    assert_int_equal(moment, 7);
    arena_destroy(&arena);
}
