/*
 * catalog.c - a catalog's life, and finding in it.
 */
#include "metadata/catalog.h"

#include <stdatomic.h>

#include "base/arena.h"
#include "base/expect.h"
#include "base/map.h"
#include "metadata/catalog_make.h"

/* The catalog as others see it, with the count of its holders behind. */
struct counted_catalog {
    struct catalog catalog; /* first: a catalog's address is that of the whole */
    atomic_int holders;
};

struct catalog *catalog_make(struct arena *arena)
{
    struct counted_catalog *counted = arena_allocate(arena, sizeof(*counted));
    counted->catalog.arena = arena;
    atomic_init(&counted->holders, 1);
    return &counted->catalog;
}

struct catalog *catalog_hold(struct catalog *catalog)
{
    struct counted_catalog *counted = (struct counted_catalog *)catalog;
    int before = atomic_fetch_add_explicit(&counted->holders, 1, memory_order_relaxed);
    expect(before > 0);
    return catalog;
}

void catalog_release(struct catalog **catalog)
{
    struct counted_catalog *counted = (struct counted_catalog *)*catalog;
    *catalog = NULL;
    if (counted == NULL) {
        return;
    }
    if (atomic_fetch_sub_explicit(&counted->holders, 1, memory_order_acq_rel) == 1) {
        struct arena *arena = counted->catalog.arena;
        arena_destroy(&arena);
    }
}

const struct entity *catalog_find_entity(const struct catalog *catalog, const char *name)
{
    return map_get(catalog->entities_by_name, name);
}
