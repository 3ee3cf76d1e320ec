/*
 * part.c - from the root down: each leaf is a text of the message, or a part that came with it.
 */
#define _GNU_SOURCE /* strcasestr */
#include "mime/part.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "mime/header.h"
#include "text/charset.h"
#include "text/utf8.h"

enum { CHUNK = 64 * 1024, REPORT_BYTES = 64 * 1024 };

/* Where in the tree an object stands. */
struct place {
    size_t depth;
    struct mime_block *block; /* within an alternative: the one text that its leaves are */
    bool is_related;          /* shown within another */
    bool is_encrypted;
};

static const struct {
    const char *media_type;
    enum mime_part_kind kind;
} kinds[] = {
    {"message/rfc822", MIME_MESSAGE},
    {"message/global", MIME_MESSAGE},
    {"text/calendar", MIME_CALENDAR},
    {"application/ics", MIME_CALENDAR},
    {"application/ms-tnef", MIME_TNEF},
    {"application/vnd.ms-tnef", MIME_TNEF},
    {"message/delivery-status", MIME_REPORT},
    {"message/global-delivery-status", MIME_REPORT},
    {"message/disposition-notification", MIME_REPORT},
    {"message/feedback-report", MIME_REPORT},
    {"text/rfc822-headers", MIME_REPORT},
    {"message/global-headers", MIME_REPORT},
    {"application/pkcs7-signature", MIME_SIGNATURE},
    {"application/x-pkcs7-signature", MIME_SIGNATURE},
    {"application/pgp-signature", MIME_SIGNATURE},
    {"application/pkcs7-mime", MIME_ENCRYPTED},
    {"application/x-pkcs7-mime", MIME_ENCRYPTED},
    {"application/pgp-encrypted", MIME_ENCRYPTED},
};

static bool walk(struct mime_reading *reading, GMimeObject *object, struct place place,
                 struct error *error);

/* ---- what an object is ---- */

static const char *media_type_of(struct arena *arena, GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    const char *main = g_mime_content_type_get_media_type(type);
    const char *sub = g_mime_content_type_get_media_subtype(type);
    char *text = arena_format(arena, "%s/%s", main == NULL ? "application" : main,
                              sub == NULL ? "octet-stream" : sub);

    for (char *at = text; *at != '\0'; at++) {
        *at = isgraph((unsigned char)*at) && (unsigned char)*at < 0x80
                  ? (char)tolower((unsigned char)*at)
                  : '-';
    }
    return text;
}

static const char *name_of(GMimeObject *object)
{
    if (GMIME_IS_PART(object)) {
        return g_mime_part_get_filename(GMIME_PART(object));
    }
    const char *name = g_mime_object_get_content_disposition_parameter(object, "filename");
    return name != NULL ? name : g_mime_object_get_content_type_parameter(object, "name");
}

static bool is_disposed_as(GMimeObject *object, const char *disposition)
{
    const char *said = g_mime_object_get_disposition(object);
    return said != NULL && strcasecmp(said, disposition) == 0;
}

enum mime_part_kind mime_kind_of(const char *media_type)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].media_type, media_type) == 0) {
            return kinds[i].kind;
        }
    }
    return MIME_ATTACHMENT;
}

bool mime_has_room(struct mime_reading *reading)
{
    bool has = reading->parts.count + reading->blocks.count < reading->limits->parts;
    reading->message->is_cut |= !has;
    return has;
}

/* ---- texts ---- */

static const char *take_text(struct mime_reading *reading, GMimeObject *leaf,
                             struct mime_content *content)
{
    struct arena *arena = reading->arena;
    size_t length = 0;
    bool has_more = false;
    const char *bytes =
        mime_content_take(arena, content, reading->limits->text, &length, &has_more);
    const char *text = text_decode(arena, g_mime_object_get_content_type_parameter(leaf, "charset"),
                                   bytes, length);
    size_t decoded = strlen(text);

    reading->message->is_cut |= has_more || decoded > reading->limits->text;
    return arena_copy_part(arena, text, text_cut_length(text, decoded, reading->limits->text));
}

