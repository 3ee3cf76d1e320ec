/*
 * workers.c - the threads that run the handler.
 */
#include "server/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "base/thread.h"
#include "base/time.h"
#include "server/compress.h"
#include "server/counters.h"
#include "server/exchange_driver.h"
#include "server/http_connection.h"
#include "server/limits.h"

struct queue {
    struct exchange *first;
    struct exchange *last;
    int count;
};

struct workers {
    const struct exchange_door *door;
    struct counters *counters;
    pthread_mutex_t mutex; /* guards what follows, to the descriptor */
    pthread_cond_t is_waiting;
    struct queue waiting;
    struct queue answered;
    bool is_stopping;
    int descriptor;
    int count;
    pthread_t *threads;
};

static void queue_add(struct queue *queue, struct exchange *exchange)
{
    exchange->next = NULL;
    if (queue->last == NULL) {
        queue->first = exchange;
    } else {
        queue->last->next = exchange;
    }
    queue->last = exchange;
    queue->count++;
}

static struct exchange *queue_take(struct queue *queue)
{
    struct exchange *exchange = queue->first;

    if (exchange != NULL) {
        queue->first = exchange->next;
        queue->last = queue->first == NULL ? NULL : queue->last;
        queue->count--;
    }
    return exchange;
}

/* Waits for a request; NULL when the threads are to end. */
static struct exchange *take_waiting(struct workers *workers)
{
    struct exchange *exchange;

    pthread_mutex_lock(&workers->mutex);
    while (workers->waiting.first == NULL && !workers->is_stopping) {
        pthread_cond_wait(&workers->is_waiting, &workers->mutex);
    }
    exchange = queue_take(&workers->waiting);
    pthread_mutex_unlock(&workers->mutex);
    return exchange;
}

static void give_back(struct workers *workers, struct exchange *exchange)
{
    static const uint64_t one = 1;
    bool was_empty;

    pthread_mutex_lock(&workers->mutex);
    was_empty = workers->answered.first == NULL;
    queue_add(&workers->answered, exchange);
    pthread_mutex_unlock(&workers->mutex);
    if (was_empty) {
        expect(write(workers->descriptor, &one, sizeof(one)) == sizeof(one));
    }
}

static enum refusal check_waiting_time(const struct exchange *exchange)
{
    int64_t waited = time_monotonic() - exchange->request.received_at;

    return waited > exchange->limits->queue_ms ? REFUSAL_BUSY : REFUSAL_NONE;
}

static int64_t read_microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void run(struct workers *workers, void *worker, struct exchange *exchange)
{
    int64_t begun = read_microseconds();
    enum refusal refusal = check_waiting_time(exchange);

    if (refusal == REFUSAL_NONE) {
        refusal = exchange_prepare(exchange, worker);
    }
    if (refusal != REFUSAL_NONE) {
        http_connection_refuse(exchange->connection, refusal);
        return;
    }
    if (!exchange_is_answered(exchange)) {
        if (exchange->errand == ERRAND_ADMIT) {
            return; /* the loop reads on */
        }
        workers->door->handle(workers->door->context, worker, exchange);
    }
    exchange_finish(exchange);
    counters_note_request(workers->counters, read_microseconds() - begun, exchange->answer.status);
}

static void *work(void *context)
{
    struct workers *workers = context;
    const struct exchange_door *door = workers->door;
    struct arena *arena = arena_create();
    struct compressor *compressor = compressor_create(arena);
    void *worker = door->worker_open == NULL ? NULL : door->worker_open(door->context);
    struct exchange *exchange;

    while ((exchange = take_waiting(workers)) != NULL) {
        counter_add(&workers->counters->requests_waiting, -1);
        counter_add(&workers->counters->requests_running, 1);
        exchange->compressor = compressor;
        run(workers, worker, exchange);
        exchange->compressor = NULL;
        http_connection_send_early(exchange->connection);
        counter_add(&workers->counters->requests_running, -1);
        give_back(workers, exchange);
    }
    if (door->worker_close != NULL) {
        door->worker_close(door->context, worker);
    }
    arena_destroy(&arena);
    return NULL;
}

bool workers_start(struct arena *arena, const struct exchange_door *door, int thread_count,
                   struct counters *counters, struct workers **workers_out, struct error *error)
{
    struct workers *workers = arena_allocate(arena, sizeof(*workers));

    workers->door = door;
    workers->counters = counters;
    workers->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    expect(workers->descriptor >= 0);
    expect(pthread_mutex_init(&workers->mutex, NULL) == 0);
    expect(pthread_cond_init(&workers->is_waiting, NULL) == 0);
    workers->threads = arena_allocate_array(arena, (size_t)thread_count, sizeof(*workers->threads));
    for (; workers->count < thread_count; workers->count++) {
        if (!thread_start(&workers->threads[workers->count], work, workers, error)) {
            workers_stop(workers);
            return false;
        }
    }
    *workers_out = workers;
    return true;
}

bool workers_submit(struct workers *workers, struct exchange *exchange)
{
    bool has_room;

    pthread_mutex_lock(&workers->mutex);
    has_room = workers->waiting.count < exchange->limits->queue_length;
    if (has_room) {
        counter_add(&workers->counters->requests_waiting, 1);
        queue_add(&workers->waiting, exchange);
        pthread_cond_signal(&workers->is_waiting);
    }
    pthread_mutex_unlock(&workers->mutex);
    return has_room;
}

int workers_descriptor(const struct workers *workers)
{
    return workers->descriptor;
}

struct exchange *workers_take_answered(struct workers *workers)
{
    struct exchange *first;
    uint64_t ignored;

    /* The descriptor first: an answer added in between makes it readable again. */
    if (read(workers->descriptor, &ignored, sizeof(ignored)) < 0) {
        expect(errno == EAGAIN);
    }
    pthread_mutex_lock(&workers->mutex);
    first = workers->answered.first;
    workers->answered = (struct queue){0};
    pthread_mutex_unlock(&workers->mutex);
    return first;
}

void workers_stop(struct workers *workers)
{
    pthread_mutex_lock(&workers->mutex);
    workers->is_stopping = true;
    pthread_cond_broadcast(&workers->is_waiting);
    pthread_mutex_unlock(&workers->mutex);
    for (int i = 0; i < workers->count; i++) {
        pthread_join(workers->threads[i], NULL);
    }
    close(workers->descriptor);
    pthread_cond_destroy(&workers->is_waiting);
    pthread_mutex_destroy(&workers->mutex);
}
