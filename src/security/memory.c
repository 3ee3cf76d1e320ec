/*
 * memory.c - buckets of a few places each, found by the first bytes of the key.
 */
#include "security/memory.h"

#include <pthread.h>
#include <string.h>

#include "base/arena.h"

enum { BUCKETS = 256, PLACES = 4 };

struct place {
    uint64_t set_at; /* count of sets; 0: empty */
    uint8_t key[SHA256_SIZE];
    void *item;
};

struct memory {
    struct arena *arena;
    pthread_mutex_t mutex;
    size_t item_size;
    uint64_t sets;
    uint64_t forgotten; /* how often something was forgotten for all keys */
    struct place places[BUCKETS][PLACES];
};

struct memory *memory_create(size_t item_size)
{
    struct arena *arena = arena_create();
    struct memory *memory = arena_allocate(arena, sizeof(*memory));
    memory->arena = arena;
    memory->item_size = item_size;
    pthread_mutex_init(&memory->mutex, NULL);
    return memory;
}

void memory_destroy(struct memory **memory)
{
    if (*memory == NULL) {
        return;
    }
    struct arena *arena = (*memory)->arena;
    pthread_mutex_destroy(&(*memory)->mutex);
    arena_destroy(&arena);
    *memory = NULL;
}

static struct place *bucket_of(struct memory *memory, const uint8_t key[SHA256_SIZE])
{
    return memory->places[key[0] % BUCKETS];
}

static struct place *find_place(struct memory *memory, const uint8_t key[SHA256_SIZE])
{
    struct place *bucket = bucket_of(memory, key);
    for (size_t index = 0; index < PLACES; index++) {
        if (bucket[index].set_at != 0 && digest_is_equal(bucket[index].key, key, SHA256_SIZE)) {
            return &bucket[index];
        }
    }
    return NULL;
}

static struct place *oldest_place(struct memory *memory, const uint8_t key[SHA256_SIZE])
{
    struct place *bucket = bucket_of(memory, key);
    struct place *oldest = &bucket[0];
    for (size_t index = 1; index < PLACES; index++) {
        if (bucket[index].set_at < oldest->set_at) {
            oldest = &bucket[index];
        }
    }
    return oldest;
}

bool memory_recall(struct memory *memory, const uint8_t key[SHA256_SIZE], void *item_out)
{
    pthread_mutex_lock(&memory->mutex);
    const struct place *place = find_place(memory, key);
    if (place != NULL) {
        memcpy(item_out, place->item, memory->item_size);
    }
    pthread_mutex_unlock(&memory->mutex);
    return place != NULL;
}

static void set_item(struct memory *memory, const uint8_t key[SHA256_SIZE], const void *item)
{
    struct place *place = find_place(memory, key);
    if (place == NULL) {
        place = oldest_place(memory, key);
    }
    if (place->item == NULL) {
        place->item = arena_allocate(memory->arena, memory->item_size);
    }
    place->set_at = ++memory->sets;
    memcpy(place->key, key, SHA256_SIZE);
    memcpy(place->item, item, memory->item_size);
}

void memory_set(struct memory *memory, const uint8_t key[SHA256_SIZE], const void *item)
{
    pthread_mutex_lock(&memory->mutex);
    set_item(memory, key, item);
    pthread_mutex_unlock(&memory->mutex);
}

uint64_t memory_forgotten(struct memory *memory)
{
    pthread_mutex_lock(&memory->mutex);
    uint64_t forgotten = memory->forgotten;
    pthread_mutex_unlock(&memory->mutex);
    return forgotten;
}

void memory_set_unless_forgotten(struct memory *memory, const uint8_t key[SHA256_SIZE],
                                 const void *item, uint64_t forgotten)
{
    pthread_mutex_lock(&memory->mutex);
    if (memory->forgotten == forgotten) {
        set_item(memory, key, item);
    }
    pthread_mutex_unlock(&memory->mutex);
}

void memory_forget(struct memory *memory, const uint8_t key[SHA256_SIZE])
{
    pthread_mutex_lock(&memory->mutex);
    struct place *place = find_place(memory, key);
    if (place != NULL) {
        place->set_at = 0;
    }
    pthread_mutex_unlock(&memory->mutex);
}

void memory_forget_where(struct memory *memory,
                         bool (*is_meant)(const void *item, const struct uuid *id),
                         const struct uuid *id)
{
    pthread_mutex_lock(&memory->mutex);
    memory->forgotten++;
    for (size_t index = 0; index < BUCKETS * PLACES; index++) {
        struct place *place = &memory->places[index / PLACES][index % PLACES];
        if (place->set_at != 0 && is_meant(place->item, id)) {
            place->set_at = 0;
        }
    }
    pthread_mutex_unlock(&memory->mutex);
}
