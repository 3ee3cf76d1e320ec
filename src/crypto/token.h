/*
 * token.h - session tokens: the client keeps the token, the database keeps its digest only.
 *
 * A token is 256 random bits in base64url. Looking a session up by the digest needs no
 * comparing of secrets, and a stolen table opens no session.
 *
 * Threads: any thread.
 */
#ifndef CRYPTO_TOKEN_H
#define CRYPTO_TOKEN_H

#include <stdbool.h>

#include "base/attributes.h"

enum { TOKEN_TEXT_SIZE = 44, TOKEN_DIGEST_SIZE = 65 };

/* Makes a new token. */
void token_make(char token[TOKEN_TEXT_SIZE]);

/* The form in which a token is stored: SHA-256 in hexadecimal digits. False when the text
 * cannot be a token. */
must_check bool token_digest(const char *token, char digest[TOKEN_DIGEST_SIZE]);

#endif
