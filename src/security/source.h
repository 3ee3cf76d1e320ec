/*
 * source.h - failures by the address they come from: who guesses at many names has to wait too.
 *
 * They are counted on this node only, for the addresses that failed last. Of an IPv6 address the
 * network counts, since one customer has a whole one.
 *
 * Threads: shared, as the memory is; of two failures at one moment one may go uncounted.
 */
#ifndef SECURITY_SOURCE_H
#define SECURITY_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct error;
struct memory;

struct source_rules {
    int64_t failures; /* after which the address has to wait; 0: it never has to */
    int64_t lock;     /* ms, from the first of them on */
};

struct memory *source_memory_create(void);

/* Whether one may try from an address; fails with TOO_MANY_ATTEMPTS. NULL: from this program. */
must_check bool source_check(struct memory *memory, const struct source_rules *rules,
                             const char *address, struct error *error);

void source_count_failure(struct memory *memory, const struct source_rules *rules,
                          const char *address);

#endif
