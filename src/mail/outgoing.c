/*
 * outgoing.c - the operations of whoever speaks SMTP: he takes messages, and reports.
 */
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "mail/outbox.h"
#include "mail/tie.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"
#include "security/authorise.h"

enum { CLAIM_DEFAULT = 20, CLAIM_MOST = 200, SECOND = 1000, MINUTE = 60 * SECOND, DOUBLINGS = 9 };

/* Whoever sends for all reads and writes all, and may send in the name of others. */
static bool authorise(struct call *call, struct error *error)
{
    const struct entity *email = catalog_find_entity(call->catalog, "Email");

    return authorise_record(call->identity, email, RIGHT_READ, error) &&
           authorise_record(call->identity, email, RIGHT_WRITE, error) &&
           authorise_task(call->identity, TASK_SEND_AS_USER, error);
}

/* ---- taking ---- */

static struct message_list lines_of(struct call *call, const char *text)
{
    struct array lines;

    array_init(&lines, call->arena);
    for (const char *at = text; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        array_add(&lines, arena_copy_part(call->arena, at, length));
        at += length + (at[length] == '\n');
    }
    return (struct message_list){.is_set = true, .count = lines.count, .items = lines.items};
}

static struct outgoing_email *tell(struct call *call, const struct outbox_mail *mail)
{
    struct outgoing_email *email = arena_allocate(call->arena, sizeof(*email));

    email->id = (struct message_uuid){.is_set = true, .value = mail->email_id};
    email->message_id = mail->message_id;
    email->sender = mail->sender;
    email->recipients = lines_of(call, mail->recipients);
    email->size = (struct message_integer){.is_set = true, .value = mail->size};
    email->attempt = (struct message_integer){.is_set = true, .value = mail->attempts};
    email->delivery_receipt =
        (struct message_boolean){.is_set = true, .value = mail->is_receipt_wanted};
    return email;
}

/* The e-mail says that it is being sent; one that was deleted since leaves the outbox. */
static bool begin_sending(struct call *call, const struct outbox_mail *mail, bool *is_there_out,
                          struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    struct record *record = record_make(call->arena, entity);
    struct write_outcome outcome;

    if (!query_exists(call, entity, &mail->email_id, ROW_LOCK_CHANGE, is_there_out, error)) {
        return false;
    }
    if (!*is_there_out) {
        return outbox_remove(call, mail, error);
    }
    own_set_id(record, &mail->email_id);
    return own_set(call, record, "statusReason", "Sending", error) &&
           own_set(call, record, "deliveryAttempts",
                   arena_format(call->arena, "%lld", (long long)mail->attempts), error) &&
           own_change(call, record, &mail->email_id, &outcome, error);
}

static bool tell_all(struct call *call, const struct outbox_claim *claim,
                     struct outgoing_emails *result, struct error *error)
{
    struct array emails;

    array_init(&emails, call->arena);
    for (size_t i = 0; i < claim->count; i++) {
        bool is_there = false;
        if (!begin_sending(call, &claim->mails[i], &is_there, error)) {
            return false;
        }
        if (is_there) {
            array_add(&emails, tell(call, &claim->mails[i]));
        }
    }
    if (claim->count > 0) {
        result->claim_id = (struct message_uuid){.is_set = true, .value = claim->id};
        result->mailbox = claim->mailbox;
        result->seconds =
            (struct message_integer){.is_set = true, .value = call->settings->mail.claim / SECOND};
    }
    result->emails =
        (struct message_list){.is_set = true, .count = emails.count, .items = emails.items};
    call->row_count = (int64_t)emails.count;
    return true;
}

