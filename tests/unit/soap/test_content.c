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
        .text = encoded, .text_length = sizeof(encoded) - 1, .limit = 16};
    struct arena *arena = arena_create();
    struct file file = {.size = -1};
    char bytes[64];

    (void)state;
    content_open(arena, &content, &file);
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
