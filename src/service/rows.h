/*
 * rows.h - many writes in one call: each a row with a result of its own.
 *
 * Row by row, one that fails leaves nothing and the others go on; all or none, the first that fails
 * ends the call with its fault, which names the row. A row with a request id is done once, like a
 * whole request. What a row does is its owner's business; it may be done more than once before its
 * result stands, each time from the state that the rows before it left.
 *
 * Memory: everything lives in the arena of the call.
 * Threads: a call belongs to one thread. The caller holds a write transaction.
 */
#ifndef SERVICE_ROWS_H
#define SERVICE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "crypto/digest.h"
#include "generated/messages.h"
#include "record/engine.h"

struct call;
struct error;
struct rows;

/* Does one row. What it has written when it fails is undone. */
typedef bool (*row_write)(struct rows *rows, size_t row, struct write_outcome *outcome_out,
                          struct error *error);

/* What one row asks for, so that one who sends it again is known from one who sends another. */
typedef bool (*row_digest)(struct rows *rows, size_t row, uint8_t digest_out[SHA256_SIZE],
                           struct error *error);

/* The first member of what the owner of the rows keeps beside them. */
struct rows {
    struct call *call;
    size_t count;
    const char *parameter;          /* that the rows came in, for faults */
    const char *ids_parameter;      /* that their request ids came in */
    const char *const *tags;        /* one for each row, NULL where it has none */
    const char *const *request_ids; /* likewise */
    bool is_all_or_none;
    bool ends_with_failure; /* no row is begun after one that failed */
    int64_t until;          /* of time_monotonic(): none but the first is begun later; 0: any */
    row_write write;
    row_digest digest;
    struct row_result **results; /* of the rows so far, while they run */
};

/* Runs the rows, which were checked, in their order; the result is of those that were begun. All or
 * none, it fails with the failure of the first row that fails. */
must_check bool rows_run(struct rows *rows, struct bulk_result **result_out, struct error *error);

/* Fails with VALUE_INVALID for a request id that is none and for a header that expects a version.
 */
must_check bool rows_check(const struct rows *rows, struct error *error);

/* LIMIT_EXCEEDED about the parameter when there are more than limits.rows. */
must_check bool rows_check_count(struct call *call, size_t count, const char *parameter,
                                 struct error *error);

#endif