bool mail_claim_outgoing_emails(struct call *call, const struct operation *operation,
                                const void *request, void *response, struct error *error)
{
    const struct claim_outgoing_emails_request *asked = request;
    struct claim_outgoing_emails_response *answer = response;
    int64_t limit = asked->limit.is_set ? asked->limit.value : CLAIM_DEFAULT;
    struct outbox_claim claim;

    (void)operation;
    if (limit < 1 || limit > CLAIM_MOST) {
        return error_set(error, ERROR_VALUE_OUT_OF_RANGE, "limit",
                         "The limit must be between 1 and %d", (int)CLAIM_MOST);
    }
    answer->result = arena_allocate(call->arena, sizeof(*answer->result));
    return authorise(call, error) && outbox_claim(call, limit, &claim, error) &&
           tell_all(call, &claim, answer->result, error);
}

/* ---- reports ---- */

/* What the mail server has done with a message, and said. */
struct report {
    const struct report_outgoing_email_request *asked;
    const struct outbox_mail *mail; /* NULL: it was reported before */
    struct record *email;           /* as it is; NULL: it was deleted */
};

static bool is(const struct report *report, const char *outcome)
{
    return strcmp(report->asked->outcome, outcome) == 0;
}

/* Answers to the new id are part of the conversation, as those to the old one are. */
static bool tie(struct call *call, const struct report *report, const char *id, struct error *error)
{
    const struct field *field = entity_find_field(report->email->entity, "conversation");
    struct uuid conversation;
    struct mail_ties ties;

    mail_ties_begin(call, &ties);
    mail_ties_add(call, &ties, id);
    if (!mail_ties_hold(call, &ties, error)) {
        return false;
    }
    if (record_has(report->email, field)) {
        mail_ties_meet(call, &ties, &record_value(report->email, field)->uuid);
    }
    return mail_ties_join(call, &ties, &conversation, error) &&
           mail_ties_put(call, &report->asked->id.value, &conversation, error);
}

/* The id under which answers will come, unless another e-mail has it. */
static bool set_message_id(struct call *call, const struct report *report, struct record *record,
                           struct error *error)
{
    const struct key *key = entity_find_key(record->entity, "messageId");
    const char *given = report->asked->message_id;
    const char *id = given == NULL ? NULL : mime_message_id(call->arena, given);
    const struct value value = {.state = VALUE_SET, .text = id};
    struct uuid other;
    bool is_taken = false;

    return id == NULL || (query_find_by_key(call, key, &value, &other, &is_taken, error) &&
                          (is_taken || (own_set(call, record, "messageId", id, error) &&
                                        tie(call, report, id, error))));
}

static bool set_status(struct call *call, const struct report *report, struct record *record,
                       struct error *error)
{
    struct value *status =
        record_value(record, entity_find_field(record->entity, "deliveryStatus"));

    status->state = VALUE_NULL;
    return own_set(call, record, "deliveryStatus", report->asked->status, error);
}

static bool note(struct call *call, const struct report *report, const char *reason,
                 struct write_outcome *outcome_out, struct error *error)
{
    const struct uuid *id = &report->asked->id.value;
    struct record *record = own_record(call, "Email");

    own_set_id(record, id);
    return own_set(call, record, "statusReason", reason, error) &&
           set_status(call, report, record, error) && set_message_id(call, report, record, error) &&
           own_change(call, record, id, outcome_out, error);
}

/* One minute, then twice as long each time, to four hours. */
static int64_t wait_of(const struct report *report)
{
    int64_t attempts = report->mail->attempts > DOUBLINGS ? DOUBLINGS : report->mail->attempts;

    return report->asked->retry_after.is_set ? report->asked->retry_after.value * SECOND
                                             : (int64_t)MINUTE << (attempts - 1);
}

static bool defer(struct call *call, const struct report *report, struct write_outcome *outcome_out,
                  struct error *error)
{
    int64_t age = 0, wait = wait_of(report);

    if (!outbox_age(call, report->mail, &age, error)) {
        return false;
    }
    if (age + wait > call->settings->mail.retry_for) {
        return outbox_remove(call, report->mail, error) &&
               note(call, report, "Failed", outcome_out, error);
    }
    return outbox_defer(call, report->mail, wait, error) &&
           note(call, report, "PendingSend", outcome_out, error);
}

