/*
 * read.c - a message of a request read, and its files staged.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "mail/content.h"
#include "mail/incoming.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/shape.h"
#include "mime/reader.h"
#include "record/file.h"
#include "security/authorise.h"
#include "text/utf8.h"

enum { MEDIA_TYPE_LENGTH = 200, ADDRESS_LENGTH = 320 };

static struct mime_limits limits_of(const struct call *call)
{
    const struct settings *settings = call->settings;

    return (struct mime_limits){
        .folder = settings->data.dir,
        .header = (size_t)settings->mail.header,
        .header_lines = (size_t)settings->mail.header_lines,
        .depth = (size_t)settings->mail.depth,
        .parts = (size_t)settings->mail.parts,
        .recipients = (size_t)settings->mail.recipients,
        .references = (size_t)settings->mail.references,
        .text = (size_t)settings->mail.text,
        .hops = (size_t)settings->mail.hops,
        .now = call->now,
    };
}

bool mail_parse_source(struct call *call, const struct mime_source *source,
                       struct mime_message **message_out, struct error *error)
{
    const struct mime_limits limits = limits_of(call);
    const struct mime_bounds bounds = {
        .time = call->settings->mail.reading_time,
        .most = call->settings->http.request_timeout * 2 / 5, /* the answer comes in time */
        .memory = call->settings->mail.reading_memory,
        .request_id = call->request_id,
    };

    if (call->platform->readers == NULL) {
        return mime_read(call->arena, source, &limits, message_out, error);
    }
    return mime_readers_read(call->platform->readers, call->arena, source, &limits, &bounds,
                             message_out, error);
}

static bool read_envelope(struct call *call, struct incoming_mail *mail,
                          const struct message_list *recipients, struct error *error)
{
    size_t most = (size_t)call->settings->mail.recipients;

    if (recipients->count > most) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, "recipients",
                         "There may be at most %zu recipients, which is mail.recipients", most);
    }
    if (mail->mailbox != NULL && *mail->mailbox != '\0') {
        array_add(&mail->envelope, mail->mailbox);
    }
    for (size_t i = 0; i < recipients->count; i++) {
        if (text_count_characters(recipients->items[i]) > ADDRESS_LENGTH) {
            return error_set(error, ERROR_VALUE_TOO_LONG, "recipients",
                             "An address may have at most %d characters", (int)ADDRESS_LENGTH);
        }
        if (*(const char *)recipients->items[i] != '\0') {
            array_add(&mail->envelope, recipients->items[i]);
        }
    }
    return true;
}

bool mail_parse(struct call *call, struct file *message, struct incoming_mail **mail_out,
                struct error *error)
{
    const struct mime_source source = mail_source_of_file(message);
    struct incoming_mail *mail = arena_allocate(call->arena, sizeof(*mail));
    struct mime_message *read = NULL;

    array_init(&mail->clues, call->arena);
    array_init(&mail->envelope, call->arena);
    if (message->rewind != NULL) {
        message->rewind(message);
    }
    if (!mail_parse_source(call, &source, &read, error)) {
        return false;
    }
    mail->message = read;
    *mail_out = mail;
    return true;
}

bool mail_read(struct call *call, struct file *message, const struct parsed_email *parsed,
               const struct message_list *recipients, const char *mailbox,
               struct incoming_mail **mail_out, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    struct incoming_mail *mail = NULL;
    struct file *source = NULL;

    if (!authorise_record(call->identity, entity, RIGHT_READ, error) ||
        !mail_take_message(call, message, parsed, &source, error) ||
        !mail_parse(call, source, &mail, error)) {
        return false;
    }
    mail->source = source;
    mail->mailbox = mailbox;
    *mail_out = mail;
    return read_envelope(call, mail, recipients, error);
}

/* ---- files ---- */

/* A part too large for the field of a note is in the original alone. */
static bool stage_part(struct call *call, struct incoming_mail *mail, const struct field *field,
                       const struct mime_part *part, struct file **file_out, struct error *error)
{
    struct file *file = arena_allocate(call->arena, sizeof(*file));

    if (part->size > field->file_size) {
        mail->has_lost_file = true;
        return true;
    }
    *file = mail_file_of_content(part->content, part->size);
    file->name = part->name;
    file->media_type = arena_format(call->arena, "%.*s", (int)MEDIA_TYPE_LENGTH, part->media_type);
    *file_out = file;
    array_add(call->staged, file);
    return file_stage(call, field, file, error);
}

bool mail_stage(struct call *call, struct incoming_mail *mail, struct file *message,
                struct error *error)
{
    const struct entity *email = catalog_find_entity(call->catalog, "Email");
    const struct entity *note = catalog_find_entity(call->catalog, "Note");
    const struct field *document = entity_find_field(note, "document");
    size_t count = mail->message->part_count;

    call->staged = arena_allocate(call->arena, sizeof(*call->staged));
    array_init(call->staged, call->arena);
    array_add(call->staged, message);
    message->name = "message.eml";
    message->media_type = "message/rfc822";
    mail->files = arena_allocate_array(call->arena, count, sizeof(struct file *));
    for (size_t i = 0; i < count; i++) {
        if (!stage_part(call, mail, document, &mail->message->parts[i], &mail->files[i], error)) {
            return false;
        }
    }
    mail->original = message;
    return file_stage(call, entity_find_field(email, "original"), message, error);
}
