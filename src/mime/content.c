/*
 * content.c - the bytes of parts, decoded while they are read, or as they lie in a file.
 */
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "mime/header.h"
#include "mime/part.h"
#include "mime/spool.h"
#include "mime/transfer.h"

enum { PIECE = 2048, DECODED_MOST = PIECE + MIME_TRANSFER_ROOM };

struct mime_content {
    GMimeStream *stream; /* as it was sent; NULL: it lies in a file, and is decoded already */
    int file;
    int64_t file_begin, file_size, file_at;
    enum mime_encoding encoding;
    struct mime_transfer transfer;
    char decoded[DECODED_MOST];
    size_t begin, end; /* of the bytes that are decoded, and not given yet */
    bool is_over;
};

/* The bytes of a leaf as they came. A part without content is empty. */
static GMimeStream *stream_of_part(GMimePart *part)
{
    GMimeDataWrapper *wrapper = g_mime_part_get_content(part);
    GMimeStream *stream = wrapper == NULL ? NULL : g_mime_data_wrapper_get_stream(wrapper);

    return stream == NULL ? g_mime_stream_mem_new() : g_object_ref(stream);
}

/* GMime keeps the headers as they came, and writes them so. */
static bool write_message(struct mime_reading *reading, GMimeMessage *message,
                          GMimeStream **stream_out, struct error *error)
{
    GMimeStream *nowhere = g_mime_stream_null_new();
    int64_t size = g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, nowhere);

    g_object_unref(nowhere);
    return mime_scratch_make(reading->arena, &reading->scratch, size, stream_out, error) &&
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
        content->encoding = mime_encoding_named(mime_header(leaf, "Content-Transfer-Encoding"));
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

struct mime_content *mime_content_in(struct arena *arena, int file, int64_t begin, int64_t size)
{
    struct mime_content *content = arena_allocate(arena, sizeof(*content));

    content->file = file;
    content->file_begin = begin;
    content->file_size = size;
    mime_content_rewind(content);
    return content;
}

void mime_content_rewind(struct mime_content *content)
{
    if (content->stream != NULL) {
        g_mime_stream_reset(content->stream);
    }
    content->file_at = 0;
    mime_transfer_begin(&content->transfer, content->encoding);
    content->begin = content->end = 0;
    content->is_over = false;
}

/* Behind its end a stream of GMime's is not read but fails. */
static ssize_t read_stream(GMimeStream *stream, char *bytes, size_t capacity)
{
    return g_mime_stream_eos(stream) ? 0 : g_mime_stream_read(stream, bytes, capacity);
}

/* A file that is shorter than it was said to be is an error, not the end. */
static ssize_t read_file(struct mime_content *content, char *bytes, size_t capacity)
{
    int64_t rest = content->file_size - content->file_at;
    size_t wanted = rest < (int64_t)capacity ? (size_t)rest : capacity;
    ssize_t length = pread(content->file, bytes, wanted, content->file_begin + content->file_at);

    if (length <= 0 && wanted > 0) {
        return -1;
    }
    content->file_at += length;
    return length;
}

static ssize_t read_as_it_is(struct mime_content *content, char *bytes, size_t capacity)
{
    return content->stream == NULL ? read_file(content, bytes, capacity)
                                   : read_stream(content->stream, bytes, capacity);
}

/* Decodes until there is something to give, or nothing left. */
static bool decode_more(struct mime_content *content)
{
    char piece[PIECE];

    while (content->begin == content->end && !content->is_over) {
        ssize_t length = read_stream(content->stream, piece, sizeof(piece));
        if (length < 0) {
            return false;
        }
        content->is_over = length == 0;
        content->begin = 0;
        content->end = content->is_over ? mime_transfer_end(&content->transfer, content->decoded)
                                        : mime_transfer_add(&content->transfer, piece,
                                                            (size_t)length, content->decoded);
    }
    return true;
}

bool mime_content_read(struct mime_content *content, void *bytes, size_t capacity,
                       size_t *length_out, struct error *error)
{
    if (content->encoding == MIME_PLAIN) {
        ssize_t length = read_as_it_is(content, bytes, capacity);
        *length_out = length < 0 ? 0 : (size_t)length;
        return length >= 0 ||
               error_set(error, ERROR_INTERNAL, NULL, "A part of the message cannot be read");
    }
    if (!decode_more(content)) {
        return error_set(error, ERROR_INTERNAL, NULL, "A part of the message cannot be read");
    }
    size_t length = content->end - content->begin;
    length = length < capacity ? length : capacity;
    memcpy(bytes, content->decoded + content->begin, length);
    content->begin += length;
    *length_out = length;
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
