/*
 * test_content.c - the bytes of a file that stand in an envelope as base64.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "metadata/value.h"
#include "soap/content.h"

static const char encoded[] = "SW4gdGhlIGJlZ2lubmluZw=="; /* "In the beginning" */

/* Reads so many bytes at most in one piece. */
static size_t read_piece(struct file *file, char *bytes, size_t capacity)
{
    struct error error = {0};
    size_t length = 0;

    if (!file->read(file, bytes, capacity, &length, &error)) {
        fail_msg("%s", error.message);
    }
    return length;
}

void test_content__begins_again_when_it_is_rewound(void **state)
{
    const struct content content = {
        .bytes = {.bytes = encoded, .length = sizeof(encoded) - 1}, .is_base64 = true, .limit = 16};
    struct arena *arena = arena_create();
    struct file file = {.size = -1};
    struct error error = {0};
    char bytes[64];

    (void)state;
    assert_true(content_open(arena, &content, &file, &error));
    assert_int_equal(file.size, 16);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(read_piece(&file, bytes, 5), 5);
        assert_memory_equal(bytes, "In th", 5);
        file.rewind(&file);
        assert_int_equal(read_piece(&file, bytes, sizeof(bytes)), 16);
        assert_memory_equal(bytes, "In the beginning", 16);
        assert_int_equal(read_piece(&file, bytes, sizeof(bytes)), 0);
        file.rewind(&file);
    }
    arena_destroy(&arena);
}

/* Of any text that is base64 the size is known before it is decoded; one byte more is too much. */
void test_content__is_measured_before_it_is_read(void **state)
{
    static const struct {
        const char *text;
        size_t size;
    } samples[] = {{"", 0},       {"YQ==", 1},        {"YWI=", 2},          {"YWJj", 3},
                   {"YWJjZA", 4}, {"YW Jj\nZA==", 4}, {" YWJjZGVmZ2g= ", 8}};
    struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct content content = {
            .bytes = {.bytes = samples[i].text, .length = strlen(samples[i].text)},
            .is_base64 = true,
            .limit = samples[i].size};
        struct file file = {.size = -1};
        struct error error = {0};

        assert_true(content_open(arena, &content, &file, &error));
        assert_int_equal(file.size, samples[i].size);
        content.limit = samples[i].size - 1;
        assert_int_equal(content_open(arena, &content, &file, &error), samples[i].size == 0);
        content = (struct content){.bytes = {.bytes = "\0ab", .length = 3}, .limit = 2};
        assert_false(content_open(arena, &content, &file, &error));
        assert_int_equal(error.code, ERROR_LIMIT_EXCEEDED);
    }
    arena_destroy(&arena);
}
