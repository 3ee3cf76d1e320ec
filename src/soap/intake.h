/*
 * intake.h - watches a message while it comes: how large it may become, and where its parts are.
 *
 * Memory: lives in the arena given.
 * Threads: the one that takes bytes, then the worker.
 */
#ifndef SOAP_INTAKE_H
#define SOAP_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "soap/multipart.h"

struct arena;
struct error;
struct kerberos_ticket;
struct message_limits;
struct soap_intake;

/* Begins with the Content-Type of a request, or NULL. */
struct soap_intake *intake_begin(struct arena *arena, const char *content_type,
                                 const struct message_limits *limits);

/* Looks at the next bytes. A message that is malformed is enough too: intake_end says why. */
enum intake_verdict intake_take(struct soap_intake *intake, const char *bytes, size_t length);

/* Where the envelope lies of a message of which only the beginning has come. It is empty when it
 * has not begun. */
struct body intake_peek_envelope(const struct soap_intake *intake, const struct body *body);

/* All has come that is wanted. *multipart_out is NULL for a plain envelope. Fails as what made the
 * message malformed, or with LIMIT_EXCEEDED. */
must_check bool intake_end(struct soap_intake *intake, const struct body *body,
                           struct body *envelope_out, struct multipart **multipart_out,
                           struct error *error);

/* Whose ticket the request brought, once it was taken; empty before. The same for the beginning of
 * a message and for the whole, since a ticket can be taken only once. */
struct kerberos_ticket *intake_ticket(struct soap_intake *intake);

/* Whether a file was too large and the rest of the message was not wanted. */
bool intake_is_cut(const struct soap_intake *intake);

#endif
