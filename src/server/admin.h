/*
 * admin.h - the operators' pages: /livez, /readyz, /healthz and /metrics.
 *
 * They are served by a server of their own (server.h with this door), on its own address and
 * threads, so that they answer when the clients' server has no worker free.
 *
 *   /livez    the process runs
 *   /readyz   it can take requests: 200, or 503 and why not
 *   /healthz  the same with a line for each check
 *   /metrics  numbers in the text format of Prometheus
 */
#ifndef SERVER_ADMIN_H
#define SERVER_ADMIN_H

#include <stdbool.h>

#include "server/exchange.h"

struct buffer;
struct counters;

/* One thing that must work for the server to be ready. */
struct admin_check {
    const char *name;
    void *context;
    /* False when it does not work; adds a few words on why. May take as long as a query. */
    bool (*is_fine)(void *context, struct buffer *words);
};

struct admin {
    const struct counters *counters; /* of the clients' server */
    const struct admin_check *checks;
    int check_count;
    void *context;
    /* Optional. Adds the numbers of other floors. */
    void (*write_metrics)(void *context, struct buffer *text);
};

/* The door that shows the pages; admin must outlive the server. */
struct exchange_door admin_door(const struct admin *admin);

#endif
