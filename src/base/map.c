/*
 * map.c - entries in the order of insertion, found through a table of hashed slots.
 *
 * The hash begins with the map's own address, so that a sender cannot prepare keys that fall
 * into one slot. Only the place in the table depends on it, never the order.
 */
#include "base/map.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/expect.h"

struct entry {
    uint64_t hash;
    const char *key;
    const void *value;
};

struct map {
    struct arena *arena;
    struct entry *entries;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* 0 or 1 + index of an entry; twice as many as the capacity */
};

static uint64_t hash_of(const struct map *map, const char *key)
{
    uint64_t hash = 0xcbf29ce484222325U ^ (uint64_t)(uintptr_t)map;
    for (const char *at = key; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3U;
        hash ^= hash >> 29;
    }
    return hash ^ hash >> 32;
}

/* The slot that holds the key, or the empty one where it belongs. */
static uint32_t *find_slot(const struct map *map, const char *key, uint64_t hash)
{
    size_t mask = map->capacity * 2 - 1;
    for (size_t place = hash & mask;; place = (place + 1) & mask) {
        uint32_t *slot = &map->slots[place];
        if (*slot == 0) {
            return slot;
        }
        const struct entry *entry = &map->entries[*slot - 1];
        if (entry->hash == hash && strcmp(entry->key, key) == 0) {
            return slot;
        }
    }
}

static void grow(struct map *map)
{
    size_t old_capacity = map->capacity;
    map->capacity = old_capacity == 0 ? 8 : old_capacity * 2;
    expect(map->capacity <= UINT32_MAX / 2);
    map->entries = arena_grow(map->arena, map->entries, old_capacity * sizeof(*map->entries),
                              map->capacity * sizeof(*map->entries));
    map->slots = arena_allocate_array(map->arena, map->capacity * 2, sizeof(*map->slots));
    for (size_t index = 0; index < map->count; index++) {
        const struct entry *entry = &map->entries[index];
        *find_slot(map, entry->key, entry->hash) = (uint32_t)index + 1;
    }
}

struct map *map_create(struct arena *arena)
{
    struct map *map = arena_allocate(arena, sizeof(*map));
    map->arena = arena;
    return map;
}

void map_set(struct map *map, const char *key, const void *value)
{
    if (map->count == map->capacity) {
        grow(map);
    }
    uint64_t hash = hash_of(map, key);
    uint32_t *slot = find_slot(map, key, hash);
    if (*slot == 0) {
        map->entries[map->count] =
            (struct entry){.hash = hash, .key = arena_copy_text(map->arena, key)};
        map->count++;
        *slot = (uint32_t)map->count;
    }
    map->entries[*slot - 1].value = value;
}

void *map_get(const struct map *map, const char *key)
{
    if (map->count == 0) {
        return NULL;
    }
    uint32_t slot = *find_slot(map, key, hash_of(map, key));
    return slot == 0 ? NULL : (void *)map->entries[slot - 1].value;
}

size_t map_count(const struct map *map)
{
    return map->count;
}

const char *map_key_at(const struct map *map, size_t index)
{
    expect(index < map->count);
    return map->entries[index].key;
}

void *map_value_at(const struct map *map, size_t index)
{
    expect(index < map->count);
    return (void *)map->entries[index].value;
}
