/*
 * arena.c - a bump allocator over blocks that double, with a list of large allocations beside.
 *
 * Small allocations are cut from the current block. A large one gets memory of its own, so that
 * it can grow by realloc and does not end the current block early.
 */
#include "base/arena.h"

#include <assert.h>
#include <malloc.h>
#include <sanitizer/asan_interface.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/expect.h"

enum {
    ALIGNMENT = 16,
    FIRST_BLOCK_SIZE = 4096,
    LARGEST_BLOCK_SIZE = 256 * 1024,
    LARGE_ALLOCATION = 32 * 1024,
};

struct block {
    alignas(ALIGNMENT) struct block *older;
    size_t size; /* of the bytes that follow */
};

struct release {
    struct release *older;
    void (*release)(void *object);
    void *object;
};

struct arena {
    char *next; /* free bytes of the current block: [next, end) */
    char *end;
    struct block *blocks; /* the first is the current one */
    struct block *large;  /* one allocation each */
    struct release *releases;
    size_t size;
};

static_assert(alignof(max_align_t) <= ALIGNMENT, "blocks are aligned for any type");
static_assert(sizeof(struct block) % ALIGNMENT == 0, "bytes after the head are aligned");

static size_t round_up(size_t size)
{
    expect(size <= SIZE_MAX / 2);
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static char *bytes_of(struct block *block)
{
    return (char *)(block + 1);
}

static struct block *resize_block(struct block *block, size_t size)
{
    expect(size <= SIZE_MAX / 2);
    struct block *resized = realloc(block, sizeof(struct block) + size);
    expect(resized != NULL);
    resized->size = size;
    return resized;
}

static void begin_block(struct arena *arena)
{
    size_t size = FIRST_BLOCK_SIZE - sizeof(struct block);
    if (arena->blocks != NULL) {
        size = arena->blocks->size + sizeof(struct block);
        size = size < LARGEST_BLOCK_SIZE ? size * 2 : LARGEST_BLOCK_SIZE;
        size -= sizeof(struct block);
    }
    struct block *block = resize_block(NULL, size);
    block->older = arena->blocks;
    arena->blocks = block;
    arena->size += sizeof(struct block) + size;
    arena->next = bytes_of(block);
    arena->end = arena->next + size;
    ASAN_POISON_MEMORY_REGION(arena->next, size);
}

static void *take_large(struct arena *arena, size_t size)
{
    struct block *block = resize_block(NULL, size);
    block->older = arena->large;
    arena->large = block;
    arena->size += sizeof(struct block) + size;
    return bytes_of(block);
}

/* Takes bytes whose content nobody has set. */
static void *take(struct arena *arena, size_t size)
{
    size_t rounded = round_up(size == 0 ? 1 : size);
    if (rounded > (size_t)(arena->end - arena->next)) {
        if (rounded >= LARGE_ALLOCATION) {
            return take_large(arena, size);
        }
        do {
            begin_block(arena);
        } while (rounded > (size_t)(arena->end - arena->next));
    }
    char *bytes = arena->next;
    arena->next += rounded;
    ASAN_UNPOISON_MEMORY_REGION(bytes, size);
    return bytes;
}

static void free_blocks(struct arena *arena, struct block *block)
{
    while (block != NULL) {
        struct block *older = block->older;
        arena->size -= sizeof(struct block) + block->size;
        ASAN_UNPOISON_MEMORY_REGION(bytes_of(block), block->size);
        free(block);
        block = older;
    }
}

static void call_releases(struct arena *arena)
{
    while (arena->releases != NULL) {
        struct release *latest = arena->releases;
        arena->releases = latest->older;
        latest->release(latest->object);
    }
}

/* Setting one of these ends the allocator's own guessing about the others. */
void arena_keep_freed(size_t bytes)
{
    mallopt(M_TRIM_THRESHOLD, (int)bytes);
    mallopt(M_MMAP_THRESHOLD, (int)bytes / 2);
    mallopt(M_TOP_PAD, LARGEST_BLOCK_SIZE);
}

struct arena *arena_create(void)
{
    struct arena *arena = calloc(1, sizeof(*arena));
    expect(arena != NULL);
    arena->size = sizeof(*arena);
    return arena;
}

void *arena_allocate(struct arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

void *arena_allocate_array(struct arena *arena, size_t count, size_t size)
{
    expect(size == 0 || count <= SIZE_MAX / size);
    return arena_allocate(arena, count * size);
}

void *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    void *copy = take(arena, size);
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

char *arena_copy_text(struct arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_copy(arena, text, strlen(text) + 1);
}

char *arena_copy_part(struct arena *arena, const char *text, size_t length)
{
    expect(length < SIZE_MAX);
    char *copy = take(arena, length + 1);
    if (length > 0) {
        memcpy(copy, text, length);
    }
    copy[length] = '\0';
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_format_list(arena, format, arguments);
    va_end(arguments);
    return text;
}

char *arena_format_list(struct arena *arena, const char *format, va_list arguments)
{
    char short_text[256];
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(short_text, sizeof(short_text), format, arguments);
    expect(length >= 0);
    char *text = take(arena, (size_t)length + 1);
    if ((size_t)length < sizeof(short_text)) {
        memcpy(text, short_text, (size_t)length + 1);
    } else {
        vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    return text;
}

/* Grows in place or by realloc when the allocation was the last of its kind, else NULL. */
static void *grow_last(struct arena *arena, char *bytes, size_t old_size, size_t new_size)
{
    if (arena->large != NULL && bytes == bytes_of(arena->large)) {
        arena->size += new_size - arena->large->size;
        arena->large = resize_block(arena->large, new_size);
        return bytes_of(arena->large);
    }
    size_t old_rounded = round_up(old_size == 0 ? 1 : old_size);
    size_t more = round_up(new_size) - old_rounded;
    if (bytes + old_rounded == arena->next && more <= (size_t)(arena->end - arena->next)) {
        arena->next += more;
        ASAN_UNPOISON_MEMORY_REGION(bytes, new_size);
        return bytes;
    }
    return NULL;
}

void *arena_grow(struct arena *arena, void *bytes, size_t old_size, size_t new_size)
{
    expect(new_size >= old_size);
    if (new_size == old_size && bytes != NULL) {
        return bytes;
    }
    char *grown = bytes == NULL ? NULL : grow_last(arena, bytes, old_size, new_size);
    if (grown == NULL) {
        grown = take(arena, new_size);
        if (bytes != NULL) {
            memcpy(grown, bytes, old_size);
        }
    }
    memset(grown + old_size, 0, new_size - old_size);
    return grown;
}

void arena_on_release(struct arena *arena, void (*release)(void *object), void *object)
{
    struct release *latest = arena_allocate(arena, sizeof(*latest));
    *latest = (struct release){.older = arena->releases, .release = release, .object = object};
    arena->releases = latest;
}

size_t arena_size(const struct arena *arena)
{
    return arena->size;
}

void arena_reset(struct arena *arena)
{
    call_releases(arena);
    free_blocks(arena, arena->large);
    arena->large = NULL;
    struct block *kept = arena->blocks;
    if (kept == NULL) {
        return;
    }
    free_blocks(arena, kept->older);
    kept->older = NULL;
    arena->next = bytes_of(kept);
    arena->end = arena->next + kept->size;
    ASAN_POISON_MEMORY_REGION(arena->next, kept->size);
}

void arena_destroy(struct arena **arena)
{
    if (*arena == NULL) {
        return;
    }
    call_releases(*arena);
    free_blocks(*arena, (*arena)->large);
    free_blocks(*arena, (*arena)->blocks);
    free(*arena);
    *arena = NULL;
}
