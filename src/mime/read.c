/*
 * read.c - a message from its source to what it says.
 */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "mime/boundary.h"
#include "mime/header.h"
#include "mime/hide.h"
#include "mime/library.h"
#include "mime/part.h"
#include "mime/read.h"
#include "mime/spool.h"
#include "mime/word.h"
#include "text/charset.h"
#include "text/utf8.h"

enum { CHUNK = 64 * 1024 };

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

/* Whether it may be a multipart of which nothing was found: one without parts, or one whose type is
 * told twice, or by half. */
static bool is_lost(GMimeMessage *message)
{
    GMimeObject *root = message == NULL ? NULL : g_mime_message_get_mime_part(message);

    if (GMIME_IS_MULTIPART(root)) {
        return g_mime_multipart_get_count(GMIME_MULTIPART(root)) == 0;
    }
    return root != NULL && mime_header(root, "Content-Type") != NULL;
}

static GMimeMessage *parse_whole(struct arena *arena, GMimeStream *stream,
                                 const struct mime_spool *spool)
{
    GMimeMessage *whole = parse_until(arena, stream, spool->header_begin, -1);
    bool may_be_mended = !spool->is_hostile && is_lost(whole);
    GMimeStream *mended = may_be_mended ? mime_boundary_mend(arena, stream, spool) : NULL;
    GMimeMessage *again = mended == NULL ? NULL : parse_until(arena, mended, 0, -1);

    return again == NULL ? whole : again;
}

/* The copy is the first that is made in the scratch: there and in the spool places are the same. */
static bool parse_hiding(struct mime_reading *reading, const struct mime_spool *spool,
                         GMimeMessage **message_out, struct error *error)
{
    struct mime_hiding hiding;

    if (!mime_hide_lists(reading->arena, spool, reading->limits, &reading->scratch, &hiding,
                         error)) {
        return false;
    }
    *message_out = parse_whole(reading->arena, hiding.stream, spool);
    return mime_show_lists(&hiding, *message_out, error);
}

/* Of what is not to be taken apart the header alone is parsed; a single text is nothing that could
 * be. NULL: it is no message. */
static bool parse(struct mime_reading *reading, const struct mime_spool *spool,
                  enum mime_extent extent, GMimeMessage **message_out, bool *is_opaque_out,
                  struct error *error)
{
    struct arena *arena = reading->arena;
    GMimeStream *stream = NULL;

    if (!mime_spool_stream(arena, spool, &stream, error)) {
        return false;
    }
    if (spool->is_hostile || extent == MIME_HEADER_ALONE) {
        GMimeMessage *head = parse_until(arena, stream, spool->header_begin, spool->header_end);
        GMimeObject *root = head == NULL ? NULL : g_mime_message_get_mime_part(head);
        *is_opaque_out = extent == MIME_HEADER_ALONE || !GMIME_IS_PART(root);
        if (*is_opaque_out) {
            *message_out = head;
            return true;
        }
    }
    if (spool->has_long_lists && !spool->is_hostile) {
        return parse_hiding(reading, spool, message_out, error);
    }
    *message_out = parse_whole(arena, stream, spool);
    return true;
}

/* All fields of a name as one: some programs write one for each id, or an empty one first. */
static const char *all_of(struct mime_reading *reading, GMimeObject *object, const char *name)
{
    struct buffer text;
    struct array fields;

    buffer_init(&text, reading->arena, 64);
    array_init(&fields, reading->arena);
    mime_header_all(object, name, &fields);
    for (size_t i = 0; i < fields.count; i++) {
        buffer_add_format(&text, "%s ", (const char *)fields.items[i]);
    }
    return text.bytes;
}

/* Whether it is the address of somebody whom the message names: what looks so, without brackets, is
 * hardly an id. */
