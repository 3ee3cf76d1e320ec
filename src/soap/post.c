/*
 * post.c - the way of one message through this floor, as a row of steps.
 */
#include "soap/post.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "generated/settings.h"
#include "record/idempotency.h"
#include "service/operation.h"
#include "soap/answer.h"
#include "soap/door.h"
#include "soap/intake.h"
#include "soap/limits.h"
#include "soap/media_type.h"
#include "soap/message.h"
#include "soap/multipart.h"
#include "soap/signature.h"
#include "soap/walk.h"
#include "soap/wire.h"
#include "soap/worker.h"

/* ---- steps ---- */

static bool take_in(struct message *message, struct error *error)
{
    if (!message_check_type(message, error) ||
        !intake_end(message->intake, &message->body, &message->envelope_body, &message->multipart,
                    error)) {
        return false;
    }
    if (message->multipart != NULL &&
        strcmp(message->multipart->root_type, "application/soap+xml") == 0) {
        message->envelope.version = SOAP_VERSION_1_2;
    }
    return true;
}

static bool scan(struct message *message, struct error *error)
{
    return scan_message(message->arena, &message->envelope_body, intake_is_cut(message->intake),
                        message->limits, &message->scan, error);
}

static bool open_envelope(struct message *message, struct error *error)
{
    const struct envelope_rules rules = message_rules(message);

    return message_begin_walk(message, error) &&
           envelope_open(message->worker->door->wire, &message->decoder, &rules, &message->envelope,
                         &message->element, error);
}

/* A signed message is read again, from what was signed alone. Credentials that are not signed
 * prove themselves; a header that changes what is done must be signed with the rest. */
static bool unwrap(struct message *message, struct error *error)
{
    const struct envelope before = message->envelope;
    struct signed_message whole;

    if (!before.is_signed) {
        return true;
    }
    if (message->multipart != NULL) {
        return error_set(error, ERROR_CREDENTIALS_INVALID, "Security",
                         "A signed message brings no attachments, which would not be signed");
    }
    if (!signature_unwrap(message->arena, before.version, &message->envelope_body, &whole, error)) {
        return false;
    }
    walk_end(&message->decoder.walk);
    message->envelope_body = (struct body){.bytes = whole.bytes, .length = whole.length};
    message->envelope = (struct envelope){.version = before.version};
    if (!scan(message, error) || !open_envelope(message, error)) {
        return false;
    }
    if (message->envelope.created == NULL) {
        return error_set(error, ERROR_CREDENTIALS_INVALID, "Security",
                         "The signed Timestamp has no Created");
    }
    if (before.has_request && !message->envelope.has_request) {
        return error_set(error, ERROR_CREDENTIALS_INVALID, "Security",
                         "The Request header of a signed message must be signed too");
    }
    message->envelope.session_token = before.session_token;
    message->envelope.user_name = before.user_name;
    message->envelope.password = before.password;
    message->envelope.is_digest = before.is_digest;
    message->envelope.digest = before.digest;
    message->envelope.nonce = before.nonce;
    message->envelope.token_created = before.token_created;
    if (before.fresh_until < message->envelope.fresh_until) {
        message->envelope.fresh_until = before.fresh_until;
    }
    message->credentials.signer = whole.signer;
    message->credentials.statement = whole.statement;
    return true;
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
    if (header->has_language) {
        call->language = header->language;
    }
    if (id == NULL) {
        return true;
    }
    if (!idempotency_check(id, "id", error)) {
        return false;
    }
    call->request_id = id;
    call->has_request_id = true;
    return true;
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

/* Whoever the message names, what anybody may ask for needs no long message. */
static bool check_length(struct message *message, struct error *error)
{
    int64_t most = message->call->settings->limits.anonymous_body;

    if (message->body.length > (size_t)most &&
        (!message->request->is_admitted || message->operation->operation->pattern->is_anonymous)) {
        return message_refuse_anonymous(message, error);
    }
    return true;
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

static bool check_plain(struct message *message, struct error *error)
{
    return message_check_plain(message, has_secret(message->operation->request), error);
}

/* Called by the pipeline when it knows who asks. */
static bool decode(void *context, struct call *call, struct error *error)
{
    struct message *message = context;

    message->decoder.target_namespace = message->operation_service->target_namespace;
    message->decoder.zone = call->zone;
    if (!decode_struct(&message->decoder, message->operation->request, message->parameters,
                       error)) {
        return false;
    }
    /* The rest was not read: nothing of it may be done. */
    if (intake_is_cut(message->intake)) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, NULL, "The message is not whole");
    }
    return envelope_close(&message->decoder, error);
}

/* Who sends a package understands one; others say so. */
static bool wants_mtom(const struct message *message)
{
    return message->multipart != NULL ||
           media_type_accepts_mtom(message->arena, message->request->accept);
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
    encode_begin(&message->encoder, call->arena, wants_mtom(message));
    answer_open(text, message->envelope.version);
    message->answer_begin = text->length;
    answer_open_wrapper(text, message->operation_service->target_namespace, type->name);
    encode_members(&message->encoder, type, response);
    answer_close_wrapper(text, type->name);
    message->answer_end = text->length;
    answer_close(text);
    return true;
}

/* The content of the body: the envelope is that of whoever asks again. */
static const char *answer(void *context)
{
    const struct message *message = context;

    return arena_copy_part(message->arena, message->encoder.text.bytes + message->answer_begin,
                           message->answer_end - message->answer_begin);
}

static void repeat(void *context, const char *answer)
{
    struct message *message = context;
    struct buffer *text = &message->encoder.text;

    encode_begin(&message->encoder, message->arena, false);
    answer_open(text, message->envelope.version);
    buffer_add_text(text, answer);
    answer_close(text);
    message->is_repeated = true;
}

static bool run(struct message *message, struct error *error)
{
    const struct message_codec codec = {
        .decode = decode, .encode = encode, .answer = answer, .repeat = repeat, .context = message};

    message->is_run = true;
    message->parameters = arena_allocate(message->arena, message->operation->request->size);
    return service_run(message->call, message->operation->operation, &message->credentials,
                       message->parameters, &codec, error);
}

static const message_step steps[] = {
    take_in,        scan,         open_envelope, unwrap, fill_call, message_find_credentials,
    find_operation, check_length, check_plain,   run,
};

enum { STEP_COUNT = sizeof(steps) / sizeof(steps[0]) };

/* ---- the whole ---- */

/* When a file was too large, that is what is wrong: not how a message ends that was not read to its
 * end. Where the file is, the decoder said if it came so far. */
static void explain_cut(const struct message *message, struct error *error)
{
    if (error->code == ERROR_LIMIT_EXCEEDED && error->entity[0] != '\0') {
        return;
    }
    error_clear(error);
    error_set(error, ERROR_LIMIT_EXCEEDED, "attachment",
              "A file in the message goes beyond limits.attachment, which is %zu",
              message->limits->attachment);
}

void post_serve(struct soap_worker *worker, struct arena *arena, const struct soap_request *request,
                const struct wire_service *service, struct soap_answer *answer_out)
{
    struct message *message = message_make(worker, arena, request, service);
    struct error error = {0};
    bool is_done = message_run(message, steps, STEP_COUNT, &error);

    if (!is_done && intake_is_cut(message->intake)) {
        explain_cut(message, &error);
    }
    if (!is_done) {
        message_answer_error(message, &error, answer_out);
        return;
    }
    *answer_out = (struct soap_answer){.request_id = message->call->request_id,
                                       .is_repeated = message->is_repeated};
    answer_finish(arena, &message->encoder, message->envelope.version, answer_out);
    message_prove_us(message, answer_out);
}
