/*
 * post.c - the way of one message through this floor, as a row of steps.
 */
#include "soap/post.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "call/call.h"
#include "call/platform.h"
#include "generated/settings.h"
#include "service/operation.h"
#include "service/pipeline.h"
#include "soap/answer.h"
#include "soap/basic.h"
#include "soap/decode.h"
#include "soap/door.h"
#include "soap/fault.h"
#include "soap/media_type.h"
#include "soap/multipart.h"
#include "soap/names.h"
#include "soap/scan.h"
#include "soap/walk.h"
#include "soap/wire.h"
#include "soap/worker.h"
#include "soap/wsdl.h"

enum { ID_MOST = 200 };

/* One message on its way. */
struct message {
    struct soap_worker *worker;
    struct arena *arena;
    const struct soap_request *request;
    const struct wire_service *service; /* of the path; NULL: All */
    struct call *call;
    struct multipart *multipart; /* NULL: a plain envelope */
    const char *bytes;           /* of the envelope */
    size_t length;
    struct scan scan;
    struct decoder decoder;
    struct envelope envelope;
    struct credentials credentials;
    struct element element; /* of the operation */
    const struct wire_operation *operation;
    const struct wire_service *operation_service;
    void *parameters;
    struct encoder encoder;
    bool is_run; /* the pipeline has had it, and has logged it */
};

/* ---- steps ---- */

static bool check_content_type(struct message *message, struct error *error)
{
    const char *text = message->request->content_type;
    struct media_type media = {0};

    if (text == NULL || !media_type_parse(message->arena, text, &media) ||
        !media_type_is_soap(media.name) || !media_type_is_utf8(&media)) {
        return error_set(error, ERROR_HTTP_UNSUPPORTED, NULL,
                         "The Content-Type must be text/xml or application/soap+xml, in UTF-8, or "
                         "multipart/related of these");
    }
    /* As far as is known before the envelope is read. */
    if (strcmp(media.name, "application/soap+xml") == 0) {
        message->envelope.version = SOAP_VERSION_1_2;
    }
    return true;
}

static bool read_root(struct message *message, struct error *error)
{
    const struct multipart *multipart = message->multipart;
    size_t most = message->worker->door->limits.envelope;
    size_t length = 0;
    char *bytes = NULL;

    if ((uint64_t)multipart->root->length > most) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, "body",
                         "The message goes beyond limits.body, which is %zu", most);
    }
    bytes = arena_allocate(message->arena, (size_t)multipart->root->length + 1);
    while (message->length < (size_t)multipart->root->length) {
        if (!body_read(&multipart->body, multipart->root->offset + (int64_t)message->length,
                       bytes + message->length, (size_t)multipart->root->length - message->length,
                       &length, error)) {
            return false;
        }
        message->length += length;
    }
    message->bytes = bytes;
    return true;
}

static bool open_multipart(struct message *message, struct error *error)
{
    const struct soap_request *request = message->request;
    struct body body = {.bytes = request->body,
                        .file = request->body_file,
                        .length = (int64_t)request->body_length};

    if (request->body == NULL && !body_measure(&body, error)) {
        return false;
    }
    if (!multipart_open(message->arena, request->content_type, &body,
                        &message->worker->door->limits, &message->multipart, error)) {
        return false;
    }
    if (strcmp(message->multipart->root_type, "application/soap+xml") == 0) {
        message->envelope.version = SOAP_VERSION_1_2;
    }
    return read_root(message, error);
}

static bool find_bytes(struct message *message, struct error *error)
{
    if (multipart_is(message->request->content_type)) {
        return open_multipart(message, error);
    }
    if (!check_content_type(message, error)) {
        return false;
    }
    if (message->request->body == NULL) {
        return error_set(error, ERROR_SOAP_INVALID, NULL, "The request has no message");
    }
    message->bytes = message->request->body;
    message->length = message->request->body_length;
    return true;
}

static bool scan(struct message *message, struct error *error)
{
    return scan_message(message->arena, message->bytes, message->length,
                        &message->worker->door->limits, &message->scan, error);
}