static bool is_of_somebody(const struct mime_message *message, const char *id)
{
    const struct mime_addresses *const addresses[] = {&message->from, &message->to, &message->cc};

    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        for (size_t j = 0; j < addresses[i]->count; j++) {
            if (strcasecmp(addresses[i]->items[j].compared, id) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void read_ids(struct mime_reading *reading, GMimeObject *object)
{
    struct arena *arena = reading->arena;
    struct mime_message *message = reading->message;
    const char **ids = NULL;
    size_t count = 0;

    message->message_id = mime_message_id(arena, all_of(reading, object, "Message-ID"));
    const char *answered = all_of(reading, object, "In-Reply-To");
    mime_ids(arena, answered, 1, &ids, &count);
    bool is_id = count > 0 && (strchr(answered, '<') != NULL || !is_of_somebody(message, ids[0]));
    message->in_reply_to = is_id ? ids[0] : NULL;
    mime_ids(arena, all_of(reading, object, "References"), reading->limits->references,
             &message->references, &message->reference_count);
    mime_ids(reading->arena, mime_header(object, "X-Forwarded-Message-Id"), 2,
             &message->forwarded_ids, &count);
    message->forwarded_count = count == 1 ? 1 : 0;
    message->thread_index = mime_thread_index(reading->arena, mime_header(object, "Thread-Index"));
}

/* The first that says something. */
static const char *read_subject(struct mime_reading *reading, GMimeObject *object)
{
    const char *subject = "";
    struct array fields;

    array_init(&fields, reading->arena);
    mime_header_all(object, "Subject", &fields);
    for (size_t i = 0; i < fields.count && *subject == '\0'; i++) {
        subject = mime_words_decode(reading->arena, fields.items[i], reading->charset);
    }
    return subject;
}

/* The set of bytes as they are: that of the first text; or what all the header looks like, since a
 * name alone tells little. NULL: there are none to guess by. */
static const char *charset_of(struct arena *arena, GMimeObject *object, GMimeObject *root)
{
    const char *charset = mime_first_charset(arena, root);
    GMimeHeaderList *list = g_mime_object_get_header_list(object);
    bool is_told = charset != NULL && strcasecmp(charset, "us-ascii") != 0;
    int count = g_mime_header_list_get_count(list);
    struct buffer bytes;

    buffer_init(&bytes, arena, 64);
    for (int i = 0; i < count; i++) {
        const char *value = g_mime_header_get_raw_value(g_mime_header_list_get_header_at(list, i));
        if (value != NULL && !text_is_valid_utf8(value, strlen(value))) {
            buffer_add_text(&bytes, value);
        }
    }
    if (bytes.length == 0) {
        return charset;
    }
    return is_told ? text_charset_meant(charset, bytes.bytes, bytes.length)
                   : text_guess_charset(bytes.bytes, bytes.length);
}

static void read_header(struct mime_reading *reading, GMimeObject *object)
{
    struct mime_message *message = reading->message;

    message->date = mime_date_of(reading->arena, object, reading->limits->now);
    message->subject = read_subject(reading, object);
    mime_read_wishes(object, message);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        *(struct mime_addresses *)((char *)message + lists[i].offset) =
            mime_addresses_of(reading->arena, object, lists[i].name, reading->charset,
                              reading->limits->recipients, &message->is_cut);
    }
    read_ids(reading, object);
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

/* Of what is not taken apart the bytes count as they are, so that two of one header are two. */
static bool digest_body(struct mime_reading *reading, const struct mime_spool *spool,
                        struct error *error)
{
    char *bytes = arena_allocate(reading->arena, CHUNK);
    int64_t at = spool->header_end;
    ssize_t length = 1;

    while (at < spool->size && length > 0) {
        length = pread(spool->file, bytes, CHUNK, at);
        if (length > 0) {
            digest_add(reading->contents, bytes, (size_t)length);
            at += length;
        }
    }
    return length > 0 || error_set(error, ERROR_INTERNAL, NULL, "The message cannot be read again");
}

static bool read_message(struct mime_reading *reading, GMimeMessage *parsed,
                         const struct mime_spool *spool, bool is_opaque, struct error *error)
{
    GMimeObject *object = GMIME_OBJECT(parsed);

    reading->message->is_cut |= is_opaque;
    array_init(&reading->blocks, reading->arena);
    array_init(&reading->parts, reading->arena);
    reading->contents = digest_begin(reading->arena);
    reading->charset = charset_of(reading->arena, object, g_mime_message_get_mime_part(parsed));
    read_header(reading, object);
    if (!(is_opaque ? digest_body(reading, spool, error)
                    : mime_walk(reading, g_mime_message_get_mime_part(parsed), error))) {
        return false;
    }
    mime_choose_texts(reading);
    mime_tell_kind(reading, object);
    mime_tell_digest(reading, object);
    give_parts(reading);
    return true;
}

bool mime_read_spool(struct arena *arena, const struct mime_spool *spool,
                     const struct mime_limits *limits, enum mime_extent extent,
                     struct mime_message **message_out, struct error *error)
{
    struct mime_reading reading = {.arena = arena,
                                   .limits = limits,
                                   .scratch = {.folder = limits->folder, .file = spool->scratch}};
    GMimeMessage *parsed = NULL;
    bool is_opaque = false;

    mime_library_begin();
    if (spool->has_header && !parse(&reading, spool, extent, &parsed, &is_opaque, error)) {
        return false;
    }
    if (parsed == NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "message",
                         "A message begins with its header: there is none");
    }
    reading.message = arena_allocate(arena, sizeof(*reading.message));
    reading.message->is_cut = spool->is_cut;
    if (!read_message(&reading, parsed, spool, is_opaque, error)) {
        return false;
    }
    *message_out = reading.message;
    return true;
}

bool mime_read(struct arena *arena, const struct mime_source *source,
               const struct mime_limits *limits, struct mime_message **message_out,
               struct error *error)
{
    struct mime_spool spool;

    return mime_spool_fill(arena, source, limits, &spool, error) &&
           mime_read_spool(arena, &spool, limits, MIME_ALL, message_out, error);
}
