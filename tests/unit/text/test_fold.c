/*
 * test_fold.c - order and equality of text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "text/fold.h"

struct key {
    const uint8_t *bytes;
    size_t length;
};

struct fixture {
    struct arena *arena;
    struct text_rules *rules;
};

static struct fixture open_fixture(void)
{
    struct fixture fixture = {.arena = arena_create()};
    struct error error = {0};

    assert_true(text_rules_open(fixture.arena, &fixture.rules, &error));
    return fixture;
}

static struct key key_of(struct fixture *fixture, const char *text, size_t max_bytes)
{
    struct key key;

    text_sort_key(fixture->arena, fixture->rules, text, max_bytes, &key.bytes, &key.length);
    return key;
}

static int compare(struct key left, struct key right)
{
    size_t shorter = left.length < right.length ? left.length : right.length;
    int order = memcmp(left.bytes, right.bytes, shorter);

    return order != 0 ? order : (left.length > right.length) - (left.length < right.length);
}

void test_sort_key__orders_as_readers_expect(void **state)
{
    struct fixture fixture = open_fixture();
    static const char *const pairs[][2] = {
        {"", "a"},          {"_", "1"},        {"1", "a"},        {"a", "A"},
        {"A", "b"},         {"a", "\xC3\xA4"}, {"\xC3\xA4", "b"}, {"Z", "а"},
        {"арбуз", "Арбуз"}, {"Арбуз", "б"},    {"е", "ё"},        {"ёж", "жук"},
        {"ёлка", "ель"},    {"и", "й"},        {"й", "к"},        {"Иванов", "Иванова"},
        {"co-op", "cop"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        assert_true(
            compare(key_of(&fixture, pairs[i][0], 200), key_of(&fixture, pairs[i][1], 200)) < 0);
    }
    arena_destroy(&fixture.arena);
}

void test_sort_key__cut_key_is_the_beginning_of_the_whole(void **state)
{
    struct fixture fixture = open_fixture();
    const char *text = "Общество с ограниченной ответственностью «Ромашка», Ltd. № 5";
    struct key whole = key_of(&fixture, text, 1000);

    (void)state;
    assert_true(whole.length > 60);
    assert_null(memchr(whole.bytes, 0, whole.length));
    for (size_t most = 0; most <= whole.length + 1; most++) {
        struct key cut = key_of(&fixture, text, most);

        assert_int_equal(cut.length, most < whole.length ? most : whole.length);
        assert_memory_equal(cut.bytes, whole.bytes, cut.length);
    }
    arena_destroy(&fixture.arena);
}

void test_sort_key__equal_texts_in_other_forms_have_equal_keys(void **state)
{
    struct fixture fixture = open_fixture();

    (void)state;
    assert_int_equal(compare(key_of(&fixture, "й", 99), key_of(&fixture, "и\xCC\x86", 99)), 0);
    arena_destroy(&fixture.arena);
}

void test_fold__same_but_for_case_and_form(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"ALFKI-42 Z@[`{", "alfki-42 z@[`{"},
        {"РОМАШКА", "ромашка"},
        {"ЁЛКА", "ёлка"},
        {"и\xCC\x86", "й"},
        {"Straße", "strasse"},
        {"\xEF\xBC\xA1\xEF\xBC\xA2", "ab"}, /* full width */
        {"\xEF\xAC\x81x", "fix"},           /* ligature */
        {"soft\xC2\xADhyphen", "softhyphen"},
        {"\xE2\x84\x96 5", "no 5"},
    };
    struct fixture fixture = open_fixture();

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const char *folded = text_fold(fixture.arena, fixture.rules, pairs[i][0]);

        assert_string_equal(folded, pairs[i][1]);
        assert_string_equal(text_fold(fixture.arena, fixture.rules, folded), folded);
    }
    arena_destroy(&fixture.arena);
}

/* U+FDFA becomes eighteen characters: more room than was guessed. */
void test_fold__text_that_grows(void **state)
{
    struct fixture fixture = open_fixture();
    char text[3 * 50 + 1] = "";

    (void)state;
    for (int i = 0; i < 50; i++) {
        memcpy(text + 3 * i, "\xEF\xB7\xBA", 3);
    }
    assert_true(strlen(text_fold(fixture.arena, fixture.rules, text)) > 50 * 18);
    arena_destroy(&fixture.arena);
}

void test_collation_version__is_named(void **state)
{
    struct fixture fixture = open_fixture();

    (void)state;
    assert_non_null(strchr(text_collation_version(fixture.rules), '/'));
    arena_destroy(&fixture.arena);
}

static void *compute_keys(void *context)
{
    struct fixture *shared = context;
    struct fixture mine = {.arena = arena_create(), .rules = shared->rules};
    struct key first = key_of(&mine, "Общество «Ромашка»", 100);

    for (int i = 0; i < 2000; i++) {
        assert_int_equal(compare(key_of(&mine, "Общество «Ромашка»", 100), first), 0);
    }
    arena_destroy(&mine.arena);
    return NULL;
}

void test_sort_key__from_many_threads(void **state)
{
    struct fixture fixture = open_fixture();
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, compute_keys, &fixture), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    arena_destroy(&fixture.arena);
}
