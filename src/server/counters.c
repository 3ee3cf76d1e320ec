/*
 * counters.c - counting, and writing it down for Prometheus.
 */
#include "server/counters.h"

#include <stddef.h>

#include "base/buffer.h"

/* Upper bounds in microseconds, in the steps that people read easily. */
static const int64_t bounds_us[DURATION_BUCKETS] = {
    500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000, 30000000,
};

#define COUNTER(field_name, prometheus_kind, sentence)                                             \
    {.name = #field_name,                                                                          \
     .kind = (prometheus_kind),                                                                    \
     .meaning = (sentence),                                                                        \
     .offset = offsetof(struct counters, field_name)},
static const struct {
    const char *name;
    const char *kind;
    const char *meaning;
    size_t offset;
} rows[] = {
#include "server/counters.def"
};
#undef COUNTER

static int64_t read_counter(const _Atomic int64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void counters_note_request(struct counters *counters, int64_t duration_us, int status)
{
    int bucket = 0;

    while (bucket < DURATION_BUCKETS && duration_us > bounds_us[bucket]) {
        bucket++;
    }
    counter_add(&counters->durations[bucket], 1);
    counter_add(&counters->duration_sum_us, duration_us);
    counter_add(&counters->requests_total, 1);
    counter_add(status < 400   ? &counters->answers_success_total
                : status < 500 ? &counters->answers_client_error_total
                               : &counters->answers_server_error_total,
                1);
}

static void write_durations(const struct counters *counters, struct buffer *text)
{
    int64_t count = 0;

    buffer_add_text(text, "# HELP crm_request_seconds Time from a whole request to its answer.\n"
                          "# TYPE crm_request_seconds histogram\n");
    for (int i = 0; i < DURATION_BUCKETS; i++) {
        count += read_counter(&counters->durations[i]);
        buffer_add_format(text, "crm_request_seconds_bucket{le=\"%g\"} %lld\n",
                          (double)bounds_us[i] / 1e6, (long long)count);
    }
    count += read_counter(&counters->durations[DURATION_BUCKETS]);
    buffer_add_format(text, "crm_request_seconds_bucket{le=\"+Inf\"} %lld\n", (long long)count);
    buffer_add_format(text, "crm_request_seconds_sum %.6f\ncrm_request_seconds_count %lld\n",
                      (double)read_counter(&counters->duration_sum_us) / 1e6, (long long)count);
}

static void write_refusals(const struct counters *counters, struct buffer *text)
{
    buffer_add_text(text, "# HELP crm_refusals_total Requests refused before any handler.\n"
                          "# TYPE crm_refusals_total counter\n");
    for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++) {
        buffer_add_format(text, "crm_refusals_total{reason=\"%s\"} %lld\n",
                          refusal_kind((enum refusal)i)->word,
                          (long long)read_counter(&counters->refusals[i]));
    }
}

void counters_write(const struct counters *counters, struct buffer *text)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *place = (const char *)counters + rows[i].offset;

        buffer_add_format(text, "# HELP crm_%s %s\n# TYPE crm_%s %s\ncrm_%s %lld\n", rows[i].name,
                          rows[i].meaning, rows[i].name, rows[i].kind, rows[i].name,
                          (long long)read_counter((const _Atomic int64_t *)(const void *)place));
    }
    write_refusals(counters, text);
    write_durations(counters, text);
}
