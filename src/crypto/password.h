/*
 * password.h - passwords, hashed so that a stolen table is of little use.
 *
 * Argon2id in the text form of libsodium, parameters and salt included. One hash or verify
 * takes about 64 MiB and a tenth of a second: callers bound how many run at once.
 *
 * Memory: hashes live in the arena.
 * Threads: any thread.
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct error;

/* A longer password is refused before anything is computed. */
enum { PASSWORD_BYTES_MAX = 1024 };

/* Fails with ERROR_LIMIT_EXCEEDED when the password is too long, with ERROR_BUSY when there is
 * no memory for it. Whether a password is good enough is the caller's question. */
must_check bool password_hash(struct arena *arena, const char *password, const char **hash_out,
                              struct error *error);

/* True when password is what hash was made of; false also for anything malformed. */
must_check bool password_verify(const char *hash, const char *password);

/* Takes the time of a verify and is never true: for users that do not exist, so that an
 * answer's time does not tell who does. */
void password_verify_nobody(const char *password);

/* True when the hash was made with other parameters than a new one would be. */
bool password_needs_rehash(const char *hash);

#endif
