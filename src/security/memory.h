/*
 * memory.h - remembers a bounded number of things by a key of digest size, the newest first.
 *
 * Items are plain structs of one size. Keys are digests, spread evenly; a full bucket gives up
 * what was set longest ago.
 *
 * Memory: a memory owns an arena; items are copied in and out.
 * Threads: shared.
 */
#ifndef SECURITY_MEMORY_H
#define SECURITY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"

struct memory;
struct uuid;

struct memory *memory_create(size_t item_size);
void memory_destroy(struct memory **memory);

/* Copies the item of the key; false when it is not known. */
bool memory_recall(struct memory *memory, const uint8_t key[SHA256_SIZE], void *item_out);

void memory_set(struct memory *memory, const uint8_t key[SHA256_SIZE], const void *item);

/* How often memory_forget_where was called. Who is about to read what he will remember asks
 * before he reads. */
uint64_t memory_forgotten(struct memory *memory);

/* Sets, unless something was forgotten since that count was taken: what was read before a change
 * may be older than it. */
void memory_set_unless_forgotten(struct memory *memory, const uint8_t key[SHA256_SIZE],
                                 const void *item, uint64_t forgotten);

void memory_forget(struct memory *memory, const uint8_t key[SHA256_SIZE]);

/* Forgets each item for which is_meant answers true; it must not call the memory. */
void memory_forget_where(struct memory *memory,
                         bool (*is_meant)(const void *item, const struct uuid *id),
                         const struct uuid *id);

#endif
