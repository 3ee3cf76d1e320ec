/*
 * test_program.c - TLS, draining, operators' pages, proxies, and the memory of many connections.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/network.h"
#include "base/notify.h"
#include "base/signals.h"
#include "base/time.h"
#include "crypto/tls.h"
#include "fixture.h"
#include "server/admin.h"
#include "server/http_head.h"
#include "server/proxies.h"
#include "support/certificate.h"

#define GET "GET /echo HTTP/1.1\r\nHost: x\r\n"

/* ---- TLS ---- */

static struct tls_context *make_context(struct arena *arena)
{
    char folder[] = "/tmp/server-test-XXXXXX";
    struct tls_context *context = NULL;
    struct error error = {0};
    char certificate[64];
    char key[64];

    assert_non_null(mkdtemp(folder));
    snprintf(certificate, sizeof(certificate), "%s/certificate.pem", folder);
    snprintf(key, sizeof(key), "%s/key.pem", folder);
    certificate_write(certificate, key, "localhost");
    assert_true(tls_context_open(arena, certificate, key, &context, &error));
    unlink(certificate);
    unlink(key);
    rmdir(folder);
    return context;
}

static SSL *shake_hands(SSL_CTX *context, int descriptor)
{
    SSL *session = SSL_new(context);

    SSL_set_fd(session, descriptor);
    assert_int_equal(SSL_connect(session), 1);
    return session;
}

/* Reads to the end of the connection. */
static char *read_all(struct fixture *fixture, SSL *session)
{
    struct buffer text;
    int count;

    buffer_init(&text, fixture->arena, 65536);
    while ((count = SSL_read(session, buffer_reserve(&text, 65536), 65536)) > 0) {
        buffer_commit(&text, (size_t)count);
    }
    return text.bytes;
}

void test_tls__requests_pipelined_and_large(void **state)
{
    struct fixture fixture = fixture_prepare();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int descriptor;
    SSL *session;
    char *text;

    (void)state;
    fixture.context = make_context(fixture.arena);
    fixture_open(&fixture);
    descriptor = client_connect(&fixture);
    session = shake_hands(context, descriptor);
    for (int i = 0; i < 10; i++) {
        assert_true(SSL_write(session, GET "\r\n" GET "\r\n", 2 * (int)strlen(GET "\r\n")) > 0);
    }
    text = arena_format(fixture.arena, "GET /large?3000000 HTTP/1.1\r\nHost: x\r\n"
                                       "Connection: close\r\n\r\n");
    assert_true(SSL_write(session, text, (int)strlen(text)) > 0);
    text = read_all(&fixture, session);
    for (int i = 0; i < 20; i++) {
        text = strstr(text, "GET /echo - 0\n");
        assert_non_null(text);
        text++;
    }
    text = strstr(text, "Content-Length: 3000000\r\n");
    assert_non_null(text);
    assert_int_equal(strlen(strstr(text, "\r\n\r\n") + 4), 3000000);
    SSL_free(session);
    SSL_CTX_free(context);
    close(descriptor);
    fixture_close(&fixture);
}

void test_tls__silent_handshakes_block_nobody_and_are_dropped(void **state)
{
    struct fixture fixture = fixture_prepare();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int silent[64];
    int descriptor;
    SSL *session;

    (void)state;
    fixture.context = make_context(fixture.arena);
    fixture.limits.handshake_ms = 500;
    fixture_open(&fixture);
    for (int i = 0; i < 64; i++) {
        silent[i] = client_connect(&fixture);
        client_send(silent[i], "\x16\x03");
    }
    descriptor = client_connect(&fixture);
    session = shake_hands(context, descriptor);
    assert_true(SSL_write(session, GET "Connection: close\r\n\r\n",
                          (int)strlen(GET "Connection: close\r\n\r\n")) > 0);
    assert_non_null(strstr(read_all(&fixture, session), "200 OK"));
    for (int i = 0; i < 64; i++) {
        assert_true(client_is_closed(silent[i]));
        close(silent[i]);
    }
    SSL_free(session);
    SSL_CTX_free(context);
    close(descriptor);
    fixture_close(&fixture);
}

void test_tls__plain_text_is_hung_up_on(void **state)
{
    struct fixture fixture = fixture_prepare();

    (void)state;
    fixture.context = make_context(fixture.arena);
    fixture_open(&fixture);
    assert_int_equal(client_ask(&fixture, GET "\r\n"), 0);
    assert_int_equal(atomic_load(&fixture.counters.handshakes_failed_total), 1);
    fixture_close(&fixture);
}

/* ---- draining ---- */

struct draining {
    struct server *server;
    bool is_clean;
};

static void *drain(void *context)
{
    struct draining *draining = context;

    draining->is_clean = server_drain(draining->server, 5000);
    return NULL;
}

