/*
 * intake.c - a plain envelope is measured, a multipart message is read part by part.
 */
#include "soap/intake.h"

#include "base/arena.h"
#include "base/error.h"
#include "security/kerberos.h"
#include "soap/limits.h"

struct soap_intake {
    const struct message_limits *limits;
    struct meter meter;              /* of a plain envelope */
    struct multipart_reader *reader; /* NULL: a plain envelope */
    enum intake_verdict verdict;
    struct arena *arena;
    struct error *error; /* why the message is malformed; NULL: it is not */
    struct kerberos_ticket ticket;
};

static enum intake_verdict give_up(struct soap_intake *intake, const struct error *error)
{
    intake->error = arena_copy(intake->arena, error, sizeof(*error));
    return INTAKE_ENOUGH;
}

struct soap_intake *intake_begin(struct arena *arena, const char *content_type,
                                 const struct message_limits *limits)
{
    struct soap_intake *intake = arena_allocate(arena, sizeof(*intake));

    struct error error = {0};

    *intake = (struct soap_intake){.limits = limits, .arena = arena};
    if (multipart_is(content_type) &&
        !multipart_begin(arena, content_type, limits, &intake->reader, &error)) {
        intake->verdict = give_up(intake, &error);
    }
    return intake;
}

enum intake_verdict intake_take(struct soap_intake *intake, const char *bytes, size_t length)
{
    struct error error = {0};

    if (intake->verdict != INTAKE_GO_ON) {
        return intake->verdict;
    }
    if (intake->reader == NULL) {
        intake->verdict = meter_take(&intake->meter, intake->limits, bytes, length);
    } else if (!multipart_take(intake->reader, bytes, length, &intake->verdict, &error)) {
        intake->verdict = give_up(intake, &error);
    }
    return intake->verdict;
}

struct body intake_peek_envelope(const struct soap_intake *intake, const struct body *body)
{
    struct body envelope = *body;
    struct part root = {0};

    if (intake->reader == NULL) {
        return envelope;
    }
    if (!multipart_peek_root(intake->reader, &root) || root.offset >= body->length) {
        envelope.length = 0;
        return envelope;
    }
    envelope.bytes += root.offset;
    envelope.length =
        root.length < body->length - root.offset ? root.length : body->length - root.offset;
    return envelope;
}

static bool check(const struct soap_intake *intake, struct error *error)
{
    if (intake->error != NULL) {
        *error = *intake->error;
        return false;
    }
    if (intake->verdict == INTAKE_TOO_LARGE) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, "body",
                         "The message goes beyond limits.body, which is %zu",
                         intake->limits->envelope);
    }
    return true;
}

bool intake_end(struct soap_intake *intake, const struct body *body, struct body *envelope_out,
                struct multipart **multipart_out, struct error *error)
{
    *multipart_out = NULL;
    *envelope_out = *body;
    if (!check(intake, error)) {
        return false;
    }
    if (intake->reader == NULL) {
        envelope_out->length = intake->meter.taken;
        return true;
    }
    if (!multipart_end(intake->reader, body, intake_is_cut(intake), multipart_out, error)) {
        return false;
    }
    envelope_out->bytes += (*multipart_out)->root->offset;
    envelope_out->length = (*multipart_out)->root->length;
    return true;
}

bool intake_is_cut(const struct soap_intake *intake)
{
    return intake->verdict == INTAKE_ENOUGH && intake->error == NULL;
}

struct kerberos_ticket *intake_ticket(struct soap_intake *intake)
{
    return &intake->ticket;
}
