/*
 * random.h - numbers for tests that try many: printed seed, so that a failure can be repeated.
 */
#ifndef SUPPORT_RANDOM_H
#define SUPPORT_RANDOM_H

#include <stdint.h>

struct random_source {
    uint64_t state;
};

/* Begins with TEST_SEED of the environment, or the time; prints the seed. */
struct random_source random_begin(void);

uint64_t random_next(struct random_source *source);

/* 0 .. limit - 1 */
uint64_t random_below(struct random_source *source, uint64_t limit);

#endif
