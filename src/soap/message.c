/*
 * message.c - the beginning and the end that all messages share.
 */
#include "soap/message.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "call/call.h"
#include "call/platform.h"
#include "generated/settings.h"
#include "security/kerberos.h"
#include "soap/authorization.h"
#include "soap/door.h"
#include "soap/fault.h"
#include "soap/intake.h"
#include "soap/limits.h"
#include "soap/media_type.h"
#include "soap/names.h"
#include "soap/wire.h"
#include "soap/worker.h"
#include "soap/wsdl.h"

static void make_call(struct message *message)
{
    const struct platform *platform = message->worker->door->platform;
    const char *accepted = message->request->accept_language;

    message->call = call_make(message->arena, platform);
    message->call->peer_address = message->request->peer_address;
    message->call->deadline = time_monotonic() + message->call->settings->http.request_timeout;
    if (accepted != NULL && strncmp(accepted, "ru", 2) == 0) {
        message->call->language = LANGUAGE_RUSSIAN;
    }
}

/* Without a server nobody has watched the body come in. */
static struct soap_intake *watch(const struct message *message)
{
    struct soap_intake *intake =
        intake_begin(message->arena, message->request->content_type, message->limits);

    (void)intake_take(intake, message->body.bytes, message->body.length);
    return intake;
}

struct message *message_make(struct soap_worker *worker, struct arena *arena,
                             const struct soap_request *request, const struct wire_service *service)
{
    struct message *message = arena_allocate(arena, sizeof(*message));

    *message = (struct message){.worker = worker,
                                .arena = arena,
                                .request = request,
                                .service = service,
                                .intake = request->intake,
                                .body = {.bytes = request->body == NULL ? "" : request->body,
                                         .length = request->body_length,
                                         .is_mapped = request->is_mapped}};
    make_call(message);
    message->limits = message_limits_of(message->arena, message->call->settings);
    if (message->intake == NULL) {
        message->intake = watch(message);
    }
    return message;
}

bool message_run(struct message *message, const message_step *steps, size_t count,
                 struct error *error)
{
    bool is_done = true;
    for (size_t index = 0; index < count && is_done; index++) {
        is_done = steps[index](message, error);
    }
    walk_end(&message->decoder.walk);
    return is_done;
}

bool message_check_type(struct message *message, struct error *error)
{
    const char *text = message->request->content_type;
    struct media_type media = {0};

    if (multipart_is(text)) {
        return true;
    }
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

struct envelope_rules message_rules(const struct message *message)
{
    const struct settings_ws_security *settings = &message->call->settings->ws_security;

    return (struct envelope_rules){
        .now = message->call->now, .window = settings->window, .skew = settings->skew};
}

bool message_begin_walk(struct message *message, struct error *error)
{
    struct decoder *decoder = &message->decoder;

    *decoder = (struct decoder){.arena = message->arena,
                                .catalog = message->worker->door->catalog,
                                .multipart = message->multipart,
                                .limits = message->limits};
    return walk_begin(message->arena, message->worker->parser, &message->scan, &decoder->walk,
                      error);
}

bool message_find_credentials(struct message *message, struct error *error)
{
    message->credentials = (struct credentials){
        .signer = message->credentials.signer,
        .statement = message->credentials.statement,
        .token = message->envelope.session_token,
        .token_name = message->envelope.user_name,
        .token_password = message->envelope.is_digest ? NULL : message->envelope.password,
        .token_digest = message->envelope.digest,
        .token_created = message->envelope.token_created,
        .nonce = message->envelope.nonce,
        .fresh_until = message->envelope.fresh_until,
        .client_certificate = message->request->client_certificate,
        .taken = intake_ticket(message->intake),
    };
    return authorization_parse(message->arena, message->request->authorization,
                               &message->credentials, error);
}

static bool is_local(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

bool message_check_plain(const struct message *message, bool has_secret, struct error *error)
{
    const struct credentials *credentials = &message->credentials;
    bool has_password =
        credentials->basic_name != NULL || credentials->token_password != NULL || has_secret;

    if (!has_password || message->call->settings->login.allow_plain ||
        strcmp(message->request->scheme, "https") == 0 ||
        is_local(message->request->peer_address)) {
        return true;
    }
    return error_set(error, ERROR_NOT_ALLOWED, NULL, "Passwords are taken over HTTPS only");
}

bool message_refuse_anonymous(const struct message *message, struct error *error)
{
    int64_t most = message->call->settings->limits.anonymous_body;

    return error_set(error, ERROR_LIMIT_EXCEEDED, "anonymous_body",
                     "Without credentials a message may have limits.anonymous_body bytes, which "
                     "is %lld",
                     (long long)most);
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

void message_prove_us(const struct message *message, struct soap_answer *answer)
{
    const char *proof = intake_ticket(message->intake)->answer;

    if (proof != NULL && answer->authenticate[0] == NULL) {
        answer->authenticate[0] = arena_format(message->arena, "Negotiate %s", proof);
    }
}

void message_answer_error(const struct message *message, const struct error *error,
                          struct soap_answer *answer_out)
{
    const struct wire_service *service = message->service;
    struct fault_setting setting = {
        .wire = message->worker->door->wire,
        .version = message->envelope.version,
        .target_namespace = service == NULL ? NAMESPACE_PREFIX WSDL_ALL : service->target_namespace,
        .request_id = message->call->request_id,
        .current = message->call->conflict.current,
        .language = message->call->language,
        .takes_tickets = message->worker->door->platform->kerberos != NULL,
    };

    if (!message->is_run) {
        report(message, error);
    }
    fault_answer(message->arena, error, &setting, answer_out);
    message_prove_us(message, answer_out);
}
