/*
 * idempotency.h - answers kept for writes that may be sent again.
 *
 * A client that gives a write an id may send it as often as it likes: it is done once, and each
 * time answered as the first time. The row that remembers it is inserted by the write's own
 * transaction, so there is never one without the other. Ids belong to the user who gave them.
 *
 * Two copies that run at the same time, on whatever nodes, meet in the table's key: the second
 * waits for the first and then fails with DATABASE_UNIQUE.
 *
 * Rows older than requests.keep say of their id only that it has expired; after as long again
 * they are swept, and the id is as good as new.
 */
#ifndef RECORD_IDEMPOTENCY_H
#define RECORD_IDEMPOTENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "crypto/digest.h"

struct call;
struct error;

/* What was asked, and what was answered. */
struct kept_answer {
    uint8_t digest[SHA256_SIZE]; /* of the operation and all its values */
    const char *text;
    bool is_sealed; /* the text holds a secret, and is kept sealed with the platform's key */
};

/* Fails with VALUE_INVALID of the parameter unless the text is 1 to 200 visible ASCII characters.
 */
must_check bool idempotency_check(const char *id, const char *parameter, struct error *error);

/* Keeps an answer under the caller's id, in the open transaction. Fails with DATABASE_UNIQUE when
 * the id has been used: roll back, to a savepoint or wholly, and look for it. */
must_check bool idempotency_keep(struct call *call, const char *id,
                                 const struct kept_answer *answer, struct error *error);

/* Finds the answer that was kept under the caller's id; text_out is NULL when there is none.
 * Fails with REQUEST_ID_REUSED when it was another request, by digest, and with
 * REQUEST_ID_EXPIRED when its answer is no longer kept. */
must_check bool idempotency_find(struct call *call, const char *id,
                                 const uint8_t digest[SHA256_SIZE], const char **text_out,
                                 struct error *error);

/* Deletes what is too old, every now and then: called after each write that was kept, outside a
 * transaction. What cannot be deleted now will be later. */
void idempotency_sweep(struct call *call);

#endif
