/*
 * signature.h - a signed message becomes one that holds what was signed, and nothing else.
 *
 * The Body and the Timestamp must be signed; other headers may. The message that is decoded
 * afterwards is written anew from the bytes that were digested, so that nothing else of what was
 * sent can reach an operation, wherever it was put.
 *
 * Memory: all lives in the arena given.
 */
#ifndef SOAP_SIGNATURE_H
#define SOAP_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "service/pipeline.h"
#include "soap/envelope.h"

struct arena;
struct body;
struct error;

struct signed_message {
    const char *bytes; /* the envelope written anew */
    size_t length;
    const char *signer; /* fingerprint of the certificate */
    struct credential_bytes statement;
};

/* Verifies a message and writes it anew. Fails with CREDENTIALS_INVALID. */
must_check bool signature_unwrap(struct arena *arena, enum soap_version version,
                                 const struct body *body, struct signed_message *message_out,
                                 struct error *error);

#endif
