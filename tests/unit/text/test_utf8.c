/*
 * test_utf8.c - only well-formed UTF-8 passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "text/utf8.h"

static const char *const well_formed[] = {
    "",
    "plain text that is longer than one word",
    "\x7F",
    "\xC2\x80",
    "\xDF\xBF",
    "\xE0\xA0\x80",
    "\xED\x9F\xBF",
    "\xEE\x80\x80",
    "\xEF\xBF\xBF",
    "\xF0\x90\x80\x80",
    "\xF4\x8F\xBF\xBF",
    "Общество «Ромашка» \xF0\x9F\x8C\xBC",
};

static const char *const malformed[] = {
    "\x80",
    "\xBF tail",
    "\xC0\xBC", /* overlong < */
    "\xC1\xBF",
    "\xC2",
    "\xC2 ",
    "\xE0\x9F\xBF", /* overlong */
    "\xE2\x82",
    "\xED\xA0\x80", /* surrogate */
    "\xED\xBF\xBF",
    "\xF0\x8F\xBF\xBF", /* overlong */
    "\xF0\x9F\x8C",
    "\xF4\x90\x80\x80", /* above U+10FFFF */
    "\xF5\x80\x80\x80",
    "\xFE",
    "\xFF",
    "12345678\xC0\x80 after one word",
    "1234567\xD0",
};

void test_utf8__accepts_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(well_formed) / sizeof(well_formed[0]); i++) {
        assert_true(text_is_valid_utf8(well_formed[i], strlen(well_formed[i])));
    }
}

void test_utf8__refuses_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        assert_false(text_is_valid_utf8(malformed[i], strlen(malformed[i])));
    }
    assert_false(text_is_valid_utf8("a\0b", 3));
    assert_false(text_is_valid_utf8("0123456789\0bcdefghijkl", 22));
}

/* A bad byte is found wherever it stands in the words that are looked at eight bytes at once. */
void test_utf8__finds_a_bad_byte_at_any_place(void **state)
{
    (void)state;
    for (size_t length = 1; length < 40; length++) {
        for (size_t at = 0; at < length; at++) {
            char text[40];

            memset(text, 'a', sizeof(text));
            text[at] = (char)0xFF;
            assert_false(text_is_valid_utf8(text, length));
            text[at] = '\0';
            assert_false(text_is_valid_utf8(text, length));
            text[at] = '\x7F';
            assert_true(text_is_valid_utf8(text, length));
        }
    }
}

void test_utf8__counts_characters_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(text_count_characters(""), 0);
    assert_int_equal(text_count_characters("abc"), 3);
    assert_int_equal(text_count_characters("Привет"), 6);
    assert_int_equal(text_count_characters("\xF0\x9F\x8C\xBC!"), 2);
}

void test_utf8__cuts_between_characters(void **state)
{
    (void)state;
    assert_int_equal(text_cut_length("abc", 3, 5), 3);
    assert_int_equal(text_cut_length("abc", 3, 2), 2);
    assert_int_equal(text_cut_length("Привет", 12, 5), 4);
    assert_int_equal(text_cut_length("\xF0\x9F\x8C\xBC", 4, 3), 0);
}

void test_utf8__measures_the_first_characters(void **state)
{
    (void)state;
    assert_int_equal(text_length_of("abc", 2), 2);
    assert_int_equal(text_length_of("abc", 5), 3);
    assert_int_equal(text_length_of("abc", 0), 0);
    assert_int_equal(text_length_of("Привет", 3), 6);
    assert_int_equal(text_length_of("\xF0\x9F\x8C\xBC!", 1), 4);
}

void test_utf8__what_is_seen(void **state)
{
    static const char *const seen[] = {"", "a!~", "почта", "用户", "e\xCC\x81", "\xF0\x9F\x98\x80"};
    static const char *const unseen[] = {
        " ",
        "\n",
        "\x7F",
        "\xC2\x85",     /* NEL */
        "\xC2\xA0",     /* a blank that breaks no line */
        "\xE2\x80\x8B", /* a blank without width */
        "\xE2\x80\xAE", /* what follows goes from right to left */
        "\xEF\xBB\xBF",
        "\xCD\xB8", /* no character yet */
        "a\xD0",
        "\xFF",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        assert_true(text_is_visible(seen[i], strlen(seen[i])));
    }
    for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
        if (text_is_visible(unseen[i], strlen(unseen[i]))) {
            fail_msg("%zu", i);
        }
    }
}
