/*
 * outgoing.c - ClaimOutgoingEmails, RetrieveEmail, the mail server, ReportOutgoingEmail.
 */
#include "apps/mail/outgoing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/mail/connector.h"
#include "apps/mail/smtp.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "client/client.h"
#include "client/element.h"
#include "xml/document.h"

static const struct client_operation claim_operation = {.service = "Mail",
                                                        .name = "ClaimOutgoingEmails"};
static const struct client_operation read_operation = {
    .service = "Email", .name = "RetrieveEmail", .is_repeatable = true};
static const struct client_operation report_operation = {
    .service = "Mail", .name = "ReportOutgoingEmail", .is_repeatable = true};

enum {
    WAITS_FOR_ALL = 4, /* attempts in which nobody gets what somebody gets later */
};

static const char *const outcomes[] = {
    [SMTP_TAKEN] = "Sent",    [SMTP_LATER] = "Deferred", [SMTP_NEVER] = "Failed",
    [SMTP_AWAY] = "Deferred", [SMTP_SHUT] = "Deferred",
};

/* One round, and one message of it. */
struct round {
    const struct connector *connector;
    struct client *client;
    struct smtp *smtp;
    struct arena *arena;
    const char *claim_id;
    int64_t claim;      /* milliseconds that it holds */
    int64_t held_until; /* by time_monotonic(), at the least */
    const char *shut;   /* why the mail server is not asked again in this round; NULL: it is */
};

static const char *text_of(const struct xml_node *node, const char *name)
{
    const struct xml_node *child = node == NULL ? NULL : xml_child(node, name);
    return child == NULL || child->text == NULL ? "" : child->text;
}

static bool send_call(const struct round *round, const struct client_request *request,
                      const struct xml_node **answer_out)
{
    struct client_error error;

    if (client_send(round->client, round->arena, request, answer_out, &error)) {
        return true;
    }
    log_event(&round->connector->log, LOG_LEVEL_ERROR, "call_failed",
              LOG_TEXT("operation", request->operation->name), LOG_TEXT("code", error.code),
              LOG_TEXT("message", error.message));
    return false;
}

static bool call(const struct round *round, const struct client_operation *operation,
                 const struct element *parameters, const struct xml_node **answer_out)
{
    const struct client_request request = {.operation = operation, .parameters = parameters};

    return send_call(round, &request, answer_out);
}

/* ---- one message ---- */

/* The message as the platform keeps it, into the file. */
static bool fetch(const struct round *round, const char *id, const struct smtp_message *message)
{
    struct element *parameters = element_make(round->arena, read_operation.name);
    struct client_target target = {.descriptor = message->file, .most = message->length};
    const struct client_request request = {
        .operation = &read_operation, .parameters = parameters, .target = &target};
    const struct xml_node *answer = NULL;

    element_add_text(round->arena, parameters, "id", id);
    element_add_text(round->arena, element_add(round->arena, parameters, "columns"), "string",
                     "original");
    return send_call(round, &request, &answer) && target.length == message->length;
}

/* A report makes the claim hold anew, unless it came too late and somebody else may have one. What
 * the platform counts from is later than when it was asked. */
static void hold(struct round *round, int64_t begun)
{
    if (time_monotonic() < round->held_until) {
        round->held_until = begun + round->claim;
    }
}

/* False: the platform does not answer, however patiently it is asked. */
static bool report(struct round *round, const char *id, enum smtp_verdict verdict, const char *said)
{
    int64_t begun = time_monotonic();
    struct element *parameters = element_make(round->arena, report_operation.name);
    const struct xml_node *answer = NULL;

    element_add_text(round->arena, parameters, "id", id);
    element_add_text(round->arena, parameters, "claimId", round->claim_id);
    element_add_text(round->arena, parameters, "outcome", outcomes[verdict]);
    element_add_text(round->arena, parameters, "status", arena_copy_text(round->arena, said));
    if (!call(round, &report_operation, parameters, &answer)) {
        return false;
    }
    hold(round, begun);
    return true;
}

static void read_envelope(const struct round *round, const struct xml_node *email,
                          struct smtp_message *message)
{
    const struct xml_node *list = xml_child(email, "recipients");

