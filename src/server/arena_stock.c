/*
 * arena_stock.c - arenas used again.
 */
#include "server/arena_stock.h"

#include "base/arena.h"

enum {
    STOCK_MOST = 64,
    KEPT_BYTES_MOST = 128 * 1024, /* a larger one goes back to the system */
};

struct arena_stock {
    struct arena *arenas[STOCK_MOST];
    int count;
};

static void release(void *object)
{
    struct arena_stock *stock = object;

    while (stock->count > 0) {
        arena_destroy(&stock->arenas[--stock->count]);
    }
}

struct arena_stock *arena_stock_create(struct arena *arena)
{
    struct arena_stock *stock = arena_allocate(arena, sizeof(*stock));

    arena_on_release(arena, release, stock);
    return stock;
}

struct arena *arena_stock_take(struct arena_stock *stock)
{
    return stock->count > 0 ? stock->arenas[--stock->count] : arena_create();
}

void arena_stock_return(struct arena_stock *stock, struct arena **arena)
{
    arena_reset(*arena);
    if (stock->count < STOCK_MOST && arena_size(*arena) <= KEPT_BYTES_MOST) {
        stock->arenas[stock->count++] = *arena;
        *arena = NULL;
    } else {
        arena_destroy(arena);
    }
}
