/*
 * hide.c - first letters of names, exchanged for a mark and back.
 */
#include "mime/hide.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "mime/field.h"
#include "mime/mime.h"
#include "mime/scan.h"
#include "mime/spool.h"

enum { CHUNK = 64 * 1024 };

struct mime_hidden_list {
    int64_t at; /* where its name begins, in the stream */
    char letter;
};

static bool say_no_room(struct error *error)
{
    return error_set(error, ERROR_INTERNAL, NULL, "There is no room for the message");
}

/* ---- bytes ---- */

/* Copies the spool, and notes where the lists begin. */
static bool copy(struct arena *arena, const struct mime_spool *spool, struct mime_scan *scan,
                 GMimeStream *stream, struct error *error)
{
    char *bytes = arena_allocate(arena, CHUNK);
    ssize_t length = 0;

    for (int64_t at = 0; at < spool->size; at += length) {
        length = pread(spool->file, bytes, CHUNK, at);
        if (length <= 0 || g_mime_stream_write(stream, bytes, (size_t)length) != length) {
            return say_no_room(error);
        }
        if (!mime_scan_add(scan, bytes, (size_t)length, error)) {
            return false;
        }
    }
    return mime_scan_end(scan, error);
}

static bool put(GMimeStream *stream, int64_t at, char letter)
{
    return g_mime_stream_seek(stream, at, GMIME_STREAM_SEEK_SET) == at &&
           g_mime_stream_write(stream, &letter, 1) == 1;
}

static bool hide(struct arena *arena, struct mime_hiding *hiding, int64_t at, struct error *error)
{
    struct mime_hidden_list *list = arena_allocate(arena, sizeof(*list));

    list->at = at;
    if (g_mime_stream_seek(hiding->stream, at, GMIME_STREAM_SEEK_SET) != at ||
        g_mime_stream_read(hiding->stream, &list->letter, 1) != 1 ||
        !put(hiding->stream, at, mime_field_mark(list->letter))) {
        return say_no_room(error);
    }
    array_add(&hiding->lists, list);
    return true;
}

bool mime_hide_lists(struct arena *arena, const struct mime_spool *spool,
                     const struct mime_limits *limits, struct mime_scratch *scratch,
                     struct mime_hiding *hiding_out, struct error *error)
{
    struct mime_hiding hiding = {.stream = NULL};
    struct mime_scan scan;

    if (!mime_scratch_make(arena, scratch, spool->size, &hiding.stream, error)) {
        return false;
    }
    array_init(&hiding.lists, arena);
    mime_scan_begin(arena, limits, &scan);
    scan.does_note_within = true;
    if (!copy(arena, spool, &scan, hiding.stream, error)) {
        return false;
    }
    for (size_t i = 0; i < scan.within.count; i++) {
        const int64_t *begin = scan.within.items[i];
        if (!hide(arena, &hiding, hiding.stream->bound_start + *begin, error)) {
            return false;
        }
    }
    *hiding_out = hiding;
    return true;
}

/* ---- what GMime has kept ---- */

static void show_name(char *name, size_t length)
{
    char letter = mime_field_letter(name, length);

    if (letter != '\0') {
        *name = letter;
    }
}

/* By its first letter alone: GMime would parse a header that is given another name. */
static void show_header(GMimeObject *object)
{
    GMimeHeaderList *list = g_mime_object_get_header_list(object);
    int count = g_mime_header_list_get_count(list);

    for (int i = 0; i < count; i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        show_name(header->raw_name, strcspn(header->raw_name, " \t"));
    }
}

/* What stands before the first part and behind the last is no header, and may look so. */
static void show_lines(char *text)
{
    for (char *line = text; line != NULL && *line != '\0';) {
        show_name(line, strcspn(line, ": \t\r\n"));
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
}

static void show_object(GMimeObject *object)
{
    if (object == NULL) {
        return;
    }
    show_header(object);
    if (GMIME_IS_MESSAGE_PART(object)) {
        GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
        show_object(message == NULL ? NULL : GMIME_OBJECT(message));
    } else if (GMIME_IS_MESSAGE(object)) {
        show_object(g_mime_message_get_mime_part(GMIME_MESSAGE(object)));
    } else if (GMIME_IS_MULTIPART(object)) {
        GMimeMultipart *multipart = GMIME_MULTIPART(object);
        int count = g_mime_multipart_get_count(multipart);
        show_lines(multipart->prologue);
        show_lines(multipart->epilogue);
        for (int i = 0; i < count; i++) {
            show_object(g_mime_multipart_get_part(multipart, i));
        }
    }
}

bool mime_show_lists(const struct mime_hiding *hiding, GMimeMessage *message, struct error *error)
{
    for (size_t i = 0; i < hiding->lists.count; i++) {
        const struct mime_hidden_list *list = hiding->lists.items[i];
        if (!put(hiding->stream, list->at, list->letter)) {
            return say_no_room(error);
        }
    }
    if (message != NULL) {
        show_object(g_mime_message_get_mime_part(message));
    }
    return true;
}