static bool open_envelope(struct message *message, struct error *error)
{
    struct decoder *decoder = &message->decoder;

    *decoder = (struct decoder){.arena = message->arena,
                                .catalog = message->worker->door->catalog,
                                .multipart = message->multipart,
                                .limits = &message->worker->door->limits};
    return walk_begin(message->arena, message->worker->parser, &message->scan, &decoder->walk,
                      error) &&
           envelope_open(message->worker->door->wire, decoder, message->call->now,
                         &message->envelope, &message->element, error);
}

/* The first id that the caller gave: in our header, in WS-Addressing, or in HTTP. */
static const char *request_id_of(const struct message *message)
{
    const char *const ids[] = {message->envelope.request.id, message->envelope.message_id,
                               message->request->idempotency_key};

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        if (ids[i] != NULL) {
            return ids[i];
        }
    }
    return NULL;
}

static bool is_id(const char *text)
{
    size_t length = strlen(text);

    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~') {
            return false;
        }
    }
    return length > 0 && length <= ID_MOST;
}

static bool fill_call(struct message *message, struct error *error)
{
    const struct request_header *header = &message->envelope.request;
    const char *id = request_id_of(message);
    struct call *call = message->call;

    call->application = header->application;
    call->is_validate_only = header->is_validate_only;
    call->has_expected_version = header->has_expected_version;
    call->expected_version = header->expected_version;
    call->zone = header->zone;
    message->decoder.zone = header->zone;
    if (header->has_language) {
        call->language = header->language;
    }
    if (id == NULL) {
        return true;
    }
    if (!is_id(id)) {
        return error_set(error, ERROR_VALUE_INVALID, "id",
                         "A request id has 1 to %d visible ASCII characters", ID_MOST);
    }
    call->request_id = id;
    return true;
}

static bool find_credentials(struct message *message, struct error *error)
{
    message->credentials = (struct credentials){
        .token = message->envelope.session_token,
        .token_name = message->envelope.user_name,
        .token_password = message->envelope.password,
    };
    return basic_parse(message->arena, message->request->authorization,
                       &message->credentials.basic_name, &message->credentials.basic_password,
                       error);
}

/* The body's element names the operation; soapAction is not asked, since clients differ. */
static bool find_operation(struct message *message, struct error *error)
{
    const struct wire *wire = message->worker->door->wire;
    const struct element *element = &message->element;
    const struct wire_service *service = wire_find_namespace(wire, element->namespace);

    if (service != NULL && (message->service == NULL || message->service == service)) {
        message->operation = wire_find_operation(service, element->name);
    }
    if (message->operation == NULL) {
        return error_set(error, ERROR_OPERATION_UNKNOWN, element->name,
                         "%s has no operation %s in the namespace \"%s\"",
                         message->service == NULL ? "The server" : message->service->name,
                         element->name, element->namespace);
    }
    message->operation_service = service;
    return true;
}

/* Who has not said who he is may not send much. */
static bool check_anonymous(struct message *message, struct error *error)
{
    const struct credentials *credentials = &message->credentials;
    int64_t most = message->worker->door->platform->settings->limits.anonymous_body;
    bool is_known = credentials->token != NULL || credentials->basic_name != NULL ||
                    credentials->token_name != NULL;

    if ((!is_known || message->operation->operation->pattern->is_anonymous) &&
        message->length > (size_t)most) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, "anonymous_body",
                         "The message goes beyond limits.anonymous_body, which is %lld",
                         (long long)most);
    }
    return true;
}

