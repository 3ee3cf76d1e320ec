/*
 * scan.c - a small machine that goes from byte to byte, and knows what each line looks like.
 */
#include "mime/scan.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "mime/mime.h"

/* Lines that look like parts, for each part that may be: texts hold such lines too. */
enum { LOOKS_PER_PART = 20 };

static const char mailbox_line[] = "From ";

void mime_scan_begin(struct arena *arena, const struct mime_limits *limits, struct mime_scan *scan)
{
    *scan = (struct mime_scan){.arena = arena, .limits = limits, .header_end = -1};
    array_init(&scan->hidden, arena);
    array_init(&scan->lists, arena);
    array_init(&scan->within, arena);
    mime_field_begin_header(&scan->field);
}

static bool refuse(const char *what, size_t limit, const char *setting, struct error *error)
{
    return error_set(error, ERROR_LIMIT_EXCEEDED, "message",
                     "The header of a message may have at most %zu %s, which is %s", limit, what,
                     setting);
}

/* ---- lines ---- */

/* The own header: counted, and ended by the first line that is empty. */
static bool end_header_line(struct mime_scan *scan, struct error *error)
{
    if (scan->line == MIME_LINE_START || scan->line == MIME_LINE_BLANK) {
        scan->header_end = scan->offset;
        return true;
    }
    if (++scan->header_lines > scan->limits->header_lines) {
        return refuse("lines", scan->limits->header_lines, "mail.header_lines", error);
    }
    return true;
}

static void end_body_line(struct mime_scan *scan)
{
    bool is_header = scan->line == MIME_LINE_HEADER;
    bool is_empty = scan->line == MIME_LINE_START || scan->line == MIME_LINE_BLANK;

    scan->run = is_header ? scan->run + 1 : 0;
    scan->parts += scan->after_dashes && (is_header || is_empty);
    scan->after_dashes = scan->line == MIME_LINE_DASHES;
    scan->is_hostile |= scan->run > scan->limits->header_lines ||
                        scan->parts > scan->limits->parts * LOOKS_PER_PART;
}

/* A mailbox puts a line of its own before a message. */
static bool is_mailbox_line(const struct mime_scan *scan)
{
    return scan->header_lines == 0 && scan->is_first_mailbox &&
           scan->line_length >= sizeof(mailbox_line) - 1;
}

static void note_run(struct mime_scan *scan)
{
    size_t count = scan->field.list_count;

    scan->has_long_lists_within = true;
    if (!scan->does_note_within || count > MIME_FIELD_LISTS_MOST) {
        return; /* nobody asks, or it is not taken apart */
    }
    for (size_t i = 0; i < count; i++) {
        array_add(&scan->within,
                  arena_copy(scan->arena, &scan->run_lists[i], sizeof(scan->run_lists[i])));
    }
}

/* What was a header, or looked so, ends. */
static void end_run(struct mime_scan *scan)
{
    if (scan->header_end >= 0 && scan->field.list_length > MIME_FIELD_LISTS_LONG) {
        note_run(scan);
    }
    mime_field_begin_header(&scan->field);
}

static bool end_line(struct mime_scan *scan, struct error *error)
{
    bool is_empty = scan->line == MIME_LINE_START || scan->line == MIME_LINE_BLANK;
    bool done = true;

    if (is_empty) {
        end_run(scan);
    }
    if (scan->header_end >= 0) {
        end_body_line(scan);
    } else if (scan->header_begin == 0 && is_mailbox_line(scan)) {
        scan->header_begin = scan->offset;
    } else {
        done = end_header_line(scan, error);
    }
    scan->line = MIME_LINE_START;
    scan->line_length = 0;
    return done;
}

/* ---- fields ---- */

static void note_field(struct mime_scan *scan, struct array *fields)
{
    array_add(fields, arena_copy(scan->arena, &scan->field_begin, sizeof(scan->field_begin)));
}

