/*
 * request_digest.h - whether two requests ask for the same, whatever they look like on the wire.
 *
 * The digest is over the operation, the version that the caller expects, and every value as it
 * was decoded: prefixes, order of elements, white space, the SOAP version and the encoding of
 * files do not count, but an absent value is not an empty or a null one.
 *
 * A digest is kept in the database. One over a secret is made with the key that seals secrets, for
 * its user: so nobody finds a password in it by trying many, nor that two users sent the same, who
 * has the database alone. Under another key the same request is another one.
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
struct record;
struct shape;
struct uuid;

/* Reads the files of the request to their end, and goes back to their beginning. */
must_check bool request_digest(struct call *call, const struct operation *operation,
                               const void *request, uint8_t digest_out[SHA256_SIZE],
                               struct error *error);

/* The same for one row of a call on many: key names the alternate key, where there is one; the row
 * is a record, or (record NULL) just an id. */
must_check bool request_digest_row(struct call *call, const struct operation *operation,
                                   const char *key, const struct record *record,
                                   const struct uuid *id, uint8_t digest_out[SHA256_SIZE],
                                   struct error *error);

/* The same for one row that is a struct of this shape; the same row of the same kind is the same,
 * whatever it came with. */
must_check bool request_digest_item(struct call *call, const char *service, const char *kind,
                                    const struct shape *shape, const void *item,
                                    uint8_t digest_out[SHA256_SIZE], struct error *error);

#endif
