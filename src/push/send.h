/*
 * send.h - one notification on its way: out to the endpoint, and its answer back.
 *
 * Memory: everything lives in the arena given.
 * Threads: the worker belongs to the caller's.
 */
#ifndef PUSH_SEND_H
#define PUSH_SEND_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct error;
struct notify_request;
struct platform;
struct soap_door;
struct soap_worker;
struct subscription;
struct tls_client;

struct send_rules {
    const struct platform *platform;
    const struct soap_door *door;
    struct soap_worker *worker;
    struct tls_client *tls;
    const atomic_bool *is_stopping;
};

/* Sends it; true when it was acknowledged. ENDPOINT_UNREACHABLE: it was not taken now, whatever it
 * says. ENDPOINT_REFUSED: it was understood, and this content was refused. */
must_check bool send_notification(struct arena *arena, const struct send_rules *rules,
                                  const struct subscription *subscription,
                                  const struct notify_request *message, struct error *error);

#endif
