/*
 * answer.c - envelopes around answers, base64 and parts of files on their way out.
 */
#include "soap/answer.h"

#include <string.h>

#include "base/arena.h"
#include "base/expect.h"
#include "crypto/base64.h"
#include "crypto/random.h"
#include "metadata/value.h"
#include "soap/door.h"
#include "soap/names.h"

enum { GROUP = 3, BOUNDARY_BYTES = 18, CHUNK = 48 * 1024 /* bytes of a file, whole groups */ };

static const struct version_row {
    const char *envelope;
    const char *content_type;
    const char *media_type;
} versions[] = {
    [SOAP_VERSION_1_1] = {NAMESPACE_ENVELOPE_1_1, "text/xml; charset=utf-8", "text/xml"},
    [SOAP_VERSION_1_2] = {NAMESPACE_ENVELOPE_1_2, "application/soap+xml; charset=utf-8",
                          "application/soap+xml"},
};

void answer_open(struct buffer *text, enum soap_version version)
{
    buffer_add_text(text,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"");
    buffer_add_text(text, versions[version].envelope);
    buffer_add_text(text, "\"><soap:Body>");
}

void answer_close(struct buffer *text)
{
    buffer_add_text(text, "</soap:Body></soap:Envelope>\n");
}

void answer_open_wrapper(struct buffer *text, const char *target_namespace, const char *name)
{
    buffer_add_char(text, '<');
    buffer_add_text(text, name);
    buffer_add_text(text, " xmlns=\"");
    buffer_add_text(text, target_namespace);
    buffer_add_text(text, "\">");
}

void answer_close_wrapper(struct buffer *text, const char *name)
{
    buffer_add_text(text, "</");
    buffer_add_text(text, name);
    buffer_add_char(text, '>');
}

const char *answer_content_type(enum soap_version version)
{
    return versions[version].content_type;
}

/* ---- answers with files ---- */

struct piece {
    const char *bytes;
    size_t length;
    struct file *file; /* NULL: bytes */
    bool is_base64;
    struct piece *next;
};

struct stream {
    struct arena *arena;
    struct piece *first, *last;
    size_t position; /* in the bytes of the first piece */
    uint8_t *chunk;  /* of a file that becomes base64 */
    size_t held;     /* bytes in the chunk */
    bool is_file_end;
};

static void add_piece(struct stream *stream, struct piece piece)
{
    struct piece *added = arena_copy(stream->arena, &piece, sizeof(piece));

    if (stream->last == NULL) {
        stream->first = added;
    } else {
        stream->last->next = added;
    }
    stream->last = added;
}

static void add_text(struct stream *stream, const char *text)
{
    add_piece(stream, (struct piece){.bytes = text, .length = strlen(text)});
}

static void end_piece(struct stream *stream)
{
    stream->first = stream->first->next;
    stream->position = 0;
    stream->held = 0;
    stream->is_file_end = false;
}

static size_t give_bytes(struct stream *stream, void *bytes, size_t capacity)
{
    const struct piece *piece = stream->first;
    size_t left = piece->length - stream->position;
    size_t length = left < capacity ? left : capacity;

    memcpy(bytes, piece->bytes + stream->position, length);
    stream->position += length;
    if (stream->position == piece->length) {
        end_piece(stream);
    }
    return length;
}

static bool give_file(struct stream *stream, void *bytes, size_t capacity, size_t *length_out,
                      struct error *error)
{
    struct file *file = stream->first->file;

    if (!file->read(file, bytes, capacity, length_out, error)) {
        return false;
    }
    if (*length_out == 0) {
        end_piece(stream);
    }
    return true;
}

/* Base64 goes out in whole groups, so that the padding comes once, at the end. */
static bool give_base64(struct stream *stream, void *bytes, size_t capacity, size_t *length_out,
                        struct error *error)
{
    struct file *file = stream->first->file;
    size_t most = capacity / 4 * GROUP < CHUNK ? capacity / 4 * GROUP : CHUNK;
    size_t length = 0;

