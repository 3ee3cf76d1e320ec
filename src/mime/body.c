/*
 * body.c - texts, pictures and files put together.
 */
#include "mime/body.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "mime/compose.h"
#include "mime/part.h"
#include "mime/spool.h"
#include "xml/html.h"

enum { CHUNK = 64 * 1024, TYPE_LENGTH = 100 };

/* ---- texts ---- */

/* Line ends as the library counts them. */
static const char *with_plain_lines(struct arena *arena, const char *text)
{
    char *plain = arena_copy_text(arena, text);
    char *to = plain;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\r' && at[1] == '\n') {
            continue;
        }
        *to++ = *at == '\r' ? '\n' : *at;
    }
    *to = '\0';
    return plain;
}

static GMimeObject *make_text(struct arena *arena, const char *subtype, const char *text)
{
    GMimeTextPart *part = g_mime_text_part_new_with_subtype(subtype);

    g_mime_text_part_set_charset(part, "utf-8");
    g_mime_text_part_set_text(part, with_plain_lines(arena, text));
    g_mime_part_set_content_encoding(
        GMIME_PART(part),
        g_mime_part_get_best_content_encoding(GMIME_PART(part), GMIME_ENCODING_CONSTRAINT_7BIT));
    mime_unref_with(arena, part);
    return GMIME_OBJECT(part);
}

static GMimeMultipart *make_multipart(struct arena *arena, const char *subtype)
{
    GMimeMultipart *multipart = g_mime_multipart_new_with_subtype(subtype);

    mime_unref_with(arena, multipart);
    return multipart;
}

/* The simplest first: whoever can show the last shows that. */
static GMimeObject *make_texts(struct arena *arena, const struct mime_draft *draft)
{
    const char *text = draft->text;

    if (draft->html == NULL) {
        return make_text(arena, "plain", text == NULL ? "" : text);
    }
    if (text == NULL) {
        html_read(arena, draft->html, strlen(draft->html), NULL, &text);
    }
    GMimeMultipart *alternative = make_multipart(arena, "alternative");
    g_mime_multipart_add(alternative, make_text(arena, "plain", text));
    g_mime_multipart_add(alternative, make_text(arena, "html", draft->html));
    return GMIME_OBJECT(alternative);
}

/* ---- files ---- */

/* A type that a file may bear whose bytes are sent in base64: parts and messages may not (RFC 2045,
 * 6.4). */
static GMimeContentType *type_of(struct arena *arena, const char *media_type)
{
    const char *slash = media_type == NULL ? NULL : strchr(media_type, '/');
    bool is_one = slash != NULL && slash > media_type && slash[1] != '\0' &&
                  strlen(media_type) <= TYPE_LENGTH;

    for (const char *at = media_type; is_one && *at != '\0'; at++) {
        is_one = isalnum((unsigned char)*at) || at == slash || strchr("+-._", *at) != NULL;
    }
    if (!is_one || strncmp(media_type, "multipart/", 10) == 0 ||
        strncmp(media_type, "message/", 8) == 0) {
        return g_mime_content_type_new("application", "octet-stream");
    }
    return g_mime_content_type_new(arena_copy_part(arena, media_type, (size_t)(slash - media_type)),
                                   slash + 1);
}

static bool copy(struct arena *arena, const struct mime_attachment *attachment, GMimeStream *stream,
                 struct error *error)
{
    char *bytes = arena_allocate(arena, CHUNK);
    size_t length = 0;

    do {
        if (!attachment->source.read(attachment->source.context, bytes, CHUNK, &length, error)) {
            return false;
        }
        if (g_mime_stream_write(stream, bytes, length) != (ssize_t)length) {
            return error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
        }
    } while (length > 0);
    g_mime_stream_reset(stream);
    return true;
}

static void set_content(GMimePart *part, GMimeStream *stream)
{
    GMimeDataWrapper *wrapper =
        g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);

    g_mime_part_set_content(part, wrapper);
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
    g_object_unref(wrapper);
}

/* A Content-ID of somebody else's that could end the line is none. */
static bool has_id(const struct mime_attachment *attachment)
{
    const char *id = attachment->content_id;

    for (const char *at = id; at != NULL && *at != '\0'; at++) {
        if (!isgraph((unsigned char)*at) || *at == '<' || *at == '>') {
            return false;
        }
    }
    return id != NULL && *id != '\0' && strstr(id, "=?") == NULL;
}

static bool make_file(struct arena *arena, const struct mime_attachment *attachment, size_t number,
                      const char *folder, GMimeObject **part_out, struct error *error)
{
    GMimePart *part = g_mime_part_new();
    GMimeContentType *type = type_of(arena, attachment->media_type);
    GMimeStream *stream = NULL;

    mime_unref_with(arena, part);
    g_mime_object_set_content_type(GMIME_OBJECT(part), type);
    g_object_unref(type);
    g_mime_object_set_disposition(GMIME_OBJECT(part), has_id(attachment) ? "inline" : "attachment");
    g_mime_part_set_filename(
        part, mime_file_name(arena, attachment->name, NULL, number,
                             attachment->media_type == NULL ? "" : attachment->media_type));
    if (has_id(attachment)) {
        g_mime_part_set_content_id(part, attachment->content_id);
    }
    if (!mime_spool_make(arena, folder, attachment->size, &stream, error) ||
        !copy(arena, attachment, stream, error)) {
        return false;
    }
    set_content(part, stream);
    *part_out = GMIME_OBJECT(part);
    return true;
}

/* ---- the tree ---- */

static bool is_shown(const struct mime_draft *draft, const struct mime_attachment *attachment)
{
    return draft->html != NULL && has_id(attachment) &&
           strstr(draft->html, attachment->content_id) != NULL;
}

/* Puts those that are shown in the HTML, or those that are not, beside the body. */
static bool add_files(struct arena *arena, const struct mime_draft *draft, const char *folder,
                      bool are_shown, GMimeObject **body, struct error *error)
{
    GMimeMultipart *multipart = NULL;

    for (size_t i = 0; i < draft->attachment_count; i++) {
        GMimeObject *part = NULL;
        if (is_shown(draft, &draft->attachments[i]) != are_shown) {
            continue;
        }
        if (!make_file(arena, &draft->attachments[i], i + 1, folder, &part, error)) {
            return false;
        }
        if (multipart == NULL) {
            multipart = make_multipart(arena, are_shown ? "related" : "mixed");
            g_mime_multipart_add(multipart, *body);
        }
        g_mime_multipart_add(multipart, part);
    }
    if (multipart != NULL) {
        *body = GMIME_OBJECT(multipart);
    }
    return true;
}

bool mime_body_make(struct arena *arena, const struct mime_draft *draft, const char *folder,
                    GMimeObject **body_out, struct error *error)
{
    GMimeObject *body = make_texts(arena, draft);

    if (!add_files(arena, draft, folder, true, &body, error) ||
        !add_files(arena, draft, folder, false, &body, error)) {
        return false;
    }
    *body_out = body;
    return true;
}
