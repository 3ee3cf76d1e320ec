/*
 * array.c - a growing list of pointers in an arena.
 */
#include "base/array.h"

#include "base/arena.h"

void array_init(struct array *array, struct arena *arena)
{
    *array = (struct array){.arena = arena};
}

void array_add(struct array *array, const void *item)
{
    if (array->count == array->capacity) {
        size_t capacity = array->capacity == 0 ? 8 : array->capacity * 2;
        array->items =
            arena_grow(array->arena, array->items, array->capacity * sizeof(*array->items),
                       capacity * sizeof(*array->items));
        array->capacity = capacity;
    }
    array->items[array->count++] = (void *)item;
}
