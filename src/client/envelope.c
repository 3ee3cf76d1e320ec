/*
 * envelope.c - writes requests and reads answers, faults among them.
 */
#include "client/envelope.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "client/client.h"
#include "client/element.h"
#include "client/transport.h"
#include "xml/document.h"

#define NAMESPACE_PREFIX "urn:svyaz:crm:1:"
#define ENVELOPE_NAMESPACE "http://schemas.xmlsoap.org/soap/envelope/"

enum {
    HTTP_NOT_FOUND = 404,
    HTTP_TOO_MANY_REQUESTS = 429,
    HTTP_BAD_GATEWAY = 502,
    HTTP_UNAVAILABLE = 503,
    HTTP_GATEWAY_TIMEOUT = 504,
};

static void write_text(const char *name, const char *text, struct buffer *xml)
{
    if (text != NULL) {
        buffer_add_format(xml, "<s:%s>", name);
        element_write_text(text, xml);
        buffer_add_format(xml, "</s:%s>", name);
    }
}

static void write_header(const struct envelope_header *header, struct buffer *xml)
{
    bool has_request = header->request_id != NULL || header->application != NULL;

    if (header->token == NULL && !has_request) {
        return;
    }
    buffer_add_text(xml, "<e:Header>");
    if (header->token != NULL) {
        buffer_add_text(xml, "<s:Session>");
        write_text("token", header->token, xml);
        buffer_add_text(xml, "</s:Session>");
    }
    if (has_request) {
        buffer_add_text(xml, "<s:Request>");
        write_text("id", header->request_id, xml);
        write_text("application", header->application, xml);
        buffer_add_text(xml, "</s:Request>");
    }
    buffer_add_text(xml, "</e:Header>");
}

void envelope_write(const struct client_operation *operation, const struct envelope_header *header,
                    const struct element *parameters, struct buffer *xml)
{
    const char *space = NAMESPACE_PREFIX;

    buffer_add_format(xml,
                      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                      "<e:Envelope xmlns:e=\"" ENVELOPE_NAMESPACE "\" xmlns:s=\"%s%s\">",
                      space, operation->service);
    write_header(header, xml);
    buffer_add_format(xml, "<e:Body><%s xmlns=\"%s%s\">", operation->name, space,
                      operation->service);
    for (const struct element *child = parameters == NULL ? NULL : parameters->first_child;
         child != NULL; child = child->next) {
        element_write(child, xml);
    }
    buffer_add_format(xml, "</%s></e:Body></e:Envelope>", operation->name);
}

const char *envelope_action(struct arena *arena, const struct client_operation *operation)
{
    return arena_format(arena, NAMESPACE_PREFIX "%s/%s", operation->service, operation->name);
}

static bool fail_not_soap(const struct transport_answer *answer, const char *why,
                          struct client_error *error)
{
    if (answer->status == HTTP_NOT_FOUND) {
        return client_fail(error, CLIENT_FAULT, "NOT_FOUND", "The server has no such service");
    }
    if (answer->status == HTTP_BAD_GATEWAY || answer->status == HTTP_GATEWAY_TIMEOUT) {
        return client_fail(error, CLIENT_UNREACHABLE, "UNREACHABLE",
                           "Who stands before the server had no answer of it: HTTP status %d",
                           answer->status);
    }
    client_fail(error, CLIENT_NOT_SOAP, "NOT_SOAP",
                "The server answered HTTP status %d without a SOAP message: %s", answer->status,
                why);
    error->is_retryable =
        answer->status == HTTP_UNAVAILABLE || answer->status == HTTP_TOO_MANY_REQUESTS;
    return false;
}

/* Whether it begins as an envelope does; such a one that cannot be read has come in part. */
static bool begins_as_envelope(struct arena *arena, const struct transport_answer *answer)
{
    enum { LOOKED_AT = 200 };
    size_t length = answer->length < LOOKED_AT ? answer->length : LOOKED_AT;

    return length > 0 && strstr(arena_copy_part(arena, answer->bytes, length), "Envelope") != NULL;
}

static const char *text_of(const struct xml_node *parent, const char *name)
{
    const struct xml_node *child = parent == NULL ? NULL : xml_child(parent, name);

    return child == NULL ? "" : child->text;
}

/* The code stands before the sentence in faultstring, for clients that show nothing else. */
static void read_fault_text(const char *text, struct client_error *error)
{
    const char *colon = strstr(text, ": ");
    size_t length = colon == NULL ? 0 : (size_t)(colon - text);

    if (length > 0 && length < sizeof(error->code)) {
        memcpy(error->code, text, length);
        error->code[length] = '\0';
        text = colon + 2;
    }
    snprintf(error->message, sizeof(error->message), "%s", text);
}

static bool read_fault(const struct xml_node *fault, struct client_error *error)
{
    const struct xml_node *holder = xml_child(fault, "detail");
    const struct xml_node *detail = holder == NULL ? NULL : xml_child(holder, "CrmFault");

    *error = (struct client_error){.failure = CLIENT_FAULT};
    read_fault_text(text_of(fault, "faultstring"), error);
    if (detail == NULL) {
        return false;
    }
    snprintf(error->code, sizeof(error->code), "%s", text_of(detail, "code"));
    snprintf(error->message, sizeof(error->message), "%s", text_of(detail, "message"));
    snprintf(error->entity, sizeof(error->entity), "%s", text_of(detail, "entity"));
    snprintf(error->field, sizeof(error->field), "%s", text_of(detail, "field"));
    snprintf(error->hint, sizeof(error->hint), "%s", text_of(detail, "hint"));
    snprintf(error->request_id, sizeof(error->request_id), "%s", text_of(detail, "requestId"));
    error->is_retryable = strcmp(text_of(detail, "retryable"), "true") == 0;
    return false;
}

static bool read_answer(struct arena *arena, const struct transport_answer *answer,
                        const struct xml_node **wrapper_out, struct client_error *error)
{
    const struct xml_node *root = NULL;
    struct error problem = {.code = ERROR_NONE};

    if (!xml_read_bytes(arena, "answer", answer->bytes, answer->length, NULL, &root, &problem)) {
        return begins_as_envelope(arena, answer)
                   ? client_fail(error, CLIENT_UNREACHABLE, "UNREACHABLE",
                                 "The answer broke off before its end")
                   : fail_not_soap(answer, answer->length == 0 ? "it is empty" : problem.message,
                                   error);
    }
    const struct xml_node *body = xml_child(root, "Body");
    if (strcmp(root->name, "Envelope") != 0 || body == NULL || body->first_child == NULL) {
        return fail_not_soap(answer, "it is another document", error);
    }
    if (strcmp(body->first_child->name, "Fault") == 0) {
        return read_fault(body->first_child, error);
    }
    *wrapper_out = body->first_child;
    return true;
}

bool envelope_read(struct arena *arena, const struct transport_answer *answer,
                   const struct xml_node **wrapper_out, struct client_error *error)
{
    if (!read_answer(arena, answer, wrapper_out, error)) {
        error->status = answer->status;
        return false;
    }
    return true;
}
