/*
 * file.c - the e-mail written: its fields, those who take part, the files that came with it.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/map.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "mail/party.h"
#include "mail/tie.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"
#include "text/utf8.h"

enum { DAY = 86400000 };

static const char *const kinds[] = {
    [MIME_ORDINARY] = "Ordinary",
    [MIME_AUTOMATIC] = "Automatic",
    [MIME_BOUNCE] = "Bounce",
    [MIME_LOOP] = "Loop",
};

static const char *const priorities[] = {
    [MIME_NORMAL] = "Normal",
    [MIME_LOW] = "Low",
    [MIME_HIGH] = "High",
};

const char *mail_kind(const struct mime_message *message)
{
    return kinds[message->kind];
}

/* ---- values ---- */

bool mail_set_text(struct call *call, struct record *record, const char *name, const char *text,
                   struct error *error)
{
    const struct field *field = entity_find_field(record->entity, name);

    if (text == NULL || *text == '\0') {
        return true;
    }
    size_t length = text_length_of(text, field->length);
    return own_set(call, record, name, arena_copy_part(call->arena, text, length), error);
}

static void set_moment(struct record *record, const char *name, int64_t moment)
{
    struct value *value = record_value(record, entity_find_field(record->entity, name));
    value->state = VALUE_SET;
    value->moment = moment;
}

static void set_truth(struct record *record, const char *name, bool truth)
{
    struct value *value = record_value(record, entity_find_field(record->entity, name));
    value->state = VALUE_SET;
    value->boolean = truth;
}

void mail_set_reference(struct record *record, const char *name, const struct reference *reference)
{
    if (reference->entity != NULL) {
        struct value *value = record_value(record, entity_find_field(record->entity, name));
        value->state = VALUE_SET;
        value->reference = *reference;
    }
}

static void set_file(struct record *record, const char *name, struct file *file)
{
    struct value *value = record_value(record, entity_find_field(record->entity, name));
    value->state = VALUE_SET;
    value->file = file;
}

/* ---- who takes part ---- */

/* An address names itself, and the one without what stands after its plus: who gets mail under that
 * got it under this. */
static void note_named(struct call *call, struct map *named, const char *compared)
{
    const char *bare = mime_bare_address(call->arena, compared);

    map_set(named, compared, named);
    if (bare != NULL) {
        map_set(named, bare, named);
    }
}

/* Recipients of the envelope whom nobody has named. */
static void add_unnamed(struct mail_parties *parties, struct map *named)
{
    for (size_t i = 0; i < parties->mail->envelope.count; i++) {
        const char *written = parties->mail->envelope.items[i];
        const char *compared = mime_compared_address(parties->call->arena, written);
        if (map_get(named, compared) == NULL) {
            map_set(named, compared, named);
            const struct mime_address unnamed = {.address = written, .compared = compared};
            mail_parties_add_all(parties, &unnamed);
        }
    }
}

/* Those whom the header names. */
static struct map *named_by_header(struct call *call, const struct mime_message *message)
{
    const struct mime_addresses *const lists[] = {&message->from, &message->to, &message->cc,
                                                  &message->bcc};
    struct map *named = map_create(call->arena);

    for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
        for (size_t i = 0; i < lists[list]->count; i++) {
            note_named(call, named, lists[list]->items[i].compared);
        }
    }
    return named;
}

static void set_parties(struct call *call, const struct incoming_mail *mail, struct record *record)
{
    const struct {
        const char *name;
        const struct mime_addresses *list;
    } lists[] = {
        {"to", &mail->message->to}, {"cc", &mail->message->cc}, {"bcc", &mail->message->bcc}};
    struct mail_parties from = {.call = call, .mail = mail};

    for (size_t i = 0; i < mail->message->from.count; i++) {
        mail_parties_add_sender(&from, &mail->message->from.items[i]);
    }
    mail_parties_give(record, "from", &from);
    for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
        struct mail_parties parties = {.call = call, .mail = mail};
        for (size_t i = 0; i < lists[list].list->count; i++) {
            mail_parties_add_all(&parties, &lists[list].list->items[i]);
        }
        if (strcmp(lists[list].name, "bcc") == 0) {
            add_unnamed(&parties, named_by_header(call, mail->message));
        }
        mail_parties_give(record, lists[list].name, &parties);
    }
}

/* ---- the owner ---- */

bool mail_set_owner(struct call *call, const struct incoming_mail *mail, struct record *record,
                    struct error *error)
{
    struct reference owner;

    if (!mail_owner_of(call, mail, record->entity, &owner, error)) {
        return false;
    }
    mail_set_reference(record, record->entity->owner->name, &owner);
    return true;
}

