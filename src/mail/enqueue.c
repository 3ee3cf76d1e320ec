/*
 * enqueue.c - an e-mail that has become a message: what it says of itself, and its place in
 * the outbox.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "mail/conversation.h"
#include "mail/incoming.h"
#include "mail/outbox.h"
#include "mail/send.h"
#include "mail/tie.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"
#include "text/utf8.h"

/* ---- values ---- */

static struct value *value_at(struct record *record, const char *name)
{
    struct value *value = record_value(record, entity_find_field(record->entity, name));

    value->state = VALUE_SET;
    return value;
}

/* The addresses of To as far as the field holds them; they are ASCII. */
static const char *list_to(struct call *call, const struct outgoing_mail *mail)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    size_t most = entity_find_field(entity, "toRecipients")->length;
    struct buffer text;

    buffer_init(&text, call->arena, 64);
    for (size_t i = 0; i < mail->draft.to.count; i++) {
        buffer_add_format(&text, "%s%s", i == 0 ? "" : "; ", mail->draft.to.items[i].address);
    }
    return arena_copy_part(call->arena, text.bytes, text.length < most ? text.length : most);
}

static const char *list_references(struct call *call, const struct outgoing_mail *mail)
{
    struct buffer text;

    buffer_init(&text, call->arena, 64);
    for (size_t i = 0; i < mail->draft.reference_count; i++) {
        buffer_add_format(&text, "%s<%s>", i == 0 ? "" : " ", mail->draft.references[i]);
    }
    return text.length == 0 ? NULL : text.bytes;
}

/* Two messages that say the same at the same moment have one digest; the second goes without. */
static bool choose_digest(struct call *call, const struct outgoing_mail *mail,
                          const char **digest_out, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    const struct value value = {.state = VALUE_SET, .text = mail->digest};
    struct uuid id;
    bool is_found = false;

    if (!query_find_by_key(call, entity_find_key(entity, "contentDigest"), &value, &id, &is_found,
                           error)) {
        return false;
    }
    *digest_out = is_found ? NULL : mail->digest;
    return true;
}

/* An answer about nothing is about what its conversation is about, unless somebody said that it is
 * about nothing. */
static bool keep_regarding(struct call *call, const struct outgoing_mail *mail,
                           const struct uuid *conversation, struct record *record,
                           struct error *error)
{
    const struct field *field = entity_find_field(record->entity, "regarding");
    const struct field *by_hand = entity_find_field(record->entity, "isFiledByHand");
    struct reference subject;
    bool is_decided =
        record_has(mail->record, by_hand) && record_value(mail->record, by_hand)->boolean;

    if (is_decided || record_has(mail->record, field) || !call->settings->filing.match_references) {
        return true;
    }
    if (!mail_subject_of(call, conversation, &subject, error)) {
        return false;
    }
    mail_set_reference(record, "regarding", &subject);
    return true;
}

/* Answers to it are known by any id that it has or names. */
static bool tie(struct call *call, const struct outgoing_mail *mail, struct record *record,
                struct uuid *conversation_out, struct error *error)
{
    const struct field *field = entity_find_field(record->entity, "conversation");
    struct mail_ties ties;

    mail_ties_begin(call, &ties);
    mail_ties_add(call, &ties, mail->draft.message_id);
    mail_ties_add_references(call, &ties, mail->draft.references, mail->draft.reference_count);
    if (!mail_ties_hold(call, &ties, error)) {
        return false;
    }
    if (record_has(mail->record, field)) {
        mail_ties_meet(call, &ties, &record_value(mail->record, field)->uuid);
    }
    return mail_ties_join(call, &ties, conversation_out, error) &&
           (ties.conversations.count == 0 ||
            keep_regarding(call, mail, conversation_out, record, error));
}

static bool describe(struct call *call, const struct outgoing_mail *mail, struct record *record,
                     struct uuid *conversation_out, struct error *error)
{
    const char *digest = NULL;

    if (!choose_digest(call, mail, &digest, error) ||
        !tie(call, mail, record, conversation_out, error)) {
        return false;
    }
    struct party *from = arena_copy(call->arena, &mail->from, sizeof(mail->from));
    struct value *parties = value_at(record, "from");
    parties->parties.items = from;
    parties->parties.count = 1;
    value_at(record, "original")->file = mail->file;
    value_at(record, "sentOn")->moment = mail->draft.date / 1000 * 1000;
    return own_set(call, record, "statusReason", "PendingSend", error) &&
           own_set(call, record, "isOutgoing", "true", error) &&
           own_set(call, record, "sender", mail->draft.from.address, error) &&
           own_set(call, record, "toRecipients", list_to(call, mail), error) &&
           own_set(call, record, "messageId", mail->draft.message_id, error) &&
           own_set(call, record, "contentDigest", digest, error) &&
           own_set(call, record, "trackingToken", mail->token, error) &&
           own_set(call, record, "topic", mail_topic_of(call, mail->draft.subject), error) &&
           own_set(call, record, "referencedMessages", list_references(call, mail), error) &&
           own_set(call, record, "deliveryAttempts", "0", error);
}

/* ---- the outbox ---- */

static bool put(struct call *call, const struct outgoing_mail *mail, const struct uuid *id,
                struct error *error)
{
    const struct record *record = mail->record;
    const struct field *receipt = entity_find_field(record->entity, "deliveryReceiptRequested");
    const struct outbox_mail waiting = {
        .email_id = *id,
        .mailbox = mail->mailbox,
        .sender = mime_wire_address(call->arena, mail->draft.from.address),
        .recipients = mail->recipients,
        .message_id = mail->draft.message_id,
        .size = mail->file->size,
        .is_receipt_wanted = record_has(record, receipt) && record_value(record, receipt)->boolean,
    };

    return outbox_put(call, &waiting, error);
}

bool mail_enqueue(struct call *call, const struct outgoing_mail *mail,
                  struct write_outcome *outcome_out, struct error *error)
{
    bool is_new = uuid_is_empty(&mail->id);
    struct record *record = is_new ? record_copy(call->arena, mail->record)
                                   : record_make(call->arena, mail->record->entity);
    struct uuid conversation;

    if (!describe(call, mail, record, &conversation, error)) {
        return false;
    }
    if (!is_new) {
        struct value *status =
            record_value(record, entity_find_field(record->entity, "deliveryStatus"));
        status->state = VALUE_NULL;
        own_set_id(record, &mail->id);
    }
    bool is_written = is_new ? record_create(call, record, outcome_out, error)
                             : own_change(call, record, &mail->id, outcome_out, error);
    return is_written && mail_ties_put(call, &outcome_out->id, &conversation, error) &&
           put(call, mail, &outcome_out->id, error);
}
