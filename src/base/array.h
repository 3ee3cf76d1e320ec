/*
 * array.h - a growing list of pointers in an arena.
 *
 * Memory: the list and what it grows to live in the arena given at init; items are borrowed.
 */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

struct arena;

struct array {
    struct arena *arena;
    void **items;
    size_t count;
    size_t capacity;
};

void array_init(struct array *array, struct arena *arena);
void array_add(struct array *array, const void *item);

#endif
