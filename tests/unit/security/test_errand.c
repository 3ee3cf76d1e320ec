/*
 * test_errand.c - what blocks is waited for as long as was said, and no longer.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include "security/errand.h"

enum { LONG = 20000, SHORT = 20, CALLERS = 8, ROUNDS = 200 };

struct job {
    atomic_bool *is_held; /* NULL: done at once */
    int answer;
};

static void work(void *context)
{
    struct job *job = context;
    while (job->is_held != NULL && atomic_load(job->is_held)) {
        usleep(1000);
    }
    job->answer = 42;
}

static struct errands *open_errands(int threads)
{
    struct errands *errands = NULL;
    struct error error = {0};
    assert_true(errands_create(threads, SHORT, &errands, &error));
    return errands;
}

static enum errand_end run(struct errands *errands, struct arena **arena, atomic_bool *is_held,
                           int64_t timeout, struct job **job_out)
{
    *arena = arena_create();
    *job_out = arena_allocate(*arena, sizeof(**job_out));
    (*job_out)->is_held = is_held;
    return errands_run(errands, arena, work, *job_out, timeout);
}

void test_errand__is_done_on_a_thread_of_its_own(void **state)
{
    struct errands *errands = open_errands(2);
    struct arena *arena = NULL;
    struct job *job = NULL;
    (void)state;
    assert_int_equal(run(errands, &arena, NULL, LONG, &job), ERRAND_DONE);
    assert_int_equal(job->answer, 42);
    arena_destroy(&arena);
    errands_destroy(&errands);
}

/* The one thread is taken until what is late has ended, then it serves again. What was late
 * releases its own memory: the sanitizer of leaks says if not. */
void test_errand__late_is_left_and_busy_is_refused(void **state)
{
    struct errands *errands = open_errands(1);
    struct arena *arena = NULL;
    struct job *job = NULL;
    atomic_bool is_held = true;
    (void)state;
    enum errand_end end = ERRAND_BUSY;
    /* On a slow machine the thread is there later than the patience for it. */
    for (int tries = 0; tries < 1000 && end == ERRAND_BUSY; tries++) {
        arena_destroy(&arena);
        end = run(errands, &arena, &is_held, SHORT, &job);
    }
    assert_int_equal(end, ERRAND_LATE);
    assert_null(arena);
    assert_int_equal(run(errands, &arena, NULL, LONG, &job), ERRAND_BUSY);
    assert_non_null(arena);
    arena_destroy(&arena);
    atomic_store(&is_held, false);
    end = ERRAND_BUSY;
    for (int tries = 0; tries < 1000 && end == ERRAND_BUSY; tries++) {
        end = run(errands, &arena, NULL, LONG, &job);
        arena_destroy(&arena);
    }
    assert_int_equal(end, ERRAND_DONE);
    errands_destroy(&errands);
}

static void *run_often(void *context)
{
    struct errands *errands = context;
    struct arena *arena = NULL;
    struct job *job = NULL;
    for (int round = 0; round < ROUNDS; round++) {
        enum errand_end end = run(errands, &arena, NULL, LONG, &job);
        assert_true(end == ERRAND_BUSY || (end == ERRAND_DONE && job->answer == 42));
        arena_destroy(&arena);
    }
    return NULL;
}

void test_errand__many_callers_share_few_threads(void **state)
{
    struct errands *errands = open_errands(2);
    pthread_t callers[CALLERS];
    (void)state;
    for (int index = 0; index < CALLERS; index++) {
        assert_int_equal(pthread_create(&callers[index], NULL, run_often, errands), 0);
    }
    for (int index = 0; index < CALLERS; index++) {
        pthread_join(callers[index], NULL);
    }
    errands_destroy(&errands);
}