/* A form that the block has already is a text of its own. */
static struct mime_block *block_for(struct mime_reading *reading, const struct place *place,
                                    bool is_html)
{
    struct mime_block *block = place->block;

    if (block == NULL || (is_html ? block->html : block->plain) != NULL) {
        block = arena_allocate(reading->arena, sizeof(*block));
        array_add(&reading->blocks, block);
    }
    return block;
}

static bool add_text(struct mime_reading *reading, GMimeObject *leaf, const struct place *place,
                     bool is_html, struct error *error)
{
    struct mime_content *content = NULL;

    if (!mime_content_of(reading, leaf, &content, error)) {
        return false;
    }
    struct mime_block *block = block_for(reading, place, is_html);
    *(is_html ? &block->html : &block->plain) = take_text(reading, leaf, content);
    return true;
}

/* What is meant to be read, not to be kept. */
static bool is_text(GMimeObject *leaf, const char *media_type, bool *is_html_out)
{
    *is_html_out = strcmp(media_type, "text/html") == 0;
    return (*is_html_out || strcmp(media_type, "text/plain") == 0) &&
           !is_disposed_as(leaf, "attachment") && name_of(leaf) == NULL;
}

/* ---- parts ---- */

/* Counts the bytes, and digests them: relays may send them in another encoding. */
static bool measure(struct mime_reading *reading, struct mime_part *part, struct error *error)
{
    struct digest *digest = digest_begin(reading->arena);
    uint8_t *bytes = arena_allocate(reading->arena, CHUNK);
    uint8_t result[SHA256_SIZE];
    size_t length = 0;

    do {
        if (!mime_content_read(part->content, bytes, CHUNK, &length, error)) {
            return false;
        }
        digest_add(digest, bytes, length);
        part->size += (int64_t)length;
    } while (length > 0);
    mime_content_rewind(part->content);
    digest_end(digest, result);
    digest_add(reading->contents, result, sizeof(result));
    return true;
}

/* The id of the message that a report has with it: whole, or its header alone. */
static const char *find_reported(struct mime_reading *reading, GMimeObject *leaf,
                                 const struct mime_part *part)
{
    struct arena *arena = reading->arena;
    static const char name[] = "\nmessage-id:";
    size_t length = 0;
    bool has_more = false;

    if (GMIME_IS_MESSAGE_PART(leaf)) {
        GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(leaf));
        return message == NULL
                   ? NULL
                   : mime_message_id(arena, mime_header(GMIME_OBJECT(message), "Message-ID"));
    }
    const char *header = mime_content_take(arena, part->content, REPORT_BYTES, &length, &has_more);
    const char *found = strcasestr(arena_format(arena, "\n%s", header), name);
    mime_content_rewind(part->content);
    if (found == NULL) {
        return NULL;
    }
    found += sizeof(name) - 1;
    return mime_message_id(arena, arena_copy_part(arena, found, strcspn(found, "\n")));
}

static void note_protection(struct mime_message *message, GMimeObject *leaf,
                            enum mime_part_kind kind)
{
    const char *smime = g_mime_object_get_content_type_parameter(leaf, "smime-type");
    bool is_only_signed = smime != NULL && strcasecmp(smime, "signed-data") == 0;

    message->is_signed |= kind == MIME_SIGNATURE || (kind == MIME_ENCRYPTED && is_only_signed);
    message->is_encrypted |= kind == MIME_ENCRYPTED && !is_only_signed;
}

static enum mime_part_kind kind_in_place(GMimeObject *leaf, const struct mime_part *part,
                                         const struct place *place)
{
    enum mime_part_kind kind =
        place->is_encrypted ? MIME_ENCRYPTED : mime_kind_of(part->media_type);

    if (kind != MIME_ATTACHMENT) {
        return kind;
    }
    if (strcasecmp(part->name, "winmail.dat") == 0) {
        return MIME_TNEF;
    }
    bool is_shown = part->content_id != NULL && !is_disposed_as(leaf, "attachment") &&
                    (place->is_related || is_disposed_as(leaf, "inline"));
    return is_shown ? MIME_INLINE : MIME_ATTACHMENT;
}

