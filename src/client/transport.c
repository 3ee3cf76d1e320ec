/*
 * transport.c - HTTP and TLS through the gSOAP runtime. Envelopes are written and read by us.
 */
#include "client/transport.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdsoap2.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "client/client.h"
#include "client/element.h"
#include "client/reception.h"
#include "crypto/random.h"

enum {
    CONNECT_SECONDS = 10,
    BOUNDARY_BYTES = 16,
    BOUNDARY_SIZE = 2 * BOUNDARY_BYTES + 1,
    PIECE_SIZE = 32 * 1024,
    CONTENT_TYPE_SIZE = 512,
};

#define SYSTEM_AUTHORITIES "/etc/ssl/certs"

/* Asks for a file beside the envelope rather than in it. */
static const char accept_parts[] =
    "Accept: multipart/related; type=\"application/xop+xml\", text/xml";

/* The runtime wants a table of namespaces; the envelopes here carry their own. */
SOAP_NMAC struct Namespace namespaces[] = {{NULL, NULL, NULL, NULL}};

struct transport {
    struct soap soap;
    const char *url;
    const char *name; /* of a program; NULL: nothing proves who it is */
    const char *secret;
    int (*parse_field)(struct soap *, const char *, const char *); /* the runtime's own */
    char content_type[CONTENT_TYPE_SIZE];                          /* of the answer */
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

static void end_exchange(struct soap *soap)
{
    soap_closesock(soap);
    soap_destroy(soap);
    soap_end(soap);
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
    end_exchange(soap);
    return false;
}

/* Parts are told apart by us: the runtime would hold them in memory, so it never learns of them. */
static int parse_field(struct soap *soap, const char *name, const char *value)
{
    struct transport *transport = soap->user;

    if (strcasecmp(name, "Content-Type") != 0) {
        return transport->parse_field(soap, name, value);
    }
    snprintf(transport->content_type, CONTENT_TYPE_SIZE, "%s", value);
    return SOAP_OK;
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
    soap->socket_flags = MSG_NOSIGNAL;
    soap->keep_alive = 1;
    soap->user = transport;
    transport->parse_field = soap->fparsehdr;
    soap->fparsehdr = parse_field;
    if (!prepare_tls(transport, ca_file, error)) {
        return false;
    }
    *transport_out = transport;
    return true;
}

/* ---- answers ---- */

/* Pieces of the body, as the runtime finds them: as many bytes as were announced, or chunks. Of
 * chunks, whoever reads what has come sees whether it is whole. False when it cannot be taken. */
static bool read_body(struct soap *soap, struct reception *reception, bool *is_whole_out)
{
    bool is_counted = (soap->mode & SOAP_IO) != SOAP_IO_CHUNK && !(soap->mode & SOAP_ENC_ZLIB);
    uint64_t left = soap->length;

    *is_whole_out = true;
    while (!is_counted || left > 0) {
        if (soap->bufidx >= soap->buflen && soap_recv(soap) != SOAP_OK) {
            *is_whole_out = !is_counted;
            return true;
        }
        size_t count = soap->buflen - soap->bufidx;
        count = is_counted && count > left ? (size_t)left : count;
        if (!reception_add(reception, soap->buf + soap->bufidx, count)) {
            return false;
        }
        soap->bufidx += count;
        left -= is_counted ? count : 0;
    }
    return true;
}

/* Whether all of the body came, and could be taken. */
static bool receive_body(struct transport *transport, struct reception *reception)
{
    struct soap *soap = &transport->soap;
    bool is_whole = true;

    if (!read_body(soap, reception, &is_whole)) {
        soap_force_closesock(soap);
        end_exchange(soap);
        return false;
    }
    if (!is_whole || !reception_is_whole(reception)) {
        return fail(transport, reception->error);
    }
    (void)soap_end_recv(soap);
    end_exchange(soap);
    return true;
}

/* Reads the answer to what was sent. */
static bool receive(struct transport *transport, struct arena *arena, struct client_target *target,
                    struct transport_answer *answer_out, struct client_error *error)
{
    struct soap *soap = &transport->soap;
    struct reception reception;

    transport->content_type[0] = '\0';
    /* A status other than 200 comes back as an error although its body can be read. */
    int result = soap_begin_recv(soap);
    int status = soap->status;
    if (result != SOAP_OK && (status < 300 || status > 599)) {
        return fail(transport, error);
    }
    if (!reception_begin(&reception, arena, transport->content_type, target, error)) {
        soap_force_closesock(soap);
        end_exchange(soap);
        return false;
    }
    if (!receive_body(transport, &reception)) {
        return false;
    }
    *answer_out = (struct transport_answer){
        .status = result == SOAP_OK && status == 0 ? 200 : status,
        .bytes = reception.text.bytes,
        .length = reception.text.length,
    };
    return true;
}

void transport_authorize(struct transport *transport, const char *name, const char *secret)
{
    transport->name = name;
    transport->secret = secret;
}

/* ---- messages ---- */

/* Nobody can know it, so no file holds it. */
static void make_boundary(char boundary[BOUNDARY_SIZE])
{
    uint8_t bytes[BOUNDARY_BYTES];

    random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        snprintf(boundary + 2 * i, 3, "%02x", bytes[i]);
    }
}

