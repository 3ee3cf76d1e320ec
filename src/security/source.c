/*
 * source.c - a count for each address, which begins anew when the time of a lock is over.
 */
#include "security/source.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include "database/row.h"
#include "security/memory.h"
#include "security/tables.h"

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

bool source_has_failed(struct memory *memory, const struct source_rules *rules, const char *address)
{
    uint8_t key[SHA256_SIZE];

    if (address == NULL) {
        return false;
    }
    make_key(address, key);
    return recall(memory, rules, key).failures > 0;
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

/* ---- where somebody came in from ---- */

void source_digest(struct arena *arena, const char *folded_name, const char *address,
                   char digest_out[SHA256_TEXT_SIZE])
{
    struct digest *digest = digest_begin(arena);
    uint8_t key[SHA256_SIZE];

    make_key(address, key);
    digest_add(digest, folded_name, strlen(folded_name) + 1);
    digest_add(digest, key, sizeof(key));
    digest_end(digest, key);
    digest_format(key, digest_out);
}

bool source_is_known(struct arena *arena, struct connection *connection, const char *digest,
                     int64_t since, bool *is_known_out, struct error *error)
{
    static const char *const columns[] = {"seen_on"};
    const struct row_condition by_digest = {"source_digest", ROW_IS, cell_text(digest)};
    const struct row_query query = {
        .table = &known_source_table,
        .columns = columns,
        .column_count = 1,
        .conditions = &by_digest,
        .condition_count = 1,
    };
    struct row_set rows;

    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    *is_known_out = rows.count == 1 && row_cell(&rows, 0, 0)->moment >= since;
    return true;
}

bool source_note(struct arena *arena, struct connection *connection, const char *digest,
                 int64_t now, int64_t forget_before, struct error *error)
{
    const struct row_value values[] = {
        {"seen_on", cell_moment(now)},
        {"source_digest", cell_text(digest)},
    };
    const struct row_condition by_digest = {"source_digest", ROW_IS, cell_text(digest)};
    const struct row_condition is_old = {"seen_on", ROW_IS_BELOW, cell_moment(forget_before)};
    int64_t changed = 0;

    if (!row_update(connection, arena, &known_source_table, values, 1, &by_digest, 1, &changed,
                    error)) {
        return false;
    }
    if (changed > 0) {
        return true;
    }
    if (!row_delete(connection, arena, &known_source_table, &is_old, 1, NULL, error)) {
        return false;
    }
    if (row_insert(connection, arena, &known_source_table, values, 2, error)) {
        return true;
    }
    if (error->code != ERROR_DATABASE_UNIQUE) {
        return false;
    }
    error_clear(error); /* another node that noted the same first has done our work */
    return true;
}
