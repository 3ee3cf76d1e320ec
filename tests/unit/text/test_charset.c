/*
 * test_charset.c - bytes of any set, under right labels, wrong ones and none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "text/charset.h"

static const struct {
    const char *label, *bytes, *text;
} samples[] = {
    {"koi8-r", "\xF0\xD2\xC9\xD7\xC5\xD4", "Привет"},
    {"KOI8-R", "\xF3\xDE\xA3\xD4", "Счёт"},
    {"windows-1251", "\xD1\xF7\xB8\xF2 \xB9 5", "Счёт № 5"},
    {"iso-8859-5", "\xBF\xE0\xD8", "При"},
    {"ibm866", "\x8F\xE0\xA8", "При"},
    {"iso-8859-1",
     "\x93"
     "caf\xE9\x94",
     "“café”"}, /* means windows-1252 */
    {"iso-2022-jp", "\x1B$BF|K\\8l\x1B(B", "日本語"},
    {"shift_jis", "\x93\xFA\x96{\x87@", "日本①"},
    {"euc-jp", "\xC6\xFC\xCB\xDC", "日本"},
    {"gb2312",
     "\xE9"
     "F\xD6\xD0",
     "镕中"},
    {"gb18030",
     "\x95"
     "2\xB6"
     "6",
     "𠈈"},
    {"big5", "\xA4\xA4\xA4\xE5", "中文"},
    {"ks_c_5601-1987", "\xC7\xD1\xB1\xDB\x8C\x63", "한글똠"},
    {"utf-7", "+BB8EQAQ4-!", "При!"},
    {"utf-16be", "\x04\x1F\x04\x40", "Пр"},
    {"utf-8", "plain", "plain"},
    /* wrong */
    {"us-ascii", "\xD0\x9F\xD1\x80\xD0\xB8", "При"},
    {"iso-8859-1", "\xD0\x9F\xD1\x80\xD0\xB8", "При"},
    {"utf-8", "\xCF\xF0\xE8\xE2\xE5\xF2", "Привет"},
    {"no-such-set", "\xF0\xD2\xC9\xD7\xC5\xD4", "Привет"},
    {"\"koi8-r\" ", "\xF0\xD2\xC9", "При"},
    {"utf-8", "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0", "Прив\xEF\xBF\xBD"}, /* cut, not another */
    {"_iso-2022-jp$ESC", "\x1B$B-!\x1B(B\x1B$BF|\x1B(B", "①日"},
    {"iso-2022-jp", "\x1B(I1R\x1B(B", "ｱﾒ"},
    {"UTF8MB4", "\xD0\x9F\xD1\x80", "Пр"},
    {"x-cp1251; format=flowed", "\xCF\xF0\xE8", "При"},
    {"ISO 8859-1", "\x93x\x94", "“x”"},
    {"iso-8859-1", "\xCF\xF0\xE8\xE2\xE5\xF2", "Привет"}, /* no word of the West */
    {"gb2312", "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82", "Привет"},
    {"gb2312", "\xC1\xAA\xCD\xA8", "联通"}, /* though UTF-8 it could be */
    {"utf-8", "\xEF\xBB\xBFx", "x"},
    /* none */
    {NULL, "\xF0\xD2\xC9\xD7\xC5\xD4", "Привет"},
    {NULL, "\xCF\xF0\xE8\xE2\xE5\xF2", "Привет"},
    {NULL, "\xD0\x9F\xD1\x80\xD0\xB8", "При"},
    {NULL, "Fouch\xE9 fr\xE8re", "Fouché frère"},
    {NULL,
     "a\x01\x02"
     "b",
     "ab"},
    {NULL,
     "a\xEF\xBF\xBE"
     "b",
     "ab"}, /* U+FFFE is no character */
};

void test_charset__is_decoded_as_it_was_meant(void **state)
{
    struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        assert_string_equal(
            text_decode(arena, samples[i].label, samples[i].bytes, strlen(samples[i].bytes)),
            samples[i].text);
    }
    arena_destroy(&arena);
}

void test_charset__zeros_do_not_end_a_text(void **state)
{
    struct arena *arena = arena_create();

    (void)state;
    assert_string_equal(text_decode(arena, "koi8-r", "a\0\xF0", 3), "aП");
    assert_string_equal(text_decode(arena, NULL, "a\0b", 3), "ab");
    assert_string_equal(text_decode(arena, "utf-8", "", 0), "");
    arena_destroy(&arena);
}

void test_charset__long_texts_are_guessed_by_their_letters(void **state)
{
    /* "Уважаемые коллеги, высылаем счёт" in windows-1251 and koi8-r */
    static const char *const texts[] = {
        "\xD3\xE2\xE0\xE6\xE0\xE5\xEC\xFB\xE5 \xEA\xEE\xEB\xEB\xE5\xE3\xE8, "
        "\xE2\xFB\xF1\xFB\xEB\xE0\xE5\xEC \xF1\xF7\xB8\xF2",
        "\xF5\xD7\xC1\xD6\xC1\xC5\xCD\xD9\xC5 \xCB\xCF\xCC\xCC\xC5\xC7\xC9, "
        "\xD7\xD9\xD3\xD9\xCC\xC1\xC5\xCD \xD3\xDE\xA3\xD4"};
    struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(text_decode(arena, "us-ascii", texts[i], strlen(texts[i])),
                            "Уважаемые коллеги, высылаем счёт");
    }
    arena_destroy(&arena);
}