static bool is_local(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static bool has_secret(const struct wire_type *type)
{
    for (size_t i = 0; i < type->member_count; i++) {
        if (type->members[i].is_secret) {
            return true;
        }
    }
    return false;
}

/* Where the operator wants it, passwords come over TLS or from this machine only. */
static bool check_plain(struct message *message, struct error *error)
{
    const struct credentials *credentials = &message->credentials;
    bool has_password = credentials->basic_name != NULL || credentials->token_name != NULL ||
                        has_secret(message->operation->request);

    if (!has_password || message->worker->door->platform->settings->login.allow_plain ||
        strcmp(message->request->scheme, "https") == 0 ||
        is_local(message->request->peer_address)) {
        return true;
    }
    return error_set(error, ERROR_NOT_ALLOWED, NULL, "Passwords are taken over HTTPS only");
}

static bool decode(struct message *message, struct error *error)
{
    const struct wire_type *type = message->operation->request;

    message->decoder.target_namespace = message->operation_service->target_namespace;
    message->parameters = arena_allocate(message->arena, type->size);
    return decode_struct(&message->decoder, type, message->parameters, error) &&
           envelope_close(&message->decoder, error);
}

/* Called by the pipeline while the transaction is open; again from the start when it retries. */
static bool encode(void *context, struct call *call, const struct operation *operation,
                   const void *response, struct error *error)
{
    struct message *message = context;
    const struct wire_type *type = message->operation->response;
    struct buffer *text = &message->encoder.text;

    (void)operation;
    (void)error;
    encode_begin(&message->encoder, call->arena, message->multipart != NULL);
    answer_open(text, message->envelope.version);
    answer_open_wrapper(text, message->operation_service->target_namespace, type->name);
    encode_members(&message->encoder, type, response);
    answer_close_wrapper(text, type->name);
    answer_close(text);
    return true;
}

static bool run(struct message *message, struct error *error)
{
    struct answer_encoder encoder = {.encode = encode, .context = message};

    message->is_run = true;
    return service_run(message->call, message->operation->operation, &message->credentials,
                       message->parameters, &encoder, error);
}

static bool (*const steps[])(struct message *message, struct error *error) = {
    find_bytes,      scan,        open_envelope, fill_call, find_credentials, find_operation,
    check_anonymous, check_plain, decode,        run,
};

enum { STEP_COUNT = sizeof(steps) / sizeof(steps[0]) };

/* ---- the whole ---- */

static void make_call(struct message *message)
{
    const struct platform *platform = message->worker->door->platform;
    const char *accepted = message->request->accept_language;

    message->call = call_make(message->arena, platform);
    message->call->peer_address = message->request->peer_address;
    message->call->deadline = time_monotonic() + platform->settings->http.request_timeout;
    if (accepted != NULL && strncmp(accepted, "ru", 2) == 0) {
        message->call->language = LANGUAGE_RUSSIAN;
    }
}

/* What never reached the pipeline is logged here, once. */
static void report(const struct message *message, const struct error *error)
{
    const char *cause = *error->cause == '\0' ? NULL : error->cause;

    log_event(message->worker->door->platform->log, LOG_LEVEL_INFO, "refused",
              LOG_TEXT("request", message->call->request_id),
              LOG_TEXT("peer", message->call->peer_address),
              LOG_TEXT("path", message->request->path),
              LOG_TEXT("code", error_kind(error->code)->name), LOG_TEXT("message", error->message),
              LOG_TEXT(cause == NULL ? NULL : "cause", cause));
}

static void answer_error(const struct message *message, const struct error *error,
                         struct soap_answer *answer)
{
    const struct wire_service *service = message->service;
    struct fault_setting setting = {
        .wire = message->worker->door->wire,
        .version = message->envelope.version,
        .target_namespace = service == NULL ? NAMESPACE_PREFIX WSDL_ALL : service->target_namespace,
        .request_id = message->call->request_id,
        .language = message->call->language,
    };

    if (!message->is_run) {
        report(message, error);
    }
    fault_answer(message->arena, error, &setting, answer);
}

void post_serve(struct soap_worker *worker, struct arena *arena, const struct soap_request *request,
                const struct wire_service *service, struct soap_answer *answer_out)
{
    struct message *message = arena_allocate(arena, sizeof(*message));
    struct error error = {0};
    bool is_done = true;

    *message =
        (struct message){.worker = worker, .arena = arena, .request = request, .service = service};
    make_call(message);
    for (size_t i = 0; i < STEP_COUNT && is_done; i++) {
        is_done = steps[i](message, &error);
    }
    walk_end(&message->decoder.walk);
    if (!is_done) {
        answer_error(message, &error, answer_out);
        return;
    }
    *answer_out = (struct soap_answer){.request_id = message->call->request_id};
    answer_finish(arena, &message->encoder, message->envelope.version, answer_out);
}
