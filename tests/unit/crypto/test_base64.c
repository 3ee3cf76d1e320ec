/*
 * test_base64.c - base64 is read strictly, whole and in pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "crypto/base64.h"
#include "crypto/random.h"

struct pair {
    const char *bytes;
    const char *text;
};

/* RFC 4648, section 10. */
static const struct pair pairs[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static const char *const refused[] = {
    "Z",    "Zg",       "Zg=",    "Zg===",    "=",     "====",     "Z===",  "Zh==",
    "Zm9=", "Zm8=Zm8=", "Zg==Zg", " Zg==",    "Zg== ", "Zm9v\n",   "Zm 9v", "Zm9-",
    "Zm9_", "Zm9v====", "Zm9v=",  "\xD0\x90", "Zg=a",  "Zm9vYg=A", "Zm9,",
};

void test_base64__writes_and_reads_the_rfc_examples(void **state)
{
    struct arena *arena = arena_create();
    void *bytes;
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        size_t expected = strlen(pairs[i].bytes);

        assert_string_equal(base64_encode(arena, pairs[i].bytes, expected), pairs[i].text);
        assert_true(base64_decode(arena, pairs[i].text, strlen(pairs[i].text), &bytes, &length));
        assert_int_equal(length, expected);
        assert_string_equal(bytes, pairs[i].bytes);
    }
    arena_destroy(&arena);
}

void test_base64__refuses_what_is_not_canonical(void **state)
{
    struct arena *arena = arena_create();
    void *bytes;
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_false(base64_decode(arena, refused[i], strlen(refused[i]), &bytes, &length));
    }
    assert_false(base64_decode(arena, "Zm\0v", 4, &bytes, &length));
    arena_destroy(&arena);
}

void test_base64__url_variant_has_no_padding(void **state)
{
    static const uint8_t source[] = {0xFB, 0xEF, 0xFF, 0xFE};
    struct arena *arena = arena_create();
    void *bytes;
    size_t length;

    (void)state;
    assert_string_equal(base64_encode_url(arena, source, sizeof(source)), "--___g");
    assert_true(base64_decode_url(arena, "--___g", 6, &bytes, &length));
    assert_int_equal(length, sizeof(source));
    assert_memory_equal(bytes, source, sizeof(source));
    assert_false(base64_decode_url(arena, "++//+g", 6, &bytes, &length));
    assert_false(base64_decode_url(arena, "--___g==", 8, &bytes, &length));
    assert_false(base64_decode_url(arena, "--___", 5, &bytes, &length));
    arena_destroy(&arena);
}

void test_base64__pieces_cut_anywhere_give_the_same_bytes(void **state)
{
    struct arena *arena = arena_create();
    uint8_t source[100];
    char *text;

    (void)state;
    random_bytes(source, sizeof(source));
    text = base64_encode(arena, source, sizeof(source));
    for (size_t step = 1; step < 20; step++) {
        struct base64_decoder decoder;
        uint8_t bytes[200];
        size_t total = 0;

        base64_decoder_init(&decoder, BASE64_SPACE_REFUSED);
        for (size_t at = 0; at < strlen(text); at += step) {
            size_t left = strlen(text) - at;
            size_t count;

            assert_true(base64_decoder_add(&decoder, text + at, left < step ? left : step,
                                           bytes + total, &count));
            total += count;
        }
        assert_true(base64_decoder_finish(&decoder));
        assert_int_equal(total, sizeof(source));
        assert_memory_equal(bytes, source, sizeof(source));
    }
    arena_destroy(&arena);
}

void test_base64__line_breaks_are_skipped_when_asked(void **state)
{
    static const char text[] = " Zm9v\r\nYm\tE=\n";
    struct base64_decoder decoder;
    char bytes[32];
    size_t count;

    (void)state;
    base64_decoder_init(&decoder, BASE64_SPACE_SKIPPED);
    assert_true(base64_decoder_add(&decoder, text, strlen(text), bytes, &count));
    assert_true(base64_decoder_finish(&decoder));
    assert_int_equal(count, 5);
    assert_memory_equal(bytes, "fooba", 5);
}
