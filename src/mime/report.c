/*
 * report.c - what a server says of another message: that it did not arrive, or that it did.
 */
#define _GNU_SOURCE /* strcasestr */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "mime/header.h"
#include "mime/parameter.h"
#include "mime/part.h"

enum { REPORT_BYTES = 64 * 1024 };

/* Whatever is reported, a program wrote it. */
void mime_note_report(struct mime_reading *reading, const char *content_type)
{
    const char *type = mime_parameter(reading->arena, content_type, "report-type");

    if (type == NULL) {
        return;
    }
    bool is_delivery = strcasecmp(type, "delivery-status") == 0;
    *(is_delivery ? &reading->has_report : &reading->has_notice) = true;
}

/* Looks for fields of this name at the begin of lines; where the value of the next begins. NULL:
 * there is none. */
static const char *next_field(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = text; (at = strcasestr(at, name)) != NULL; at += length) {
        if (at[-1] == '\n') {
            return at + length;
        }
    }
    return NULL;
}

const char *mime_reported_id(struct arena *arena, const char *text)
{
    const char *found = next_field(arena_format(arena, "\n%s", text) + 1, "message-id:");

    if (found == NULL) {
        return NULL;
    }
    return mime_message_id(arena, arena_copy_part(arena, found, strcspn(found, "\n")));
}

/* Of each recipient the report says what was done: for one that failed it is a bounce; that the
 * others are late, or were reached, is not. */
static void note_actions(struct mime_reading *reading, const char *status)
{
    static const char failed[] = "failed";
    const char *at = arena_format(reading->arena, "\n%s", status) + 1;

    reading->has_report = true;
    while ((at = next_field(at, "action:")) != NULL) {
        at += strspn(at, " \t");
        bool is_failed = strncasecmp(at, failed, strlen(failed)) == 0;
        *(is_failed ? &reading->has_failed : &reading->has_other) = true;
    }
}

static const char *take(struct arena *arena, const struct mime_part *part)
{
    size_t length = 0;
    bool has_more = false;
    const char *text = mime_content_take(arena, part->content, REPORT_BYTES, &length, &has_more);

    mime_content_rewind(part->content);
    return text;
}

/* The id of the message that a report has with it: whole, or its header alone. */
static const char *find_id(struct mime_reading *reading, GMimeObject *leaf,
                           const struct mime_part *part)
{
    struct arena *arena = reading->arena;

    if (!GMIME_IS_MESSAGE_PART(leaf)) {
        return mime_reported_id(arena, take(arena, part));
    }
    GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(leaf));
    return message == NULL
               ? NULL
               : mime_message_id(arena, mime_header(GMIME_OBJECT(message), "Message-ID"));
}

void mime_note_reported(struct mime_reading *reading, GMimeObject *leaf,
                        const struct mime_part *part)
{
    bool is_status = strstr(part->media_type, "delivery-status") != NULL;

    if (is_status) {
        note_actions(reading, take(reading->arena, part));
    }
    if (reading->has_report && reading->reported_id == NULL &&
        (part->kind == MIME_MESSAGE || part->kind == MIME_REPORT)) {
        reading->reported_id = find_id(reading, leaf, part);
    }
}
