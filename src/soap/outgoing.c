/*
 * outgoing.c - HTTP by gSOAP, over a line of ours.
 */
#include "soap/outgoing.h"

#include <stdio.h>
#include <stdsoap2.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/url.h"

enum { STATUS_FIRST = 100, STATUS_LAST = 599, STATUS_OK = 200, FIRST_SIZE = 1024 };

struct posting {
    const struct outgoing_line *line;
    int (*parse_header)(struct soap *soap, const char *key, const char *value); /* gSOAP's own */
    int (*post_header)(struct soap *soap, const char *key, const char *value);
    const char *request_line;
    bool has_received;
    bool is_broken;
};

/* ---- what gSOAP calls ---- */

static SOAP_SOCKET open_line(struct soap *soap, const char *endpoint, const char *host, int port)
{
    (void)endpoint;
    (void)host;
    (void)port;
    /* No descriptor that anything could be done to: all goes through the line. */
    return soap->socket = 0;
}

static int close_line(struct soap *soap)
{
    soap->socket = SOAP_INVALID_SOCKET;
    return SOAP_OK;
}

static int close_socket(struct soap *soap, SOAP_SOCKET socket)
{
    (void)socket;
    return close_line(soap);
}

static int send_bytes(struct soap *soap, const char *bytes, size_t length)
{
    const struct posting *posting = soap->user;

    return posting->line->send(posting->line->context, bytes, length) ? SOAP_OK : SOAP_EOF;
}

/* gSOAP would take other protocols too, by their first byte. */
static size_t receive_bytes(struct soap *soap, char *bytes, size_t capacity)
{
    struct posting *posting = soap->user;
    size_t length = 0;

    if (!posting->line->receive(posting->line->context, bytes, capacity, &length)) {
        posting->is_broken = true;
        return 0;
    }
    if (length > 0 && !posting->has_received && bytes[0] != 'H') {
        return 0;
    }
    posting->has_received = true;
    return length;
}

/* Whatever else a header says, it switches nothing on: no MIME, no DIME, no cookies. */
static int parse_header(struct soap *soap, const char *key, const char *value)
{
    static const char *const framing[] = {"Content-Length", "Transfer-Encoding", "Connection"};
    const struct posting *posting = soap->user;

    for (size_t index = 0; index < sizeof(framing) / sizeof(framing[0]); index++) {
        if (strcasecmp(key, framing[index]) == 0) {
            return posting->parse_header(soap, key, value);
        }
    }
    return SOAP_OK;
}

/* Whose server this is, in our own words; and the line of the request, of which gSOAP keeps no more
 * than a thousand characters. */
static int post_header(struct soap *soap, const char *key, const char *value)
{
    const struct posting *posting = soap->user;
    bool is_agent = key != NULL && strcmp(key, "User-Agent") == 0;
    bool is_request = key != NULL && value == NULL && strncmp(key, "POST ", strlen("POST ")) == 0;

    return posting->post_header(soap, is_request ? posting->request_line : key,
                                is_agent ? "Svyaz" : value);
}

/* ---- one message ---- */

static void begin(struct soap *soap, struct posting *posting)
{
    soap_init2(soap, SOAP_C_UTFSTRING | SOAP_IO_STORE, SOAP_C_UTFSTRING | SOAP_IO_STORE);
    posting->parse_header = soap->fparsehdr;
    posting->post_header = soap->fposthdr;
    soap->user = posting;
    soap->fopen = open_line;
    soap->fclose = close_line;
    soap->fclosesocket = close_socket;
    soap->fsend = send_bytes;
    soap->frecv = receive_bytes;
    soap->fparsehdr = parse_header;
    soap->fposthdr = post_header;
    soap->recv_maxlength = OUTGOING_ANSWER_MOST;
    soap->max_keep_alive = 0;
    soap->http_content = "text/xml; charset=utf-8";
}

static void end(struct soap *soap)
{
    soap_destroy(soap);
    soap_end(soap);
    soap_done(soap);
}

static bool fail(const struct soap *soap, struct error *error)
{
    if (error->code == ERROR_NONE) {
        error_set(error, ERROR_ENDPOINT_UNREACHABLE, NULL,
                  "The endpoint gave no whole answer over HTTP");
    }
    return error_add_cause(error, "gSOAP error %d", soap->error);
}

/* Headers that gSOAP has no name for go along as lines of their own. */
static const char *extra_headers(struct arena *arena, const struct outgoing_message *message)
{
    return message->authorization == NULL
               ? NULL
               : arena_format(arena, "Authorization: %s", message->authorization);
}

static bool send_message(struct soap *soap, struct arena *arena,
                         const struct outgoing_message *message, struct error *error)
{
    const struct url *url = message->url;
    bool is_bracketed = url->is_numeric && url->address.is_ipv6;
    const char *endpoint = arena_format(arena, "http://%s%s%s:%d/", is_bracketed ? "[" : "",
                                        url->host, is_bracketed ? "]" : "", url->port);

    soap_begin(soap);
    soap->http_extra_header = extra_headers(arena, message);
    return (soap_connect_command(soap, SOAP_POST_FILE, endpoint, message->action) == SOAP_OK &&
            soap_send_raw(soap, message->bytes, message->length) == SOAP_OK &&
            soap_end_send(soap) == SOAP_OK) ||
           fail(soap, error);
}

/* Byte by byte, as gSOAP gives them: it knows of chunks. An answer of no announced length ends with
 * its connection. False when it is longer than it may be, shorter than it said, or broke off. */
static bool receive_body(struct soap *soap, struct buffer *body)
{
    const struct posting *posting = soap->user;
    bool is_chunked = (soap->mode & SOAP_IO) == SOAP_IO_CHUNK;
    bool is_announced = !is_chunked && soap->length > 0;
    size_t most = is_announced && soap->length <= OUTGOING_ANSWER_MOST ? (size_t)soap->length
                                                                       : OUTGOING_ANSWER_MOST;
    int byte = 0;

    while (body->length < most && (byte = soap_get1(soap)) != EOF) {
        buffer_add_char(body, (char)byte);
    }
    if (is_announced) {
        return body->length == (size_t)soap->length;
    }
    return body->length < most && !posting->is_broken;
}

static bool receive_answer(struct soap *soap, struct arena *arena,
                           struct outgoing_answer *answer_out, struct error *error)
{
    /* A status other than 200 comes back as an error although its body can be read. */
    int result = soap_begin_recv(soap);
    int status = soap->status;
    struct buffer body;

    if (result != SOAP_OK && (status < STATUS_FIRST || status > STATUS_LAST)) {
        return fail(soap, error);
    }
    buffer_init(&body, arena, FIRST_SIZE);
    if (!receive_body(soap, &body)) {
        return fail(soap, error);
    }
    *answer_out = (struct outgoing_answer){
        .status = result == SOAP_OK && status == 0 ? STATUS_OK : status,
        .bytes = body.bytes,
        .length = body.length,
    };
    return true;
}

bool outgoing_post(struct arena *arena, const struct outgoing_line *line,
                   const struct outgoing_message *message, struct outgoing_answer *answer_out,
                   struct error *error)
{
    struct soap *soap = arena_allocate(arena, sizeof(*soap));
    struct posting posting = {
        .line = line,
        .request_line = arena_format(arena, "POST %s HTTP/1.1", message->url->target),
    };

    begin(soap, &posting);
    bool is_done =
        send_message(soap, arena, message, error) && receive_answer(soap, arena, answer_out, error);
    end(soap);
    return is_done;
}
