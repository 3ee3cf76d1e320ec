/*
 * arena_stock.h - arenas used again, so that a request does not begin by asking the system.
 *
 * Threads: belongs to the event loop.
 */
#ifndef SERVER_ARENA_STOCK_H
#define SERVER_ARENA_STOCK_H

struct arena;
struct arena_stock;

/* Makes a stock that lives in the arena given, and destroys what it holds with it. */
struct arena_stock *arena_stock_create(struct arena *arena);

/* An empty arena. */
struct arena *arena_stock_take(struct arena_stock *stock);

/* Takes an arena back and releases what is in it; leaves NULL. */
void arena_stock_return(struct arena_stock *stock, struct arena **arena);

#endif
