/*
 * waiting.c - a heap of letters by the moment when they are due, and a gate before it.
 */
#include "apps/mail/waiting.h"

#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/thread.h"
#include "base/time.h"
#include "crypto/random.h"

enum { FIRST_WAIT = 250, DOUBLINGS_MOST = 30, FIRST_CAPACITY = 64 };

struct waiting {
    struct arena *arena; /* of the heap; touched under the mutex only */
    int64_t longest;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct waiting_letter *heap; /* each is due no later than the two below it */
    size_t count;
    size_t capacity;
    uint64_t turns;
    bool is_stopped;
    int refusals;        /* in a row, since the platform went away; 0: the gate is open */
    int64_t away_since;  /* by time_monotonic() */
    int64_t knock_at;    /* when the next letter may try */
    int64_t answered_on; /* when the platform last answered, by time_monotonic() */
};

/* ---- the heap ---- */

static bool is_before(const struct waiting_letter *left, const struct waiting_letter *right)
{
    return left->due != right->due ? left->due < right->due : left->turn < right->turn;
}

static void swap(struct waiting_letter *left, struct waiting_letter *right)
{
    struct waiting_letter kept = *left;

    *left = *right;
    *right = kept;
}

static void rise(struct waiting *waiting, size_t at)
{
    for (; at > 0 && is_before(&waiting->heap[at], &waiting->heap[(at - 1) / 2]);
         at = (at - 1) / 2) {
        swap(&waiting->heap[at], &waiting->heap[(at - 1) / 2]);
    }
}

static void sink(struct waiting *waiting, size_t at)
{
    for (;;) {
        size_t least = at;

        for (size_t below = 2 * at + 1; below <= 2 * at + 2 && below < waiting->count; below++) {
            if (is_before(&waiting->heap[below], &waiting->heap[least])) {
                least = below;
            }
        }
        if (least == at) {
            return;
        }
        swap(&waiting->heap[at], &waiting->heap[least]);
        at = least;
    }
}

static void push(struct waiting *waiting, const struct waiting_letter *letter)
{
    if (waiting->count == waiting->capacity) {
        size_t capacity = waiting->capacity == 0 ? FIRST_CAPACITY : 2 * waiting->capacity;

        waiting->heap = arena_grow(waiting->arena, waiting->heap,
                                   waiting->capacity * sizeof(*letter), capacity * sizeof(*letter));
        waiting->capacity = capacity;
    }
    waiting->heap[waiting->count++] = *letter;
    rise(waiting, waiting->count - 1);
    pthread_cond_signal(&waiting->changed);
}

static struct waiting_letter pop(struct waiting *waiting)
{
    struct waiting_letter first = waiting->heap[0];

    waiting->heap[0] = waiting->heap[--waiting->count];
    sink(waiting, 0);
    return first;
}

/* ---- waits ---- */

/* Doubles with each attempt; a random half of it, so that letters do not march in step. */
static int64_t wait_after(const struct waiting *waiting, int attempts)
{
    int64_t most = (int64_t)FIRST_WAIT << (attempts < DOUBLINGS_MOST ? attempts : DOUBLINGS_MOST);
    uint32_t chance;

    most = most < waiting->longest ? most : waiting->longest;
    random_bytes(&chance, sizeof(chance));
    return most / 2 + (int64_t)chance % (most / 2 + 1);
}

/* Milliseconds until a letter may be taken; -1: there is none. */
static int64_t time_to_next(const struct waiting *waiting, int64_t now)
{
    if (waiting->count == 0) {
        return -1;
    }
    int64_t due = waiting->heap[0].due;
    if (waiting->refusals > 0 && waiting->knock_at > due) {
        due = waiting->knock_at;
    }
    return due > now ? due - now : 0;
}

/* Whoever waits for the platform need not any more. */
static void open_gate(struct waiting *waiting)
{
    waiting->refusals = 0;
    for (size_t i = 0; i < waiting->count; i++) {
        if (waiting->heap[i].is_away) {
            waiting->heap[i].due = 0;
            waiting->heap[i].is_away = false;
        }
    }
    for (size_t i = waiting->count / 2; i-- > 0;) {
        sink(waiting, i);
    }
    pthread_cond_broadcast(&waiting->changed);
}