static bool add_part(struct mime_reading *reading, GMimeObject *leaf, const struct place *place,
                     struct error *error)
{
    struct arena *arena = reading->arena;
    struct mime_part *part = arena_allocate(arena, sizeof(*part));
    bool is_unpacked = false;

    part->media_type = media_type_of(arena, leaf);
    part->name = mime_file_name(arena, name_of(leaf), reading->parts.count + 1, part->media_type);
    part->content_id = mime_message_id(arena, g_mime_object_get_content_id(leaf));
    part->kind = kind_in_place(leaf, part, place);
    note_protection(reading->message, leaf, part->kind);
    if (!mime_content_of(reading, leaf, &part->content, error) || !measure(reading, part, error)) {
        return false;
    }
    if (part->kind == MIME_TNEF && !mime_unpack(reading, part, &is_unpacked, error)) {
        return false;
    }
    if (is_unpacked) {
        return true;
    }
    array_add(&reading->parts, part);
    if (reading->has_report && reading->message->bounced_id == NULL &&
        (part->kind == MIME_MESSAGE || part->kind == MIME_REPORT)) {
        reading->message->bounced_id = find_reported(reading, leaf, part);
    }
    return true;
}

static bool walk_leaf(struct mime_reading *reading, GMimeObject *leaf, const struct place *place,
                      struct error *error)
{
    bool is_html = false;

    if (!mime_has_room(reading)) {
        return true;
    }
    if (!place->is_encrypted && GMIME_IS_PART(leaf) &&
        is_text(leaf, media_type_of(reading->arena, leaf), &is_html)) {
        return add_text(reading, leaf, place, is_html, error);
    }
    return add_part(reading, leaf, place, error);
}

/* ---- multiparts ---- */

static bool is_subtype(GMimeObject *object, const char *subtype)
{
    const char *said =
        g_mime_content_type_get_media_subtype(g_mime_object_get_content_type(object));
    return said != NULL && strcasecmp(said, subtype) == 0;
}

/* Whatever is reported, a program wrote it. */
static void note_report(struct mime_reading *reading, GMimeObject *multipart)
{
    const char *type = g_mime_object_get_content_type_parameter(multipart, "report-type");

    if (!is_subtype(multipart, "report") || type == NULL) {
        return;
    }
    bool is_bounce = strcasecmp(type, "delivery-status") == 0;
    *(is_bounce ? &reading->has_report : &reading->has_notice) = true;
}

static bool walk_children(struct mime_reading *reading, GMimeMultipart *multipart,
                          const struct place *place, struct error *error)
{
    int count = g_mime_multipart_get_count(multipart);

    for (int i = 0; i < count; i++) {
        if (!walk(reading, g_mime_multipart_get_part(multipart, i), *place, error)) {
            return false;
        }
    }
    return true;
}

static bool walk_multipart(struct mime_reading *reading, GMimeObject *object, struct place place,
                           struct error *error)
{
    if (place.depth >= reading->limits->depth) {
        reading->message->is_cut = true;
        return true;
    }
    note_report(reading, object);
    place.depth++;
    place.is_encrypted |= GMIME_IS_MULTIPART_ENCRYPTED(object);
    place.is_related |= is_subtype(object, "related");
    reading->message->is_signed |= GMIME_IS_MULTIPART_SIGNED(object);
    if (is_subtype(object, "alternative") && place.block == NULL) {
        place.block = arena_allocate(reading->arena, sizeof(*place.block));
        array_add(&reading->blocks, place.block);
    }
    return walk_children(reading, GMIME_MULTIPART(object), &place, error);
}

static bool walk(struct mime_reading *reading, GMimeObject *object, struct place place,
                 struct error *error)
{
    if (object == NULL) {
        return true;
    }
    return GMIME_IS_MULTIPART(object) ? walk_multipart(reading, object, place, error)
                                      : walk_leaf(reading, object, &place, error);
}

bool mime_walk(struct mime_reading *reading, GMimeObject *root, struct error *error)
{
    return walk(reading, root, (struct place){.depth = 0}, error);
}
