/*
 * sent.c - an envelope out, an envelope in: the roles are changed, the wire types are the same.
 */
#include "soap/sent.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "call/platform.h"
#include "soap/answer.h"
#include "soap/body.h"
#include "soap/decode.h"
#include "soap/encode.h"
#include "soap/envelope.h"
#include "soap/limits.h"
#include "soap/scan.h"
#include "soap/walk.h"
#include "soap/wire.h"
#include "soap/worker.h"
#include "text/utf8.h"

enum { TOLD_MOST = 300 }; /* bytes of a fault's text that are kept */

struct sent_operation sent_find(const struct soap_door *door, struct arena *arena,
                                const char *service, const char *name)
{
    const struct wire_service *found = wire_find_service(door->wire, service);
    const struct wire_operation *operation =
        found == NULL ? NULL : wire_find_operation(found, name);

    expect(operation != NULL);
    return (struct sent_operation){
        .operation = operation,
        .target_namespace = found->target_namespace,
        .action = arena_format(arena, "%s/%s", found->target_namespace, name),
    };
}

void sent_encode(const struct sent_operation *sent, struct arena *arena, const void *request,
                 struct buffer *text_out)
{
    const struct wire_type *type = sent->operation->request;
    struct encoder encoder;

    encode_begin(&encoder, arena, false);
    answer_open(&encoder.text, SOAP_VERSION_1_1);
    answer_open_wrapper(&encoder.text, sent->target_namespace, type->name);
    encode_members(&encoder, type, request);
    answer_close_wrapper(&encoder.text, type->name);
    answer_close(&encoder.text);
    *text_out = encoder.text;
}

/* ---- answers ---- */

static bool refuse(struct error *error, const char *said)
{
    error_clear(error);
    return error_set(error, ERROR_ENDPOINT_REFUSED, NULL, "The endpoint answered a fault: %.*s",
                     (int)text_cut_length(said, strlen(said), TOLD_MOST), said);
}

/* faultstring of SOAP 1.1, Reason/Text of 1.2: the first text under such a name. */
static bool find_reason(struct walk *walk, const char **reason_out, struct error *error)
{
    struct element element;

    if (!walk_enter(walk, error)) {
        return false;
    }
    while (*reason_out == NULL) {
        if (!walk_next(walk, &element, error)) {
            return false;
        }
        if (element.name == NULL) {
            return walk_leave(walk, error);
        }
        bool is_text =
            strcmp(element.name, "faultstring") == 0 || strcmp(element.name, "Text") == 0;
        bool is_read = is_text && element.is_leaf ? walk_text(walk, reason_out, error)
                       : strcmp(element.name, "Reason") == 0 && !element.is_leaf
                           ? find_reason(walk, reason_out, error)
                           : walk_skip(walk, error);
        if (!is_read) {
            return false;
        }
    }
    return true;
}

static bool read_fault(struct walk *walk, struct error *error)
{
    const char *reason = NULL;

    if (!find_reason(walk, &reason, error)) {
        return false;
    }
    return refuse(error, reason == NULL || *reason == '\0' ? "it says no more" : reason);
}

static bool read_body(const struct sent_operation *sent, struct decoder *decoder,
                      const struct element *element, void *response, struct error *error)
{
    const struct wire_type *type = sent->operation->response;

    if (strcmp(element->name, "Fault") == 0) {
        return read_fault(decoder->walk, error);
    }
    if (strcmp(element->name, type->name) != 0 ||
        strcmp(element->namespace, sent->target_namespace) != 0) {
        return error_set(error, ERROR_ENDPOINT_REFUSED, NULL, "It is no %s", type->name);
    }
    decoder->target_namespace = sent->target_namespace;
    return decode_struct(decoder, type, response, error) && envelope_close(decoder, error);
}

static bool read_envelope(const struct sent_operation *sent, struct soap_worker *worker,
                          const struct scan *scan, const struct message_limits *limits,
                          struct decoder *decoder, void *response, struct error *error)
{
    const struct envelope_rules rules = {.now = worker->door->platform->now()};
    struct envelope envelope = {.version = SOAP_VERSION_1_1};
    struct element element;

    decoder->catalog = worker->door->catalog;
    decoder->limits = limits;
    return walk_begin(decoder->arena, worker->parser, scan, &decoder->walk, error) &&
           envelope_open(worker->door->wire, decoder, &rules, &envelope, &element, error) &&
           read_body(sent, decoder, &element, response, error);
}

bool sent_decode(const struct sent_operation *sent, struct soap_worker *worker, struct arena *arena,
                 const char *bytes, size_t length, void *response, struct error *error)
{
    const struct message_limits *limits =
        message_limits_of(arena, worker->door->platform->settings);
    const struct body body = {.bytes = bytes, .length = length};
    struct decoder decoder = {.arena = arena};
    struct error problem = {0};
    struct scan scan;

    bool is_read = scan_message(arena, &body, false, limits, &scan, &problem) &&
                   read_envelope(sent, worker, &scan, limits, &decoder, response, &problem);
    walk_end(&decoder.walk);
    if (is_read) {
        return true;
    }
    if (problem.code == ERROR_ENDPOINT_REFUSED) {
        *error = problem;
        return false;
    }
    return error_set(error, ERROR_ENDPOINT_REFUSED, NULL,
                     "The endpoint's answer cannot be read: %s", problem.message);
}
