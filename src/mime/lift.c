/*
 * lift.c - files that stand within a text in uuencode, as programs sent them before there was MIME.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/digest.h"
#include "mime/part.h"
#include "mime/spool.h"
#include "mime/transfer.h"

enum { LINE_ROOM = 64, NAME_MOST = 255 };

/* A text whose files are taken out. */
struct lifting {
    struct mime_reading *reading;
    const char *at, *end;
};

static const char *end_of_line(const char *at, const char *end)
{
    const char *found = memchr(at, '\n', (size_t)(end - at));
    return found == NULL ? end : found + 1;
}

/* The name in "begin 644 name"; NULL: it is no such line. */
static const char *read_begin(struct arena *arena, const char *line, const char *end)
{
    static const char begin[] = "begin ";
    const char *at = line + strlen(begin);
    size_t digits = 0;

    if (end - line <= (ptrdiff_t)strlen(begin) || memcmp(line, begin, strlen(begin)) != 0) {
        return NULL;
    }
    while (at < end && *at >= '0' && *at <= '7') {
        at++;
        digits++;
    }
    while (end > at && isspace((unsigned char)end[-1])) {
        end--;
    }
    if (digits < 3 || digits > 4 || end - at < 2 || *at != ' ' || end - at > NAME_MOST) {
        return NULL;
    }
    return arena_copy_part(arena, at + 1, (size_t)(end - at - 1));
}

static bool is_end(const char *line, const char *end)
{
    while (end > line && isspace((unsigned char)end[-1])) {
        end--;
    }
    return end - line == 3 && memcmp(line, "end", 3) == 0;
}

/* Decodes up to the line that ends the file; where the next line begins. NULL: no line does. */
static const char *decode(const char *at, const char *end, struct buffer *file)
{
    while (at < end) {
        const char *next = end_of_line(at, end);
        if (is_end(at, next)) {
            return next;
        }
        char *room = buffer_reserve(file, LINE_ROOM);
        int length = mime_uuencoded_line(at, (size_t)(next - at), room);
        if (length < 0) {
            return NULL;
        }
        buffer_commit(file, (size_t)length);
        at = next;
    }
    return NULL;
}

static void add_file(struct mime_reading *reading, const char *name, const struct buffer *file)
{
    struct arena *arena = reading->arena;
    struct mime_part *part = arena_allocate(arena, sizeof(*part));
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(file->bytes, file->length);
    uint8_t digest[SHA256_SIZE];

    mime_unref_with(arena, stream);
    part->media_type = mime_type_of_name(name);
    part->name =
        mime_file_name(arena, name, reading->charset, reading->parts.count + 1, part->media_type);
    part->kind = mime_kind_of(part->media_type);
    part->size = (int64_t)file->length;
    part->content = mime_content_over(arena, stream);
    array_add(&reading->parts, part);
    digest_sha256(file->bytes, file->length, digest);
    digest_add(reading->contents, digest, sizeof(digest));
}

/* Takes a file that begins here; false: none does, or none that ends. */
static bool lift_file(struct lifting *lifting)
{
    struct mime_reading *reading = lifting->reading;
    const char *next = end_of_line(lifting->at, lifting->end);
    const char *name = read_begin(reading->arena, lifting->at, next);
    struct buffer file;

    if (name == NULL) {
        return false;
    }
    buffer_init(&file, reading->arena, LINE_ROOM);
    const char *after = decode(next, lifting->end, &file);
    if (after == NULL || file.length == 0 || !mime_has_room(reading)) {
        return false;
    }
    add_file(reading, name, &file);
    lifting->at = after;
    return true;
}

const char *mime_lift_files(struct mime_reading *reading, struct arena *scratch, const char *bytes,
                            size_t *length)
{
    struct lifting lifting = {.reading = reading, .at = bytes, .end = bytes + *length};
    struct buffer rest;

    buffer_init(&rest, scratch, *length + 1);
    while (lifting.at < lifting.end) {
        if (*lifting.at == 'b' && lift_file(&lifting)) {
            continue;
        }
        const char *next = end_of_line(lifting.at, lifting.end);
        buffer_add(&rest, lifting.at, (size_t)(next - lifting.at));
        lifting.at = next;
    }
    *length = rest.length;
    return rest.bytes;
}
