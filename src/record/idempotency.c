/*
 * idempotency.c - one row for each id that a user gave to a write.
 */
#include "record/idempotency.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/uuid.h"
#include "call/call.h"
#include "call/platform.h"
#include "crypto/seal.h"
#include "database/row.h"
#include "generated/settings.h"
#include "query/held.h"
#include "record/tables.h"
#include "security/identity.h"

/* How often old rows are swept, counted in new ones. */
enum { SWEEP_EVERY = 512 };

/* What a sealed answer belongs to: nobody opens it under another id. */
static const char *owner_of(struct call *call, const char *id)
{
    char user[UUID_TEXT_SIZE];

    uuid_format(&call->identity->user_id, user);
    return arena_format(call->arena, "%s/%s", user, id);
}

static bool is_id(const char *text)
{
    size_t length = strlen(text);

    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~') {
            return false;
        }
    }
    return length > 0 && length <= REQUEST_ID_LENGTH;
}

bool idempotency_check(const char *id, const char *parameter, struct error *error)
{
    return is_id(id) ||
           error_set(error, ERROR_VALUE_INVALID, parameter,
                     "A request id has 1 to %d visible ASCII characters", REQUEST_ID_LENGTH);
}

bool idempotency_keep(struct call *call, const char *id, const struct kept_answer *answer,
                      struct error *error)
{
    char digest[SHA256_TEXT_SIZE];
    const char *text = answer->text;

    digest_format(answer->digest, digest);
    if (answer->is_sealed) {
        text = seal_text(call->arena, call->platform->seal_key, owner_of(call, id), text);
    }
    const struct row_value values[] = {
        {"user_id", cell_uuid(&call->identity->user_id)},
        {"request_id", cell_text(id)},
        {"request_digest", cell_text(digest)},
        {"answer", cell_text(text)},
        {"is_sealed", cell_boolean(answer->is_sealed)},
        {"answered_on", cell_moment(call->now)},
    };
    return held_insert(call, &request_table, values, sizeof(values) / sizeof(values[0]), error);
}

/* The columns of the row that was found, in this order. */
enum { REQUEST_DIGEST, ANSWER, IS_SEALED, ANSWERED_ON, COLUMN_COUNT };

static const char *const columns[COLUMN_COUNT] = {
    [REQUEST_DIGEST] = "request_digest",
    [ANSWER] = "answer",
    [IS_SEALED] = "is_sealed",
    [ANSWERED_ON] = "answered_on",
};

static bool open_answer(struct call *call, const char *id, const struct row_set *rows,
                        const char **text_out, struct error *error)
{
    char *text = NULL;

    *text_out = row_cell(rows, 0, ANSWER)->text;
    if (!row_cell(rows, 0, IS_SEALED)->boolean) {
        return true;
    }
    if (!seal_open(call->arena, call->platform->seal_key, owner_of(call, id), *text_out, &text)) {
        return error_set(error, ERROR_REQUEST_ID_EXPIRED, "id",
                         "The answer to this request id can no longer be opened: the key that "
                         "sealed it is gone");
    }
    *text_out = text;
    return true;
}

static bool read_row(struct call *call, const char *id, const uint8_t digest[SHA256_SIZE],
                     const struct row_set *rows, const char **text_out, struct error *error)
{
    char asked[SHA256_TEXT_SIZE];

    digest_format(digest, asked);
    if (!digest_is_equal(row_cell(rows, 0, REQUEST_DIGEST)->text, asked, SHA256_TEXT_SIZE - 1)) {
        return error_set(error, ERROR_REQUEST_ID_REUSED, "id",
                         "The request id was used before, for a request with other values");
    }
    if (row_cell(rows, 0, ANSWERED_ON)->moment < call->now - call->settings->requests.keep) {
        return error_set(error, ERROR_REQUEST_ID_EXPIRED, "id",
                         "The request was done, but its answer is no longer kept");
    }
    return open_answer(call, id, rows, text_out, error);
}

bool idempotency_find(struct call *call, const char *id, const uint8_t digest[SHA256_SIZE],
                      const char **text_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"user_id", ROW_IS, cell_uuid(&call->identity->user_id)},
        {"request_id", ROW_IS, cell_text(id)},
    };
    const struct row_query query = {
        .table = &request_table,
        .columns = columns,
        .column_count = COLUMN_COUNT,
        .conditions = conditions,
        .condition_count = 2,
    };
    struct row_set rows;

    *text_out = NULL;
    return row_select(call->connection, call->arena, &query, &rows, error) &&
           (rows.count == 0 || read_row(call, id, digest, &rows, text_out, error));
}

void idempotency_sweep(struct call *call)
{
    static atomic_uint kept; /* only how often it happens depends on it */
    const struct row_condition is_over = {
        "answered_on", ROW_IS_BELOW, cell_moment(call->now - 2 * call->settings->requests.keep)};
    struct error ignored = {0};

    if (atomic_fetch_add(&kept, 1) % SWEEP_EVERY == SWEEP_EVERY - 1) {
        (void)!row_delete(call->connection, call->arena, &request_table, &is_over, 1, NULL,
                          &ignored);
    }
}
