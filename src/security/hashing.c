/*
 * hashing.c - the places, as a list of what is being hashed or waited for.
 */
#include "security/hashing.h"

#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"

/* One password that is hashed, or whose turn is waited for. */
struct turn {
    uint8_t key[SHA256_SIZE];
    int threads; /* that came with it; 0: nobody is here */
};

struct hashing {
    pthread_mutex_t mutex;
    pthread_cond_t is_free;
    int at_once;
    int running;
    int turn_count; /* places in turns */
    struct turn *turns;
};

static void destroy(void *object)
{
    struct hashing *hashing = object;

    pthread_cond_destroy(&hashing->is_free);
    pthread_mutex_destroy(&hashing->mutex);
}

struct hashing *hashing_make(struct arena *arena, int at_once, int waiting)
{
    struct hashing *hashing = arena_allocate(arena, sizeof(*hashing));

    hashing->at_once = at_once < 1 ? 1 : at_once;
    hashing->turn_count = hashing->at_once + (waiting < 1 ? 1 : waiting);
    hashing->turns =
        arena_allocate_array(arena, (size_t)hashing->turn_count, sizeof(*hashing->turns));
    expect(pthread_mutex_init(&hashing->mutex, NULL) == 0);
    expect(pthread_cond_init(&hashing->is_free, NULL) == 0);
    arena_on_release(arena, destroy, hashing);
    return hashing;
}

/* The turn of a password, or else one that is free; NULL when all are taken. */
static struct turn *find_turn(struct hashing *hashing, const uint8_t key[SHA256_SIZE])
{
    struct turn *free_turn = NULL;

    for (int i = 0; i < hashing->turn_count; i++) {
        struct turn *turn = &hashing->turns[i];
        if (turn->threads == 0) {
            free_turn = turn;
        } else if (memcmp(turn->key, key, SHA256_SIZE) == 0) {
            return turn;
        }
    }
    return free_turn;
}

bool hashing_begin(struct hashing *hashing, const uint8_t key[SHA256_SIZE], bool may_wait,
                   struct error *error)
{
    pthread_mutex_lock(&hashing->mutex);
    struct turn *turn = find_turn(hashing, key);
    bool is_let_in = turn != NULL && (may_wait || hashing->running < hashing->at_once);
    if (is_let_in) {
        memcpy(turn->key, key, SHA256_SIZE);
        turn->threads++;
        while (hashing->running >= hashing->at_once) {
            pthread_cond_wait(&hashing->is_free, &hashing->mutex);
        }
        hashing->running++;
    }
    pthread_mutex_unlock(&hashing->mutex);
    return is_let_in || error_set(error, ERROR_BUSY, NULL,
                                  "Too many passwords are being checked; try again soon");
}

void hashing_end(struct hashing *hashing, const uint8_t key[SHA256_SIZE])
{
    pthread_mutex_lock(&hashing->mutex);
    struct turn *turn = find_turn(hashing, key);
    expect(turn != NULL && turn->threads > 0);
    turn->threads--;
    hashing->running--;
    pthread_cond_signal(&hashing->is_free);
    pthread_mutex_unlock(&hashing->mutex);
}
