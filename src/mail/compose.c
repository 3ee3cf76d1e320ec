/*
 * compose.c - an e-mail as a message: its text, what it answers, the notes that go with it.
 */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "call/call.h"
#include "crypto/random.h"
#include "mail/content.h"
#include "mail/incoming.h"
#include "mail/send.h"
#include "mail/token.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/ask.h"
#include "query/query.h"
#include "query/request.h"
#include "record/engine.h"
#include "record/file.h"

enum { ID_BYTES = 16 };

/* What a message is made of. */
static const char *const draft_fields[] = {
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "state",
    "isOutgoing",
    "description",
    "mimeType",
    "inReplyTo",
    "referencedMessages",
    "conversation",
    "priority",
    "regarding",
    "isFiledByHand",
    "readReceiptRequested",
    "deliveryReceiptRequested",
    "trackingToken",
};

static const char *text_of(const struct record *record, const char *name)
{
    const struct field *field = entity_find_field(record->entity, name);
    return record_has(record, field) ? record_value(record, field)->text : NULL;
}

static bool is_true(const struct record *record, const char *name)
{
    const struct field *field = entity_find_field(record->entity, name);
    return record_has(record, field) && record_value(record, field)->boolean;
}

bool mail_read_draft(struct call *call, const struct uuid *id, struct outgoing_mail *mail,
                     struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    struct column_set columns;
    struct record *record = NULL;

    if (!query_columns(call, entity, draft_fields, sizeof(draft_fields) / sizeof(draft_fields[0]),
                       false, &columns, error) ||
        !record_retrieve(call, entity, id, &columns, &record, error)) {
        return false;
    }
    mail->record = record;
    mail->id = *id;
    mail->version = record_value(record, entity->version)->integer;
    return true;
}

/* ---- what it answers ---- */

/* The ids in a text of ids, each in brackets, as e-mails keep them. */
static void add_ids(struct call *call, const char *text, struct array *ids)
{
    const char *at = text == NULL ? "" : text;

    while (*(at += strspn(at, " \t\r\n")) != '\0') {
        size_t length = strcspn(at, " \t\r\n");
        const char *id = mime_message_id(call->arena, arena_copy_part(call->arena, at, length));
        if (id != NULL) {
            array_add(ids, id);
        }
        at += length;
    }
}

/* What the e-mail that is answered goes on from, if the caller may read it. */
static bool find_earlier(struct call *call, const struct entity *entity, const char *id,
                         const char **earlier_out, struct error *error)
{
    const struct value value = {.state = VALUE_SET, .text = id};
    const struct field *fields[] = {entity->id, entity_find_field(entity, "referencedMessages")};
    const struct column_set columns = {.fields = fields, .count = 2};
    struct record *record = NULL;
    struct uuid email_id;
    bool is_found = false;

    if (!query_find_by_key(call, entity_find_key(entity, "messageId"), &value, &email_id, &is_found,
                           error) ||
        (is_found && !query_read(call, entity, &email_id, &columns, &record, error))) {
        return false;
    }
    *earlier_out = record == NULL ? NULL : text_of(record, "referencedMessages");
    return true;
}

/* The first says where the conversation began, the last what is answered: those in between go when
 * there are too many. */
static void shorten(struct array *ids, size_t most)
{
    if (ids->count > most) {
        memmove(&ids->items[1], &ids->items[ids->count - most + 1],
                (most - 1) * sizeof(ids->items[0]));
        ids->count = most;
    }
}

static bool set_references(struct call *call, struct outgoing_mail *mail, struct error *error)
{
    const char *given = text_of(mail->record, "inReplyTo");
    const char *id = given == NULL ? NULL : mime_message_id(call->arena, given);
    const char *earlier = text_of(mail->record, "referencedMessages");
    struct array ids;

    array_init(&ids, call->arena);
    if (id == NULL) {
        return true;
    }
    if (earlier == NULL && !find_earlier(call, mail->record->entity, id, &earlier, error)) {
        return false;
    }
    add_ids(call, earlier, &ids);
    if (ids.count == 0 || strcmp(ids.items[ids.count - 1], id) != 0) {
        array_add(&ids, id);
    }
    shorten(&ids, (size_t)call->settings->mail.references);
    mail->draft.in_reply_to = id;
    mail->draft.references = (const char *const *)ids.items;
    mail->draft.reference_count = ids.count;
    return true;
}

/* ---- what it says ---- */

/* Nobody guesses it, so nobody takes the place of the answer. */
static const char *new_message_id(struct call *call, const char *address)
{
    uint8_t bytes[ID_BYTES];
    struct buffer id;

    random_bytes(bytes, sizeof(bytes));
    buffer_init(&id, call->arena, 64);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        buffer_add_format(&id, "%02x", bytes[i]);
    }
    buffer_add_text(&id, strrchr(mime_wire_address(call->arena, address), '@'));
    return mime_message_id(call->arena, id.bytes);
}

static const char *importance_of(const struct record *record)
{
    const struct field *field = entity_find_field(record->entity, "priority");

    if (!record_has(record, field)) {
        return NULL;
    }
    int64_t priority = record_value(record, field)->integer;
    return priority == field_find_choice(field, "High")->value  ? "high"
           : priority == field_find_choice(field, "Low")->value ? "low"
                                                                : NULL;
}

/* Answers that have lost every id are known by the token yet; one that goes on from another
 * message bears the token of that. */