static bool send_text(struct soap *soap, const char *text)
{
    return soap_send_raw(soap, text, strlen(text)) == SOAP_OK;
}

/* Sends the file piece by piece. False when it cannot be sent, or, said in error, be read. */
static bool send_file(struct soap *soap, const struct client_file *file, struct client_error *error)
{
    char piece[PIECE_SIZE];

    for (int64_t at = 0; at < file->length;) {
        int64_t left = file->length - at;
        ssize_t count =
            pread(file->descriptor, piece, (size_t)(left < PIECE_SIZE ? left : PIECE_SIZE),
                  (off_t)(file->offset + at));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return client_fail(error, CLIENT_UNREADABLE, "FILE_UNREADABLE",
                               "The file to be sent cannot be read: %s",
                               count == 0 ? "it has become shorter" : strerror(errno));
        }
        if (soap_send_raw(soap, piece, (size_t)count) != SOAP_OK) {
            return false;
        }
        at += count;
    }
    return true;
}

/* Envelope and file as the parts of one message. */
static bool send_parts(struct soap *soap, struct arena *arena, const char *boundary,
                       const struct transport_body *body, struct client_error *error)
{
    return send_text(soap, arena_format(arena,
                                        "--%s\r\nContent-Type: application/xop+xml; "
                                        "charset=UTF-8; type=\"text/xml\"\r\n"
                                        "Content-ID: <envelope>\r\n\r\n",
                                        boundary)) &&
           soap_send_raw(soap, body->bytes, body->length) == SOAP_OK &&
           send_text(soap, arena_format(arena,
                                        "\r\n--%s\r\nContent-Type: application/octet-stream\r\n"
                                        "Content-ID: <" ELEMENT_FILE_ID ">\r\n\r\n",
                                        boundary)) &&
           send_file(soap, body->file, error) &&
           send_text(soap, arena_format(arena, "\r\n--%s--\r\n", boundary));
}

static bool post(struct transport *transport, struct arena *arena, const char *endpoint,
                 const char *action, const struct transport_body *body, struct client_error *error)
{
    struct soap *soap = &transport->soap;
    char boundary[BOUNDARY_SIZE];

    soap_begin(soap);
    soap->userid = transport->name;
    soap->passwd = transport->secret;
    soap->http_content = "text/xml; charset=utf-8";
    soap->http_extra_header = body->target == NULL ? NULL : accept_parts;
    if (body->file == NULL) {
        return soap_connect_command(soap, SOAP_POST_FILE, endpoint, action) == SOAP_OK &&
               soap_send_raw(soap, body->bytes, body->length) == SOAP_OK &&
               soap_end_send(soap) == SOAP_OK;
    }
    make_boundary(boundary);
    soap->http_content =
        arena_format(arena,
                     "multipart/related; type=\"application/xop+xml\"; start=\"<envelope>\"; "
                     "start-info=\"text/xml\"; boundary=\"%s\"",
                     boundary);
    soap_set_omode(soap, SOAP_IO_CHUNK);
    bool is_sent = soap_connect_command(soap, SOAP_POST_FILE, endpoint, action) == SOAP_OK &&
                   send_parts(soap, arena, boundary, body, error) && soap_end_send(soap) == SOAP_OK;
    soap_clr_omode(soap, SOAP_IO_CHUNK);
    soap_set_omode(soap, SOAP_IO_STORE);
    return is_sent;
}

bool transport_post(struct transport *transport, struct arena *arena, const char *path,
                    const char *action, const struct transport_body *body,
                    struct transport_answer *answer_out, struct client_error *error)
{
    const char *endpoint = arena_format(arena, "%s%s", transport->url, path);

    *error = (struct client_error){.failure = CLIENT_UNREACHABLE};
    bool is_sent = post(transport, arena, endpoint, action, body, error);
    if (error->failure == CLIENT_UNREADABLE) {
        soap_force_closesock(&transport->soap);
        return false;
    }
    /* Who refuses a file before he has all of it has said why. */
    if (is_sent || (body->file != NULL && soap_valid_socket(transport->soap.socket))) {
        return receive(transport, arena, body->target, answer_out, error);
    }
    return fail(transport, error);
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
    return receive(transport, arena, NULL, answer_out, error);
}
