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
    MINUTE = 60,
    DATE_MOST = 1000, /* bytes; what is longer is none */
};

static const int64_t DAY = 86400000;
static const int64_t HALF = 1800000; /* an hour's half: zones are whole ones of them, nearly all */
static const int64_t FARTHEST = 50400000;     /* 14 hours: no clock is farther from UTC */
static const int64_t SOON = 600000;           /* between writing and receiving, at most */
static const int64_t SLACK = 120000;          /* by which clocks may differ */
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

/* What stands in brackets, where a zone may be told that is told nowhere else. */
static const char *comments_of(struct arena *arena, const char *text)
{
    const char *begin = strchr(text, '(');
    const char *end = strrchr(text, ')');

    return begin == NULL || end == NULL || end < begin
               ? ""
               : arena_copy_part(arena, begin + 1, (size_t)(end - begin - 1));
}

/* A moment at which mail can have been written. */
static bool read_date(struct arena *arena, const char *text, int64_t now, struct mime_date *date,
                      bool *has_zone_out)
{
    struct mime_moment told = {0};

    if (text == NULL || strlen(text) > DATE_MOST) {
        return false;
    }
    const char *plain = mime_words_decode(arena, text, NULL);
    if (!mime_date_parse(tidy(arena, plain), &told)) {
        return false;
    }
    if (!told.has_zone && mime_zone_parse(comments_of(arena, plain), &told.zone)) {
        told.seconds -= told.zone * (int64_t)MINUTE;
        told.has_zone = true;
    }
    int64_t moment = told.seconds * SECOND;
    if (moment < EARLIEST || moment > now + DAY) {
        return false;
    }
    *date = (struct mime_date){.is_known = true, .moment = moment, .offset_minutes = told.zone};
    *has_zone_out = told.has_zone;
    return true;
}

/* The first that is one. */
static bool read_written(struct arena *arena, GMimeObject *object, int64_t now,
                         struct mime_date *date, bool *has_zone_out)
{
    struct array lines;
    bool is_found = false;

    array_init(&lines, arena);
    mime_header_all(object, "Date", &lines);
    for (size_t i = 0; i < lines.count && !is_found; i++) {
        is_found = read_date(arena, lines.items[i], now, date, has_zone_out);
    }
    return is_found;
}

/* The machine that received it first put its line lowest; the date stands after the last
 * semicolon. */
static bool read_received(struct arena *arena, GMimeObject *object, int64_t now,
                          struct mime_date *date)
{
    struct array lines;
    bool is_found = false, has_zone = false;

    array_init(&lines, arena);
    mime_header_all(object, "Received", &lines);
    for (size_t i = lines.count; i > 0 && !is_found; i--) {
        const char *semicolon = strrchr(mime_without_comments(arena, lines.items[i - 1]), ';');
        is_found = semicolon != NULL && read_date(arena, semicolon + 1, now, date, &has_zone);
    }
    return is_found;
}

/* The writer's clock told no zone: it is the one by which the message was received soon after. A
 * message that was under way for longer leaves it open. */
static void fit_zone(struct mime_date *date, const struct mime_date *received)
{
    int64_t ahead = date->moment + SOON - received->moment; /* if it was received at the latest */
    int64_t halves = ahead >= 0 ? ahead / HALF : (ahead - HALF + 1) / HALF;
    int64_t offset = halves * HALF;
    bool is_soon = ahead - offset <= SOON + SLACK;

    if (is_soon && offset >= -FARTHEST && offset <= FARTHEST) {
        date->moment -= offset;
        date->offset_minutes = (int32_t)(offset / (MINUTE * SECOND));
        date->is_repaired = true;
    }
}

struct mime_date mime_date_of(struct arena *arena, GMimeObject *object, int64_t now)
{
    struct mime_date date = {.is_known = false}, received = {.is_known = false};
    bool has_zone = false;

    if (read_written(arena, object, now, &date, &has_zone)) {
        if (!has_zone && read_received(arena, object, now, &received)) {
            fit_zone(&date, &received);
        }
        return date;
    }
    if (read_received(arena, object, now, &date)) {
        date.is_repaired = true;
    }
    return date;
}
