/*
 * compose.c - the header of a message of ours, and the message written.
 */
#include "mime/compose.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "mime/body.h"
#include "mime/library.h"
#include "mime/part.h"
#include "mime/spool.h"
#include "text/utf8.h"

enum { LOCAL_LENGTH = 64, ADDRESS_LENGTH = 254, LINE_LENGTH = 900, ID_LENGTH = 255 };

static const char charset[] = "utf-8";

/* ---- what may stand in a header ---- */

/* A text of people on one line, as far as a header should hold it; what looks like an encoded word
 * is no longer one, and is not decoded where it arrives. */
static const char *one_line(struct arena *arena, const char *text)
{
    char *line = arena_copy_part(arena, text, text_cut_length(text, strlen(text), LINE_LENGTH));

    for (char *at = line; *at != '\0'; at++) {
        if (iscntrl((unsigned char)*at) || (*at == '?' && at > line && at[-1] == '=')) {
            *at = ' ';
        }
    }
    return line;
}

/* Printable ASCII that neither ends brackets nor the line, nor is decoded by anybody. */
static bool is_plain(const char *text, size_t most)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        if (!isgraph((unsigned char)text[i]) || (unsigned char)text[i] > 126 || text[i] == '<' ||
            text[i] == '>') {
            return false;
        }
    }
    return length > 0 && length <= most && strstr(text, "=?") == NULL;
}

static bool is_domain(const char *domain)
{
    size_t length = strlen(domain);

    if (length == 0 || domain[0] == '.' || domain[length - 1] == '.' ||
        strstr(domain, "..") != NULL) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)domain[i]) && domain[i] != '-' && domain[i] != '.') {
            return false;
        }
    }
    return true;
}

/* What may stand before the @ without quotes: RFC 5322, 3.2.3, and RFC 6532, 3.2. */
static bool is_local_part(const char *local, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)local[i] < 128 && !isalnum((unsigned char)local[i]) &&
            strchr("!#$%&'*+-/=?^_`{|}~.", local[i]) == NULL) {
            return false;
        }
    }
    return length > 0 && length <= LOCAL_LENGTH && local[0] != '.' && local[length - 1] != '.' &&
           text_is_visible(local, length);
}

const char *mime_sendable_address(struct arena *arena, const char *address)
{
    const char *at = strrchr(address, '@');
    const char *wire = mime_wire_address(arena, address);

    return wire != NULL && strlen(wire) <= ADDRESS_LENGTH && strstr(wire, "=?") == NULL &&
                   is_local_part(address, (size_t)(at - address)) &&
                   is_domain(strrchr(wire, '@') + 1)
               ? wire
               : NULL;
}

/* ---- header ---- */

static void set_header(GMimeMessage *message, const char *name, const char *value)
{
    g_mime_object_set_header(GMIME_OBJECT(message), name, value, charset);
}

/* As it stands: GMime would encode a long word, and nobody decodes words in brackets. */
static void set_plain(struct arena *arena, GMimeMessage *message, const char *name,
                      const char *value)
{
    GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(message));

    set_header(message, name, "");
    g_mime_header_set_raw_value(g_mime_header_list_get_header(headers, name),
                                arena_format(arena, " %s\r\n", value));
}

static bool add_address(struct arena *arena, GMimeMessage *message, GMimeAddressType type,
                        const struct mime_address *address, struct error *error)
{
    const char *wire = mime_sendable_address(arena, address->address);

    if (wire == NULL) {
        return error_set(error, ERROR_VALUE_INVALID, NULL, "No mail can be sent to \"%.100s\"",
                         one_line(arena, address->address));
    }
    g_mime_message_add_mailbox(message, type,
                               address->name == NULL ? NULL : one_line(arena, address->name), wire);
    return true;
}

static bool add_addresses(struct arena *arena, GMimeMessage *message, GMimeAddressType type,
                          const struct mime_addresses *addresses, struct error *error)
{
    for (size_t i = 0; i < addresses->count; i++) {
        if (!add_address(arena, message, type, &addresses->items[i], error)) {
            return false;
        }
    }
    return true;
}

