/*
 * test_hashing.c - few hash at once, few wait, and whoever brings the same password waits too.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "security/hashing.h"

enum { THREADS = 12 };

struct crowd {
    struct hashing *hashing;
    pthread_mutex_t mutex;
    int let_in, busy, running, most;
};

struct guest {
    pthread_t thread;
    struct crowd *crowd;
    uint8_t key[SHA256_SIZE];
    bool may_wait;
};

static void *come(void *context)
{
    struct guest *guest = context;
    struct crowd *crowd = guest->crowd;
    struct error error = {0};
    bool is_in = hashing_begin(crowd->hashing, guest->key, guest->may_wait, &error);

    pthread_mutex_lock(&crowd->mutex);
    crowd->let_in += is_in;
    crowd->busy += !is_in && error.code == ERROR_BUSY;
    crowd->running += is_in;
    crowd->most = crowd->running > crowd->most ? crowd->running : crowd->most;
    pthread_mutex_unlock(&crowd->mutex);
    if (is_in) {
        usleep(20000);
        pthread_mutex_lock(&crowd->mutex);
        crowd->running--;
        pthread_mutex_unlock(&crowd->mutex);
        hashing_end(crowd->hashing, guest->key);
    }
    return NULL;
}

/* Many come while one place is taken; that place is given up when all of them stand there. */
static struct crowd gather(struct arena *arena, bool is_same, bool may_wait)
{
    struct crowd crowd = {.hashing = hashing_make(arena, 1, 2)};
    struct guest guests[THREADS];
    uint8_t first[SHA256_SIZE] = {255};
    struct error error = {0};

    pthread_mutex_init(&crowd.mutex, NULL);
    assert_true(hashing_begin(crowd.hashing, first, true, &error));
    for (int i = 0; i < THREADS; i++) {
        guests[i] = (struct guest){.crowd = &crowd, .may_wait = may_wait};
        memset(guests[i].key, is_same ? 255 : i, sizeof(guests[i].key));
        if (is_same) {
            memcpy(guests[i].key, first, sizeof(first));
        }
        assert_int_equal(pthread_create(&guests[i].thread, NULL, come, &guests[i]), 0);
    }
    usleep(300000);
    hashing_end(crowd.hashing, first);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(guests[i].thread, NULL);
    }
    pthread_mutex_destroy(&crowd.mutex);
    return crowd;
}

void test_hashing__a_crowd_is_refused_but_for_a_few(void **state)
{
    struct arena *arena = arena_create();
    (void)state;
    struct crowd crowd = gather(arena, false, true);
    assert_int_equal(crowd.let_in, 2);
    assert_int_equal(crowd.busy, THREADS - 2);
    assert_int_equal(crowd.most, 1);
    arena_destroy(&arena);
}

void test_hashing__who_may_not_wait_does_not(void **state)
{
    struct arena *arena = arena_create();
    (void)state;
    struct crowd crowd = gather(arena, false, false);
    assert_int_equal(crowd.let_in, 0);
    assert_int_equal(crowd.busy, THREADS);
    arena_destroy(&arena);
}

void test_hashing__the_same_password_waits_however_many_bring_it(void **state)
{
    struct arena *arena = arena_create();
    (void)state;
    struct crowd crowd = gather(arena, true, true);
    assert_int_equal(crowd.let_in, THREADS);
    assert_int_equal(crowd.most, 1);
    arena_destroy(&arena);
}