    *message = (struct smtp_message){.file = -1};
    message->sender = text_of(email, "sender");
    message->length = strtoll(text_of(email, "size"), NULL, 10);
    message->deadline = round->held_until - round->claim / 2;
    message->can_wait = strtol(text_of(email, "attempt"), NULL, 10) <= WAITS_FOR_ALL;
    message->is_receipt_wanted = strcmp(text_of(email, "deliveryReceipt"), "true") == 0;
    array_init(&message->recipients, round->arena);
    for (const struct xml_node *at = list == NULL ? NULL : xml_child(list, "string"); at != NULL;
         at = xml_next(at)) {
        array_add(&message->recipients, at->text);
    }
}

/* Fetches the message and sends it: what became of it, and in which words. */
static enum smtp_verdict bring(struct round *round, const char *id, struct smtp_message *message,
                               char said[SMTP_SAID_SIZE])
{
    enum smtp_verdict verdict = SMTP_LATER;

    if (round->shut != NULL) {
        snprintf(said, SMTP_SAID_SIZE, "%s", round->shut);
        return SMTP_SHUT;
    }
    message->file = file_make_nameless(round->connector->settings.submission.dir);
    if (message->file < 0) {
        snprintf(said, SMTP_SAID_SIZE, "crm-outbox can make no file in its submission.dir");
        return SMTP_LATER;
    }
    if (fetch(round, id, message)) {
        verdict = smtp_send(round->smtp, message, said);
    } else {
        snprintf(said, SMTP_SAID_SIZE, "The message could not be read from the platform");
    }
    round->shut = verdict == SMTP_SHUT ? arena_copy_text(round->arena, said) : NULL;
    close(message->file);
    return verdict;
}

/* What became of a message's turn. */
enum turn { TURN_DONE, TURN_SERVER_AWAY, TURN_PLATFORM_AWAY };

static enum turn send_one(struct round *round, const struct xml_node *email)
{
    const char *id = text_of(email, "id");
    char said[SMTP_SAID_SIZE];
    struct smtp_message message;

    read_envelope(round, email, &message);
    enum smtp_verdict verdict = bring(round, id, &message, said);
    log_event(&round->connector->log, verdict == SMTP_TAKEN ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
              "message", LOG_TEXT("email", id), LOG_TEXT("id", text_of(email, "messageId")),
              LOG_TEXT("outcome", outcomes[verdict]), LOG_TEXT("said", said));
    if (!report(round, id, verdict, said)) {
        return TURN_PLATFORM_AWAY;
    }
    return verdict == SMTP_AWAY || verdict == SMTP_SHUT ? TURN_SERVER_AWAY : TURN_DONE;
}

/* Without the platform the others would not get far: they wait for the end of the claim. Without
 * the mail server each is put off, so that nothing of the sender is held up; one that cannot be had
 * at all is asked for once. */
static bool send_all(struct round *round, const struct xml_node *email)
{
    enum turn worst = TURN_DONE;

    for (; email != NULL && worst != TURN_PLATFORM_AWAY; email = xml_next(email)) {
        enum turn turn = send_one(round, email);
        worst = turn > worst ? turn : worst;
    }
    return worst == TURN_DONE;
}

enum outgoing_result outgoing_round(const struct connector *connector, struct client *client,
                                    struct smtp *smtp)
{
    struct round round = {
        .connector = connector, .client = client, .smtp = smtp, .arena = arena_create()};
    const struct element *nothing = element_make(round.arena, claim_operation.name);
    enum outgoing_result result = OUTGOING_AWAY;
    const struct xml_node *answer = NULL;
    int64_t begun = time_monotonic();

    if (call(&round, &claim_operation, nothing, &answer)) {
        const struct xml_node *claim = xml_child(answer, "result");
        const struct xml_node *list = claim == NULL ? NULL : xml_child(claim, "emails");
        const struct xml_node *email = list == NULL ? NULL : xml_child(list, "OutgoingEmail");
        round.claim_id = text_of(claim, "claimId");
        round.claim = strtoll(text_of(claim, "seconds"), NULL, 10) * 1000;
        round.held_until = begun + round.claim;
        result = email == NULL             ? OUTGOING_NONE
                 : send_all(&round, email) ? OUTGOING_SOME
                 : smtp_is_refused(smtp)   ? OUTGOING_REFUSED
                                           : OUTGOING_AWAY;
    }
    arena_destroy(&round.arena);
    return result;
}
