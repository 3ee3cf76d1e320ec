/*
 * sent.h - messages that the platform sends to services of its clients, and their answers.
 *
 * What is sent is an operation with sent="true" in services/; encoder and decoder are those of
 * every other message. An answer comes from a machine that nobody vouches for: it is scanned and
 * bounded like a request.
 *
 * Memory: everything lives in the arena given.
 * Threads: as for the worker.
 */
#ifndef SOAP_SENT_H
#define SOAP_SENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/buffer.h"

struct arena;
struct error;
struct soap_door;
struct soap_worker;
struct wire_operation;

/* An operation that is sent. */
struct sent_operation {
    const struct wire_operation *operation;
    const char *target_namespace;
    const char *action; /* for the header SOAPAction */
};

/* Finds it by service and name, which must exist. */
struct sent_operation sent_find(const struct soap_door *door, struct arena *arena,
                                const char *service, const char *name);

/* Writes a SOAP 1.1 envelope around its request. */
void sent_encode(const struct sent_operation *sent, struct arena *arena, const void *request,
                 struct buffer *text_out);

/* Reads an answer of SOAP 1.1 or 1.2 into its response. A fault, and whatever cannot be read, is
 * ENDPOINT_REFUSED with the fault's text, or what is wrong. */
must_check bool sent_decode(const struct sent_operation *sent, struct soap_worker *worker,
                            struct arena *arena, const char *bytes, size_t length, void *response,
                            struct error *error);

#endif
