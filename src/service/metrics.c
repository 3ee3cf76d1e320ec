/*
 * metrics.c - counters of calls, one row for each pattern.
 */
#include "service/metrics.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "service/operation.h"

enum outcome { OUTCOME_OK, OUTCOME_CLIENT_FAULT, OUTCOME_SERVER_FAULT, OUTCOME_COUNT };

static const char *const outcome_names[OUTCOME_COUNT] = {
    [OUTCOME_OK] = "ok",
    [OUTCOME_CLIENT_FAULT] = "client_fault",
    [OUTCOME_SERVER_FAULT] = "server_fault",
};

/* Upper ends of the buckets, in milliseconds, and as Prometheus wants them, in seconds. */
static const struct bucket {
    int64_t milliseconds;
    const char *seconds;
} buckets[] = {
    {1, "0.001"},  {2, "0.002"},  {5, "0.005"},  {10, "0.01"},        {25, "0.025"}, {50, "0.05"},
    {100, "0.1"},  {250, "0.25"}, {500, "0.5"},  {1000, "1"},         {2500, "2.5"}, {5000, "5"},
    {10000, "10"}, {30000, "30"}, {60000, "60"}, {INT64_MAX, "+Inf"},
};

enum { BUCKET_COUNT = sizeof(buckets) / sizeof(buckets[0]) };

struct row {
    atomic_ullong calls[OUTCOME_COUNT];
    atomic_ullong milliseconds;
    atomic_ullong in_bucket[BUCKET_COUNT];
};

struct service_metrics {
    struct row *rows; /* by the place of the pattern */
};

static enum outcome outcome_of(enum error_code code)
{
    if (code == ERROR_NONE) {
        return OUTCOME_OK;
    }
    return error_kind(code)->is_client_fault ? OUTCOME_CLIENT_FAULT : OUTCOME_SERVER_FAULT;
}

struct service_metrics *service_metrics_make(struct arena *arena)
{
    struct service_metrics *metrics = arena_allocate(arena, sizeof(*metrics));

    metrics->rows = arena_allocate_array(arena, operation_pattern_count, sizeof(*metrics->rows));
    return metrics;
}

void service_metrics_count(struct service_metrics *metrics, const struct operation_pattern *pattern,
                           enum error_code code, int64_t milliseconds)
{
    size_t bucket = 0;

    if (metrics == NULL) {
        return;
    }
    struct row *row = &metrics->rows[pattern - operation_patterns];
    while (milliseconds > buckets[bucket].milliseconds) {
        bucket++;
    }
    atomic_fetch_add_explicit(&row->calls[outcome_of(code)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&row->milliseconds, (unsigned long long)milliseconds,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&row->in_bucket[bucket], 1, memory_order_relaxed);
}

static unsigned long long read_counter(const atomic_ullong *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static unsigned long long count_calls(const struct row *row)
{
    unsigned long long count = 0;

    for (size_t i = 0; i < OUTCOME_COUNT; i++) {
        count += read_counter(&row->calls[i]);
    }
    return count;
}

static void write_calls(const struct row *row, const char *name, struct buffer *text)
{
    for (size_t i = 0; i < OUTCOME_COUNT; i++) {
        buffer_add_format(text, "crm_calls_total{operation=\"%s\",outcome=\"%s\"} %llu\n", name,
                          outcome_names[i], read_counter(&row->calls[i]));
    }
}

static void write_durations(const struct row *row, const char *name, struct buffer *text)
{
    unsigned long long below = 0;

    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        below += read_counter(&row->in_bucket[i]);
        buffer_add_format(text, "crm_call_seconds_bucket{operation=\"%s\",le=\"%s\"} %llu\n", name,
                          buckets[i].seconds, below);
    }
    unsigned long long milliseconds = read_counter(&row->milliseconds);
    buffer_add_format(text, "crm_call_seconds_sum{operation=\"%s\"} %llu.%03llu\n", name,
                      milliseconds / 1000, milliseconds % 1000);
    buffer_add_format(text, "crm_call_seconds_count{operation=\"%s\"} %llu\n", name, below);
}

/* Writes one family of metrics, for the patterns that were called. */
static void write_family(const struct service_metrics *metrics, const char *heading,
                         void (*write)(const struct row *row, const char *name,
                                       struct buffer *text),
                         struct buffer *text)
{
    buffer_add_text(text, heading);
    for (size_t i = 0; i < operation_pattern_count; i++) {
        if (count_calls(&metrics->rows[i]) > 0) {
            write(&metrics->rows[i], operation_patterns[i].name, text);
        }
    }
}

void service_metrics_write(const struct service_metrics *metrics, struct buffer *text)
{
    write_family(metrics,
                 "# HELP crm_calls_total Calls that ended, by operation and outcome.\n"
                 "# TYPE crm_calls_total counter\n",
                 write_calls, text);
    write_family(metrics,
                 "# HELP crm_call_seconds Time from the first step of a call to its end.\n"
                 "# TYPE crm_call_seconds histogram\n",
                 write_durations, text);
}
