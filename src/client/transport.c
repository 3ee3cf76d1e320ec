/*
 * transport.c - HTTP and TLS through the gSOAP runtime. Envelopes are written and read by us.
 */
#include "client/transport.h"

#include <stdio.h>
#include <stdsoap2.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "client/client.h"

enum { CONNECT_SECONDS = 10, ANSWER_BYTES_MAX = 64 * 1024 * 1024 };

#define SYSTEM_AUTHORITIES "/etc/ssl/certs"

/* The runtime wants a table of namespaces; the envelopes here carry their own. */
SOAP_NMAC struct Namespace namespaces[] = {{NULL, NULL, NULL, NULL}};

struct transport {
    struct soap soap;
    const char *url;
};

static void close_transport(void *object)
{
    struct transport *transport = object;

    soap_destroy(&transport->soap);
    soap_end(&transport->soap);
    soap_done(&transport->soap);
}

/* The runtime's words for what went wrong, on one line. */
static const char *reason(struct soap *soap, char text[CLIENT_TEXT_SIZE])
{
    soap_set_fault(soap);
    const char *what = *soap_faultstring(soap);
    if (soap->errnum != 0) {
        what = strerror(soap->errnum);
    }
    snprintf(text, CLIENT_TEXT_SIZE, "%s", what == NULL ? "it gave no answer" : what);
    for (char *at = strchr(text, '\n'); at != NULL; at = strchr(at, '\n')) {
        *at = ' ';
    }
    return text;
}

static bool fail(struct transport *transport, struct client_error *error)
{
    struct soap *soap = &transport->soap;
    char text[CLIENT_TEXT_SIZE];

    client_fail(error, CLIENT_UNREACHABLE, "UNREACHABLE", "%s cannot be reached: %.300s",
                transport->url, reason(soap, text));
    if (soap->error == SOAP_SSL_ERROR) {
        snprintf(error->hint, sizeof(error->hint),
                 "Check that the certificate names this host, and that its authority is trusted.");
    }
    soap_closesock(soap);
    soap_destroy(soap);
    soap_end(soap);
    return false;
}

static bool prepare_tls(struct transport *transport, const char *ca_file,
                        struct client_error *error)
{
    const char *folder = ca_file == NULL ? SYSTEM_AUTHORITIES : NULL;

    if (strncmp(transport->url, "https://", strlen("https://")) != 0) {
        return true;
    }
    soap_ssl_init();
    if (soap_ssl_client_context(&transport->soap, SOAP_SSL_DEFAULT | SOAP_TLSv1_2 | SOAP_TLSv1_3,
                                NULL, NULL, ca_file, folder, NULL) != SOAP_OK) {
        return fail(transport, error);
    }
    return true;
}

bool transport_open(struct arena *arena, const char *url, const char *ca_file, int timeout,
                    struct transport **transport_out, struct client_error *error)
{
    struct transport *transport = arena_allocate(arena, sizeof(*transport));
    struct soap *soap = &transport->soap;

    transport->url = url;
    soap_init1(soap, SOAP_IO_KEEPALIVE | SOAP_IO_STORE | SOAP_C_UTFSTRING);
    arena_on_release(arena, close_transport, transport);
    soap->connect_timeout = CONNECT_SECONDS;
    soap->send_timeout = timeout;
    soap->recv_timeout = timeout;
    soap->transfer_timeout = timeout;
    soap->recv_maxlength = ANSWER_BYTES_MAX;
    soap->socket_flags = MSG_NOSIGNAL;
    soap->keep_alive = 1;
    if (!prepare_tls(transport, ca_file, error)) {
        return false;
    }
    *transport_out = transport;
    return true;
}

/* Reads the answer to what was sent. */
static bool receive(struct transport *transport, struct arena *arena,
                    struct transport_answer *answer_out, struct client_error *error)
{
    struct soap *soap = &transport->soap;
    size_t length = 0;

    /* A status other than 200 comes back as an error although its body can be read. */
    int result = soap_begin_recv(soap);
    int status = soap->status;
    if (result != SOAP_OK && (status < 300 || status > 599)) {
        return fail(transport, error);
    }
    const char *bytes = soap_http_get_body(soap, &length);
    *answer_out = (struct transport_answer){
        .status = result == SOAP_OK && status == 0 ? 200 : status,
        .bytes = bytes == NULL ? "" : arena_copy_part(arena, bytes, length),
        .length = bytes == NULL ? 0 : length,
    };
    (void)soap_end_recv(soap);
    soap_closesock(soap);
    soap_destroy(soap);
    soap_end(soap);
    return true;
}

bool transport_post(struct transport *transport, struct arena *arena, const char *path,
                    const char *action, const char *bytes, size_t length,
                    struct transport_answer *answer_out, struct client_error *error)
{
    struct soap *soap = &transport->soap;
    const char *endpoint = arena_format(arena, "%s%s", transport->url, path);

    soap_begin(soap);
    soap->http_content = "text/xml; charset=utf-8";
    if (soap_connect_command(soap, SOAP_POST_FILE, endpoint, action) != SOAP_OK ||
        soap_send_raw(soap, bytes, length) != SOAP_OK || soap_end_send(soap) != SOAP_OK) {
        return fail(transport, error);
    }
    return receive(transport, arena, answer_out, error);
}

bool transport_get(struct transport *transport, struct arena *arena, const char *path,
                   struct transport_answer *answer_out, struct client_error *error)
{
    struct soap *soap = &transport->soap;
    const char *endpoint = arena_format(arena, "%s%s", transport->url, path);

    soap_begin(soap);
    if (soap_connect_command(soap, SOAP_GET, endpoint, NULL) != SOAP_OK) {
        return fail(transport, error);
    }
    return receive(transport, arena, answer_out, error);
}
