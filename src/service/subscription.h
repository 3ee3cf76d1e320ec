/*
 * subscription.h - what the operations on subscriptions share.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef SERVICE_SUBSCRIPTION_H
#define SERVICE_SUBSCRIPTION_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "metadata/shape.h"

struct call;
struct error;
struct subscription;

/* Reads a subscription of the caller, or, for an administrator, of anybody, and locks its row when
 * asked. RECORD_NOT_FOUND. */
must_check bool subscription_find(struct call *call, const struct uuid *id, bool is_locked,
                                  struct subscription *subscription_out, struct error *error);

/* Checks a list of struct change_interest against what the caller may read, and writes it as
 * change/interest.h keeps it. */
must_check bool interests_take(struct call *call, const struct message_list *asked,
                               const char **text_out, struct error *error);

/* The other way round. */
struct message_list interests_answer(struct call *call, const char *text);

#endif