static void note_list(struct mime_scan *scan, enum mime_field_use before)
{
    bool is_new = scan->field.use == MIME_FIELD_ADDRESSES && before == MIME_FIELD_UNKNOWN;

    if (scan->header_end < 0) {
        scan->has_long_lists |= scan->field.list_length > MIME_FIELD_LISTS_LONG;
        if (is_new) {
            note_field(scan, &scan->lists);
        }
    } else if (is_new && scan->field.list_count <= MIME_FIELD_LISTS_MOST) {
        scan->run_lists[scan->field.list_count - 1] = scan->field_begin;
    }
}

/* Whatever begins with a letter may be a field to GMime; the one before goes on after a blank. */
static void look_at_field(struct mime_scan *scan, char byte)
{
    bool was_hostile = scan->field.is_hostile;

    if (scan->line_length == 0 && byte != ' ' && byte != '\t' && byte != '\r') {
        mime_field_begin(&scan->field);
        scan->field_begin = scan->offset - 1;
        was_hostile = false;
    }
    enum mime_field_use before = scan->field.use;
    if (byte != '\r') {
        mime_field_add(&scan->field, byte);
    }
    note_list(scan, before);
    if (!scan->field.is_hostile || was_hostile) {
        return;
    }
    if (scan->header_end < 0) {
        note_field(scan, &scan->hidden);
    } else {
        scan->is_hostile = true;
    }
}

/* ---- bytes ---- */

static enum mime_scan_line begin_line(const struct mime_scan *scan, char byte)
{
    if (byte == '\r') {
        return MIME_LINE_BLANK;
    }
    if (byte == ' ' || byte == '\t') {
        /* What goes on with a header is a line of it. */
        return scan->header_end < 0 || scan->run > 0 ? MIME_LINE_HEADER : MIME_LINE_OTHER;
    }
    return byte == '-' ? MIME_LINE_DASHES : MIME_LINE_NAME;
}

static void look_at(struct mime_scan *scan, char byte)
{
    switch (scan->line) {
    case MIME_LINE_START:
        scan->line = begin_line(scan, byte);
        break;
    case MIME_LINE_NAME:
        if (byte == ':') {
            scan->line = MIME_LINE_HEADER;
        } else if (!isgraph((unsigned char)byte)) {
            scan->line = MIME_LINE_OTHER;
        }
        break;
    case MIME_LINE_DASHES:
        if (scan->line_length == 1 && byte != '-') {
            scan->line = MIME_LINE_NAME;
        }
        break;
    case MIME_LINE_BLANK:
        scan->line = MIME_LINE_OTHER;
        break;
    case MIME_LINE_HEADER:
    case MIME_LINE_OTHER:
        break;
    }
}

static void note_mailbox(struct mime_scan *scan, char byte)
{
    if (scan->line_length < sizeof(mailbox_line) - 1) {
        bool is_same = byte == mailbox_line[scan->line_length];
        scan->is_first_mailbox = is_same && (scan->line_length == 0 || scan->is_first_mailbox);
    }
}

bool mime_scan_add(struct mime_scan *scan, const char *bytes, size_t length, struct error *error)
{
    for (size_t i = 0; i < length; i++) {
        scan->offset++;
        if (bytes[i] == '\n') {
            if (!end_line(scan, error)) {
                return false;
            }
            continue;
        }
        note_mailbox(scan, bytes[i]);
        look_at(scan, bytes[i]);
        look_at_field(scan, bytes[i]);
        scan->line_length++;
        if (scan->header_end < 0 &&
            scan->offset - scan->header_begin > (int64_t)scan->limits->header) {
            return refuse("bytes", scan->limits->header, "mail.header", error);
        }
    }
    return true;
}

bool mime_scan_end(struct mime_scan *scan, struct error *error)
{
    if (scan->line_length > 0 && !end_line(scan, error)) {
        return false;
    }
    if (scan->header_end < 0) {
        scan->header_end = scan->offset;
    } else {
        end_run(scan);
    }
    return true;
}
