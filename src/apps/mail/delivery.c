/*
 * delivery.c - DeliverIncomingEmail, and the verdict on its answer.
 */
#include "apps/mail/delivery.h"

#include <stdio.h>
#include <string.h>

#include "apps/mail/letter.h"
#include "base/arena.h"
#include "client/element.h"
#include "xml/document.h"

enum { HTTP_TOO_LARGE = 413 };

static const struct client_operation deliver = {
    .service = "Mail", .name = "DeliverIncomingEmail", .is_repeatable = true};

/* What faults say of the message, or of the connector. All others are taken for troubles of the
 * platform with this message, which may pass: an administrator has made a field required, say. */
static const struct {
    const char *code;
    enum delivery_verdict verdict;
} verdicts[] = {
    {"LIMIT_EXCEEDED", DELIVERY_REFUSED},     {"VALUE_INVALID", DELIVERY_REFUSED},
    {"VALUE_TOO_LONG", DELIVERY_REFUSED},     {"VALUE_OUT_OF_RANGE", DELIVERY_REFUSED},
    {"XML_INVALID", DELIVERY_REFUSED},        {"REQUEST_ID_REUSED", DELIVERY_REFUSED},
    {"REQUEST_ID_EXPIRED", DELIVERY_DONE}, /* it was filed weeks ago, and nobody heard of it */
    {"NOT_AUTHENTICATED", DELIVERY_AWAY},     {"CREDENTIALS_INVALID", DELIVERY_AWAY},
    {"SESSION_INVALID", DELIVERY_AWAY},       {"TOO_MANY_ATTEMPTS", DELIVERY_AWAY},
    {"NOT_ALLOWED", DELIVERY_AWAY},           {"NOT_FOUND", DELIVERY_AWAY},
    {"OPERATION_UNKNOWN", DELIVERY_AWAY},     {"BUSY", DELIVERY_AWAY},
    {"DATABASE_UNAVAILABLE", DELIVERY_AWAY},  {"DATABASE_FULL", DELIVERY_AWAY},
    {"DIRECTORY_UNAVAILABLE", DELIVERY_AWAY}, {"UNREACHABLE", DELIVERY_AWAY},
};

enum delivery_verdict delivery_judge(const struct client_error *error)
{
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (strcmp(verdicts[i].code, error->code) == 0) {
            return verdicts[i].verdict;
        }
    }
    if (error->failure == CLIENT_NOT_SOAP) {
        return error->status == HTTP_TOO_LARGE ? DELIVERY_REFUSED : DELIVERY_AWAY;
    }
    return DELIVERY_LATER;
}

static struct element *make_parameters(struct arena *arena, const struct letter *letter)
{
    const struct array *recipients = &letter->envelope.recipients;
    struct element *parameters = element_make(arena, deliver.name);

    element_add_file(arena, parameters, "message");
    struct element *list = element_add(arena, parameters, "recipients");
    for (size_t i = 0; i < recipients->count; i++) {
        element_add_text(arena, list, "string", recipients->items[i]);
    }
    /* What came for several came into no one's mailbox. */
    if (recipients->count == 1) {
        element_add_text(arena, parameters, "mailbox", recipients->items[0]);
    }
    return parameters;
}

static void copy_text(const struct xml_node *result, const char *name, char *text, size_t size)
{
    const struct xml_node *child = result == NULL ? NULL : xml_child(result, name);

    snprintf(text, size, "%s", child == NULL ? "" : child->text);
}

static void read_answer(const struct xml_node *answer, struct delivery_result *result)
{
    const struct xml_node *node = xml_child(answer, "result");
    char created[DELIVERY_WORD_SIZE];

    copy_text(node, "id", result->email, sizeof(result->email));
    copy_text(node, "created", created, sizeof(created));
    copy_text(node, "reason", result->reason, sizeof(result->reason));
    copy_text(node, "messageKind", result->kind, sizeof(result->kind));
    result->is_created = strcmp(created, "true") == 0;
}

void delivery_send(struct client *client, const struct letter *letter,
                   struct delivery_result *result_out)
{
    struct arena *arena = arena_create();
    const struct client_request request = {
        .operation = &deliver,
        .parameters = make_parameters(arena, letter),
        .id = letter->id,
        .file = &letter->message,
    };
    const struct xml_node *answer = NULL;

    *result_out = (struct delivery_result){.verdict = DELIVERY_DONE};
    if (client_send(client, arena, &request, &answer, &result_out->error)) {
        read_answer(answer, result_out);
    } else {
        result_out->verdict = delivery_judge(&result_out->error);
    }
    arena_destroy(&arena);
}
