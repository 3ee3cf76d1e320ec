/*
 * number_block.c - the blocks of one node, each series with what is left of its own.
 */
#include "record/number_block.h"

#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/expect.h"
#include "database/database.h"
#include "database/dialect.h"
#include "record/counter.h"

struct series {
    const char *name;
    int64_t next; /* to be given */
    int64_t last; /* of the block; below next: none is left */
};

struct number_blocks {
    struct arena *arena;
    struct database *database; /* of one connection: calls may hold all others */
    int64_t size;
    pthread_mutex_t lock; /* of what follows, and of who takes a block */
    struct array series;  /* struct series *: some for each year or month */
};

bool number_blocks_open(const struct database_options *options, int64_t size,
                        struct number_blocks **blocks_out, struct error *error)
{
    struct database_options alone = *options;
    struct database *database = NULL;

    expect(size > 0);
    alone.pool_size = 1;
    if (!database_open(&alone, &database, error)) {
        return false;
    }
    if (!dialect_locks_rows(database_dialect(database))) {
        database_close(&database);
        *blocks_out = NULL;
        return true;
    }
    struct arena *arena = arena_create();
    struct number_blocks *blocks = arena_allocate(arena, sizeof(*blocks));
    blocks->arena = arena;
    blocks->database = database;
    blocks->size = size;
    pthread_mutex_init(&blocks->lock, NULL);
    array_init(&blocks->series, arena);
    *blocks_out = blocks;
    return true;
}

void number_blocks_close(struct number_blocks **blocks)
{
    struct number_blocks *closed = *blocks;
    if (closed == NULL) {
        return;
    }
    *blocks = NULL;
    database_close(&closed->database);
    pthread_mutex_destroy(&closed->lock);
    struct arena *arena = closed->arena;
    arena_destroy(&arena);
}

static struct series *find_series(struct number_blocks *blocks, const char *name)
{
    for (size_t index = 0; index < blocks->series.count; index++) {
        struct series *series = blocks->series.items[index];
        if (strcmp(series->name, name) == 0) {
            return series;
        }
    }
    struct series *series = arena_allocate(blocks->arena, sizeof(*series));
    series->name = arena_copy_text(blocks->arena, name);
    series->next = 1;
    series->last = 0;
    array_add(&blocks->series, series);
    return series;
}

/* The block counts as taken only when its commit is known; else a later one begins after it. */
static bool take_block(struct number_blocks *blocks, struct series *series, struct error *error)
{
    struct arena *scratch = arena_create();
    struct connection *connection = NULL;
    int64_t last = 0;
    bool done = false;

    if (!database_acquire(blocks->database, &connection, error) ||
        !connection_begin(connection, TRANSACTION_WRITE, error) ||
        !counter_add(connection, scratch, series->name, blocks->size, &last, error) ||
        !connection_commit(connection, error)) {
        goto finish;
    }
    series->next = last - blocks->size + 1;
    series->last = last;
    done = true;

finish:
    database_release(&connection);
    arena_destroy(&scratch);
    return done;
}

/* Of what the caller does nothing was written, so its outcome is not unknown. */
static bool say_untaken(struct error *error)
{
    if (error->code == ERROR_OUTCOME_UNKNOWN) {
        char cause[ERROR_CAUSE_SIZE];
        memcpy(cause, error->cause, sizeof(cause));
        error_set(error, ERROR_DATABASE_UNAVAILABLE, NULL, "The database cannot be reached");
        error_add_cause(error, "%s", cause);
    }
    return false;
}

bool number_blocks_draw(struct number_blocks *blocks, const char *name, int64_t *number_out,
                        struct error *error)
{
    bool done = true;

    pthread_mutex_lock(&blocks->lock);
    struct series *series = find_series(blocks, name);
    if (series->next > series->last) {
        done = take_block(blocks, series, error) || say_untaken(error);
    }
    if (done) {
        *number_out = series->next++;
    }
    pthread_mutex_unlock(&blocks->lock);
    return done;
}
