/*
 * counter.h - the last number given of each series, a row each.
 */
#ifndef RECORD_COUNTER_H
#define RECORD_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct connection;
struct error;

/* Adds to a series, which begins when it is new; last_out is then its last number. The row stays
 * locked until the transaction ends, so what is rolled back is given again. */
must_check bool counter_add(struct connection *connection, struct arena *arena, const char *series,
                            int64_t count, int64_t *last_out, struct error *error);

#endif
