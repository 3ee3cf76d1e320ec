/*
 * envelope.h - SOAP 1.1 around a request, and out of an answer.
 */
#ifndef CLIENT_ENVELOPE_H
#define CLIENT_ENVELOPE_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct buffer;
struct client_error;
struct client_operation;
struct element;
struct transport_answer;
struct xml_node;

/* What goes before the request; NULL: not said. */
struct envelope_header {
    const char *token; /* of the session */
    const char *request_id;
    const char *application;
};

/* Writes the request of an operation. */
void envelope_write(const struct client_operation *operation, const struct envelope_header *header,
                    const struct element *parameters, struct buffer *xml);

/* What goes into the SOAPAction header. */
const char *envelope_action(struct arena *arena, const struct client_operation *operation);

/* Reads an answer: the wrapper of the response, or the fault in it as an error. */
must_check bool envelope_read(struct arena *arena, const struct transport_answer *answer,
                              const struct xml_node **wrapper_out, struct client_error *error);

#endif