/* ---- the e-mail ---- */

static const char *list_recipients(struct call *call, const struct mime_addresses *to)
{
    struct buffer text;

    buffer_init(&text, call->arena, 64);
    for (size_t i = 0; i < to->count; i++) {
        buffer_add_format(&text, "%s%s", i == 0 ? "" : "; ", to->items[i].address);
    }
    return text.bytes;
}

static const char *list_references(struct call *call, const struct mime_message *message)
{
    struct buffer text;

    buffer_init(&text, call->arena, 64);
    for (size_t i = 0; i < message->reference_count; i++) {
        buffer_add_format(&text, "%s<%s>", i == 0 ? "" : " ", message->references[i]);
    }
    return text.bytes;
}

/* NULL: answers go to the sender. */
static const char *reply_to(const struct mime_message *message)
{
    const struct mime_addresses *wanted = &message->reply_to;
    bool is_sender = wanted->count > 0 && message->from.count > 0 &&
                     strcmp(wanted->items[0].compared, message->from.items[0].compared) == 0;

    return wanted->count == 0 || is_sender ? NULL : wanted->items[0].address;
}

static bool set_texts(struct call *call, const struct incoming_mail *mail, struct record *record,
                      struct error *error)
{
    const struct mime_message *message = mail->message;
    bool is_html = message->clean_html != NULL && *message->clean_html != '\0';
    const struct {
        const char *name;
        const char *text;
    } texts[] = {
        {"subject", *message->subject == '\0' ? "(no subject)" : message->subject},
        {"topic", mail_topic_of(call, message->subject)},
        {"trackingToken", mail->token},
        {"description", is_html ? message->clean_html : message->text},
        {"mimeType", is_html ? "text/html" : "text/plain"},
        {"sender", message->from.count == 0 ? NULL : message->from.items[0].address},
        {"replyTo", reply_to(message)},
        {"toRecipients", list_recipients(call, &message->to)},
        {"messageId", mail->is_id_taken ? NULL : message->message_id},
        {"contentDigest", message->digest},
        {"inReplyTo", message->in_reply_to},
        {"referencedMessages", list_references(call, message)},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!mail_set_text(call, record, texts[i].name, texts[i].text, error)) {
            return false;
        }
    }
    return own_set(call, record, "messageKind", mail_kind(message), error) &&
           own_set(call, record, "priority", priorities[message->importance], error) &&
           own_set(call, record, "statusReason", "Received", error);
}

static bool make_email(struct call *call, const struct incoming_mail *mail,
                       struct record **record_out, struct error *error)
{
    const struct mime_message *message = mail->message;
    struct record *record = own_record(call, "Email");

    if (!set_texts(call, mail, record, error) || !mail_set_owner(call, mail, record, error)) {
        return false;
    }
    set_truth(record, "isOutgoing", false);
    set_truth(record, "isSigned", message->is_signed);
    set_truth(record, "isEncrypted", message->is_encrypted);
    set_truth(record, "readReceiptRequested", message->wants_read_receipt);
    set_truth(record, "deliveryReceiptRequested", message->wants_delivery_receipt);
    set_truth(record, "isCut", message->is_cut || mail->has_lost_file);
    set_moment(record, "receivedOn", call->now);
    if (message->date.is_known) {
        set_moment(record, "sentOn", message->date.moment);
    }
    mail_set_reference(record, "regarding", &mail->regarding);
    set_file(record, "original", mail->original);
    set_parties(call, mail, record);
    *record_out = record;
    return true;
}

/* ---- its files ---- */

static bool create_note(struct call *call, const struct incoming_mail *mail,
                        const struct mime_part *part, struct file *file,
                        const struct reference *email, struct error *error)
{
    struct record *note = own_record(call, "Note");
    struct write_outcome outcome;

    set_truth(note, "isDocument", true);
    set_file(note, "document", file);
    mail_set_reference(note, "regarding", email);
    return mail_set_text(call, note, "subject", part->name, error) &&
           mail_set_text(call, note, "fileName", part->name, error) &&
           mail_set_text(call, note, "mimeType", part->media_type, error) &&
           mail_set_text(call, note, "contentId", part->content_id, error) &&
           mail_set_owner(call, mail, note, error) && record_create(call, note, &outcome, error);
}

static bool create_notes(struct call *call, const struct incoming_mail *mail,
                         const struct uuid *email_id, struct error *error)
{
    const struct reference email = {.entity = catalog_find_entity(call->catalog, "Email"),
                                    .id = *email_id};

    for (size_t i = 0; i < mail->message->part_count; i++) {
        if (mail->files[i] != NULL &&
            !create_note(call, mail, &mail->message->parts[i], mail->files[i], &email, error)) {
            return false;
        }
    }
    return true;
}

