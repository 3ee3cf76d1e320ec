/*
 * source.c - a count for each address, which begins anew when the time of a lock is over.
 */
#include "security/source.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "security/memory.h"

enum { IPV6_BYTES = 16, IPV6_NETWORK_BYTES = 8 };

/* What is remembered of an address. */
struct guesses {
    int64_t failures;
    int64_t began_at; /* monotonic */
};

struct memory *source_memory_create(void)
{
    return memory_create(sizeof(struct guesses));
}

static void make_key(const char *address, uint8_t key[SHA256_SIZE])
{
    uint8_t bytes[IPV6_BYTES];

    if (inet_pton(AF_INET6, address, bytes) == 1) {
        digest_sha256(bytes, IPV6_NETWORK_BYTES, key);
    } else {
        digest_sha256(address, strlen(address), key);
    }
}

/* What was counted within the time of a lock. */
static struct guesses recall(struct memory *memory, const struct source_rules *rules,
                             const uint8_t key[SHA256_SIZE])
{
    struct guesses guesses;
    int64_t now = time_monotonic();

    if (memory_recall(memory, key, &guesses) && now - guesses.began_at < rules->lock) {
        return guesses;
    }
    return (struct guesses){.began_at = now};
}

bool source_check(struct memory *memory, const struct source_rules *rules, const char *address,
                  struct error *error)
{
    uint8_t key[SHA256_SIZE];

    if (address == NULL || rules->failures == 0) {
        return true;
    }
    make_key(address, key);
    return recall(memory, rules, key).failures < rules->failures ||
           error_set(error, ERROR_TOO_MANY_ATTEMPTS, NULL,
                     "Too many failed attempts from this address");
}

void source_count_failure(struct memory *memory, const struct source_rules *rules,
                          const char *address)
{
    uint8_t key[SHA256_SIZE];

    if (address == NULL) {
        return;
    }
    make_key(address, key);
    struct guesses guesses = recall(memory, rules, key);
    guesses.failures++;
    memory_set(memory, key, &guesses);
}
