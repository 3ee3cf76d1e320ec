/*
 * part.c - from the root down: each leaf is a text of the message, or a part that came with it.
 */
#define _GNU_SOURCE /* memmem, strcasestr */
#include "mime/part.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "mime/header.h"
#include "mime/parameter.h"
#include "text/charset.h"
#include "text/utf8.h"

enum {
    CHUNK = 64 * 1024,
    FIRST_DEPTH = 10,
    HTML_MOST = 8 /* texts as long as one may be: of HTML little may be left as text */
};

/* Where in the tree an object stands. */
struct place {
    size_t depth;
    struct mime_block *block; /* within an alternative: the one text that its leaves are */
    bool is_related;          /* shown within another */
    bool is_encrypted;
    const char *boundary; /* of the multipart that it is in; NULL: it is in none */
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

/* Of what has no type that tells more: what programs call it. */
static const struct {
    const char *name;
    enum mime_part_kind kind;
} kinds_by_name[] = {
    {"winmail.dat", MIME_TNEF},
    {"smime.p7m", MIME_ENCRYPTED},
    {"smime.p7s", MIME_SIGNATURE},
};

/* Forms of a text for machines that no person reads mail with; of no use beside the others. */
static const char *const other_forms[] = {
    "text/x-amp-html",
    "text/watch-html",
    "text/enriched",
    "text/richtext",
};

static bool walk(struct mime_reading *reading, GMimeObject *object, struct place place,
                 struct error *error);

/* ---- what an object is ---- */

static const char *content_type(GMimeObject *object)
{
    return mime_header(object, "Content-Type");
}

static const char *disposition(GMimeObject *object)
{
    return mime_header(object, "Content-Disposition");
}

/* The name that is said first; an empty one says nothing. NULL: none is. */
static const char *name_of(struct arena *arena, GMimeObject *object)
{
    const char *name = mime_parameter(arena, disposition(object), "filename");

    if (name == NULL || *name == '\0') {
        name = mime_parameter(arena, content_type(object), "name");
    }
    return name == NULL || *name == '\0' ? NULL : name;
}

/* A text is a file by the name that it says, and by no other. */
static const char *any_name_of(struct mime_reading *reading, GMimeObject *leaf)
{
    const char *name = name_of(reading->arena, leaf);

    return name != NULL ? name : mime_other_name(reading->arena, leaf, reading->charset);
}

static bool is_disposed_as(struct arena *arena, GMimeObject *object, const char *as)
{
    return strcmp(mime_before_parameters(arena, disposition(object)), as) == 0;
}

/* What a part is without a type, by where it stands; or by the type that it was parsed by. */
static const char *type_by_place(struct arena *arena, GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);

    return arena_format(arena, "%s/%s", g_mime_content_type_get_media_type(type),
                        g_mime_content_type_get_media_subtype(type));
}

/* What says no type at all is a text (RFC 2045, 5.2), unless it is to be a file. What says that it
 * is a multipart, and was not to be taken apart, is what else it says. */
