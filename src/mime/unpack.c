/*
 * unpack.c - a winmail.dat becomes the parts that are in it.
 *
 * One that is understood from its begin to its end is left out: what was in it is there, and the
 * original has it yet. Any other stays the part that it is.
 */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "mime/header.h"
#include "mime/part.h"
#include "mime/spool.h"
#include "mime/tnef.h"

enum { CHUNK = 64 * 1024 };

/* The decoded bytes, where one can go back and forth in them. */
static bool spool(struct mime_reading *reading, struct mime_part *part, GMimeStream **stream_out,
                  struct error *error)
{
    char *bytes = arena_allocate(reading->arena, CHUNK);
    size_t length = 0;

    if (!mime_scratch_make(reading->arena, &reading->scratch, part->size, stream_out, error)) {
        return false;
    }
    do {
        if (!mime_content_read(part->content, bytes, CHUNK, &length, error)) {
            return false;
        }
        if (g_mime_stream_write(*stream_out, bytes, length) != (ssize_t)length) {
            return error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
        }
    } while (length > 0);
    mime_content_rewind(part->content);
    return true;
}

/* What was said, in lower case, if it has the form of a media type; else what the name says. */
static const char *media_type_of(struct arena *arena, const struct mime_tnef_file *file,
                                 const char *name)
{
    const char *said = file->media_type == NULL ? "" : file->media_type;
    const char *slash = strchr(said, '/');
    char *type = arena_copy_text(arena, said);

    if (slash == NULL || slash == said || slash[1] == '\0' || strchr(slash + 1, '/') != NULL) {
        return mime_type_of_name(name);
    }
    for (char *at = type; *at != '\0'; at++) {
        bool is_odd = !isgraph((unsigned char)*at) || strchr("()<>@,;:\\\"[]?=", *at) != NULL ||
                      (unsigned char)*at >= 0x80;
        if (is_odd) {
            return mime_type_of_name(name);
        }
        *at = (char)tolower((unsigned char)*at);
    }
    return type;
}

static void add_part(struct mime_reading *reading, const struct mime_tnef_file *file, bool has_html)
{
    struct arena *arena = reading->arena;
    struct mime_part *part = arena_allocate(arena, sizeof(*part));

    if (!mime_has_room(reading)) {
        return;
    }
    const char *name = mime_file_name(arena, file->name, NULL, reading->parts.count + 1, "");
    part->media_type = media_type_of(arena, file, name);
    part->name =
        mime_file_name(arena, file->name, NULL, reading->parts.count + 1, part->media_type);
    part->content_id = mime_content_id(arena, file->content_id);
    part->kind = mime_kind_of(part->media_type);
    if (part->kind == MIME_ATTACHMENT && part->content_id != NULL && has_html) {
        part->kind = MIME_INLINE;
    }
    part->size = file->size;
    part->content = mime_content_over(arena, file->stream);
    array_add(&reading->parts, part);
}

bool mime_unpack(struct mime_reading *reading, struct mime_part *part, bool *is_unpacked_out,
                 struct error *error)
{
    GMimeStream *stream = NULL;
    struct mime_tnef tnef;

    if (!spool(reading, part, &stream, error)) {
        return false;
    }
    *is_unpacked_out = mime_tnef_read(reading->arena, stream, reading->limits, &tnef);
    if (!*is_unpacked_out) {
        return true;
    }
    reading->message->is_cut |= tnef.is_cut;
    if (reading->unpacked.plain == NULL && reading->unpacked.html == NULL) {
        reading->unpacked = (struct mime_block){.plain = tnef.plain, .html = tnef.html};
    }
    for (size_t i = 0; i < tnef.files.count; i++) {
        add_part(reading, tnef.files.items[i], tnef.html != NULL);
    }
    return true;
}
