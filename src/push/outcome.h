/*
 * outcome.h - what came of a message, written down in one transaction.
 *
 * Whoever lost the subscription to another node, or whose subscription, or its dead letters, an
 * operation changed meanwhile, writes nothing: what was gathered as it was before counts no more.
 * What was sent may then be sent once more, and has the same sequence.
 */
#ifndef PUSH_OUTCOME_H
#define PUSH_OUTCOME_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct error;
struct parcel;
struct subscription;

enum outcome {
    OUTCOME_TAKEN,  /* acknowledged */
    OUTCOME_PASSED, /* there was nothing to send */
    OUTCOME_FAILED, /* to be sent again */
    OUTCOME_PARKED  /* what is first in it becomes a dead letter */
};

/* Writes it, again when others were in the way. reason: why it was not taken, or NULL. */
must_check bool outcome_note(struct call *call, const struct subscription *subscription,
                             const struct parcel *parcel, enum outcome outcome, const char *reason,
                             struct error *error);

#endif
