/* The arena: alignment, zeros, growth, releases in order, reuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "support/random.h"

static void assert_zero(const unsigned char *bytes, size_t size)
{
    for (size_t index = 0; index < size; index++) {
        assert_int_equal(bytes[index], 0);
    }
}

void test_arena__hands_out_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct random_source source = random_begin();
    struct arena *arena = arena_create();
    for (int round = 0; round < 3; round++) {
        for (int index = 0; index < 2000; index++) {
            size_t size = random_below(&source, index % 100 == 0 ? 100000 : 300);
            unsigned char *bytes = arena_allocate(arena, size);
            assert_int_equal((uintptr_t)bytes % 16, 0);
            assert_zero(bytes, size);
            memset(bytes, 0xAB, size);
        }
        arena_reset(arena);
    }
    arena_destroy(&arena);
    assert_null(arena);
}

void test_arena__keeps_allocations_apart(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    struct random_source source = random_begin();
    struct arena *arena = arena_create();
    unsigned char *places[COUNT];
    size_t sizes[COUNT];
    for (int index = 0; index < COUNT; index++) {
        sizes[index] = random_below(&source, index % 200 == 0 ? 70000 : 200);
        places[index] = arena_allocate(arena, sizes[index]);
        memset(places[index], index % 251, sizes[index]);
    }
    for (int index = 0; index < COUNT; index++) {
        for (size_t at = 0; at < sizes[index]; at++) {
            assert_int_equal(places[index][at], index % 251);
        }
    }
    arena_destroy(&arena);
}

void test_arena__copies_and_formats(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    assert_null(arena_copy_text(arena, NULL));
    assert_string_equal(arena_copy_text(arena, "text"), "text");
    assert_string_equal(arena_copy_part(arena, "texture", 4), "text");
    assert_string_equal(arena_copy_part(arena, NULL, 0), "");
    assert_memory_equal(arena_copy(arena, "\0\1\2", 3), "\0\1\2", 3);
    assert_string_equal(arena_format(arena, "%d-%s", 7, "x"), "7-x");
    char *padded = arena_format(arena, "%1000d", 5);
    assert_int_equal(strlen(padded), 1000);
    assert_int_equal(padded[999], '5');
    arena_destroy(&arena);
}

void test_arena__grows_in_place_when_last(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    char *first = arena_allocate(arena, 10);
    memcpy(first, "123456789", 10);
    char *grown = arena_grow(arena, first, 10, 50);
    assert_ptr_equal(grown, first);
    assert_string_equal(grown, "123456789");
    assert_zero((unsigned char *)grown + 10, 40);
    (void)arena_allocate(arena, 1);
    char *moved = arena_grow(arena, grown, 50, 100);
    assert_ptr_not_equal(moved, grown);
    assert_string_equal(moved, "123456789");
    arena_destroy(&arena);
}

void test_arena__grows_to_any_size_keeping_the_bytes(void **state)
{
    (void)state;
    struct random_source source = random_begin();
    struct arena *arena = arena_create();
    unsigned char *bytes = NULL;
    size_t size = 0;
    while (size < 3000000) {
        size_t larger = size + 1 + random_below(&source, size + 100);
        bytes = arena_grow(arena, bytes, size, larger);
        assert_zero(bytes + size, larger - size);
        for (size_t at = size; at < larger; at++) {
            bytes[at] = (unsigned char)(at * 7);
        }
        size = larger;
        if (random_below(&source, 2) == 0) {
            (void)arena_allocate(arena, random_below(&source, 50000));
        }
    }
    for (size_t at = 0; at < size; at++) {
        assert_int_equal(bytes[at], (unsigned char)(at * 7));
    }
    arena_destroy(&arena);
}

static char released[8];
static size_t released_count;

static void note_release(void *object)
{
    released[released_count++] = *(char *)object;
}

void test_arena__releases_last_registered_first(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    char names[] = "abc";
    for (int index = 0; index < 3; index++) {
        arena_on_release(arena, note_release, &names[index]);
    }
    arena_reset(arena);
    assert_memory_equal(released, "cba", 3);
    arena_on_release(arena, note_release, &names[0]);
    arena_destroy(&arena);
    assert_int_equal(released_count, 4);
    arena_destroy(&arena);
}

void test_arena__keeps_one_block_after_reset(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    size_t empty = arena_size(arena);
    for (int index = 0; index < 1000; index++) {
        (void)arena_allocate(arena, 5000);
    }
    (void)arena_allocate(arena, 10000000);
    size_t full = arena_size(arena);
    assert_true(full > 15000000);
    arena_reset(arena);
    size_t kept = arena_size(arena);
    assert_true(kept > empty && kept <= empty + 256 * 1024);
    (void)arena_allocate(arena, 100);
    assert_int_equal(arena_size(arena), kept);
    arena_destroy(&arena);
}
