/*
 * access.c - a hash table of counts, with open addressing.
 */
#include "server/access.h"

#include <netinet/in.h>
#include <string.h>

#include "base/arena.h"
#include "base/expect.h"
#include "crypto/random.h"

struct entry {
    struct access_source source;
    int count; /* 0: the place is free */
};

struct access {
    struct entry *entries;
    uint64_t mask;
    uint64_t seed; /* so that nobody chooses addresses that collide */
};

struct access *access_create(struct arena *arena, int connections)
{
    struct access *access = arena_allocate(arena, sizeof(*access));
    uint64_t size = 16;

    while (size < 2 * (uint64_t)connections) {
        size *= 2;
    }
    access->entries = arena_allocate_array(arena, size, sizeof(*access->entries));
    access->mask = size - 1;
    random_bytes(&access->seed, sizeof(access->seed));
    return access;
}

struct access_source access_source_of(const struct sockaddr_storage *address)
{
    struct access_source source = {0};

    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;

        source.low = 1;
        memcpy(&source.high, &four->sin_addr, sizeof(four->sin_addr));
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

        source.low = 2;
        memcpy(&source.high, &six->sin6_addr, sizeof(source.high));
    }
    return source;
}

static uint64_t home_of(const struct access *access, struct access_source source)
{
    uint64_t hash = (source.high ^ access->seed) * 0x9E3779B97F4A7C15 + source.low;

    hash ^= hash >> 32;
    return hash * 0xD6E8FEB86659FD93 >> 20 & access->mask;
}

/* The entry of a source, or the free place where it would stand. */
static struct entry *find(struct access *access, struct access_source source)
{
    uint64_t at = home_of(access, source);

    for (;; at = (at + 1) & access->mask) {
        struct entry *entry = &access->entries[at];

        if (entry->count == 0 ||
            (entry->source.high == source.high && entry->source.low == source.low)) {
            return entry;
        }
    }
}

bool access_enter(struct access *access, struct access_source source, int most)
{
    struct entry *entry = find(access, source);

    if (entry->count >= most) {
        return false;
    }
    entry->source = source;
    entry->count++;
    return true;
}

/* Frees a place and moves up those after it that were pushed on by it. */
static void free_place(struct access *access, uint64_t hole)
{
    for (uint64_t at = (hole + 1) & access->mask; access->entries[at].count > 0;
         at = (at + 1) & access->mask) {
        uint64_t home = home_of(access, access->entries[at].source);

        if (((at - home) & access->mask) >= ((at - hole) & access->mask)) {
            access->entries[hole] = access->entries[at];
            hole = at;
        }
    }
    access->entries[hole] = (struct entry){0};
}

void access_leave(struct access *access, struct access_source source)
{
    struct entry *entry = find(access, source);

    expect(entry->count > 0);
    entry->count--;
    if (entry->count == 0) {
        free_place(access, (uint64_t)(entry - access->entries));
    }
}