static const char *media_type_of(struct arena *arena, GMimeObject *object)
{
    static const char multipart[] = "multipart";
    const char *said = mime_before_parameters(arena, content_type(object));
    bool is_told = content_type(object) != NULL && strncmp(said, multipart, strlen(multipart)) != 0;
    char *type = arena_copy_text(arena, is_told ? said : type_by_place(arena, object));
    char *slash = strchr(type, '/');

    if (slash == NULL || slash == type || slash[1] == '\0') {
        bool is_file =
            strncmp(type, "text", 4) != 0 &&
            (name_of(arena, object) != NULL || is_disposed_as(arena, object, "attachment"));
        return is_file ? "application/octet-stream" : "text/plain";
    }
    slash[1 + strcspn(slash + 1, "/,")] = '\0';
    for (char *at = type; *at != '\0'; at++) {
        *at = (unsigned char)*at < 0x80 ? (char)tolower((unsigned char)*at) : '-';
    }
    return type;
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

/* HTML that was not told its set, or told the least, may name it within. */
static const char *charset_of(struct arena *arena, GMimeObject *leaf, bool is_html,
                              const char *bytes, size_t length)
{
    enum { HEAD = 2048 };
    static const char sign[] = "charset=";
    const char *said = mime_parameter(arena, content_type(leaf), "charset");

    if (!is_html || (said != NULL && strcasecmp(said, "us-ascii") != 0)) {
        return said;
    }
    const char *head = arena_copy_part(arena, bytes, length < HEAD ? length : HEAD);
    const char *found = strcasestr(head, sign);
    if (found == NULL) {
        return said;
    }
    found += strlen(sign);
    found += *found == '"' || *found == '\'';
    return arena_copy_part(arena, found, strcspn(found, "\"' >/;"));
}

static bool has_parameter(struct arena *arena, GMimeObject *leaf, const char *name,
                          const char *value)
{
    const char *said = mime_parameter(arena, content_type(leaf), name);
    return said != NULL && strcasecmp(said, value) == 0;
}

static const char *unflow(struct arena *arena, GMimeObject *leaf, const char *text)
{
    if (!has_parameter(arena, leaf, "format", "flowed")) {
        return text;
    }
    return mime_unflow(arena, text,
                       has_parameter(arena, leaf, "delsp", "yes") ? MIME_FLOW_WITHOUT_BLANKS
                                                                  : MIME_FLOW_WITH_BLANKS);
}

/* Whether nothing of a text that comes now would be seen. */
static bool is_full(const struct mime_reading *reading)
{
    size_t most = reading->limits->text;
    return reading->plain_size > most || reading->html_size > most * HTML_MOST;
}

/* A line that ends the multipart, but for what stands behind it there or is missing, is none of the
 * text, and nothing behind it is. */
static size_t length_before_end(struct arena *arena, const char *bytes, size_t length,
                                const char *boundary)
{
    const char *end = boundary == NULL ? "" : arena_format(arena, "\n--%s-", boundary);
    const char *found = *end == '\0' ? NULL : memmem(bytes, length, end, strlen(end));

    if (found == NULL) {
        return length;
    }
    return (size_t)(found - bytes) - (found > bytes && found[-1] == '\r');
}

/* What it takes to decode it is let go: there may be many. */
static const char *take_text(struct mime_reading *reading, GMimeObject *leaf,
                             const struct place *place, bool is_html, struct mime_content *content)
{
    struct arena *arena = arena_create();
    size_t length = 0;
    bool has_more = false;
    const char *bytes =
        mime_content_take(arena, content, reading->limits->text, &length, &has_more);
    length = length_before_end(arena, bytes, length, place->boundary);
    if (!is_html) {
        bytes = mime_lift_files(reading, arena, bytes, &length);
    }
    const char *text =
        text_decode(arena, charset_of(arena, leaf, is_html, bytes, length), bytes, length);
    text = is_html ? text : unflow(arena, leaf, text);
    size_t decoded = strlen(text);

    reading->message->is_cut |= has_more || decoded > reading->limits->text;
    length = text_cut_length(text, decoded, reading->limits->text);
    *(is_html ? &reading->html_size : &reading->plain_size) += length;
    const char *taken = arena_copy_part(reading->arena, text, length);
    arena_destroy(&arena);
    return taken;
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

    if (is_full(reading)) {
        reading->message->is_cut = true;
        return true;
    }
    if (!mime_content_of(reading, leaf, &content, error)) {
        return false;
    }
    struct mime_block *block = block_for(reading, place, is_html);
    *(is_html ? &block->html : &block->plain) = take_text(reading, leaf, place, is_html, content);
    return true;
}

/* What is meant to be read, not to be kept. */
static bool is_text(struct arena *arena, GMimeObject *leaf, const char *media_type,
                    bool *is_html_out)
{
    *is_html_out = strcmp(media_type, "text/html") == 0;
    return (*is_html_out || strcmp(media_type, "text/plain") == 0) &&
           !is_disposed_as(arena, leaf, "attachment") && name_of(arena, leaf) == NULL;
}

/* ---- parts ---- */

/* Counts the bytes, and digests them: relays may send them in another encoding. Those of a message
 * they may change; but of two reports its id may be all in which they differ. */
static bool measure(struct mime_reading *reading, GMimeObject *leaf, struct mime_part *part,
                    struct error *error)
{
    struct digest *digest = digest_begin(reading->arena);
    uint8_t *bytes = arena_allocate(reading->arena, CHUNK);
    uint8_t result[SHA256_SIZE];
    bool is_message = GMIME_IS_MESSAGE_PART(leaf) && !reading->has_report;
    size_t length = 0;

    do {
        if (!mime_content_read(part->content, bytes, CHUNK, &length, error)) {
            return false;
        }
        digest_add(digest, bytes, is_message ? 0 : length);
        part->size += (int64_t)length;
    } while (length > 0);
    if (is_message && !mime_digest_message(reading, digest, leaf, error)) {
        return false;
    }
    mime_content_rewind(part->content);
    digest_end(digest, result);
    digest_add(reading->contents, result, sizeof(result));
    return true;
}

/* Its own id, the last, and those that it names: a relay that gives ids may have given it another.
 */
static void take_forwarded_ids(struct mime_reading *reading, GMimeObject *forwarded)
{
    static const char *const names[] = {"References", "In-Reply-To", "Message-ID"};
    struct mime_message *message = reading->message;
    struct buffer text;

    buffer_init(&text, reading->arena, 256);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *ids = mime_header(forwarded, names[i]);
        buffer_add_text(&text, ids == NULL ? "" : ids);
    }
    mime_ids(reading->arena, text.bytes, reading->limits->references, &message->forwarded_ids,
             &message->forwarded_count);
}

