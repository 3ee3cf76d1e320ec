/*
 * password.c - argon2id by libsodium.
 */
#include "crypto/password.h"

#include <sodium.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"

static const unsigned long long work = crypto_pwhash_OPSLIMIT_INTERACTIVE;
static const size_t memory = crypto_pwhash_MEMLIMIT_INTERACTIVE;

/* Chooses the fast implementations once a process; cheap and safe to ask again. */
static void prepare(void)
{
    expect(sodium_init() >= 0);
}

static bool is_too_long(const char *password)
{
    return strlen(password) > PASSWORD_BYTES_MAX;
}

bool password_hash(struct arena *arena, const char *password, const char **hash_out,
                   struct error *error)
{
    char *hash = arena_allocate(arena, crypto_pwhash_STRBYTES);

    prepare();
    if (is_too_long(password)) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, "password", "A password has at most %d bytes",
                         PASSWORD_BYTES_MAX);
    }
    if (crypto_pwhash_str(hash, password, strlen(password), work, memory) != 0) {
        error_set(error, ERROR_BUSY, NULL, "The server is busy; try again");
        return error_add_cause(error, "no memory for argon2id");
    }
    *hash_out = hash;
    return true;
}

bool password_verify(const char *hash, const char *password)
{
    prepare();
    if (is_too_long(password) || strlen(hash) >= crypto_pwhash_STRBYTES) {
        return false;
    }
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

void password_verify_nobody(const char *password)
{
    unsigned char key[crypto_pwhash_BYTES_MIN];
    static const unsigned char salt[crypto_pwhash_SALTBYTES] = {0};

    prepare();
    if (!is_too_long(password)) {
        /* The result is of no interest, nor is a failure: only the time counts. */
        int ignored = crypto_pwhash(key, sizeof(key), password, strlen(password), salt, work,
                                    memory, crypto_pwhash_ALG_ARGON2ID13);
        (void)ignored;
    }
}

bool password_needs_rehash(const char *hash)
{
    prepare();
    return strlen(hash) >= crypto_pwhash_STRBYTES ||
           crypto_pwhash_str_needs_rehash(hash, work, memory) != 0;
}
