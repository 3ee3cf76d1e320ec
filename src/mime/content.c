/*
 * content.c - the bytes of parts, decoded while they are read.
 */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "mime/part.h"
#include "mime/spool.h"

struct mime_content {
    GMimeStream *stream;
};

/* The bytes of a leaf, through the filter of its encoding. A part without content is empty. */
static GMimeStream *stream_of_part(GMimePart *part)
{
    GMimeDataWrapper *wrapper = g_mime_part_get_content(part);
    GMimeStream *stream = wrapper == NULL ? NULL : g_mime_data_wrapper_get_stream(wrapper);

    if (stream == NULL) {
        return g_mime_stream_mem_new();
    }
    GMimeStream *decoded = g_mime_stream_filter_new(stream);
    GMimeFilter *filter = g_mime_filter_basic_new(g_mime_data_wrapper_get_encoding(wrapper), FALSE);
    g_mime_stream_filter_add(GMIME_STREAM_FILTER(decoded), filter);
    g_object_unref(filter);
    return decoded;
}

/* GMime keeps the headers as they came, and writes them so. */
static bool write_message(struct mime_reading *reading, GMimeMessage *message,
                          GMimeStream **stream_out, struct error *error)
{
    GMimeStream *nowhere = g_mime_stream_null_new();
    int64_t size = g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, nowhere);

    g_object_unref(nowhere);
    return mime_spool_make(reading->arena, reading->limits->folder, size, stream_out, error) &&
           (g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, *stream_out) >= 0 ||
            error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message"));
}

bool mime_content_of(struct mime_reading *reading, GMimeObject *leaf,
                     struct mime_content **content_out, struct error *error)
{
    struct mime_content *content = arena_allocate(reading->arena, sizeof(*content));
    GMimeMessage *message = GMIME_IS_MESSAGE_PART(leaf)
                                ? g_mime_message_part_get_message(GMIME_MESSAGE_PART(leaf))
                                : NULL;

    if (message != NULL) {
        if (!write_message(reading, message, &content->stream, error)) {
            return false;
        }
    } else {
        content->stream =
            GMIME_IS_PART(leaf) ? stream_of_part(GMIME_PART(leaf)) : g_mime_stream_mem_new();
        mime_unref_with(reading->arena, content->stream);
    }
    mime_content_rewind(content);
    *content_out = content;
    return true;
}

struct mime_content *mime_content_over(struct arena *arena, GMimeStream *stream)
{
    struct mime_content *content = arena_allocate(arena, sizeof(*content));

    content->stream = stream;
    mime_content_rewind(content);
    return content;
}

void mime_content_rewind(struct mime_content *content)
{
    g_mime_stream_reset(content->stream);
}

bool mime_content_read(struct mime_content *content, void *bytes, size_t capacity,
                       size_t *length_out, struct error *error)
{
    ssize_t length = g_mime_stream_read(content->stream, bytes, capacity);

    if (length < 0) {
        return error_set(error, ERROR_INTERNAL, NULL, "A part of the message cannot be read");
    }
    *length_out = (size_t)length;
    return true;
}

const char *mime_content_take(struct arena *arena, struct mime_content *content, size_t most,
                              size_t *length_out, bool *has_more_out)
{
    enum { FIRST_SIZE = 4096 };
    struct buffer taken;
    size_t length = 0;
    struct error ignored; /* what cannot be read is no text */

    buffer_init(&taken, arena, FIRST_SIZE);
    mime_content_rewind(content);
    do {
        char *room = buffer_reserve(&taken, FIRST_SIZE);
        if (!mime_content_read(content, room, FIRST_SIZE, &length, &ignored)) {
            length = 0;
        }
        buffer_commit(&taken, length);
    } while (length > 0 && taken.length <= most);
    *has_more_out = taken.length > most;
    *length_out = *has_more_out ? most : taken.length;
    return taken.bytes;
}
