/*
 * date.c - when a message was written, if that can be believed.
 */
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "mime/header.h"
#include "mime/word.h"

enum {
    SECOND = 1000,
    DATE_MOST = 1000, /* bytes; what is longer is none */
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

/* A moment at which mail can have been written. */
static bool read_date(struct arena *arena, const char *text, int64_t now, struct mime_date *date)
{
    int64_t seconds = 0;
    int zone = 0;

    if (text == NULL || strlen(text) > DATE_MOST ||
        !mime_date_parse(tidy(arena, mime_words_decode(arena, text, NULL)), &seconds, &zone)) {
        return false;
    }
    int64_t moment = seconds * SECOND;
    if (moment < EARLIEST || moment > now + DAY) {
        return false;
    }
    *date = (struct mime_date){.is_known = true, .moment = moment, .offset_minutes = zone};
    return true;
}

/* The first that is one. */
static bool read_written(struct arena *arena, GMimeObject *object, int64_t now,
                         struct mime_date *date)
{
    struct array lines;
    bool is_found = false;

    array_init(&lines, arena);
    mime_header_all(object, "Date", &lines);
    for (size_t i = 0; i < lines.count && !is_found; i++) {
        is_found = read_date(arena, lines.items[i], now, date);
    }
    return is_found;
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
        const char *semicolon = strrchr(mime_without_comments(arena, lines.items[i - 1]), ';');
        is_found = semicolon != NULL && read_date(arena, semicolon + 1, now, date);
    }
    return is_found;
}

struct mime_date mime_date_of(struct arena *arena, GMimeObject *object, int64_t now)
{
    struct mime_date date = {.is_known = false};

    if (!read_written(arena, object, now, &date) && read_received(arena, object, now, &date)) {
        date.is_repaired = true;
    }
    return date;
}
