/*
 * page_limit.h - how many rows a page of an answer may have.
 */
#ifndef SERVICE_PAGE_LIMIT_H
#define SERVICE_PAGE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct call;
struct error;
struct message_integer;

/* The parameter limit as it was asked for, or, without it, what is usual. VALUE_OUT_OF_RANGE
 * beyond limits.page. */
must_check bool page_limit(struct call *call, const struct message_integer *limit, int64_t usual,
                           int64_t *limit_out, struct error *error);

#endif