static void note_answer(struct waiting *waiting)
{
    waiting->answered_on = time_monotonic();
    if (waiting->refusals > 0) {
        open_gate(waiting);
    }
}

/* ---- the public part ---- */

struct waiting *waiting_create(struct arena *arena, int64_t longest)
{
    struct waiting *waiting = arena_allocate(arena, sizeof(*waiting));

    waiting->arena = arena_create();
    waiting->longest = longest;
    pthread_mutex_init(&waiting->mutex, NULL);
    thread_condition_make(&waiting->changed);
    return waiting;
}

void waiting_destroy(struct waiting **waiting)
{
    if (*waiting != NULL) {
        pthread_cond_destroy(&(*waiting)->changed);
        pthread_mutex_destroy(&(*waiting)->mutex);
        arena_destroy(&(*waiting)->arena);
        *waiting = NULL;
    }
}

void waiting_add(struct waiting *waiting, const char *name)
{
    struct waiting_letter letter = {.due = 0};

    strncpy(letter.name, name, sizeof(letter.name) - 1);
    pthread_mutex_lock(&waiting->mutex);
    letter.turn = waiting->turns++;
    push(waiting, &letter);
    pthread_mutex_unlock(&waiting->mutex);
}

bool waiting_take(struct waiting *waiting, struct waiting_letter *letter_out)
{
    pthread_mutex_lock(&waiting->mutex);
    while (!waiting->is_stopped) {
        int64_t now = time_monotonic();
        int64_t wait = time_to_next(waiting, now);

        if (wait == 0) {
            /* Those who come after it wait until it is known what became of it. */
            waiting->knock_at = now + waiting->longest;
            *letter_out = pop(waiting);
            break;
        }
        if (wait < 0) {
            pthread_cond_wait(&waiting->changed, &waiting->mutex);
        } else {
            struct timespec until = thread_moment_after(wait);
            pthread_cond_timedwait(&waiting->changed, &waiting->mutex, &until);
        }
    }
    bool is_taken = !waiting->is_stopped;
    pthread_mutex_unlock(&waiting->mutex);
    return is_taken;
}

void waiting_stop(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->mutex);
    waiting->is_stopped = true;
    pthread_cond_broadcast(&waiting->changed);
    pthread_mutex_unlock(&waiting->mutex);
}

void waiting_note_answer(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->mutex);
    note_answer(waiting);
    pthread_mutex_unlock(&waiting->mutex);
}

void waiting_put_back(struct waiting *waiting, const struct waiting_letter *letter)
{
    struct waiting_letter again = *letter;

    pthread_mutex_lock(&waiting->mutex);
    note_answer(waiting);
    int64_t now = time_monotonic();
    again.failed_on = again.failed_on == 0 ? now : again.failed_on;
    again.due = now + wait_after(waiting, again.attempts++);
    again.is_away = false;
    push(waiting, &again);
    pthread_mutex_unlock(&waiting->mutex);
}

void waiting_close(struct waiting *waiting, const struct waiting_letter *letter)
{
    struct waiting_letter again = *letter;

    pthread_mutex_lock(&waiting->mutex);
    int64_t now = time_monotonic();
    if (waiting->refusals == 0) {
        waiting->away_since = now;
    }
    waiting->knock_at = now + wait_after(waiting, waiting->refusals++);
    again.attempts += again.failed_on != 0 && waiting->answered_on > again.failed_on;
    again.failed_on = again.failed_on == 0 ? now : again.failed_on;
    again.due = waiting->knock_at;
    again.is_away = true;
    again.turn = waiting->turns++; /* another one knocks next, should this be the one to blame */
    push(waiting, &again);
    pthread_cond_broadcast(&waiting->changed);
    pthread_mutex_unlock(&waiting->mutex);
}

int64_t waiting_away_for(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->mutex);
    int64_t since = waiting->refusals == 0 ? 0 : time_monotonic() - waiting->away_since;
    pthread_mutex_unlock(&waiting->mutex);
    return since;
}