    while (!stream->is_file_end && stream->held < most) {
        if (!file->read(file, stream->chunk + stream->held, most - stream->held, &length, error)) {
            return false;
        }
        stream->held += length;
        stream->is_file_end = length == 0;
    }
    base64_encode_into(bytes, stream->chunk, stream->held);
    *length_out = base64_encoded_length(stream->held);
    stream->held = 0;
    if (stream->is_file_end) {
        end_piece(stream);
    }
    return true;
}

static bool give(void *context, void *bytes, size_t capacity, size_t *length_out,
                 struct error *error)
{
    struct stream *stream = context;
    size_t length = 0;

    expect(capacity >= 4);
    while (stream->first != NULL && length == 0) {
        if (stream->first->file == NULL) {
            length = give_bytes(stream, bytes, capacity);
        } else if (!(stream->first->is_base64
                         ? give_base64(stream, bytes, capacity, &length, error)
                         : give_file(stream, bytes, capacity, &length, error))) {
            return false;
        }
    }
    *length_out = length;
    return true;
}

static struct stream *make_stream(struct arena *arena)
{
    struct stream *stream = arena_allocate(arena, sizeof(*stream));

    stream->arena = arena;
    stream->chunk = arena_allocate(arena, CHUNK);
    return stream;
}

/* The text up to each file, the file, and so on; the first text is the answer's body. */
static void stream_inline(struct stream *stream, const struct encoder *encoder,
                          struct soap_answer *answer)
{
    size_t offset = 0;

    for (size_t i = 0; i < encoder->files.count; i++) {
        const struct encoded_file *encoded = encoder->files.items[i];
        if (i > 0) {
            add_piece(stream, (struct piece){.bytes = encoder->text.bytes + offset,
                                             .length = encoded->offset - offset});
        } else {
            answer->body.length = encoded->offset;
        }
        add_piece(stream, (struct piece){.file = encoded->file, .is_base64 = true});
        offset = encoded->offset;
    }
    add_piece(stream, (struct piece){.bytes = encoder->text.bytes + offset,
                                     .length = encoder->text.length - offset});
}

static void stream_parts(struct stream *stream, const struct encoder *encoder,
                         enum soap_version version, struct soap_answer *answer)
{
    uint8_t random[BOUNDARY_BYTES];
    const char *boundary = NULL;
    const char *type = versions[version].media_type;

    random_bytes(random, sizeof(random));
    boundary = base64_encode_url(stream->arena, random, sizeof(random));
    answer->content_type =
        arena_format(stream->arena,
                     "multipart/related; boundary=\"%s\"; type=\"application/xop+xml\"; "
                     "start=\"<root@svyaz>\"; start-info=\"%s\"",
                     boundary, type);
    buffer_init(&answer->body, stream->arena, encoder->text.length);
    buffer_add_format(&answer->body,
                      "--%s\r\nContent-Type: application/xop+xml; charset=UTF-8; type=\"%s\"\r\n"
                      "Content-Transfer-Encoding: binary\r\nContent-ID: <root@svyaz>\r\n\r\n",
                      boundary, type);
    buffer_add(&answer->body, encoder->text.bytes, encoder->text.length);
    for (size_t i = 0; i < encoder->files.count; i++) {
        const struct encoded_file *encoded = encoder->files.items[i];
        add_text(stream, arena_format(stream->arena,
                                      "\r\n--%s\r\nContent-Type: application/octet-stream\r\n"
                                      "Content-Transfer-Encoding: binary\r\n"
                                      "Content-ID: <%s>\r\n\r\n",
                                      boundary, encoded->id));
        add_piece(stream, (struct piece){.file = encoded->file});
    }
    add_text(stream, arena_format(stream->arena, "\r\n--%s--\r\n", boundary));
}

void answer_finish(struct arena *arena, struct encoder *encoder, enum soap_version version,
                   struct soap_answer *answer_out)
{
    struct stream *stream = NULL;

    answer_out->status = 200;
    answer_out->content_type = versions[version].content_type;
    answer_out->body = encoder->text;
    if (encoder->files.count == 0) {
        return;
    }
    stream = make_stream(arena);
    answer_out->source = give;
    answer_out->source_context = stream;
    if (encoder->is_mtom) {
        stream_parts(stream, encoder, version, answer_out);
    } else {
        stream_inline(stream, encoder, answer_out);
    }
}
