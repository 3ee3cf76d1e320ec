/*
 * arena.h - memory with one lifetime, released as a whole.
 *
 * There are five lifetimes: program, catalog, session, call and scratch. A function that
 * allocates takes the arena first, so the signature shows how long the result lives.
 *
 * Memory: allocation never returns NULL; exhausted memory aborts the process. Growth is
 * bounded where data enters the program, not here.
 * Threads: one arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;

/* Has the allocator keep what is freed, up to so many bytes a thread, for use again. Drivers make
 * and free thousands of small pieces a call; given back to the system at once, each costs a page
 * fault the next time. For programs, once at start. */
void arena_keep_freed(size_t bytes);

/* Makes an empty arena; the caller destroys it. */
struct arena *arena_create(void);

/* Returns size zeroed bytes, aligned for any type. size 0 is allowed. */
void *arena_allocate(struct arena *arena, size_t size);

/* Returns count zeroed items of size bytes; aborts when the product overflows. */
void *arena_allocate_array(struct arena *arena, size_t count, size_t size);

/* Copies size bytes. */
void *arena_copy(struct arena *arena, const void *bytes, size_t size);

/* Copies NUL-terminated text; NULL stays NULL. */
char *arena_copy_text(struct arena *arena, const char *text);

/* Copies length bytes of text and adds a NUL. */
char *arena_copy_part(struct arena *arena, const char *text, size_t length);

/* Returns text made as printf does. */
printf_like(2, 3) char *arena_format(struct arena *arena, const char *format, ...);
char *arena_format_list(struct arena *arena, const char *format, va_list arguments);

/* Grows the allocation at bytes from old_size to new_size, in place when it was the last. */
void *arena_grow(struct arena *arena, void *bytes, size_t old_size, size_t new_size);

/* Calls release(object) when the arena is reset or destroyed; last registered, first called. */
void arena_on_release(struct arena *arena, void (*release)(void *object), void *object);

/* Bytes asked of the system for this arena. */
size_t arena_size(const struct arena *arena);

/* Releases everything allocated, and keeps at most one block for use again. */
void arena_reset(struct arena *arena);

/* Releases everything, and the arena; accepts a pointer to NULL and leaves NULL. */
void arena_destroy(struct arena **arena);

#endif
