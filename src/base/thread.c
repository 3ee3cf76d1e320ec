/*
 * thread.c - starting threads, making conditions.
 */
#include "base/thread.h"

#include <signal.h>
#include <string.h>

#include "base/error.h"

bool thread_start(pthread_t *thread, void *(*run)(void *context), void *context,
                  struct error *error)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int answer = pthread_create(thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (answer != 0) {
        error_set(error, ERROR_INTERNAL, NULL, "The server cannot start its threads");
        return error_add_cause(error, "pthread_create: %s", strerror(answer));
    }
    return true;
}

void thread_condition_make(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct timespec thread_moment_after(int64_t milliseconds)
{
    struct timespec moment;

    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += (time_t)(milliseconds / 1000);
    moment.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    moment.tv_sec += moment.tv_nsec / 1000000000;
    moment.tv_nsec %= 1000000000;
    return moment;
}
