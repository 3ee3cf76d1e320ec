/*
 * content.c - readers of file contents: base64 text decoded on the way, or bytes of a part.
 */
#include "soap/content.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/base64.h"
#include "metadata/entity.h"
#include "metadata/value.h"
#include "soap/characters.h"

enum { SPARE = 16, SPARE_TEXT = 12 /* characters that fit when decoded */ };

struct content_reader {
    const struct content *content;
    struct base64_decoder decoder;
    size_t position;   /* in the bytes */
    size_t forgotten;  /* bytes that were given back */
    char spare[SPARE]; /* decoded for a caller with little room, and not taken yet */
    size_t spare_at, spare_end;
};

/* The field is named where it is known. */
static bool refuse(const struct content *content, enum error_code code, const char *sentence,
                   struct error *error)
{
    const struct field *field = content->field;

    return error_set_about(error, code, field == NULL ? "" : field->entity->name,
                           field == NULL ? "content" : field->name, "%s", sentence);
}

static bool refuse_text(const struct content *content, struct error *error)
{
    return refuse(content, ERROR_VALUE_INVALID, "The content of the file is not base64", error);
}

/* Goes on in the bytes; what was read is not needed again soon. */
static void advance(struct content_reader *reader, size_t length)
{
    reader->position += length;
    if (reader->position - reader->forgotten >= BODY_WINDOW) {
        body_forget(&reader->content->bytes, reader->forgotten, reader->position);
        reader->forgotten = reader->position;
    }
}

/* Decodes pieces of at most so many characters until some bytes came out, or the text ends. */
static bool decode(struct content_reader *reader, size_t most, void *bytes, size_t *length_out,
                   struct error *error)
{
    const struct content *content = reader->content;
    size_t length = 0;

    while (length == 0 && reader->position < content->bytes.length) {
        size_t left = content->bytes.length - reader->position;
        size_t piece = left < most ? left : most;
        if (!base64_decoder_add(&reader->decoder, content->bytes.bytes + reader->position, piece,
                                bytes, &length)) {
            return refuse_text(content, error);
        }
        advance(reader, piece);
    }
    if (length == 0 && !base64_decoder_finish(&reader->decoder)) {
        return refuse_text(content, error);
    }
    *length_out = length;
    return true;
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

static bool read_plain(struct file *file, void *bytes, size_t capacity, size_t *length_out,
                       struct error *error)
{
    struct content_reader *reader = file->context;
    const struct body *body = &reader->content->bytes;
    size_t left = body->length - reader->position;

    (void)error;
    *length_out = left < capacity ? left : capacity;
    if (*length_out > 0) {
        memcpy(bytes, body->bytes + reader->position, *length_out);
        advance(reader, *length_out);
    }
    return true;
}

static void go_to_begin(struct file *file)
{
    struct content_reader *reader = file->context;

    *reader = (struct content_reader){.content = reader->content};
    base64_decoder_init(&reader->decoder, BASE64_SPACE_SKIPPED);
}

/* Bytes that the text will become if it is base64; three for each four characters. */
static size_t measure_text(const struct body *body)
{
    size_t characters = 0;
    size_t forgotten = 0;

    for (size_t at = 0; at < body->length; at++) {
        characters += is_xml_space(body->bytes[at]) || body->bytes[at] == '=' ? 0 : 1;
        if (at - forgotten == BODY_WINDOW) {
            body_forget(body, forgotten, at);
            forgotten = at;
        }
    }
    return characters / 4 * 3 + characters % 4 * 3 / 4;
}

bool content_open(struct arena *arena, const struct content *content, struct file *file,
                  struct error *error)
{
    struct content_reader *reader = arena_allocate(arena, sizeof(*reader));
    size_t size = content->is_base64 ? measure_text(&content->bytes) : content->bytes.length;

    if (size > content->limit) {
        return refuse(content, ERROR_LIMIT_EXCEEDED,
                      arena_format(arena,
                                   "A file may have at most %zu bytes, which is limits.attachment",
                                   content->limit),
                      error);
    }
    reader->content = content;
    file->context = reader;
    file->size = (int64_t)size;
    file->read = content->is_base64 ? read_text : read_plain;
    file->rewind = go_to_begin;
    go_to_begin(file);
    return true;
}
