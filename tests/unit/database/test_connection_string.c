/*
 * test_connection_string.c - what the user wrote stays, what a dialect needs is added.
 */
#include "database/connection_string.h"
#include "database/dialect_driver.h"
#include "database/sample.h"

static const struct dialect_keyword keywords[] = {
    {.name = "Protocol", .value = "7.4-0", .is_fixed = true},
    {.name = "Timeout", .value = "4"},
};
static const struct dialect dialect = {.keywords = keywords, .keyword_count = 2};

static void assert_completed(const char *text, const char *expected)
{
    struct arena *arena = arena_create();

    assert_string_equal(connection_string_complete(arena, text, &dialect), expected);
    arena_destroy(&arena);
}

void test_connection_string__completed(void **state)
{
    (void)state;
    assert_completed("", "Protocol=7.4-0;Timeout=4;");
    assert_completed("Driver=X;Server=y", "Driver=X;Server=y;Protocol=7.4-0;Timeout=4;");
    assert_completed("Driver=X;", "Driver=X;Protocol=7.4-0;Timeout=4;");
    assert_completed("Driver=X; timeout = 9 ;UID=u", "Driver=X;timeout = 9 ;UID=u;Protocol=7.4-0;");
    assert_completed("PROTOCOL=7.4-1;protocol=x;Driver=X;Timeout=5",
                     "Driver=X;Timeout=5;Protocol=7.4-0;");
}

/* A semicolon or a keyword in a password in braces is part of the password. */
void test_connection_string__braces(void **state)
{
    (void)state;
    assert_completed("PWD={a;Timeout=1;}}b};Driver=X",
                     "PWD={a;Timeout=1;}}b};Driver=X;Protocol=7.4-0;Timeout=4;");
    assert_completed("PWD={never closed;Timeout=1",
                     "PWD={never closed;Timeout=1;Protocol=7.4-0;Timeout=4;");
    assert_completed(";;Driver=X;;", "Driver=X;Protocol=7.4-0;Timeout=4;");
}
