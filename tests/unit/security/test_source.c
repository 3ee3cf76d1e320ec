/*
 * test_source.c - where somebody came in from is noted once, whoever notes it at the same moment.
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
#include "security/source.h"

enum { THREADS = 6 };

static struct people people;

struct noter {
    pthread_t thread;
    struct arena *arena;
    bool is_done;
    struct error error;
};

static void *note_at_once(void *context)
{
    struct noter *noter = context;
    struct connection *connection = NULL;
    char digest[SHA256_TEXT_SIZE];

    source_digest(noter->arena, "ann", "192.0.2.1", digest);
    noter->is_done = database_acquire(people.house.platform.database, &connection, &noter->error) &&
                     source_note(noter->arena, connection, digest, time_now(), 0, &noter->error);
    database_release(&connection);
    return NULL;
}

/* Who was not the first has nothing to complain of. */
void test_source__is_noted_by_many_at_once(void **state)
{
    struct noter noters[THREADS] = {{0}};
    (void)state;
    people_open(&people);
    for (int i = 0; i < THREADS; i++) {
        noters[i].arena = arena_create();
        assert_int_equal(pthread_create(&noters[i].thread, NULL, note_at_once, &noters[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(noters[i].thread, NULL);
        arena_destroy(&noters[i].arena);
        assert_true(noters[i].is_done);
        assert_int_equal(noters[i].error.code, ERROR_NONE);
    }
    people_close(&people);
}
