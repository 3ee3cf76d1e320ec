/*
 * token.c - session tokens.
 */
#include "crypto/token.h"

#include <assert.h>
#include <string.h>

#include "crypto/base64.h"
#include "crypto/digest.h"
#include "crypto/random.h"

enum { TOKEN_BYTES = 32 };

static_assert((int)TOKEN_DIGEST_SIZE == (int)SHA256_TEXT_SIZE, "a token is stored as SHA-256");

void token_make(char token[TOKEN_TEXT_SIZE])
{
    unsigned char bytes[TOKEN_BYTES];
    char text[TOKEN_TEXT_SIZE]; /* 32 bytes are 43 digits and one sign of padding */

    random_bytes(bytes, sizeof(bytes));
    base64_encode_into(text, bytes, sizeof(bytes));
    for (int i = 0; i < TOKEN_TEXT_SIZE - 1; i++) {
        token[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    }
    token[TOKEN_TEXT_SIZE - 1] = '\0';
    digest_wipe(bytes, sizeof(bytes));
    digest_wipe(text, sizeof(text));
}

bool token_digest(const char *token, char digest[TOKEN_DIGEST_SIZE])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char bytes[SHA256_SIZE];
    size_t length = strspn(token, digits);

    if (length != TOKEN_TEXT_SIZE - 1 || token[length] != '\0') {
        return false;
    }
    digest_sha256(token, length, bytes);
    digest_format(bytes, digest);
    return true;
}