static bool refuse_gone(struct error *error)
{
    return error_set(error, ERROR_DATABASE_CONFLICT, "message",
                     "The e-mail was deleted while another copy came in");
}

bool mail_file(struct call *call, const struct incoming_mail *mail,
               struct write_outcome *outcome_out, struct error *error)
{
    struct record *record = NULL;

    if (mail->original == NULL) {
        /* It was filed when the files would have been staged, and is gone since. */
        return refuse_gone(error);
    }
    if (!make_email(call, mail, &record, error)) {
        return false;
    }
    if (!record_create(call, record, outcome_out, error)) {
        if (error->code == ERROR_DUPLICATE_KEY) {
            /* The operation begins anew, and finds the other. */
            error->code = ERROR_DATABASE_CONFLICT;
        }
        return false;
    }
    return mail_ties_put(call, &outcome_out->id, &mail->conversation, error) &&
           create_notes(call, mail, &outcome_out->id, error);
}

/* ---- another copy ---- */

/* Those who take part by an address. */
static struct map *named_by_record(struct call *call, const struct record *record)
{
    static const char *const names[] = {"from", "to", "cc", "bcc"};
    struct map *named = map_create(call->arena);

    for (size_t list = 0; list < sizeof(names) / sizeof(names[0]); list++) {
        const struct value *value =
            record_value(record, entity_find_field(record->entity, names[list]));
        for (size_t i = 0; value->state == VALUE_SET && i < value->parties.count; i++) {
            const char *address = value->parties.items[i].address;
            if (address != NULL) {
                note_named(call, named, mime_compared_address(call->arena, address));
            }
        }
    }
    return named;
}

/* Copies of one delivery come together; by the next day people have done something about it. */
bool mail_find_there(struct call *call, struct incoming_mail *mail, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    const struct field *regarding = entity_find_field(entity, "regarding");
    const struct field *created_on = entity_find_field(entity, "createdOn");
    const struct field *by_hand = entity_find_field(entity, "isFiledByHand");
    const struct field *fields[] = {regarding, created_on, by_hand};
    const struct column_set columns = {.fields = fields, .count = 3};
    struct record *before = NULL;

    if (!query_find(call, entity, &mail->filed_id, &columns, ROW_LOCK_CHANGE, &before, error)) {
        return false;
    }
    if (before == NULL) {
        return refuse_gone(error);
    }
    mail->regarding = record_has(before, regarding) ? record_value(before, regarding)->reference
                                                    : (struct reference){.entity = NULL};
    mail->is_decided = record_has(before, by_hand) && record_value(before, by_hand)->boolean;
    mail->is_late = call->now - record_value(before, created_on)->moment > DAY;
    return true;
}

/* Those who are there, and the newcomers. */
static bool read_before(struct call *call, const struct incoming_mail *mail,
                        struct record **before_out, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    const struct field *fields[] = {entity->id,
                                    entity->version,
                                    entity_find_field(entity, "from"),
                                    entity_find_field(entity, "to"),
                                    entity_find_field(entity, "cc"),
                                    entity_find_field(entity, "bcc")};
    const struct column_set columns = {.fields = fields, .count = 6};

    return query_find(call, entity, &mail->filed_id, &columns, ROW_LOCK_CHANGE, before_out,
                      error) &&
           (*before_out != NULL || refuse_gone(error));
}

bool mail_join(struct call *call, const struct incoming_mail *mail,
               struct write_outcome *outcome_out, struct error *error)
{
    struct record *before = NULL;
    struct mail_parties parties = {.call = call, .mail = mail};

    if (!read_before(call, mail, &before, error)) {
        return false;
    }
    const struct entity *entity = before->entity;
    const struct value *there = record_value(before, entity_find_field(entity, "bcc"));
    for (size_t i = 0; i < there->parties.count; i++) {
        mail_parties_add(&parties, &there->parties.items[i]);
    }
    add_unnamed(&parties, named_by_record(call, before));
    *outcome_out = (struct write_outcome){
        .id = mail->filed_id, .version = record_value(before, entity->version)->integer};
    if (parties.count == there->parties.count && mail->opened.entity == NULL) {
        return true;
    }
    struct record *record = record_make(call->arena, entity);
    own_set_id(record, &mail->filed_id);
    if (parties.count > there->parties.count) {
        mail_parties_give(record, "bcc", &parties);
    }
    mail_set_reference(record, "regarding", &mail->opened);
    return record_update(call, record, NULL, outcome_out, error);
}
