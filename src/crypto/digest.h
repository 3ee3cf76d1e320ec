/*
 * digest.h - fingerprints of bytes, with and without a key, and comparing them safely.
 *
 * SHA-1 is here only because the WS-Security password digest is defined with it.
 *
 * Memory: nothing is kept, but a running digest, which lives in the arena given at its begin.
 * Threads: any thread; a running digest belongs to one.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct digest;

enum { SHA1_SIZE = 20, SHA256_SIZE = 32, SHA256_TEXT_SIZE = 65 };

void digest_sha256(const void *bytes, size_t length, uint8_t digest_out[SHA256_SIZE]);

void digest_sha1(const void *bytes, size_t length, uint8_t digest_out[SHA1_SIZE]);

void digest_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                        uint8_t digest_out[SHA256_SIZE]);

/* SHA-256 of bytes that come in pieces. Nothing may be added after the end. */
struct digest *digest_begin(struct arena *arena);
void digest_add(struct digest *digest, const void *bytes, size_t length);
void digest_end(struct digest *digest, uint8_t digest_out[SHA256_SIZE]);

/* Writes a SHA-256 in lower case hexadecimal digits. */
void digest_format(const uint8_t digest[SHA256_SIZE], char text[SHA256_TEXT_SIZE]);

/* Compares in a time that does not depend on where the bytes differ. */
bool digest_is_equal(const void *left, const void *right, size_t length);

/* Overwrites a secret in a way that no compiler leaves out. */
void digest_wipe(void *secret, size_t length);

#endif
