/*
 * admit.c - the way of the beginning of a message, as a row of steps.
 *
 * The whole message is verified again when it has come: passwords that were right are
 * remembered for a moment, so that costs little. A nonce is taken then, not now. A signature can
 * be verified only then: who has nothing else to show keeps to limits.anonymous_body.
 */
#include "soap/admit.h"

#include "base/error.h"
#include "call/call.h"
#include "soap/intake.h"
#include "soap/message.h"
#include "soap/worker.h"

/* A header that does not end within what anybody may send is as good as none. */
static bool read_header(struct message *message, struct error *error)
{
    const struct soap_door *door = message->worker->door;
    const struct envelope_rules rules = message_rules(message);

    message->envelope_body = intake_peek_envelope(message->intake, &message->body);
    if (!scan_header(message->arena, &message->envelope_body, message->limits, &message->scan)) {
        return true;
    }
    return message_begin_walk(message, error) &&
           envelope_read_header(door->wire, &message->decoder, &rules, &message->envelope, error);
}

static bool check_known(struct message *message, struct error *error)
{
    const struct credentials *credentials = &message->credentials;

    if (credentials->token != NULL || credentials->basic_name != NULL ||
        credentials->ticket.bytes != NULL || credentials->token_name != NULL ||
        credentials->client_certificate != NULL) {
        return message_check_plain(message, false, error);
    }
    return message_refuse_anonymous(message, error);
}

static bool verify(struct message *message, struct error *error)
{
    return service_verify(message->call, &message->credentials, error);
}

static const message_step steps[] = {
    message_check_type, read_header, message_find_credentials, check_known, verify,
};

enum { STEP_COUNT = sizeof(steps) / sizeof(steps[0]) };

bool admit(struct soap_worker *worker, struct arena *arena, const struct soap_request *request,
           const struct wire_service *service, struct soap_answer *answer_out)
{
    struct message *message = message_make(worker, arena, request, service);
    struct error error = {0};
    bool is_done = message_run(message, steps, STEP_COUNT, &error);

    if (!is_done) {
        message_answer_error(message, &error, answer_out);
    }
    return is_done;
}
