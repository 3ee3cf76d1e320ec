/*
 * tls.c - TLS by OpenSSL.
 */
#include "crypto/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "crypto/tls_context.h"

struct tls_context {
    const char *certificate_file;
    const char *key_file;
    bool asks_clients;
    pthread_mutex_t mutex; /* guards current */
    SSL_CTX *current;
};

static const char ciphers_1_2[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
static const char groups[] = "X25519:P-256:P-384";

/* A session is OpenSSL's own object under our name: there are thousands of them, and nothing
 * to add. */
static SSL *ssl_of(struct tls_session *session)
{
    return (SSL *)session;
}

static bool set_error(struct error *error, const char *file, const char *problem)
{
    unsigned long code = ERR_get_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

    ERR_clear_error();
    error_set(error, ERROR_SETTING_INVALID, file, "%s: %s", file, problem);
    return error_add_cause(error, "%s", reason == NULL ? "no reason given" : reason);
}

void tls_restrict(SSL_CTX *context)
{
    expect(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
    expect(SSL_CTX_set_cipher_list(context, ciphers_1_2) == 1);
    expect(SSL_CTX_set1_groups_list(context, groups) == 1);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    /* A client that hangs up without a goodbye is common, and HTTP framing tells the cut. */
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* Resumption works by tickets: the server remembers nothing. */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
}

/* Certificates are known by registration, not by who signed them; OpenSSL has verified by now,
 * or will, that the client has the key. */
static int accept_any(int is_trusted, X509_STORE_CTX *store)
{
    (void)is_trusted;
    (void)store;
    return 1;
}

/* Sessions are not resumed then: each handshake proves the key anew. */
static void ask_clients(SSL_CTX *context)
{
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
}

static bool load(const struct tls_context *files, SSL_CTX **context_out, struct error *error)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    bool done = false;

    expect(context != NULL);
    ERR_clear_error();
    tls_restrict(context);
    if (files->asks_clients) {
        ask_clients(context);
    }
    if (SSL_CTX_use_certificate_chain_file(context, files->certificate_file) != 1) {
        set_error(error, files->certificate_file, "is not a readable certificate chain in PEM");
        goto finish;
    }
    if (SSL_CTX_use_PrivateKey_file(context, files->key_file, SSL_FILETYPE_PEM) != 1) {
        set_error(error, files->key_file, "is not the readable private key of the certificate");
        goto finish;
    }
    *context_out = context;
    context = NULL;
    done = true;

finish:
    SSL_CTX_free(context);
    return done;
}

static void release(void *object)
{
    struct tls_context *context = object;

    SSL_CTX_free(context->current);
    pthread_mutex_destroy(&context->mutex);
}

bool tls_context_open(struct arena *arena, const char *certificate_file, const char *key_file,
                      struct tls_context **context_out, struct error *error)
{
    struct tls_context *context = arena_allocate(arena, sizeof(*context));

    context->certificate_file = arena_copy_text(arena, certificate_file);
    context->key_file = arena_copy_text(arena, key_file);
    if (!load(context, &context->current, error)) {
        return false;
    }
    expect(pthread_mutex_init(&context->mutex, NULL) == 0);
    arena_on_release(arena, release, context);
    *context_out = context;
    return true;
}

bool tls_context_reload(struct tls_context *context, struct error *error)
{
    SSL_CTX *fresh;
    SSL_CTX *stale;

    if (!load(context, &fresh, error)) {
        return false;
    }
    pthread_mutex_lock(&context->mutex);
    stale = context->current;
    context->current = fresh;
    pthread_mutex_unlock(&context->mutex);
    SSL_CTX_free(stale); /* counted: sessions that use it keep it */
    return true;
}

bool tls_context_ask_clients(struct tls_context *context, struct error *error)
{
    context->asks_clients = true;
    return tls_context_reload(context, error);
}

bool tls_client_fingerprint(const struct tls_session *session, char text_out[SHA256_TEXT_SIZE])
{
    const X509 *certificate = SSL_get0_peer_certificate((const SSL *)session);
    uint8_t digest[SHA256_SIZE];
    unsigned int length = 0;

    if (certificate == NULL || X509_digest(certificate, EVP_sha256(), digest, &length) != 1) {
        return false;
    }
    digest_format(digest, text_out);
    return true;
}

struct tls_session *tls_session_open(struct tls_context *context, int descriptor)
{
    SSL *ssl;

    pthread_mutex_lock(&context->mutex);
    ssl = SSL_new(context->current);
    pthread_mutex_unlock(&context->mutex);
    expect(ssl != NULL);
    expect(SSL_set_fd(ssl, descriptor) == 1);
    SSL_set_accept_state(ssl);
    return (struct tls_session *)ssl;
}

void tls_session_close(struct tls_session **session)
{
    if (*session != NULL) {
        SSL_free(ssl_of(*session));
        *session = NULL;
    }
}

static enum tls_result result_of(struct tls_session *session, int answer)
{
    int reason = SSL_get_error(ssl_of(session), answer);

    ERR_clear_error();
    switch (reason) {
    case SSL_ERROR_NONE:
        return TLS_DONE;
    case SSL_ERROR_WANT_READ:
        return TLS_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_ENDED;
    default:
        return TLS_FAILED;
    }
}

enum tls_result tls_handshake(struct tls_session *session)
{
    ERR_clear_error();
    return result_of(session, SSL_do_handshake(ssl_of(session)));
}

enum tls_result tls_read(struct tls_session *session, void *bytes, size_t size, size_t *count_out)
{
    ERR_clear_error();
    return result_of(session, SSL_read_ex(ssl_of(session), bytes, size, count_out));
}

enum tls_result tls_write(struct tls_session *session, const void *bytes, size_t length,
                          size_t *count_out)
{
    ERR_clear_error();
    return result_of(session, SSL_write_ex(ssl_of(session), bytes, length, count_out));
}

enum tls_result tls_shutdown(struct tls_session *session)
{
    int answer;

    ERR_clear_error();
    answer = SSL_shutdown(ssl_of(session));
    return answer == 0 ? TLS_DONE : result_of(session, answer);
}

bool tls_has_pending(const struct tls_session *session)
{
    return SSL_has_pending((const SSL *)session) == 1;
}