void test_drain__finishes_what_has_begun_and_closes_what_is_idle(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct draining draining;
    struct answer_read answer;
    pthread_t thread;
    int idle;
    int busy;
    int half;

    (void)state;
    fixture_open(&fixture);
    idle = client_connect(&fixture);
    client_send(idle, GET "\r\n");
    assert_true(client_read(&fixture, idle, &answer));
    busy = client_connect(&fixture);
    client_send(busy, "GET /sleep?300 HTTP/1.1\r\nHost: x\r\n\r\n");
    half = client_connect(&fixture);
    client_send(half, "GET /echo HTTP/1.1\r\n");
    usleep(100000);
    draining.server = fixture.server;
    pthread_create(&thread, NULL, drain, &draining);
    assert_true(client_is_closed(idle));
    client_send(half, "Host: x\r\n\r\n");
    assert_true(client_read(&fixture, half, &answer));
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.head, "Connection: close"));
    assert_true(client_read(&fixture, busy, &answer));
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.head, "Connection: close"));
    close(idle);
    close(busy);
    close(half);
    pthread_join(thread, NULL);
    assert_true(draining.is_clean);
    fixture_close(&fixture);
}

void test_drain__ends_at_its_deadline(void **state)
{
    struct fixture fixture = fixture_prepare();
    int64_t begun;
    int half;

    (void)state;
    fixture_open(&fixture);
    half = client_connect(&fixture);
    client_send(half, "GET /echo HTTP/1.1\r\n");
    usleep(100000);
    begun = time_monotonic();
    assert_false(server_drain(fixture.server, 200));
    assert_true(time_monotonic() - begun < 2000);
    close(half);
    fixture_close(&fixture);
}

/* Clients that have sent a request before the drain began get their answer. */
void test_drain__loses_no_request_that_was_sent(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct answer_read answer;
    int descriptors[50];

    (void)state;
    fixture_open(&fixture);
    for (int i = 0; i < 50; i++) {
        descriptors[i] = client_connect(&fixture);
    }
    for (int i = 0; i < 50; i++) {
        client_send(descriptors[i], GET "\r\n");
    }
    assert_true(server_drain(fixture.server, 5000));
    for (int i = 0; i < 50; i++) {
        assert_true(client_read(&fixture, descriptors[i], &answer));
        assert_int_equal(answer.status, 200);
        close(descriptors[i]);
    }
    fixture_close(&fixture);
}

/* ---- many connections ---- */

