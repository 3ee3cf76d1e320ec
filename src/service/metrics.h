/*
 * metrics.h - how many calls there were of each pattern, how they ended, how long they took.
 *
 * Memory: metrics live in the arena of the program.
 * Threads: shared; counters are atomic.
 */
#ifndef SERVICE_METRICS_H
#define SERVICE_METRICS_H

#include <stdint.h>

#include "generated/error_codes.h"

struct arena;
struct buffer;
struct operation_pattern;
struct service_metrics;

/* Makes counters at zero, one row for each pattern. */
struct service_metrics *service_metrics_make(struct arena *arena);

/* Counts one call. metrics may be NULL. */
void service_metrics_count(struct service_metrics *metrics, const struct operation_pattern *pattern,
                           enum error_code code, int64_t milliseconds);

/* Adds them in the text format of Prometheus; patterns that were never called are left out. */
void service_metrics_write(const struct service_metrics *metrics, struct buffer *text);

#endif
