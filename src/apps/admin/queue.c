/*
 * queue.c - lanes of a few chunks under one mutex.
 */
#include "apps/admin/queue.h"

#include <pthread.h>
#include <time.h>

#include "base/arena.h"

enum { LANE_CAPACITY = 3 };

struct lane {
    struct chunk *chunks[LANE_CAPACITY];
    size_t count;
};

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct lane *lanes;
    size_t workers; /* that have not left */
    bool is_ended;
};

static void release_queue(void *object)
{
    struct queue *queue = object;

    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->mutex);
}

struct queue *queue_make(struct arena *arena, size_t lanes)
{
    struct queue *queue = arena_allocate(arena, sizeof(*queue));

    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->changed, NULL);
    arena_on_release(arena, release_queue, queue);
    queue->lanes = arena_allocate_array(arena, lanes, sizeof(*queue->lanes));
    queue->workers = lanes;
    return queue;
}

static struct timespec moment_after(int milliseconds)
{
    struct timespec moment;

    clock_gettime(CLOCK_REALTIME, &moment);
    moment.tv_nsec += (long)milliseconds * 1000000;
    moment.tv_sec += moment.tv_nsec / 1000000000;
    moment.tv_nsec %= 1000000000;
    return moment;
}

bool queue_put(struct queue *queue, size_t lane, struct chunk *chunk, int milliseconds)
{
    struct timespec until = moment_after(milliseconds);
    struct lane *to = &queue->lanes[lane];
    bool has_room = true;

    pthread_mutex_lock(&queue->mutex);
    while (to->count == LANE_CAPACITY && has_room) {
        has_room = pthread_cond_timedwait(&queue->changed, &queue->mutex, &until) == 0;
    }
    has_room = to->count < LANE_CAPACITY;
    if (has_room) {
        to->chunks[to->count++] = chunk;
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->mutex);
    return has_room;
}

void queue_end(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->is_ended = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

struct chunk *queue_take(struct queue *queue, size_t lane)
{
    struct lane *from = &queue->lanes[lane];
    struct chunk *chunk = NULL;

    pthread_mutex_lock(&queue->mutex);
    while (from->count == 0 && !queue->is_ended) {
        pthread_cond_wait(&queue->changed, &queue->mutex);
    }
    if (from->count > 0) {
        chunk = from->chunks[0];
        from->count--;
        for (size_t i = 0; i < from->count; i++) {
            from->chunks[i] = from->chunks[i + 1];
        }
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->mutex);
    return chunk;
}

void queue_leave(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->workers--;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

bool queue_wait_until_left(struct queue *queue, int milliseconds)
{
    struct timespec until = moment_after(milliseconds);
    bool is_in_time = true;

    pthread_mutex_lock(&queue->mutex);
    while (queue->workers > 0 && is_in_time) {
        is_in_time = pthread_cond_timedwait(&queue->changed, &queue->mutex, &until) == 0;
    }
    bool has_left = queue->workers == 0;
    pthread_mutex_unlock(&queue->mutex);
    return has_left;
}
