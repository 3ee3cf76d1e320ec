/*
 * parsed.c - a message that was taken apart before it came, put together again.
 *
 * From there on it is a message like any other: it has an original, is known by its id and its
 * content, and whoever brings the same message as it was finds it filed.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "generated/messages.h"
#include "mail/content.h"
#include "mail/incoming.h"
#include "metadata/value.h"
#include "mime/compose.h"

static struct mime_address address_of(const struct parsed_address *parsed)
{
    return (struct mime_address){.name = parsed->name, .address = parsed->address};
}

static struct mime_addresses addresses_of(struct call *call, const struct message_list *list)
{
    struct mime_address *items = arena_allocate_array(call->arena, list->count, sizeof(*items));

    for (size_t i = 0; i < list->count; i++) {
        items[i] = address_of(list->items[i]);
    }
    return (struct mime_addresses){.items = items, .count = list->count};
}

static void take_ids(struct call *call, const struct parsed_email *parsed, struct mime_draft *draft)
{
    size_t count = parsed->references.count;
    const char **references = arena_allocate_array(call->arena, count, sizeof(*references));

    if (parsed->message_id != NULL) {
        draft->message_id = mime_message_id(call->arena, parsed->message_id);
    }
    if (parsed->in_reply_to != NULL) {
        draft->in_reply_to = mime_message_id(call->arena, parsed->in_reply_to);
    }
    draft->references = references;
    for (size_t i = 0; i < count; i++) {
        const char *id = mime_message_id(call->arena, parsed->references.items[i]);
        if (id != NULL) {
            references[draft->reference_count++] = id;
        }
    }
}

static void take_attachments(struct call *call, const struct parsed_email *parsed,
                             struct mime_draft *draft)
{
    size_t count = parsed->attachments.count;
    struct mime_attachment *attachments =
        arena_allocate_array(call->arena, count, sizeof(*attachments));

    for (size_t i = 0; i < count; i++) {
        const struct parsed_attachment *attachment = parsed->attachments.items[i];
        struct file *file = attachment->content;
        if (file->rewind != NULL) {
            file->rewind(file);
        }
        attachments[i] = (struct mime_attachment){
            .name = attachment->name,
            .media_type = attachment->media_type,
            .content_id = attachment->content_id,
            .size = file->size < 0 ? 0 : file->size,
            .source = mail_source_of_file(file),
        };
    }
    draft->attachments = attachments;
    draft->attachment_count = count;
}

/* What goes beyond could not be told of a message that came whole either. */
static bool check_counts(struct call *call, const struct parsed_email *parsed, struct error *error)
{
    const struct {
        const char *what;
        size_t count;
        int64_t most;
        const char *setting;
    } bounds[] = {
        {"recipients", parsed->to.count, call->settings->mail.recipients, "mail.recipients"},
        {"recipients", parsed->cc.count, call->settings->mail.recipients, "mail.recipients"},
        {"references", parsed->references.count, call->settings->mail.references,
         "mail.references"},
        {"attachments", parsed->attachments.count, call->settings->mail.parts, "mail.parts"},
    };

    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        if ((int64_t)bounds[i].count > bounds[i].most) {
            return error_set(error, ERROR_LIMIT_EXCEEDED, "parsed",
                             "There may be at most %lld %s, which is %s", (long long)bounds[i].most,
                             bounds[i].what, bounds[i].setting);
        }
    }
    return true;
}

static bool put_together(struct call *call, const struct parsed_email *parsed,
                         struct file **message_out, struct error *error)
{
    struct mime_draft draft = {
        .date = parsed->sent_on.value,
        .from = address_of(parsed->from),
        .to = addresses_of(call, &parsed->to),
        .cc = addresses_of(call, &parsed->cc),
        .subject = parsed->subject == NULL ? "" : parsed->subject,
        .html = parsed->html,
        .text = parsed->text == NULL && parsed->html == NULL ? "" : parsed->text,
        .is_automatic = parsed->automatic.is_set && parsed->automatic.value,
    };
    struct mime_content *content = NULL;
    int64_t size = 0;

    take_ids(call, parsed, &draft);
    take_attachments(call, parsed, &draft);
    if (!mime_compose(call->arena, &draft, call->settings->data.dir, &content, &size, error)) {
        return false;
    }
    const struct file message = mail_file_of_content(content, size);
    *message_out = arena_copy(call->arena, &message, sizeof(message));
    return true;
}

bool mail_take_message(struct call *call, struct file *message, const struct parsed_email *parsed,
                       struct file **message_out, struct error *error)
{
    if ((message == NULL) == (parsed == NULL)) {
        return error_set(error, ERROR_PARAMETER_REQUIRED, "message",
                         "Either message or parsed must be sent, and not both");
    }
    *message_out = message;
    return parsed == NULL ||
           (check_counts(call, parsed, error) && put_together(call, parsed, message_out, error));
}
