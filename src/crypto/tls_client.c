/*
 * tls_client.c - TLS by OpenSSL, the other way round.
 */
#include "crypto/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "crypto/tls_context.h"

struct tls_client {
    SSL_CTX *context;
};

static void release(void *object)
{
    SSL_CTX_free(((struct tls_client *)object)->context);
}

bool tls_client_open(struct arena *arena, const char *ca_file, struct tls_client **client_out,
                     struct error *error)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    expect(context != NULL);
    tls_restrict(context);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    ERR_clear_error();
    if (SSL_CTX_load_verify_file(context, ca_file) != 1) {
        ERR_clear_error();
        SSL_CTX_free(context);
        return error_set(error, ERROR_SETTING_INVALID, ca_file,
                         "%s: is not a readable list of authorities in PEM", ca_file);
    }
    *client_out = arena_allocate(arena, sizeof(**client_out));
    (*client_out)->context = context;
    arena_on_release(arena, release, *client_out);
    return true;
}

/* Names are sent in the handshake, addresses are not (RFC 6066). */
static bool expect_host(SSL *ssl, const char *host, bool is_numeric)
{
    if (is_numeric) {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    }
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

struct tls_session *tls_client_session(struct tls_client *client, int descriptor, const char *host,
                                       bool is_numeric)
{
    SSL *ssl = SSL_new(client->context);

    expect(ssl != NULL);
    if (!expect_host(ssl, host, is_numeric)) {
        ERR_clear_error();
        SSL_free(ssl);
        return NULL;
    }
    expect(SSL_set_fd(ssl, descriptor) == 1);
    SSL_set_connect_state(ssl);
    return (struct tls_session *)ssl;
}

const char *tls_client_complaint(const struct tls_session *session)
{
    long result = SSL_get_verify_result((const SSL *)session);

    return result == X509_V_OK ? NULL : X509_verify_cert_error_string(result);
}