/* An id that has no safe form is not told: the answer arrives all the same. */
static void set_ids(struct arena *arena, GMimeMessage *message, const struct mime_draft *draft)
{
    struct buffer ids;

    buffer_init(&ids, arena, 64);
    for (size_t i = 0; i < draft->reference_count; i++) {
        if (is_plain(draft->references[i], ID_LENGTH)) {
            buffer_add_format(&ids, "%s<%s>", ids.length == 0 ? "" : "\r\n ", draft->references[i]);
        }
    }
    if (draft->message_id != NULL && is_plain(draft->message_id, ID_LENGTH)) {
        g_mime_message_set_message_id(message, draft->message_id);
    }
    if (draft->in_reply_to != NULL && is_plain(draft->in_reply_to, ID_LENGTH)) {
        set_plain(arena, message, "In-Reply-To", arena_format(arena, "<%s>", draft->in_reply_to));
    }
    if (ids.length > 0) {
        set_plain(arena, message, "References", ids.bytes);
    }
}

static void set_marks(struct arena *arena, GMimeMessage *message, const struct mime_draft *draft)
{
    if (draft->is_automatic) {
        set_header(message, "Auto-Submitted", "auto-generated");
    }
    if (draft->importance != NULL) {
        set_header(message, "Importance", draft->importance);
    }
    if (draft->is_receipt_wanted) {
        set_plain(arena, message, "Disposition-Notification-To",
                  arena_format(arena, "<%s>", mime_wire_address(arena, draft->from.address)));
    }
    if (draft->unsubscribe_address != NULL && is_plain(draft->unsubscribe_address, LINE_LENGTH)) {
        set_plain(arena, message, "List-Unsubscribe",
                  arena_format(arena, "<%s>", draft->unsubscribe_address));
        set_header(message, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    }
}

static void set_date(GMimeMessage *message, int64_t moment)
{
    GDateTime *date = g_date_time_new_from_unix_utc(moment / 1000);

    g_mime_message_set_date(message, date);
    g_date_time_unref(date);
}

static bool write_header(struct arena *arena, GMimeMessage *message, const struct mime_draft *draft,
                         struct error *error)
{
    set_date(message, draft->date);
    if (!add_address(arena, message, GMIME_ADDRESS_TYPE_FROM, &draft->from, error) ||
        !add_addresses(arena, message, GMIME_ADDRESS_TYPE_TO, &draft->to, error) ||
        !add_addresses(arena, message, GMIME_ADDRESS_TYPE_CC, &draft->cc, error)) {
        return false;
    }
    g_mime_message_set_subject(message, one_line(arena, draft->subject), charset);
    set_ids(arena, message, draft);
    set_marks(arena, message, draft);
    return true;
}

/* ---- the whole ---- */

static int64_t size_of(const struct mime_draft *draft)
{
    int64_t size = draft->html == NULL ? 0 : (int64_t)strlen(draft->html);

    size += draft->text == NULL ? 0 : (int64_t)strlen(draft->text);
    for (size_t i = 0; i < draft->attachment_count; i++) {
        size += draft->attachments[i].size;
    }
    return size + size / 2;
}

static bool write_whole(GMimeMessage *message, GMimeStream *stream, struct error *error)
{
    GMimeFormatOptions *options = g_mime_format_options_new();

    g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
    bool is_written = g_mime_object_write_to_stream(GMIME_OBJECT(message), options, stream) >= 0 &&
                      g_mime_stream_flush(stream) == 0;
    g_mime_format_options_free(options);
    return is_written || error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
}

bool mime_compose(struct arena *arena, const struct mime_draft *draft, const char *folder,
                  struct mime_content **content_out, int64_t *size_out, struct error *error)
{
    GMimeObject *body = NULL;
    GMimeStream *stream = NULL;

    mime_library_begin();
    GMimeMessage *message = g_mime_message_new(TRUE);
    mime_unref_with(arena, message);
    if (!write_header(arena, message, draft, error) ||
        !mime_body_make(arena, draft, folder, &body, error) ||
        !mime_spool_make(arena, folder, size_of(draft), &stream, error)) {
        return false;
    }
    g_mime_message_set_mime_part(message, body);
    if (!write_whole(message, stream, error)) {
        return false;
    }
    *size_out = g_mime_stream_length(stream);
    *content_out = mime_content_over(arena, stream);
    return true;
}
