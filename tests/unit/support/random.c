/*
 * random.c - xorshift64*, which is enough to try many inputs.
 */
#include "support/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct random_source random_begin(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const char *given = getenv("TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10)
                                  : (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
    printf("TEST_SEED=%" PRIu64 "\n", seed);
    return (struct random_source){.state = seed | 1};
}

uint64_t random_next(struct random_source *source)
{
    source->state ^= source->state >> 12;
    source->state ^= source->state << 25;
    source->state ^= source->state >> 27;
    return source->state * 2685821657736338717U;
}

uint64_t random_below(struct random_source *source, uint64_t limit)
{
    return random_next(source) % limit;
}
