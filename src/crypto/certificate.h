/*
 * certificate.h - X.509 certificates as far as we use them: whose fingerprint, how strong, until
 * when.
 *
 * Nobody's signature on a certificate is asked about: one is trusted because an administrator
 * has registered it.
 *
 * Memory: texts live in the arena.
 * Threads: any thread.
 */
#ifndef CRYPTO_CERTIFICATE_H
#define CRYPTO_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "crypto/digest.h"

struct arena;
struct error;

struct certificate {
    char fingerprint[SHA256_TEXT_SIZE]; /* SHA-256 of the whole, in hexadecimal digits */
    const char *subject;                /* "CN=erp,O=Firm" */
    int64_t valid_from;                 /* moments */
    int64_t valid_until;
};

/* Reads the one certificate of a PEM text. Fails with VALUE_INVALID when it is none, or when its
 * key is weaker than RSA of 2048 bits or an elliptic curve of 256. */
must_check bool certificate_read_pem(struct arena *arena, const char *text,
                                     struct certificate *certificate_out, struct error *error);

/* The same, of DER bytes. */
must_check bool certificate_read(struct arena *arena, const void *bytes, size_t length,
                                 struct certificate *certificate_out, struct error *error);

#endif