static const char *message_id_of(const struct record *email)
{
    const struct field *field = entity_find_field(email->entity, "messageId");
    return record_has(email, field) ? record_value(email, field)->text : NULL;
}

/* A report that comes again is answered as the first; anything else that comes too late is not. */
static bool check_repeated(const struct report *report, struct write_outcome *outcome_out,
                           struct error *error)
{
    const struct entity *entity = report->email == NULL ? NULL : report->email->entity;
    const struct field *reason = entity == NULL ? NULL : entity->status_reason;
    const char *meant = is(report, "Deferred") ? "PendingSend" : report->asked->outcome;

    if (entity == NULL || !record_has(report->email, reason) ||
        record_value(report->email, reason)->integer != field_find_choice(reason, meant)->value) {
        return error_set(error, ERROR_STATE_INVALID, "id",
                         "The message is not in the outbox, or somebody else's by now");
    }
    *outcome_out = (struct write_outcome){
        .id = report->asked->id.value,
        .version = record_value(report->email, entity->version)->integer,
    };
    return true;
}

/* What was sent is sent, whoever has the claim by now; the rest is for who has it. */
static bool settle(struct call *call, const struct report *report,
                   struct write_outcome *outcome_out, struct error *error)
{
    bool is_sent = is(report, "Sent");

    if (report->mail == NULL ||
        (!is_sent && !outbox_is_held(report->mail, &report->asked->claim_id.value))) {
        return check_repeated(report, outcome_out, error);
    }
    if (report->email == NULL) {
        *outcome_out = (struct write_outcome){.id = report->asked->id.value};
        return outbox_remove(call, report->mail, error);
    }
    if (is(report, "Deferred")) {
        return defer(call, report, outcome_out, error);
    }
    return outbox_remove(call, report->mail, error) &&
           note(call, report, report->asked->outcome, outcome_out, error);
}

static bool find(struct call *call, struct report *report, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    const struct field *fields[] = {entity->id, entity->version, entity->status_reason,
                                    entity_find_field(entity, "messageId"),
                                    entity_find_field(entity, "conversation")};
    const struct column_set columns = {.fields = fields, .count = 5};
    const struct uuid *id = &report->asked->id.value;
    struct outbox_mail *mail = NULL;

    if (!outbox_find(call, id, &mail, error) ||
        !query_find(call, entity, id, &columns, ROW_LOCK_CHANGE, &report->email, error)) {
        return false;
    }
    report->mail = mail;
    return true;
}

static bool check_wait(const struct report_outgoing_email_request *asked, struct error *error)
{
    enum { DAY = 24 * 60 * 60 };

    return !asked->retry_after.is_set ||
           (asked->retry_after.value >= 0 && asked->retry_after.value <= DAY) ||
           error_set(error, ERROR_VALUE_OUT_OF_RANGE, "retryAfter",
                     "A message waits at most %d seconds", (int)DAY);
}

bool mail_report_outgoing_email(struct call *call, const struct operation *operation,
                                const void *request, void *response, struct error *error)
{
    struct report report = {.asked = request};
    struct report_outgoing_email_response *answer = response;
    struct sent_email *result = arena_allocate(call->arena, sizeof(*result));
    struct write_outcome outcome;

    (void)operation;
    if (!check_wait(report.asked, error) || !authorise(call, error) ||
        !find(call, &report, error) || !settle(call, &report, &outcome, error)) {
        return false;
    }
    result->id = (struct message_uuid){.is_set = true, .value = outcome.id};
    result->version = (struct message_integer){.is_set = true, .value = outcome.version};
    result->message_id = report.email == NULL ? NULL : message_id_of(report.email);
    answer->result = result;
    call->row_count = 1;
    return true;
}
