/*
 * map.h - text to pointer, remembering the order of insertion.
 *
 * Memory: the map and copies of its keys live in its arena; values are borrowed.
 * Threads: reading is safe from many threads once nobody sets.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct map;

struct map *map_create(struct arena *arena);

/* Stores value under key, replacing what was there; a replaced key keeps its place. */
void map_set(struct map *map, const char *key, const void *value);

/* The value under key, or NULL. */
void *map_get(const struct map *map, const char *key);

size_t map_count(const struct map *map);

/* The key and the value at a place in the order of insertion; index < map_count(). */
const char *map_key_at(const struct map *map, size_t index);
void *map_value_at(const struct map *map, size_t index);

#endif
