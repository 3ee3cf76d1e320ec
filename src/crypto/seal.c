/*
 * seal.c - AES-256-GCM by OpenSSL: base64url of nonce, what was encrypted, and tag.
 */
#include "crypto/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "crypto/random.h"

enum { KEY_SIZE = 32, NONCE_SIZE = 12, TAG_SIZE = 16 };

struct seal_key {
    unsigned char bytes[KEY_SIZE];
};

static bool refuse(struct error *error, const char *file, const char *problem)
{
    error_set(error, ERROR_SETTING_INVALID, "data.key_file", "The key file %s", problem);
    return error_add_cause(error, "%s: %s", file, strerror(errno));
}

/* Two programs may start at once: the one that is late finds the other's file. A file is linked
 * into its place only when it is whole. */
static bool make_file(struct arena *arena, const char *file, struct error *error)
{
    unsigned char bytes[KEY_SIZE];
    const char *draft = arena_format(arena, "%s.%ld", file, (long)getpid());
    int descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_made = false;

    if (descriptor < 0) {
        return refuse(error, file, "cannot be made");
    }
    random_bytes(bytes, sizeof(bytes));
    is_made = write(descriptor, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes) &&
              fsync(descriptor) == 0 && (link(draft, file) == 0 || errno == EEXIST);
    if (!is_made) {
        (void)refuse(error, file, "cannot be made");
    }
    digest_wipe(bytes, sizeof(bytes));
    close(descriptor);
    unlink(draft);
    return is_made;
}

static bool read_file(int descriptor, const char *file, struct seal_key *key, struct error *error)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0 || status.st_size != KEY_SIZE ||
        read(descriptor, key->bytes, KEY_SIZE) != KEY_SIZE) {
        return refuse(error, file, "does not hold a key of 32 bytes");
    }
    return (status.st_mode & (S_IRWXG | S_IRWXO)) == 0 ||
           refuse(error, file, "may be read by others: give it mode 0600");
}

static void wipe(void *object)
{
    digest_wipe(object, sizeof(struct seal_key));
}

bool seal_key_open(struct arena *arena, const char *file, struct seal_key **key_out,
                   struct error *error)
{
    struct seal_key *key = arena_allocate(arena, sizeof(*key));
    int descriptor = open(file, O_RDONLY | O_CLOEXEC);

    if (descriptor < 0 && errno == ENOENT) {
        if (!make_file(arena, file, error)) {
            return false;
        }
        descriptor = open(file, O_RDONLY | O_CLOEXEC);
    }
    if (descriptor < 0) {
        return refuse(error, file, "cannot be read");
    }
    arena_on_release(arena, wipe, key);
    bool is_read = read_file(descriptor, file, key, error);
    close(descriptor);
    if (is_read) {
        *key_out = key;
    }
    return is_read;
}

char *seal_text(struct arena *arena, const struct seal_key *key, const char *owner,
                const char *text)
{
    size_t length = strlen(text);
    unsigned char *sealed = arena_allocate(arena, NONCE_SIZE + length + TAG_SIZE);
    unsigned char *body = sealed + NONCE_SIZE;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int count = 0;

    expect(context != NULL);
    random_bytes(sealed, NONCE_SIZE);
    expect(EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->bytes, sealed) == 1);
    expect(EVP_EncryptUpdate(context, NULL, &count, (const unsigned char *)owner,
                             (int)strlen(owner)) == 1);
    expect(EVP_EncryptUpdate(context, body, &count, (const unsigned char *)text, (int)length) == 1);
    expect(EVP_EncryptFinal_ex(context, body + length, &count) == 1);
    expect(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, body + length) == 1);
    EVP_CIPHER_CTX_free(context);
    return base64_encode_url(arena, sealed, NONCE_SIZE + length + TAG_SIZE);
}

bool seal_open(struct arena *arena, const struct seal_key *key, const char *owner,
               const char *sealed, char **text_out)
{
    EVP_CIPHER_CTX *context = NULL;
    void *bytes = NULL;
    size_t length = 0;
    int count = 0;

    if (!base64_decode_url(arena, sealed, strlen(sealed), &bytes, &length) ||
        length < NONCE_SIZE + TAG_SIZE) {
        return false;
    }
    length -= NONCE_SIZE + TAG_SIZE;
    unsigned char *body = (unsigned char *)bytes + NONCE_SIZE;
    char *text = arena_allocate(arena, length + 1);
    context = EVP_CIPHER_CTX_new();
    expect(context != NULL);
    bool is_open =
        EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->bytes, bytes) == 1 &&
        EVP_DecryptUpdate(context, NULL, &count, (const unsigned char *)owner,
                          (int)strlen(owner)) == 1 &&
        EVP_DecryptUpdate(context, (unsigned char *)text, &count, body, (int)length) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, body + length) == 1 &&
        EVP_DecryptFinal_ex(context, (unsigned char *)text + length, &count) == 1;
    EVP_CIPHER_CTX_free(context);
    if (is_open) {
        *text_out = text;
    }
    return is_open;
}

void seal_digest(const struct seal_key *key, const char *owner, const void *bytes, size_t length,
                 uint8_t digest_out[SHA256_SIZE])
{
    /* Keys of their own: the key itself encrypts. */
    static const char purpose[] = "svyaz digest";
    uint8_t of_purpose[SHA256_SIZE], of_owner[SHA256_SIZE];

    digest_hmac_sha256(key->bytes, KEY_SIZE, purpose, sizeof(purpose), of_purpose);
    digest_hmac_sha256(of_purpose, sizeof(of_purpose), owner, strlen(owner), of_owner);
    digest_hmac_sha256(of_owner, sizeof(of_owner), bytes, length, digest_out);
    digest_wipe(of_purpose, sizeof(of_purpose));
    digest_wipe(of_owner, sizeof(of_owner));
}
