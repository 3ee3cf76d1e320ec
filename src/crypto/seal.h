/*
 * seal.h - secrets that must be readable again, sealed with a key that lies in a file.
 *
 * AES-256-GCM under a random nonce; what a seal belongs to (a user's id) is bound into it, so
 * that a row copied to another user opens nothing. Who steals the database without the file has
 * nothing but noise.
 *
 * Memory: a key lives in its arena and is wiped with it.
 * Threads: a key may be used by any thread.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "crypto/digest.h"

struct arena;
struct error;
struct seal_key;

/* Reads the key from a file of mode 0600; makes it, with a new key, when it is not there. Fails
 * with SETTING_INVALID on a file that is no key, or that others may read. */
must_check bool seal_key_open(struct arena *arena, const char *file, struct seal_key **key_out,
                              struct error *error);

/* Seals a text; the result is text too. owner is what it belongs to. */
char *seal_text(struct arena *arena, const struct seal_key *key, const char *owner,
                const char *text);

/* Opens it again; false when it was sealed with another key, for another owner, or changed. */
must_check bool seal_open(struct arena *arena, const struct seal_key *key, const char *owner,
                          const char *sealed, char **text_out);

/* A digest that nobody can make, and so compare with his guesses, who has not the key; of bytes
 * that may hold a secret, for one owner. */
void seal_digest(const struct seal_key *key, const char *owner, const void *bytes, size_t length,
                 uint8_t digest_out[SHA256_SIZE]);

#endif
