/*
 * thread.h - threads that leave signals to the program, and conditions that nobody's clock moves.
 *
 * Threads: any thread.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/attributes.h"

struct error;

/* Starts a thread with all signals blocked: the program reads them elsewhere. INTERNAL when the
 * system gives none. */
must_check bool thread_start(pthread_t *thread, void *(*run)(void *context), void *context,
                             struct error *error);

/* Makes a condition whose timed waits go by CLOCK_MONOTONIC. */
void thread_condition_make(pthread_cond_t *condition);

/* The moment so many milliseconds from now, for such a wait. */
struct timespec thread_moment_after(int64_t milliseconds);

#endif
