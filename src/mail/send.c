/*
 * send.c - the operation that sends an e-mail: it becomes a message and waits in the outbox.
 */
#include "mail/send.h"

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/access.h"
#include "query/query.h"
#include "record/engine.h"

/* Open: a draft, or one that could not be sent. */
static bool check_state(const struct record *record, struct error *error)
{
    const struct entity *entity = record->entity;
    const struct field *outgoing = entity_find_field(entity, "isOutgoing");
    bool is_open =
        record_has(record, entity->state) && record_value(record, entity->state)->integer ==
                                                 field_find_choice(entity->state, "Open")->value;

    if (record_has(record, outgoing) && !record_value(record, outgoing)->boolean) {
        return error_set_about(error, ERROR_STATE_INVALID, "Email", outgoing->name,
                               "An e-mail that came in is not sent");
    }
    return is_open || error_set_about(error, ERROR_STATE_INVALID, "Email", entity->state->name,
                                      "Only an e-mail that is Open is sent");
}

bool mail_prepare_send_email(struct call *call, const struct operation *operation,
                             const void *request, struct error *error)
{
    const struct send_email_request *asked = request;
    struct outgoing_mail *mail = arena_allocate(call->arena, sizeof(*mail));

    (void)operation;
    if (!mail_read_draft(call, &asked->id.value, mail, error) ||
        !check_state(mail->record, error) || !mail_make_message(call, mail, error)) {
        return false;
    }
    call->prepared = mail;
    return true;
}

/* As it was composed, or nothing is sent. Locked, so that it stays so. */
static bool check_version(struct call *call, const struct outgoing_mail *mail, struct error *error)
{
    const struct entity *entity = mail->record->entity;
    const struct field *fields[] = {entity->id, entity->version};
    const struct column_set columns = {.fields = fields, .count = 2};
    int64_t expected = call->has_expected_version ? call->expected_version : mail->version;
    struct record *record = NULL;

    if (!query_find(call, entity, &mail->id, &columns, ROW_LOCK_CHANGE, &record, error)) {
        return false;
    }
    int64_t version = record == NULL ? 0 : record_value(record, entity->version)->integer;
    if (version == expected && version == mail->version) {
        return true;
    }
    call->conflict = (struct conflict){.entity = entity, .id = mail->id};
    return error_set_about(error, ERROR_VERSION_CONFLICT, entity->name, "version",
                           "The e-mail has version %lld, not %lld", (long long)version,
                           (long long)expected);
}

static bool check_right(struct call *call, const struct outgoing_mail *mail, struct error *error)
{
    bool may_write = false;

    return query_may(call, mail->record->entity, &mail->id, RIGHT_WRITE, &may_write, error) &&
           (may_write || error_set_about(error, ERROR_NOT_ALLOWED, "Email", NULL,
                                         "Who sends an e-mail needs the right to write it"));
}

struct sent_email *mail_tell_sent(struct call *call, const struct outgoing_mail *mail,
                                  const struct write_outcome *outcome)
{
    struct sent_email *result = arena_allocate(call->arena, sizeof(*result));

    result->id = (struct message_uuid){.is_set = true, .value = outcome->id};
    result->version = (struct message_integer){.is_set = true, .value = outcome->version};
    result->message_id = mail->draft.message_id;
    call->row_count = 1;
    return result;
}

bool mail_send_email(struct call *call, const struct operation *operation, const void *request,
                     void *response, struct error *error)
{
    const struct outgoing_mail *mail = call->prepared;
    struct send_email_response *answer = response;
    struct write_outcome outcome;

    (void)operation;
    (void)request;
    if (!check_version(call, mail, error) || !check_right(call, mail, error) ||
        !mail_enqueue(call, mail, &outcome, error)) {
        return false;
    }
    answer->result = mail_tell_sent(call, mail, &outcome);
    return true;
}
