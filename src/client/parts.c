/*
 * parts.c - lines that divide a message, looked for in whatever pieces it comes.
 */
#include "client/parts.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"

enum { LINE_MOST = 4096, BOUNDARY_MOST = 70 /* RFC 2046 */ };

/* ---- the boundary ---- */

static bool is_in_parts(const char *content_type)
{
    static const char name[] = "multipart/related";
    size_t length = sizeof(name) - 1;

    return strncasecmp(content_type, name, length) == 0 &&
           strchr("; \t", content_type[length]) != NULL;
}

/* The value of the parameter, in quotes or not; NULL: there is none. */
static const char *find_boundary(const char *content_type, size_t *length_out)
{
    static const char name[] = "boundary=";

    for (const char *at = strchr(content_type, ';'); at != NULL; at = strchr(at, ';')) {
        at++;
        at += strspn(at, " \t");
        if (strncasecmp(at, name, sizeof(name) - 1) == 0) {
            const char *value = at + sizeof(name) - 1;
            bool is_quoted = *value == '"';
            value += is_quoted ? 1 : 0;
            *length_out = strcspn(value, is_quoted ? "\"" : "; \t");
            return value;
        }
    }
    return NULL;
}

/* The first mark may stand at the very begin: a line end before it is thought of. */
bool parts_begin(struct parts *parts, struct arena *arena, const char *content_type,
                 parts_take *take, void *context)
{
    size_t length = 0;
    const char *boundary = is_in_parts(content_type) ? find_boundary(content_type, &length) : NULL;

    if (boundary == NULL || length == 0 || length > BOUNDARY_MOST) {
        return false;
    }
    *parts = (struct parts){.take = take, .context = context, .matched = 2};
    memcpy(parts->mark, "\r\n--", 4);
    memcpy(parts->mark + 4, boundary, length);
    parts->mark_length = length + 4;
    buffer_init(&parts->line, arena, 256);
    return true;
}

/* ---- what comes ---- */

static bool give(struct parts *parts, const char *bytes, size_t length)
{
    return length == 0 || parts->place != PARTS_CONTENT ||
           parts->take(parts->context, parts->part, bytes, length);
}

/* Content up to the next mark: how many bytes are behind us, or 0 where they are not wanted. CR
 * stands at the begin of the mark alone, so that no other begin of it is missed. */
static size_t read_content(struct parts *parts, const char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length && parts->matched > 0 && parts->matched < parts->mark_length) {
        if (bytes[at] == parts->mark[parts->matched]) {
            parts->matched++;
            at++;
            continue;
        }
        if (!give(parts, parts->mark, parts->matched)) {
            return 0;
        }
        parts->matched = 0;
    }
    if (parts->matched == parts->mark_length) {
        parts->matched = 0;
        parts->place = PARTS_MARK;
        return at;
    }
    const char *next = memchr(bytes + at, '\r', length - at);
    size_t end = next == NULL ? length : (size_t)(next - bytes);
    if (!give(parts, bytes + at, end - at)) {
        return 0;
    }
    parts->matched = next == NULL ? parts->matched : 1;
    return next == NULL ? length : end + 1;
}

static bool is_last_mark(const struct parts *parts)
{
    return strncmp(parts->line.bytes, "--", 2) == 0 && parts->part >= PARTS_ENVELOPE;
}

/* What follows the boundary: dashes end all, an empty rest begins a part; a file is the last. */
static bool end_mark(struct parts *parts)
{
    if (is_last_mark(parts)) {
        parts->place = PARTS_AFTER;
        return true;
    }
    parts->part++;
    parts->place = PARTS_HEAD;
    return parts->line.bytes[strspn(parts->line.bytes, " \t\r")] == '\0' &&
           parts->part <= PARTS_FILE;
}

/* The fields of a head say nothing that is not known; the empty line ends it. */
static bool end_head_line(struct parts *parts)
{
    if (strcmp(parts->line.bytes, "\r") == 0) {
        parts->place = PARTS_CONTENT;
    }
    return true;
}

/* A line of a head, or the rest of one behind a mark: how many bytes are behind us, 0 where it is
 * none. */
static size_t read_line(struct parts *parts, const char *bytes, size_t length)
{
    const char *newline = memchr(bytes, '\n', length);
    size_t count = newline == NULL ? length : (size_t)(newline - bytes);

    if (parts->line.length + count > LINE_MOST) {
        return 0;
    }
    buffer_add(&parts->line, bytes, count);
    if (newline == NULL) {
        return count;
    }
    bool is_good = parts->place == PARTS_MARK ? end_mark(parts) : end_head_line(parts);
    buffer_clear(&parts->line);
    return is_good ? count + 1 : 0;
}

bool parts_add(struct parts *parts, const char *bytes, size_t length)
{
    while (length > 0 && parts->place != PARTS_AFTER) {
        bool is_line = parts->place == PARTS_MARK || parts->place == PARTS_HEAD;
        size_t count = (is_line ? read_line : read_content)(parts, bytes, length);
        if (count == 0) {
            return false;
        }
        bytes += count;
        length -= count;
    }
    return true;
}

bool parts_are_whole(const struct parts *parts)
{
    return parts->place == PARTS_AFTER ||
           (parts->place == PARTS_MARK && is_last_mark(parts)); /* its line end may be missing */
}