static long resident_kilobytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    assert_int_equal(fscanf(file, "%*s %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The test's own sockets cost nothing in the process but kernel memory, so what grows is the
 * server's. */
void test_many__idle_connections_are_small_and_served(void **state)
{
    enum { MANY = 2000 };
    struct fixture fixture = fixture_prepare();
    static int descriptors[MANY];
    struct answer_read answer;
    long before;
    long growth;

    (void)state;
    fixture.limits.connections_per_source = MANY + 10;
    fixture_open(&fixture);
    for (int i = 0; i < 20; i++) {
        client_ask(&fixture, GET "\r\n");
    }
    before = resident_kilobytes();
    for (int i = 0; i < MANY; i++) {
        descriptors[i] = client_connect(&fixture);
        client_send(descriptors[i], GET "\r\n");
        assert_true(client_read(&fixture, descriptors[i], &answer));
    }
    growth = resident_kilobytes() - before;
    for (int i = 0; i < MANY; i += 7) {
        client_send(descriptors[i], GET "\r\n");
        assert_true(client_read(&fixture, descriptors[i], &answer));
        assert_int_equal(answer.status, 200);
    }
    printf("%d idle connections: %ld KB\n", MANY, growth);
#if !defined(__SANITIZE_ADDRESS__)
    assert_true(growth < MANY);
#endif
    for (int i = 0; i < MANY; i++) {
        close(descriptors[i]);
    }
    fixture_close(&fixture);
}

/* ---- operators' pages ---- */

static bool check_database(void *context, struct buffer *words)
{
    const bool *is_up = context;

    buffer_add_text(words, *is_up ? "" : "connection refused");
    return *is_up;
}

void test_admin__pages(void **state)
{
    struct fixture fixture = fixture_prepare();
    bool is_up = true;
    struct admin_check check = {.name = "database", .context = &is_up, .is_fine = check_database};
    struct admin admin = {.counters = &fixture.counters, .checks = &check, .check_count = 1};
    struct server_address address = {.address = "127.0.0.1:0"};
    struct server_options options = {.limits = fixture.limits,
                                     .addresses = &address,
                                     .address_count = 1,
                                     .door = admin_door(&admin),
                                     .log = &fixture.log,
                                     .counters = &fixture.counters};
    struct answer_read answer;
    struct error error = {0};
    int descriptor;

    (void)state;
    assert_true(server_create(fixture.arena, &options, &fixture.server, &error));
    assert_true(server_start(fixture.server, &error));
    fixture.port = atoi(strrchr(server_url(fixture.server, 0), ':') + 1);
    assert_int_equal(client_ask(&fixture, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    assert_int_equal(client_ask(&fixture, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    assert_int_equal(client_ask(&fixture, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    assert_int_equal(client_ask(&fixture, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
    descriptor = client_connect(&fixture);
    client_send(descriptor, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(client_read(&fixture, descriptor, &answer));
    assert_non_null(strstr(answer.body, "\ncrm_requests_total 4\n"));
    assert_non_null(strstr(answer.body, "crm_refusals_total{reason=\"chunk\"} 0\n"));
    assert_non_null(strstr(answer.body, "crm_request_seconds_bucket{le=\"+Inf\"} 4\n"));
    is_up = false;
    client_send(descriptor, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(client_read(&fixture, descriptor, &answer));
    assert_int_equal(answer.status, 503);
    assert_string_equal(answer.body, "database: connection refused\n");
    close(descriptor);
    assert_int_equal(client_ask(&fixture, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
    fixture_close(&fixture);
}

/* ---- proxies ---- */

void test_proxies__are_believed_only_when_trusted(void **state)
{
    static const struct {
        const char *forwarded;
        const char *client;
    } samples[] = {
        {"203.0.113.9", "203.0.113.9"},
        {"1.1.1.1, 203.0.113.9", "203.0.113.9"},
        {"203.0.113.9, 10.1.2.3", "203.0.113.9"},
        {"2001:db8::1", "2001:db8::1"},
        {"10.1.2.3", "10.9.9.9"},
        {"", "10.9.9.9"},
    };
    struct arena *arena = arena_create();
    struct network_list *proxies = NULL;
    struct error error = {0};

    (void)state;
    assert_true(network_list_parse(arena, " 10.0.0.0/8 , 2001:db8:1::/48,192.168.1.7",
                                   "trusted_proxies", &proxies, &error));
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct http_header headers[] = {{"x-forwarded-for", samples[i].forwarded},
                                        {"x-forwarded-proto", "https"},
                                        {"x-forwarded-host", "crm.example"}};
        struct http_head head = {.headers = headers, .header_count = 3};
        struct exchange_request request = {
            .head = &head, .peer_address = "10.9.9.9", .host = "inside"};

        assert_true(proxies_apply(proxies, arena, &request));
        assert_string_equal(request.peer_address, samples[i].client);
        assert_string_equal(request.host, "crm.example");
        assert_true(request.is_tls);
    }
    arena_destroy(&arena);
}

/* ---- the program's surroundings ---- */

void test_signals__are_read_as_wishes(void **state)
{
    (void)state;
    signals_block();
    assert_int_equal(signals_wait(10), SIGNAL_NONE);
    kill(getpid(), SIGHUP);
    assert_int_equal(signals_wait(-1), SIGNAL_RELOAD);
    kill(getpid(), SIGTERM);
    assert_int_equal(signals_wait(1000), SIGNAL_STOP);
}

void test_notify__reaches_the_supervisor(void **state)
{
    char folder[] = "/tmp/notify-test-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_DGRAM, 0);
    char text[32] = "";

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&address, sizeof(address)), 0);
    notify_supervisor("READY=1");
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    notify_supervisor("STOPPING=1");
    assert_int_equal(recv(descriptor, text, sizeof(text), 0), 10);
    assert_string_equal(text, "STOPPING=1");
    close(descriptor);
    unlink(address.sun_path);
    rmdir(folder);
}

void test_notify__knows_how_often_the_watchdog_wants_to_hear(void **state)
{
    (void)state;
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(notify_watchdog_period(), -1);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(notify_watchdog_period(), 15000);
    setenv("WATCHDOG_USEC", "soon", 1);
    assert_int_equal(notify_watchdog_period(), -1);
    unsetenv("WATCHDOG_USEC");
}

void test_server__address_in_use_is_told(void **state)
{
    struct fixture fixture = fixture_prepare();
    struct fixture other;
    struct server_address address;
    struct server_options options = {
        .limits = fixture.limits, .addresses = &address, .address_count = 1};
    struct error error = {0};

    (void)state;
    fixture_open(&fixture);
    other = fixture;
    address = (struct server_address){
        .address = arena_format(fixture.arena, "127.0.0.1:%d", fixture.port)};
    options.door = (struct exchange_door){0};
    options.log = &fixture.log;
    options.counters = &fixture.counters;
    assert_false(server_create(fixture.arena, &options, &other.server, &error));
    assert_int_equal(error.code, ERROR_SETTING_INVALID);
    address.address = "nonsense";
    assert_false(server_create(fixture.arena, &options, &other.server, &error));
    assert_int_equal(error.code, ERROR_SETTING_INVALID);
    fixture_close(&fixture);
}
