/*
 * read.c - a message from its source to what it says.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "mime/header.h"
#include "mime/library.h"
#include "mime/part.h"
#include "mime/scan.h"
#include "mime/spool.h"
#include "mime/word.h"

/* Lists of addresses, and where each goes. */
static const struct {
    const char *name;
    size_t offset;
} lists[] = {
    {"From", offsetof(struct mime_message, from)},
    {"Sender", offsetof(struct mime_message, sender)},
    {"Reply-To", offsetof(struct mime_message, reply_to)},
    {"To", offsetof(struct mime_message, to)},
    {"Cc", offsetof(struct mime_message, cc)},
    {"Bcc", offsetof(struct mime_message, bcc)},
};

static GMimeMessage *parse_until(struct arena *arena, GMimeStream *stream, int64_t begin,
                                 int64_t end)
{
    GMimeStream *part = g_mime_stream_substream(stream, begin, end);
    GMimeParser *parser = g_mime_parser_new_with_stream(part);

    g_mime_parser_set_persist_stream(parser, TRUE);
    GMimeMessage *message = g_mime_parser_construct_message(parser, mime_library_options());
    if (message != NULL) {
        mime_unref_with(arena, message);
    }
    g_object_unref(parser);
    g_object_unref(part);
    return message;
}

/* Of what is not to be taken apart the header alone is parsed; a single text is nothing that could
 * be. NULL: it is no message. */
static GMimeMessage *parse(struct arena *arena, GMimeStream *stream, const struct mime_scan *scan,
                           bool *is_opaque_out)
{
    *is_opaque_out = false;
    if (scan->is_hostile) {
        GMimeMessage *head = parse_until(arena, stream, scan->header_begin, scan->header_end);
        GMimeObject *root = head == NULL ? NULL : g_mime_message_get_mime_part(head);
        *is_opaque_out = !GMIME_IS_PART(root);
        if (*is_opaque_out) {
            return head;
        }
    }
    return parse_until(arena, stream, scan->header_begin, -1);
}

static void read_ids(struct mime_reading *reading, GMimeObject *object)
{
    struct mime_message *message = reading->message;
    const char **ids = NULL;
    size_t count = 0;

    message->message_id = mime_message_id(reading->arena, mime_header(object, "Message-ID"));
    mime_ids(reading->arena, mime_header(object, "In-Reply-To"), 1, &ids, &count);
    message->in_reply_to = count == 0 ? NULL : ids[0];
    mime_ids(reading->arena, mime_header(object, "References"), reading->limits->references,
             &message->references, &message->reference_count);
}

static void read_header(struct mime_reading *reading, GMimeObject *object)
{
    struct mime_message *message = reading->message;
    const char *subject = mime_header(object, "Subject");

    read_ids(reading, object);
    message->date = mime_date_of(reading->arena, object, reading->limits->now);
    message->subject = mime_words_decode(reading->arena, subject == NULL ? "" : subject);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        *(struct mime_addresses *)((char *)message + lists[i].offset) = mime_addresses_of(
            reading->arena, object, lists[i].name, reading->limits->recipients, &message->is_cut);
    }
}

static void give_parts(struct mime_reading *reading)
{
    size_t count = reading->parts.count;
    struct mime_part *parts = arena_allocate_array(reading->arena, count, sizeof(*parts));

    for (size_t i = 0; i < count; i++) {
        parts[i] = *(const struct mime_part *)reading->parts.items[i];
    }
    reading->message->parts = parts;
    reading->message->part_count = count;
}

static bool read_message(struct mime_reading *reading, GMimeMessage *parsed, bool is_opaque,
                         struct error *error)
{
    GMimeObject *object = GMIME_OBJECT(parsed);

    reading->message->is_cut |= is_opaque;
    array_init(&reading->blocks, reading->arena);
    array_init(&reading->parts, reading->arena);
    reading->contents = digest_begin(reading->arena);
    read_header(reading, object);
    if (!is_opaque && !mime_walk(reading, g_mime_message_get_mime_part(parsed), error)) {
        return false;
    }
    mime_choose_texts(reading);
    mime_tell_kind(reading, object);
    mime_tell_digest(reading, object);
    give_parts(reading);
    return true;
}

bool mime_read(struct arena *arena, const struct mime_source *source,
               const struct mime_limits *limits, struct mime_message **message_out,
               struct error *error)
{
    struct mime_reading reading = {.arena = arena, .limits = limits};
    GMimeStream *stream = NULL;
    struct mime_scan scan;
    bool is_opaque = false;

    mime_library_begin();
    if (!mime_spool_fill(arena, source, limits, &scan, &stream, error)) {
        return false;
    }
    GMimeMessage *parsed = parse(arena, stream, &scan, &is_opaque);
    if (parsed == NULL || scan.header_lines == 0) {
        return error_set(error, ERROR_VALUE_INVALID, "message",
                         "A message begins with its header: there is none");
    }
    reading.message = arena_allocate(arena, sizeof(*reading.message));
    reading.message->is_cut = scan.hidden.count > 0;
    if (!read_message(&reading, parsed, is_opaque, error)) {
        return false;
    }
    *message_out = reading.message;
    return true;
}
