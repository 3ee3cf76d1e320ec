/*
 * certificate.c - certificates by OpenSSL.
 */
#include "crypto/certificate.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"

enum { SUBJECT_MOST = 500 };

/* Kinds of keys, and the fewest bits of each. */
static const struct {
    int kind;
    int bits;
} strong[] = {{EVP_PKEY_RSA, 2048}, {EVP_PKEY_EC, 256}};

static bool refuse(struct error *error, const char *sentence)
{
    ERR_clear_error();
    return error_set(error, ERROR_VALUE_INVALID, "certificate", "%s", sentence);
}

static bool is_strong(X509 *x509)
{
    const EVP_PKEY *key = X509_get0_pubkey(x509);

    for (size_t i = 0; key != NULL && i < sizeof(strong) / sizeof(strong[0]); i++) {
        if (EVP_PKEY_get_base_id(key) == strong[i].kind) {
            return EVP_PKEY_get_bits(key) >= strong[i].bits;
        }
    }
    return false;
}

static bool read_time(const ASN1_TIME *time, int64_t *moment_out)
{
    struct tm parts;

    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return false;
    }
    *moment_out = (int64_t)timegm(&parts) * 1000;
    return true;
}

/* UTF-8, the nearest first as people read it, controls escaped. */
static const char *read_subject(struct arena *arena, const X509 *x509)
{
    BIO *text = BIO_new(BIO_s_mem());
    char *bytes = NULL;

    expect(text != NULL);
    X509_NAME_print_ex(text, X509_get_subject_name(x509), 0,
                       XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    long length = BIO_get_mem_data(text, &bytes);
    size_t kept = length < SUBJECT_MOST ? (size_t)length : SUBJECT_MOST;
    while (kept < (size_t)length && kept > 0 && ((unsigned char)bytes[kept] & 0xC0) == 0x80) {
        kept--;
    }
    const char *subject = arena_copy_part(arena, bytes, kept);
    BIO_free(text);
    return subject;
}

static bool describe(struct arena *arena, X509 *x509, struct certificate *certificate_out,
                     struct error *error)
{
    struct certificate certificate;
    uint8_t digest[SHA256_SIZE];
    unsigned int length = 0;

    if (!is_strong(x509)) {
        return refuse(error, "The key of the certificate must be RSA of 2048 bits, or of an "
                             "elliptic curve of 256, or stronger");
    }
    if (!read_time(X509_get0_notBefore(x509), &certificate.valid_from) ||
        !read_time(X509_get0_notAfter(x509), &certificate.valid_until)) {
        return refuse(error, "The certificate does not say from when to when it holds");
    }
    expect(X509_digest(x509, EVP_sha256(), digest, &length) == 1 && length == SHA256_SIZE);
    digest_format(digest, certificate.fingerprint);
    certificate.subject = read_subject(arena, x509);
    *certificate_out = certificate;
    return true;
}

bool certificate_read_pem(struct arena *arena, const char *text,
                          struct certificate *certificate_out, struct error *error)
{
    BIO *source = BIO_new_mem_buf(text, -1);
    bool is_read = false;

    expect(source != NULL);
    X509 *x509 = PEM_read_bio_X509(source, NULL, NULL, NULL);
    X509 *second = x509 == NULL ? NULL : PEM_read_bio_X509(source, NULL, NULL, NULL);
    if (x509 == NULL) {
        (void)refuse(error, "The certificate is not one in PEM");
    } else if (second != NULL) {
        (void)refuse(error, "Send one certificate, without its chain");
    } else {
        is_read = describe(arena, x509, certificate_out, error);
    }
    ERR_clear_error();
    X509_free(x509);
    X509_free(second);
    BIO_free(source);
    return is_read;
}

bool certificate_read(struct arena *arena, const void *bytes, size_t length,
                      struct certificate *certificate_out, struct error *error)
{
    const unsigned char *at = bytes;
    X509 *x509 = length > LONG_MAX ? NULL : d2i_X509(NULL, &at, (long)length);
    bool is_read = false;

    if (x509 == NULL || at != (const unsigned char *)bytes + length) {
        (void)refuse(error, "The certificate is not one in DER");
    } else {
        is_read = describe(arena, x509, certificate_out, error);
    }
    X509_free(x509);
    return is_read;
}
