/*
 * replay.c - a row for each mark, its key the digest of user, kind and bytes.
 */
#include "security/replay.h"

#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/uuid.h"
#include "crypto/digest.h"
#include "database/row.h"
#include "security/tables.h"

/* How often old marks are swept, counted in new ones. */
enum { SWEEP_EVERY = 64 };

static void make_key(struct arena *arena, const struct uuid *user_id,
                     const struct replay_mark *mark, char text[SHA256_TEXT_SIZE])
{
    struct digest *digest = digest_begin(arena);
    uint8_t bytes[SHA256_SIZE];

    digest_add(digest, user_id->bytes, sizeof(user_id->bytes));
    digest_add(digest, mark->kind, strlen(mark->kind) + 1);
    digest_add(digest, mark->bytes, mark->length);
    digest_end(digest, bytes);
    digest_format(bytes, text);
}

/* Only how often it happens depends on the counter. */
static bool sweep(struct arena *arena, struct connection *connection, int64_t now,
                  struct error *error)
{
    static atomic_uint taken;
    const struct row_condition is_over = {"expires_on", ROW_IS_BELOW, cell_moment(now)};

    return atomic_fetch_add(&taken, 1) % SWEEP_EVERY != 0 ||
           row_delete(connection, arena, &replay_table, &is_over, 1, NULL, error);
}

bool replay_take(struct arena *arena, struct connection *connection, const struct uuid *user_id,
                 const struct replay_mark *mark, int64_t now, int64_t until, struct error *error)
{
    char key[SHA256_TEXT_SIZE];

    make_key(arena, user_id, mark, key);
    const struct row_value values[] = {
        {"mark_digest", cell_text(key)},
        {"expires_on", cell_moment(until)},
    };
    if (!sweep(arena, connection, now, error)) {
        return false;
    }
    return row_insert(connection, arena, &replay_table, values, 2, error) ||
           (error->code == ERROR_DATABASE_UNIQUE &&
            error_set(error, ERROR_CREDENTIALS_INVALID, "Security",
                      "The message was sent before: its %s has been used", mark->kind));
}
