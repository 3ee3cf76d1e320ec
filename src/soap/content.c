/*
 * content.c - readers of file contents: base64 text decoded on the way, or bytes of a part.
 */
#include "soap/content.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/base64.h"
#include "metadata/value.h"
#include "soap/multipart.h"

enum { SPARE = 16, SPARE_TEXT = 12 /* characters that fit when decoded */ };

struct content_reader {
    const struct content *content;
    struct base64_decoder decoder;
    size_t position;   /* in the text or in the part */
    size_t given;      /* bytes */
    char spare[SPARE]; /* decoded for a caller with little room, and not taken yet */
    size_t spare_at, spare_end;
};

static bool check_limit(struct content_reader *reader, size_t length, struct error *error)
{
    reader->given += length;
    if (reader->given > reader->content->limit) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, "content",
                         "A file may have %zu bytes at most (limits.attachment)",
                         reader->content->limit);
    }
    return true;
}

static bool refuse_text(struct error *error)
{
    return error_set(error, ERROR_VALUE_INVALID, "content", "content is not base64");
}

/* Decodes pieces of at most so many characters until some bytes came out, or the text ends. */
static bool decode(struct content_reader *reader, size_t most, void *bytes, size_t *length_out,
                   struct error *error)
{
    const struct content *content = reader->content;
    size_t length = 0;

    while (length == 0 && reader->position < content->text_length) {
        size_t left = content->text_length - reader->position;
        size_t piece = left < most ? left : most;
        if (!base64_decoder_add(&reader->decoder, content->text + reader->position, piece, bytes,
                                &length)) {
            return refuse_text(error);
        }
        reader->position += piece;
    }
    if (length == 0 && !base64_decoder_finish(&reader->decoder)) {
        return refuse_text(error);
    }
    *length_out = length;
    return check_limit(reader, length, error);
}

static size_t take_spare(struct content_reader *reader, void *bytes, size_t capacity)
{
    size_t left = reader->spare_end - reader->spare_at;
    size_t length = left < capacity ? left : capacity;

    memcpy(bytes, reader->spare + reader->spare_at, length);
    reader->spare_at += length;
    return length;
}

static bool read_text(struct file *file, void *bytes, size_t capacity, size_t *length_out,
                      struct error *error)
{
    struct content_reader *reader = file->context;

    if (reader->spare_at == reader->spare_end) {
        if (capacity >= SPARE) {
            return decode(reader, (capacity / 3 - 1) * 4, bytes, length_out, error);
        }
        reader->spare_at = 0;
        if (!decode(reader, SPARE_TEXT, reader->spare, &reader->spare_end, error)) {
            return false;
        }
    }
    *length_out = take_spare(reader, bytes, capacity);
    return true;
}

static bool read_part(struct file *file, void *bytes, size_t capacity, size_t *length_out,
                      struct error *error)
{
    struct content_reader *reader = file->context;
    const struct part *part = reader->content->part;
    size_t left = (size_t)part->length - reader->position;

    if (!body_read(&reader->content->multipart->body, part->offset + (int64_t)reader->position,
                   bytes, left < capacity ? left : capacity, length_out, error)) {
        return false;
    }
    reader->position += *length_out;
    return check_limit(reader, *length_out, error);
}

static void go_to_begin(struct file *file)
{
    struct content_reader *reader = file->context;

    *reader = (struct content_reader){.content = reader->content};
    base64_decoder_init(&reader->decoder, BASE64_SPACE_SKIPPED);
}

void content_open(struct arena *arena, const struct content *content, struct file *file)
{
    struct content_reader *reader = arena_allocate(arena, sizeof(*reader));

    reader->content = content;
    file->context = reader;
    file->read = content->text != NULL ? read_text : read_part;
    file->rewind = go_to_begin;
    go_to_begin(file);
}