/* A report is no forward, and who sends many messages on says nothing of any of them. */
static void note_forward(struct mime_reading *reading, GMimeObject *leaf,
                         const struct mime_part *part)
{
    GMimeMessage *forwarded = GMIME_IS_MESSAGE_PART(leaf)
                                  ? g_mime_message_part_get_message(GMIME_MESSAGE_PART(leaf))
                                  : NULL;

    if (part->kind != MIME_MESSAGE || reading->has_report || forwarded == NULL) {
        return;
    }
    reading->message_count++;
    if (reading->message_count > 1) {
        reading->message->forwarded_count = 0;
    } else if (reading->message->forwarded_count == 0) {
        take_forwarded_ids(reading, GMIME_OBJECT(forwarded));
    }
}

static void note_protection(struct mime_reading *reading, GMimeObject *leaf,
                            enum mime_part_kind kind)
{
    struct mime_message *message = reading->message;
    const char *smime = mime_parameter(reading->arena, content_type(leaf), "smime-type");
    bool is_only_signed = smime != NULL && strcasecmp(smime, "signed-data") == 0;

    message->is_signed |= kind == MIME_SIGNATURE || (kind == MIME_ENCRYPTED && is_only_signed);
    message->is_encrypted |= kind == MIME_ENCRYPTED && !is_only_signed;
}

static enum mime_part_kind kind_in_place(struct arena *arena, GMimeObject *leaf,
                                         const struct mime_part *part, const struct place *place)
{
    enum mime_part_kind kind =
        place->is_encrypted ? MIME_ENCRYPTED : mime_kind_of(part->media_type);

    if (kind != MIME_ATTACHMENT) {
        return kind;
    }
    for (size_t i = 0; i < sizeof(kinds_by_name) / sizeof(kinds_by_name[0]); i++) {
        if (strcasecmp(part->name, kinds_by_name[i].name) == 0) {
            return kinds_by_name[i].kind;
        }
    }
    bool is_shown = part->content_id != NULL && !is_disposed_as(arena, leaf, "attachment") &&
                    (place->is_related || is_disposed_as(arena, leaf, "inline"));
    return is_shown ? MIME_INLINE : MIME_ATTACHMENT;
}

static bool add_part(struct mime_reading *reading, GMimeObject *leaf, const struct place *place,
                     struct error *error)
{
    struct arena *arena = reading->arena;
    struct mime_part *part = arena_allocate(arena, sizeof(*part));
    bool is_unpacked = false;

