/*
 * soap_exchange.c - copies a request into the door's words, and its answer back.
 */
#include "server/soap_exchange.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "soap/door.h"
#include "soap/intake.h"

enum { PIECE_SIZE = 64 * 1024, NUMBER_SIZE = 16 };

static const char *const method_names[] = {
    [HTTP_METHOD_GET] = "GET",
    [HTTP_METHOD_HEAD] = "HEAD",
    [HTTP_METHOD_POST] = "POST",
};

static void *open_worker(void *context)
{
    return soap_worker_create(context);
}

static void close_worker(void *context, void *worker)
{
    struct soap_worker *soap_worker = worker;

    (void)context;
    soap_worker_destroy(&soap_worker);
}

static struct soap_request request_of(const struct exchange_request *request)
{
    return (struct soap_request){
        .method = method_names[request->method],
        .path = request->path,
        .query = request->query,
        .scheme = request->is_tls ? "https" : "http",
        .host = request->host,
        .content_type = exchange_header(request, "content-type"),
        .authorization = exchange_header(request, "authorization"),
        .idempotency_key = exchange_header(request, "idempotency-key"),
        .accept = exchange_header(request, "accept"),
        .accept_language = exchange_header(request, "accept-language"),
        .client_certificate = request->client_certificate,
        .peer_address = request->peer_address,
        .body = request->body,
        .body_length = (size_t)request->body_length,
        .is_mapped = request->is_mapped,
        .is_admitted = request->is_admitted,
        .intake = request->watcher,
    };
}

static void add_headers(struct exchange *exchange, const struct soap_answer *answer)
{
    for (int i = 0; i < SOAP_CHALLENGES; i++) {
        if (answer->authenticate[i] != NULL) {
            exchange_add_header(exchange, "WWW-Authenticate", answer->authenticate[i]);
        }
    }
    if (answer->retry_after > 0) {
        char seconds[NUMBER_SIZE];
        snprintf(seconds, sizeof(seconds), "%d", answer->retry_after);
        exchange_add_header(exchange, "Retry-After", seconds);
    }
    if (answer->request_id != NULL) {
        exchange_add_header(exchange, "X-Request-Id", answer->request_id);
    }
    if (answer->is_repeated) {
        exchange_add_header(exchange, "Idempotent-Replayed", "true");
    }
}

/* Sends what does not fit in memory; a source that fails cuts the answer short, visibly. */
static void send_pieces(struct exchange *exchange, const struct soap_answer *answer)
{
    char *piece = arena_allocate(exchange_arena(exchange), PIECE_SIZE);
    struct error error = {0};
    size_t length = 0;

    exchange_begin(exchange, answer->status, answer->content_type);
    if (!exchange_write(exchange, answer->body.bytes, answer->body.length)) {
        return;
    }
    do {
        if (!answer->source(answer->source_context, piece, PIECE_SIZE, &length, &error)) {
            exchange_abort(exchange);
            return;
        }
    } while (length > 0 && exchange_write(exchange, piece, length));
}

static void *begin_watch(void *context, struct arena *arena, const struct exchange_request *request)
{
    return soap_intake_begin(context, arena, exchange_header(request, "content-type"));
}

static enum exchange_verdict watch(void *watcher, const char *bytes, size_t length)
{
    static const enum exchange_verdict verdicts[] = {
        [INTAKE_GO_ON] = EXCHANGE_GO_ON,
        [INTAKE_TOO_LARGE] = EXCHANGE_TOO_LARGE,
        [INTAKE_ENOUGH] = EXCHANGE_ENOUGH,
    };

    return verdicts[intake_take(watcher, bytes, length)];
}

static bool admit(void *context, void *worker, struct exchange *exchange, const char *begin,
                  size_t length)
{
    struct soap_request request = request_of(exchange_request(exchange));
    struct soap_answer answer = {0};

    (void)context;
    request.body = begin;
    request.body_length = length;
    if (soap_door_admit(worker, exchange_arena(exchange), &request, &answer)) {
        return true;
    }
    add_headers(exchange, &answer);
    exchange_answer(exchange, answer.status, answer.content_type, answer.body.bytes,
                    answer.body.length);
    return false;
}

static void handle(void *context, void *worker, struct exchange *exchange)
{
    struct soap_request request = request_of(exchange_request(exchange));
    struct soap_answer answer = {0};

    (void)context;
    soap_door_serve(worker, exchange_arena(exchange), &request, &answer);
    add_headers(exchange, &answer);
    if (answer.source != NULL) {
        send_pieces(exchange, &answer);
    } else {
        exchange_answer(exchange, answer.status, answer.content_type, answer.body.bytes,
                        answer.body.length);
    }
}

struct exchange_door soap_exchange_door(struct soap_door *door)
{
    return (struct exchange_door){
        .context = door,
        .worker_open = open_worker,
        .worker_close = close_worker,
        .watch_begin = begin_watch,
        .watch = watch,
        .admit = admit,
        .handle = handle,
    };
}
