/*
 * queue.h - chunks of drafts on their way from the reader to the workers, a bounded number.
 *
 * Each worker has a lane of its own, so that the rows of one key keep their order.
 *
 * Threads: one puts, each worker takes from its lane.
 */
#ifndef APPS_ADMIN_QUEUE_H
#define APPS_ADMIN_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct draft;
struct queue;

enum { CHUNK_SIZE = 100 };

struct chunk {
    struct arena *arena; /* of everything in it; whoever holds the chunk destroys it */
    struct draft *drafts[CHUNK_SIZE];
    size_t count;
};

struct queue *queue_make(struct arena *arena, size_t lanes);

/* Waits for room; false, and the chunk stays the caller's, when the time is over. */
bool queue_put(struct queue *queue, size_t lane, struct chunk *chunk, int milliseconds);

/* Says that nothing more will come. */
void queue_end(struct queue *queue);

/* Waits for the next chunk of a lane; NULL when there will be none. */
struct chunk *queue_take(struct queue *queue, size_t lane);

/* Notes that a worker has ended; waits until all have, at most so long. */
void queue_leave(struct queue *queue);
bool queue_wait_until_left(struct queue *queue, int milliseconds);

#endif
