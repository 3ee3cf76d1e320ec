/*
 * date.c - when a message was written, if that can be believed.
 */
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "mime/header.h"

enum {
    SECOND = 1000,
    DATE_MOST =
        1000, /* bytes; what is longer is none: blanks in it are looked at again and again */
};

static const int64_t DAY = 86400000;
static const int64_t EARLIEST = 315532800000; /* 1980: before there was mail of this kind */

/* Without comments, and without blanks beside the colons of a time. */
static const char *tidy(struct arena *arena, const char *text)
{
    char *tidied = mime_without_comments(arena, text);
    char *to = tidied;

    for (const char *at = tidied; *at != '\0'; at++) {
        const char *next = at + strspn(at, " ");
        bool is_beside_colon = *next == ':' || (to > tidied && to[-1] == ':');
        if (*at != ' ' || !is_beside_colon) {
            *to++ = *at;
        }
    }
    *to = '\0';
    return tidied;
}

/* Takes a date in the form of RFC 5322, and what programs make of it. */
static bool read_date(struct arena *arena, const char *text, int64_t now, struct mime_date *date)
{
    GDateTime *parsed = text == NULL || strlen(text) > DATE_MOST
                            ? NULL
                            : g_mime_utils_header_decode_date(tidy(arena, text));

    if (parsed == NULL) {
        return false;
    }
    int64_t moment = g_date_time_to_unix(parsed) * SECOND;
    int32_t offset = (int32_t)(g_date_time_get_utc_offset(parsed) / G_TIME_SPAN_MINUTE);
    g_date_time_unref(parsed);
    if (moment < EARLIEST || moment > now + DAY) {
        return false;
    }
    *date = (struct mime_date){.is_known = true, .moment = moment, .offset_minutes = offset};
    return true;
}

/* The machine that received it first put its line lowest; the date stands after the last
 * semicolon. */
static bool read_received(struct arena *arena, GMimeObject *object, int64_t now,
                          struct mime_date *date)
{
    struct array lines;
    bool is_found = false;

    array_init(&lines, arena);
    mime_header_all(object, "Received", &lines);
    for (size_t i = lines.count; i > 0 && !is_found; i--) {
        const char *semicolon = strrchr(lines.items[i - 1], ';');
        is_found = semicolon != NULL && read_date(arena, semicolon + 1, now, date);
    }
    return is_found;
}

struct mime_date mime_date_of(struct arena *arena, GMimeObject *object, int64_t now)
{
    struct mime_date date = {.is_known = false};

    if (!read_date(arena, mime_header(object, "Date"), now, &date) &&
        read_received(arena, object, now, &date)) {
        date.is_repaired = true;
    }
    return date;
}
