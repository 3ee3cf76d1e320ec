/*
 * test_replay.c - what may be used once is taken once, whoever asks at the same moment.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include "database/database.h"
#include "security/people.h"
#include "security/replay.h"

enum { THREADS = 6 };

static struct people people;

static enum error_code take(const struct uuid *user, const char *kind, const char *bytes,
                            size_t length)
{
    const struct replay_mark mark = {.kind = kind, .bytes = bytes, .length = length};
    struct error error = {0};
    int64_t now = time_now();
    bool done = replay_take(people.arena, people.connection, user, &mark, now, now + 60000, &error);
    assert_int_equal(done, error.code == ERROR_NONE);
    return error.code;
}

void test_replay__a_mark_is_taken_once_by_each_user(void **state)
{
    (void)state;
    people_open(&people);
    assert_int_equal(take(&people.ann, "nonce", "abcdefgh", 8), ERROR_NONE);
    assert_int_equal(take(&people.ann, "nonce", "abcdefgh", 8), ERROR_CREDENTIALS_INVALID);
    assert_int_equal(take(&people.ann, "nonce", "abcdefgh", 7), ERROR_NONE);
    assert_int_equal(take(&people.ann, "signature", "abcdefgh", 8), ERROR_NONE);
    assert_int_equal(take(&people.bob, "nonce", "abcdefgh", 8), ERROR_NONE);
    people_close(&people);
}

struct taker {
    pthread_t thread;
    struct arena *arena;
    enum error_code code;
};

static void *take_at_once(void *context)
{
    const struct replay_mark mark = {.kind = "nonce", .bytes = "12345678", .length = 8};
    struct taker *taker = context;
    struct connection *connection = NULL;
    struct error error = {0};
    int64_t now = time_now();

    if (database_acquire(people.house.platform.database, &connection, &error)) {
        (void)!replay_take(taker->arena, connection, &people.ann, &mark, now, now + 60000, &error);
    }
    database_release(&connection);
    taker->code = error.code;
    return NULL;
}

void test_replay__of_many_at_once_one_is_first(void **state)
{
    struct taker takers[THREADS] = {{0}};
    int taken = 0;
    (void)state;
    people_open(&people);
    for (int i = 0; i < THREADS; i++) {
        takers[i].arena = arena_create();
        assert_int_equal(pthread_create(&takers[i].thread, NULL, take_at_once, &takers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(takers[i].thread, NULL);
        arena_destroy(&takers[i].arena);
        taken += takers[i].code == ERROR_NONE;
        assert_true(takers[i].code == ERROR_NONE || takers[i].code == ERROR_CREDENTIALS_INVALID);
    }
    assert_int_equal(taken, 1);
    people_close(&people);
}
