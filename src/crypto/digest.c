/*
 * digest.c - SHA-256, SHA-1 and HMAC by OpenSSL; SHA-256 at once by libsodium.
 */
#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "base/arena.h"
#include "base/expect.h"

struct digest {
    EVP_MD_CTX *context;
};

/* OpenSSL fails here only without memory or with a broken installation. */
static void digest_once(const EVP_MD *kind, const void *bytes, size_t length, uint8_t *digest_out)
{
    expect(EVP_Digest(bytes, length, digest_out, NULL, kind, NULL) == 1);
}

/* What is digested at once is short, and comes with every request: OpenSSL takes longer to look
 * its SHA-256 up than to run it. */
void digest_sha256(const void *bytes, size_t length, uint8_t digest_out[SHA256_SIZE])
{
    expect(crypto_hash_sha256(digest_out, bytes, length) == 0);
}

void digest_sha1(const void *bytes, size_t length, uint8_t digest_out[SHA1_SIZE])
{
    digest_once(EVP_sha1(), bytes, length, digest_out);
}

void digest_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                        uint8_t digest_out[SHA256_SIZE])
{
    expect(key_length <= INT32_MAX);
    expect(HMAC(EVP_sha256(), key, (int)key_length, bytes, length, digest_out, NULL) != NULL);
}

static void release_context(void *context)
{
    EVP_MD_CTX_free(context);
}

struct digest *digest_begin(struct arena *arena)
{
    struct digest *digest = arena_allocate(arena, sizeof(*digest));

    digest->context = EVP_MD_CTX_new();
    expect(digest->context != NULL);
    arena_on_release(arena, release_context, digest->context);
    expect(EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) == 1);
    return digest;
}

void digest_add(struct digest *digest, const void *bytes, size_t length)
{
    expect(EVP_DigestUpdate(digest->context, bytes, length) == 1);
}

void digest_end(struct digest *digest, uint8_t digest_out[SHA256_SIZE])
{
    expect(EVP_DigestFinal_ex(digest->context, digest_out, NULL) == 1);
}

void digest_format(const uint8_t digest[SHA256_SIZE], char text[SHA256_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 0; i < SHA256_SIZE; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[SHA256_TEXT_SIZE - 1] = '\0';
}

bool digest_is_equal(const void *left, const void *right, size_t length)
{
    return CRYPTO_memcmp(left, right, length) == 0;
}

void digest_wipe(void *secret, size_t length)
{
    OPENSSL_cleanse(secret, length);
}