static void set_subject(struct call *call, struct outgoing_mail *mail)
{
    const struct field *field = entity_find_field(mail->record->entity, "subject");
    const char *subject = text_of(mail->record, "subject");
    bool has_tokens = *call->settings->filing.token_prefix != '\0';

    mail->token = text_of(mail->record, "trackingToken");
    mail->draft.subject = subject == NULL ? "" : subject;
    if (has_tokens) {
        mail->token = mail->token == NULL ? mail_token_new(call) : mail->token;
        mail->draft.subject =
            mail_token_into_subject(call, mail->draft.subject, mail->token, field->length);
    }
}

static void set_texts(struct call *call, struct outgoing_mail *mail)
{
    const char *type = text_of(mail->record, "mimeType");
    const char *text = text_of(mail->record, "description");
    bool is_plain = type != NULL && strncasecmp(type, "text/plain", 10) == 0;

    set_subject(call, mail);
    mail->draft.text = is_plain ? text : NULL;
    mail->draft.html = is_plain || text == NULL ? NULL : text;
    mail->draft.message_id = new_message_id(call, mail->draft.from.address);
    mail->draft.date = call->now;
    mail->draft.importance = importance_of(mail->record);
    mail->draft.is_receipt_wanted = is_true(mail->record, "readReceiptRequested");
}

/* ---- its files ---- */

static struct query_request query_of_notes(struct call *call, const struct uuid *email_id)
{
    static const char *const names[] = {"fileName", "mimeType", "contentId", "document"};
    char *id = arena_allocate(call->arena, UUID_TEXT_SIZE);

    uuid_format(email_id, id);
    return (struct query_request){
        .columns = {.is_set = true, .count = 4, .items = (void **)names},
        .filter = ask_one(call->arena, "regarding", id),
        .page_size = {.is_set = true, .value = call->settings->mail.parts},
    };
}

static bool attach(struct call *call, const struct record *note, struct array *files,
                   struct error *error)
{
    const struct field *document = entity_find_field(note->entity, "document");
    struct mime_attachment *attachment = arena_allocate(call->arena, sizeof(*attachment));
    struct file *file = NULL;

    if (!record_has(note, document)) {
        return true;
    }
    if (!file_open(call, &record_value(note, document)->file->id, &file, error)) {
        return false;
    }
    const char *name = text_of(note, "fileName");
    const char *type = text_of(note, "mimeType");
    *attachment = (struct mime_attachment){
        .name = name == NULL ? file->name : name,
        .media_type = type == NULL ? file->media_type : type,
        .content_id = text_of(note, "contentId"),
        .size = file->size,
        .source = mail_source_of_file(file),
    };
    array_add(files, attachment);
    return true;
}

/* The notes of the e-mail that the caller may read. */
static bool attach_notes(struct call *call, struct outgoing_mail *mail, struct error *error)
{
    const struct entity *note = catalog_find_entity(call->catalog, "Note");
    const struct query_request query = query_of_notes(call, &mail->id);
    struct page page = {.count = 0};
    struct array files;

    array_init(&files, call->arena);
    if (uuid_is_empty(&mail->id)) {
        return true;
    }
    if (!query_run(call, note, &query, &page, error)) {
        return false;
    }
    for (size_t i = 0; i < page.count; i++) {
        if (!attach(call, page.records[i], &files, error)) {
            return false;
        }
    }
    struct mime_attachment *all = arena_allocate_array(call->arena, files.count, sizeof(*all));
    for (size_t i = 0; i < files.count; i++) {
        all[i] = *(const struct mime_attachment *)files.items[i];
    }
    mail->draft.attachments = all;
    mail->draft.attachment_count = files.count;
    return true;
}

/* ---- the message ---- */

/* Read as any message that comes in, so that it is known again by its content when a relay gives
 * it another id. */
static bool take_digest(struct call *call, struct outgoing_mail *mail, struct mime_content *content,
                        struct error *error)
{
    const struct mime_source source = mail_source_of_content(content);
    struct mime_message *message = NULL;

    mime_content_rewind(content);
    if (!mail_parse_source(call, &source, &message, error)) {
        return false;
    }
    mail->digest = message->digest;
    return true;
}

static bool stage(struct call *call, struct outgoing_mail *mail, struct mime_content *content,
                  int64_t size, struct error *error)
{
    const struct field *original = entity_find_field(mail->record->entity, "original");

    if (size > call->settings->limits.attachment) {
        return error_set_about(error, ERROR_LIMIT_EXCEEDED, "Email", "original",
                               "The message would have %lld bytes; limits.attachment allows %lld",
                               (long long)size, (long long)call->settings->limits.attachment);
    }
    mail->file = arena_allocate(call->arena, sizeof(*mail->file));
    *mail->file = mail_file_of_content(content, size);
    mail->file->name = "message.eml";
    mail->file->media_type = "message/rfc822";
    if (mail->is_within) {
        return file_stage_within(call, original, mail->file, error);
    }
    if (call->staged == NULL) {
        call->staged = arena_allocate(call->arena, sizeof(*call->staged));
        array_init(call->staged, call->arena);
    }
    array_add(call->staged, mail->file);
    return file_stage(call, original, mail->file, error);
}

bool mail_compose(struct call *call, struct outgoing_mail *mail, struct error *error)
{
    struct mime_content *content = NULL;
    int64_t size = 0;

    set_texts(call, mail);
    return set_references(call, mail, error) && attach_notes(call, mail, error) &&
           mime_compose(call->arena, &mail->draft, call->settings->data.dir, &content, &size,
                        error) &&
           take_digest(call, mail, content, error) && stage(call, mail, content, size, error);
}

bool mail_make_message(struct call *call, struct outgoing_mail *mail, struct error *error)
{
    return mail_find_sender(call, mail, error) && mail_find_recipients(call, mail, error) &&
           mail_compose(call, mail, error);
}
