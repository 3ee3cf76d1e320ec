/*
 * describe.c - messages read from memory in odd pieces, and told.
 */
#include "mime/describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/time.h"

enum { PIECE = 1021 };

static bool give(void *context, void *bytes, size_t capacity, size_t *length_out,
                 struct error *error)
{
    struct given *given = context;
    size_t length = given->left < capacity ? given->left : capacity;

    (void)error;
    length = length < PIECE ? length : PIECE;
    memcpy(bytes, given->bytes, length);
    given->bytes += length;
    given->left -= length;
    *length_out = length;
    return true;
}

struct mime_source source_of(struct given *given, const char *bytes, size_t length)
{
    *given = (struct given){.bytes = bytes, .left = length};
    return (struct mime_source){.read = give, .context = given};
}

struct mime_limits ordinary_limits(void)
{
    const char *folder = getenv("TMPDIR");

    return (struct mime_limits){
        .folder = folder == NULL ? "/tmp" : folder,
        .header = 1024 * 1024,
        .header_lines = 20000,
        .depth = 30,
        .parts = 500,
        .recipients = 1000,
        .references = 100,
        .text = 1024 * 1024,
        .hops = 50,
        .now = 1796000000000, /* November 2026 */
    };
}

struct mime_message *try_message(struct arena *arena, const struct mime_limits *limits,
                                 const char *bytes, size_t length, struct error *error)
{
    struct given given;
    const struct mime_source source = source_of(&given, bytes, length);
    struct mime_message *message = NULL;

    return mime_read(arena, &source, limits, &message, error) ? message : NULL;
}

struct mime_message *read_message(struct arena *arena, const char *bytes, size_t length)
{
    const struct mime_limits limits = ordinary_limits();
    struct error error = {0};
    struct mime_message *message = try_message(arena, &limits, bytes, length, &error);

    if (message == NULL) {
        fail_msg("%s (%s)", error.message, error.cause);
    }
    return message;
}

struct mime_message *read_text(struct arena *arena, const char *text)
{
    return read_message(arena, text, strlen(text));
}

static void add_if_any(struct buffer *text, const char *name, const char *value)
{
    if (value != NULL) {
        buffer_add_format(text, "%s: %s\n", name, value);
    }
}

static void add_addresses(struct buffer *text, const char *name,
                          const struct mime_addresses *addresses)
{
    for (size_t i = 0; i < addresses->count; i++) {
        const struct mime_address *address = &addresses->items[i];
        buffer_add_format(text, "%s: %s%s<%s>", name, address->name == NULL ? "" : address->name,
                          address->name == NULL ? "" : " ", address->address);
        buffer_add_format(text, strcmp(address->address, address->compared) == 0 ? "\n" : " = %s\n",
                          address->compared);
    }
}

static void add_date(struct buffer *text, const struct mime_date *date)
{
    char moment[MOMENT_TEXT_SIZE];

    if (date->is_known) {
        moment_format(date->moment, moment);
        buffer_add_format(text, "date: %s, written at %+d minutes%s\n", moment,
                          (int)date->offset_minutes, date->is_repaired ? ", repaired" : "");
    }
}

static void add_part(struct buffer *text, const struct mime_part *part)
{
    static const char *const kinds[] = {
        [MIME_ATTACHMENT] = "attachment",
        [MIME_INLINE] = "inline",
        [MIME_MESSAGE] = "message",
        [MIME_CALENDAR] = "calendar",
        [MIME_TNEF] = "tnef",
        [MIME_REPORT] = "report",
        [MIME_SIGNATURE] = "signature",
        [MIME_ENCRYPTED] = "encrypted",
    };
    buffer_add_format(text, "part: %s \"%s\" %s, %lld bytes%s%s\n", kinds[part->kind], part->name,
                      part->media_type, (long long)part->size,
                      part->content_id == NULL ? "" : ", shown as ",
                      part->content_id == NULL ? "" : part->content_id);
}

const char *describe(struct arena *arena, const struct mime_message *message)
{
    static const char *const kinds[] = {"ordinary", "automatic", "bounce", "loop"};
    static const char *const importances[] = {
        [MIME_NORMAL] = NULL, [MIME_LOW] = "low", [MIME_HIGH] = "high"};
    struct buffer text;

    buffer_init(&text, arena, 1024);
    add_if_any(&text, "id", message->message_id);
    add_if_any(&text, "in reply to", message->in_reply_to);
    for (size_t i = 0; i < message->reference_count; i++) {
        add_if_any(&text, "reference", message->references[i]);
    }
    add_if_any(&text, "bounced", message->bounced_id);
    for (size_t i = 0; i < message->forwarded_count; i++) {
        add_if_any(&text, "forwarded", message->forwarded_ids[i]);
    }
    add_if_any(&text, "thread", message->thread_index);
    add_date(&text, &message->date);
    add_if_any(&text, "subject", message->subject);
    add_addresses(&text, "from", &message->from);
    add_addresses(&text, "sender", &message->sender);
    add_addresses(&text, "reply to", &message->reply_to);
    add_addresses(&text, "to", &message->to);
    add_addresses(&text, "cc", &message->cc);
    add_addresses(&text, "bcc", &message->bcc);
    buffer_add_format(&text, "kind: %s%s%s%s\n", kinds[message->kind],
                      message->is_signed ? ", signed" : "",
                      message->is_encrypted ? ", encrypted" : "", message->is_cut ? ", cut" : "");
    add_if_any(&text, "importance", importances[message->importance]);
    add_if_any(&text, "wanted", message->wants_read_receipt ? "word that it was read" : NULL);
    add_if_any(&text, "wanted", message->wants_delivery_receipt ? "word that it arrived" : NULL);
    for (size_t i = 0; i < message->part_count; i++) {
        add_part(&text, &message->parts[i]);
    }
    buffer_add_format(&text, "text:\n%s\n", message->text);
    if (message->clean_html != NULL) {
        buffer_add_format(&text, "shown:\n%s\n", message->clean_html);
    }
    return text.bytes;
}

const char *content_of(struct arena *arena, const struct mime_part *part)
{
    struct buffer bytes;
    struct error error = {0};
    size_t length = 0;

    buffer_init(&bytes, arena, 64);
    mime_content_rewind(part->content);
    do {
        char *room = buffer_reserve(&bytes, PIECE);
        assert_true(mime_content_read(part->content, room, PIECE, &length, &error));
        buffer_commit(&bytes, length);
    } while (length > 0);
    return bytes.bytes;
}
