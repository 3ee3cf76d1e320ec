/*
 * request_digest.h - whether two requests ask for the same, whatever they look like on the wire.
 *
 * The digest is over the operation, the version that the caller expects, and every value as it
 * was decoded: prefixes, order of elements, white space, the SOAP version and the encoding of
 * files do not count, but an absent value is not an empty or a null one.
 */
#ifndef SERVICE_REQUEST_DIGEST_H
#define SERVICE_REQUEST_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "crypto/digest.h"

struct call;
struct error;
struct operation;

/* Reads the files of the request to their end, and goes back to their beginning. */
must_check bool request_digest(struct call *call, const struct operation *operation,
                               const void *request, uint8_t digest_out[SHA256_SIZE],
                               struct error *error);

#endif
