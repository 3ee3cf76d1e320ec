/*
 * test_format.c - dates and numbers as people write them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "text/format.h"

void test_format__days_and_moments(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    assert_string_equal(text_format_day(arena, "en", 0), "January 1, 1970");
    assert_string_equal(text_format_day(arena, "en", -1), "December 31, 1969");
    assert_string_equal(text_format_day(arena, "ru", 7340), "5 февраля 1990\u202Fг.");
    assert_string_equal(text_format_moment(arena, "en", 1704099600000, NULL),
                        "January 1, 2024 at 9:00\u202FAM");
    assert_string_equal(text_format_moment(arena, "ru", 1704099600000, "Europe/Moscow"),
                        "1 января 2024\u202Fг. в 12:00");
    arena_destroy(&arena);
}

void test_format__numbers_and_amounts(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    assert_string_equal(text_format_number(arena, "en", "1234567"), "1,234,567");
    assert_string_equal(text_format_number(arena, "ru", "-1234.50"), "-1\u00A0234,50");
    assert_string_equal(text_format_amount(arena, "en", "0.5", "USD"), "$0.50");
    assert_string_equal(text_format_amount(arena, "en", "123456789012345678", "RUB"),
                        "RUB\u00A0123,456,789,012,345,678.00");
    assert_string_equal(text_format_amount(arena, "en", "5", "no code"), "5");
    assert_string_equal(text_format_number(arena, "en", "nonsense"), "nonsense");
    arena_destroy(&arena);
}
