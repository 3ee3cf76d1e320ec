/*
 * test_tls.c - TLS sessions that never wait, over a socket pair and OpenSSL's own client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/tls.h"
#include "support/certificate.h"

struct fixture {
    struct arena *arena;
    char certificate_file[64];
    char key_file[64];
    struct tls_context *context;
    int sockets[2];
    SSL_CTX *client_context;
    SSL *client;
    struct tls_session *session;
};

static void open_fixture(struct fixture *fixture)
{
    char folder[] = "/tmp/tls-test-XXXXXX";
    struct error error = {0};

    assert_non_null(mkdtemp(folder));
    snprintf(fixture->certificate_file, 64, "%s/certificate.pem", folder);
    snprintf(fixture->key_file, 64, "%s/key.pem", folder);
    certificate_write(fixture->certificate_file, fixture->key_file, "first");
    fixture->arena = arena_create();
    assert_true(tls_context_open(fixture->arena, fixture->certificate_file, fixture->key_file,
                                 &fixture->context, &error));
    fixture->client_context = SSL_CTX_new(TLS_client_method());
}

static void connect_client(struct fixture *fixture)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fixture->sockets), 0);
    fixture->client = SSL_new(fixture->client_context);
    SSL_set_fd(fixture->client, fixture->sockets[1]);
    SSL_set_connect_state(fixture->client);
    fixture->session = tls_session_open(fixture->context, fixture->sockets[0]);
}

static void disconnect_client(struct fixture *fixture)
{
    tls_session_close(&fixture->session);
    SSL_free(fixture->client);
    close(fixture->sockets[0]);
    close(fixture->sockets[1]);
}

static void close_fixture(struct fixture *fixture)
{
    char *slash = strrchr(fixture->key_file, '/');

    SSL_CTX_free(fixture->client_context);
    arena_destroy(&fixture->arena);
    unlink(fixture->certificate_file);
    unlink(fixture->key_file);
    *slash = '\0';
    rmdir(fixture->key_file);
}

/* Both sides in turn, until the server's is through or has failed. */
static enum tls_result shake_hands(struct fixture *fixture)
{
    enum tls_result result = TLS_WANT_READ;

    for (int turn = 0; turn < 20 && (result == TLS_WANT_READ || result == TLS_WANT_WRITE); turn++) {
        SSL_do_handshake(fixture->client);
        result = tls_handshake(fixture->session);
    }
    SSL_do_handshake(fixture->client);
    return result;
}

void test_tls__carries_bytes_and_says_when_it_would_wait(void **state)
{
    struct fixture fixture = {0};
    char bytes[16];
    size_t count = 0;

    (void)state;
    open_fixture(&fixture);
    connect_client(&fixture);
    assert_int_equal(tls_handshake(fixture.session), TLS_WANT_READ);
    assert_int_equal(shake_hands(&fixture), TLS_DONE);
    assert_int_equal(tls_read(fixture.session, bytes, sizeof(bytes), &count), TLS_WANT_READ);
    assert_int_equal(SSL_write(fixture.client, "hello", 5), 5);
    assert_int_equal(tls_read(fixture.session, bytes, 2, &count), TLS_DONE);
    assert_int_equal(count, 2);
    assert_true(tls_has_pending(fixture.session));
    assert_int_equal(tls_read(fixture.session, bytes, sizeof(bytes), &count), TLS_DONE);
    assert_int_equal(count, 3);
    assert_int_equal(tls_write(fixture.session, "answer", 6, &count), TLS_DONE);
    assert_int_equal(SSL_read(fixture.client, bytes, sizeof(bytes)), 6);
    SSL_shutdown(fixture.client);
    assert_int_equal(tls_read(fixture.session, bytes, sizeof(bytes), &count), TLS_ENDED);
    assert_int_equal(tls_shutdown(fixture.session), TLS_DONE);
    disconnect_client(&fixture);
    close_fixture(&fixture);
}

void test_tls__write_that_finds_no_room_wants_write(void **state)
{
    static char block[65536];
    struct fixture fixture = {0};
    enum tls_result result = TLS_DONE;
    size_t count;

    (void)state;
    open_fixture(&fixture);
    connect_client(&fixture);
    assert_int_equal(shake_hands(&fixture), TLS_DONE);
    for (int turn = 0; turn < 100 && result == TLS_DONE; turn++) {
        result = tls_write(fixture.session, block, sizeof(block), &count);
    }
    assert_int_equal(result, TLS_WANT_WRITE);
    disconnect_client(&fixture);
    close_fixture(&fixture);
}

void test_tls__only_modern_protocols_and_ciphers(void **state)
{
    static const struct {
        int version;
        const char *ciphers;
        enum tls_result result;
    } offers[] = {
        {TLS1_3_VERSION, NULL, TLS_DONE},
        {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", TLS_DONE},
        {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", TLS_FAILED},
        {TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256", TLS_FAILED},
        {TLS1_1_VERSION, "ALL:@SECLEVEL=0", TLS_FAILED},
        {TLS1_VERSION, "ALL:@SECLEVEL=0", TLS_FAILED},
    };
    struct fixture fixture = {0};

    (void)state;
    open_fixture(&fixture);
    for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
        SSL_CTX_free(fixture.client_context);
        fixture.client_context = SSL_CTX_new(TLS_client_method());
        if (offers[i].ciphers != NULL) {
            SSL_CTX_set_cipher_list(fixture.client_context, offers[i].ciphers);
        }
        SSL_CTX_set_min_proto_version(fixture.client_context, offers[i].version);
        SSL_CTX_set_max_proto_version(fixture.client_context, offers[i].version);
        connect_client(&fixture);
        assert_int_equal(shake_hands(&fixture), offers[i].result);
        disconnect_client(&fixture);
    }
    close_fixture(&fixture);
}

void test_tls__plain_text_is_not_a_handshake(void **state)
{
    struct fixture fixture = {0};

    (void)state;
    open_fixture(&fixture);
    connect_client(&fixture);
    assert_int_equal(write(fixture.sockets[1], "GET / HTTP/1.1\r\n", 16), 16);
    assert_int_equal(tls_handshake(fixture.session), TLS_FAILED);
    disconnect_client(&fixture);
    close_fixture(&fixture);
}

static void assert_certificate_is(struct fixture *fixture, const char *name)
{
    X509 *certificate;
    char subject[64] = "";

    connect_client(fixture);
    assert_int_equal(shake_hands(fixture), TLS_DONE);
    certificate = SSL_get1_peer_certificate(fixture->client);
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, subject,
                              sizeof(subject));
    X509_free(certificate);
    assert_string_equal(subject, name);
    disconnect_client(fixture);
}

void test_tls__reload_serves_the_new_certificate(void **state)
{
    struct fixture fixture = {0};
    struct error error = {0};

    (void)state;
    open_fixture(&fixture);
    assert_certificate_is(&fixture, "first");
    certificate_write(fixture.certificate_file, fixture.key_file, "second");
    assert_true(tls_context_reload(fixture.context, &error));
    assert_certificate_is(&fixture, "second");
    assert_int_equal(truncate(fixture.key_file, 0), 0);
    assert_false(tls_context_reload(fixture.context, &error));
    assert_int_equal(error.code, ERROR_SETTING_INVALID);
    assert_certificate_is(&fixture, "second");
    close_fixture(&fixture);
}
