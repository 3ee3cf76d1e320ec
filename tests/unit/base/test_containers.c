/* array, map, buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/map.h"

static const int numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

void test_array__holds_what_was_added_in_order(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct array array;
    array_init(&array, arena);
    assert_int_equal(array.count, 0);
    for (int index = 0; index < 1000; index++) {
        array_add(&array, &numbers[index % 10]);
        (void)arena_allocate(arena, index % 3 == 0 ? 16 : 0);
    }
    assert_int_equal(array.count, 1000);
    for (int index = 0; index < 1000; index++) {
        assert_ptr_equal(array.items[index], &numbers[index % 10]);
    }
    arena_destroy(&arena);
}

void test_map__finds_every_key_and_no_other(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct arena *arena = arena_create();
    struct map *map = map_create(arena);
    assert_null(map_get(map, "absent"));
    char key[32];
    for (int index = 0; index < COUNT; index++) {
        snprintf(key, sizeof(key), "key%d", index);
        map_set(map, key, &numbers[index % 10]);
    }
    assert_int_equal(map_count(map), COUNT);
    for (int index = 0; index < COUNT; index++) {
        snprintf(key, sizeof(key), "key%d", index);
        assert_ptr_equal(map_get(map, key), &numbers[index % 10]);
        assert_string_equal(map_key_at(map, (size_t)index), key);
        snprintf(key, sizeof(key), "Key%d", index);
        assert_null(map_get(map, key));
    }
    arena_destroy(&arena);
}

void test_map__replaces_in_place(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct map *map = map_create(arena);
    map_set(map, "", &numbers[0]);
    map_set(map, "b", &numbers[1]);
    map_set(map, "", &numbers[2]);
    assert_int_equal(map_count(map), 2);
    assert_string_equal(map_key_at(map, 0), "");
    assert_ptr_equal(map_value_at(map, 0), &numbers[2]);
    map_set(map, "b", NULL);
    assert_null(map_get(map, "b"));
    assert_int_equal(map_count(map), 2);
    arena_destroy(&arena);
}

void test_buffer__ends_in_nul_whatever_is_added(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct buffer buffer;
    buffer_init(&buffer, arena, 0);
    assert_string_equal(buffer.bytes, "");
    buffer_add_char(&buffer, 'a');
    buffer_add(&buffer, NULL, 0);
    buffer_add(&buffer, "bcd", 2);
    buffer_add_text(&buffer, "de");
    buffer_add_format(&buffer, "%05d|%s", 42, "f");
    assert_string_equal(buffer.bytes, "abcde00042|f");
    assert_int_equal(buffer.length, 12);
    buffer_clear(&buffer);
    assert_string_equal(buffer.bytes, "");
    for (int index = 0; index < 20000; index++) {
        buffer_add_format(&buffer, "%d,", index);
        (void)arena_allocate(arena, index % 50 == 0 ? 10 : 0);
    }
    assert_int_equal(strlen(buffer.bytes), buffer.length);
    assert_memory_equal(buffer.bytes, "0,1,2,", 6);
    assert_string_equal(buffer.bytes + buffer.length - 6, "19999,");
    arena_destroy(&arena);
}

void test_buffer__reserves_room_to_write_into(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct buffer buffer;
    buffer_init(&buffer, arena, 4);
    buffer_add_text(&buffer, "abc");
    char *room = buffer_reserve(&buffer, 5000);
    memset(room, 'x', 5000);
    buffer_commit(&buffer, 3);
    assert_string_equal(buffer.bytes, "abcxxx");
    arena_destroy(&arena);
}
