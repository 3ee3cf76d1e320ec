/*
 * source.h - the addresses that people come from: who guesses at many names has to wait too, and
 * who came in from an address before is not shut out there by others.
 *
 * Failures are counted on this node only, for the addresses that failed last; where somebody
 * came in from lies in the database. Of an IPv6 address the network counts, since one customer
 * has a whole one.
 *
 * Threads: shared, as the memory is; of two failures at one moment one may go uncounted.
 */
#ifndef SECURITY_SOURCE_H
#define SECURITY_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "crypto/digest.h"

struct arena;
struct connection;
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

/* Whether an address has failed within the time of a lock. */
bool source_has_failed(struct memory *memory, const struct source_rules *rules,
                       const char *address);

void source_count_failure(struct memory *memory, const struct source_rules *rules,
                          const char *address);

/* Where a name comes from: the digest of both, as it is kept. */
void source_digest(struct arena *arena, const char *folded_name, const char *address,
                   char digest_out[SHA256_TEXT_SIZE]);

/* Whether the name came in from the address since a moment. */
must_check bool source_is_known(struct arena *arena, struct connection *connection,
                                const char *digest, int64_t since, bool *is_known_out,
                                struct error *error);

/* Notes that it came in now; what was noted before a moment is forgotten. */
must_check bool source_note(struct arena *arena, struct connection *connection, const char *digest,
                            int64_t now, int64_t forget_before, struct error *error);

#endif