    part->media_type = media_type_of(arena, leaf);
    part->name = mime_file_name(arena, any_name_of(reading, leaf), reading->charset,
                                reading->parts.count + 1, part->media_type);
    part->content_id = mime_content_id(arena, mime_header(leaf, "Content-ID"));
    part->kind = kind_in_place(arena, leaf, part, place);
    note_protection(reading, leaf, part->kind);
    if (!mime_content_of(reading, leaf, &part->content, error) ||
        !measure(reading, leaf, part, error)) {
        return false;
    }
    if (part->kind == MIME_TNEF && !mime_unpack(reading, part, &is_unpacked, error)) {
        return false;
    }
    if (is_unpacked) {
        return true;
    }
    array_add(&reading->parts, part);
    mime_note_reported(reading, leaf, part);
    note_forward(reading, leaf, part);
    return true;
}

/* Whether it says once more what another form of the same text has said. */
static bool is_other_form(const struct place *place, const char *media_type)
{
    bool has_text =
        place->block != NULL && (place->block->plain != NULL || place->block->html != NULL);

    for (size_t i = 0; has_text && i < sizeof(other_forms) / sizeof(other_forms[0]); i++) {
        if (strcmp(other_forms[i], media_type) == 0) {
            return true;
        }
    }
    return false;
}

static bool walk_leaf(struct mime_reading *reading, GMimeObject *leaf, const struct place *place,
                      struct error *error)
{
    const char *media_type = media_type_of(reading->arena, leaf);
    bool is_html = false;

    if (!mime_has_room(reading) || is_other_form(place, media_type)) {
        return true;
    }
    if (!place->is_encrypted && GMIME_IS_PART(leaf) &&
        is_text(reading->arena, leaf, media_type, &is_html)) {
        return add_text(reading, leaf, place, is_html, error);
    }
    return add_part(reading, leaf, place, error);
}

/* ---- multiparts ---- */

/* What no boundary begins is for nobody, unless there is nothing else. */
static void add_preamble(struct mime_reading *reading, GMimeMultipart *multipart,
                         const struct place *place)
{
    const char *text = g_mime_multipart_get_prologue(multipart);

    if (text == NULL || !mime_has_room(reading)) {
        return;
    }
    text = text_decode(reading->arena, NULL, text, strlen(text));
    size_t length = text_cut_length(text, strlen(text), reading->limits->text);
    reading->message->is_cut |= text[length] != '\0';
    block_for(reading, place, false)->plain = arena_copy_part(reading->arena, text, length);
}

static bool is_subtype(GMimeObject *object, const char *subtype)
{
    const char *said =
        g_mime_content_type_get_media_subtype(g_mime_object_get_content_type(object));
    return said != NULL && strcasecmp(said, subtype) == 0;
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
    if (is_subtype(object, "report")) {
        mime_note_report(reading, content_type(object));
    }
    place.depth++;
    place.boundary = g_mime_multipart_get_boundary(GMIME_MULTIPART(object));
    place.is_encrypted |= GMIME_IS_MULTIPART_ENCRYPTED(object);
    place.is_related |= is_subtype(object, "related");
    reading->message->is_signed |= GMIME_IS_MULTIPART_SIGNED(object);
    if (is_subtype(object, "alternative") && place.block == NULL) {
        place.block = arena_allocate(reading->arena, sizeof(*place.block));
        array_add(&reading->blocks, place.block);
    }
    if (g_mime_multipart_get_count(GMIME_MULTIPART(object)) == 0) {
        add_preamble(reading, GMIME_MULTIPART(object), &place);
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

const char *mime_first_charset(struct arena *arena, GMimeObject *root)
{
    for (size_t depth = 0; GMIME_IS_MULTIPART(root) && depth < FIRST_DEPTH; depth++) {
        GMimeMultipart *multipart = GMIME_MULTIPART(root);
        root = g_mime_multipart_get_count(multipart) == 0 ? NULL
                                                          : g_mime_multipart_get_part(multipart, 0);
    }
    return GMIME_IS_PART(root) ? mime_parameter(arena, content_type(root), "charset") : NULL;
}

bool mime_walk(struct mime_reading *reading, GMimeObject *root, struct error *error)
{
    return walk(reading, root, (struct place){.depth = 0}, error);
}
