/*
 * counters.h - numbers that tell how the server is doing, written as Prometheus text.
 *
 * Threads: any thread counts; each number is right by itself, not their sum at one moment.
 */
#ifndef SERVER_COUNTERS_H
#define SERVER_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "server/refusal.h"

struct buffer;

enum { DURATION_BUCKETS = 12 };

#define COUNTER(name, kind, meaning) _Atomic int64_t name;
struct counters {
#include "server/counters.def"
    _Atomic int64_t refusals[REFUSAL_COUNT];
    _Atomic int64_t durations[DURATION_BUCKETS + 1]; /* the last: longer than any bucket */
    _Atomic int64_t duration_sum_us;
};
#undef COUNTER

/* Adds to one number; no order with other memory is needed. */
static inline void counter_add(_Atomic int64_t *counter, int64_t amount)
{
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

/* Counts a handled request: how long it took and how it was answered. */
void counters_note_request(struct counters *counters, int64_t duration_us, int status);

/* Adds all numbers in the text format of Prometheus. */
void counters_write(const struct counters *counters, struct buffer *text);

#endif
