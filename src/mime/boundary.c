/*
 * boundary.c - lines of the body that look like boundaries; the one that comes again is told in a
 * header of ours.
 */
#include "mime/boundary.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "mime/header.h"
#include "mime/parameter.h"
#include "mime/spool.h"

enum { CHUNK = 16 * 1024, LINE_MOST = 256, CANDIDATES = 16 };

static const char type_name[] = "content-type:";

/* How the fields of a part begin, and those of a letter that is quoted do not. */
static const char *const part_fields[] = {"content-", "mime-version:"};

/* A line that may be a boundary. */
struct candidate {
    char text[LINE_MOST];
    bool is_behind_text; /* then a line that people repeat looks the same */
    bool is_confirmed;   /* the field of a part follows it; or it came again, behind no text */
};

/* The body looked through. */
struct search {
    struct candidate candidates[CANDIDATES];
    size_t count;
    char line[LINE_MOST];
    size_t length;             /* of it; LINE_MOST: it is longer, and none */
    bool has_text;             /* so far */
    struct candidate *pending; /* stood in the line before; NULL: none did */
    bool is_pending_new;       /* for the first time */
};

/* ---- lines ---- */

static bool begins_with(const char *line, const char *begin)
{
    return strncasecmp(line, begin, strlen(begin)) == 0;
}

static bool is_field(const char *line)
{
    size_t length = 0;

    while (isgraph((unsigned char)line[length]) && line[length] != ':') {
        length++;
    }
    return length > 0 && line[length] == ':';
}

static bool is_part_field(const char *line)
{
    for (size_t i = 0; i < sizeof(part_fields) / sizeof(part_fields[0]); i++) {
        if (begins_with(line, part_fields[i])) {
            return true;
        }
    }
    return false;
}

/* The one that was met before, of which the line is the same, or the end. NULL: there is none. */
static struct candidate *find_known(struct search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        size_t length = strlen(search->candidates[i].text);
        bool is_same = strncmp(search->line, search->candidates[i].text, length) == 0 &&
                       (search->line[length] == '\0' || strcmp(search->line + length, "--") == 0);
        if (is_same) {
            return &search->candidates[i];
        }
    }
    return NULL;
}

/* A candidate that nothing follows which may follow one is none. */
static void judge_pending(struct search *search)
{
    search->pending->is_confirmed |= is_part_field(search->line);
    if (search->is_pending_new && *search->line != '\0' && !is_field(search->line)) {
        search->count--;
    }
    search->pending = NULL;
}

/* NULL: the line is none, or there is no room for it. */
static struct candidate *take_candidate(struct search *search)
{
    struct candidate *known = find_known(search);

    search->is_pending_new = known == NULL;
    if (known != NULL) {
        known->is_confirmed |= !known->is_behind_text;
        return known;
    }
    if (search->count == CANDIDATES) {
        return NULL;
    }
    struct candidate *candidate = &search->candidates[search->count++];
    strcpy(candidate->text, search->line);
    candidate->is_behind_text = search->has_text;
    candidate->is_confirmed = false;
    return candidate;
}

static void end_line(struct search *search)
{
    size_t length = search->length < LINE_MOST ? search->length : 0;

    while (length > 0 && isspace((unsigned char)search->line[length - 1])) {
        length--;
    }
    search->line[length] = '\0';
    if (search->pending != NULL) {
        judge_pending(search);
    }
    if (length > 2 && begins_with(search->line, "--")) {
        search->pending = take_candidate(search);
    } else {
        search->has_text |= search->length == LINE_MOST || length > 0;
    }
    search->length = 0;
}

static void look_through(struct search *search, GMimeStream *body)
{
    char bytes[CHUNK];
    ssize_t length = 0;

    while (!g_mime_stream_eos(body) &&
           (length = g_mime_stream_read(body, bytes, sizeof(bytes))) > 0) {
        for (ssize_t i = 0; i < length; i++) {
            if (bytes[i] == '\n') {
                end_line(search);
            } else if (search->length < LINE_MOST) {
                search->line[search->length++] = bytes[i];
            }
        }
    }
    end_line(search);
}

/* The boundary of the whole comes first. NULL: there is none. */
static const char *find_boundary(struct arena *arena, GMimeStream *stream, int64_t begin)
{
    struct search *search = arena_allocate(arena, sizeof(*search));
    GMimeStream *body = g_mime_stream_substream(stream, begin, -1);

    look_through(search, body);
    g_object_unref(body);
    for (size_t i = 0; i < search->count; i++) {
        if (search->candidates[i].is_confirmed) {
            return search->candidates[i].text + 2;
        }
    }
    return NULL;
}

/* ---- the header ---- */

static const char *take_header(struct arena *arena, GMimeStream *stream,
                               const struct mime_spool *spool)
{
    size_t size = (size_t)(spool->header_end - spool->header_begin);
    char *header = arena_allocate(arena, size + 1);
    GMimeStream *part = g_mime_stream_substream(stream, spool->header_begin, spool->header_end);
    ssize_t length = size == 0 ? 0 : g_mime_stream_read(part, header, size);

    g_object_unref(part);
    header[length < 0 ? 0 : length] = '\0';
    return header;
}

/* Where the field ends that begins here: behind the lines that go on with it. */
static const char *end_of_field(const char *at)
{
    do {
        at += strcspn(at, "\n");
        at += *at == '\n';
    } while (*at == ' ' || *at == '\t');
    return at;
}

/* The header without its types; the first of them that is a multipart. */
static const char *split_type(struct arena *arena, const char *header, struct buffer *rest)
{
    const char *type = NULL;

    for (const char *at = header; *at != '\0';) {
        const char *end = end_of_field(at);
        if (!begins_with(at, type_name)) {
            buffer_add(rest, at, (size_t)(end - at));
        } else if (type == NULL) {
            const char *value = at + strlen(type_name);
            type = arena_copy_part(arena, value, (size_t)(end - value));
            type = begins_with(mime_before_parameters(arena, type), "multipart") ? type : NULL;
        }
        at = end;
    }
    return type;
}

static bool is_token(const char *text)
{
    while (isalnum((unsigned char)*text) || *text == '-') {
        text++;
    }
    return *text == '\0';
}

/* What is known of the type, with the other boundary. */
static void add_type(struct arena *arena, struct buffer *header, const char *type,
                     const char *boundary)
{
    static const char main[] = "multipart/";
    const char *said = mime_before_parameters(arena, type);
    const char *sub = begins_with(said, main) ? said + strlen(main) : "";
    const char *report = mime_parameter(arena, type, "report-type");

    buffer_add_format(header, "Content-Type: %s%s; boundary=\"", main,
                      *sub != '\0' && is_token(sub) ? sub : "mixed");
    for (const char *at = boundary; *at != '\0'; at++) {
        buffer_add_format(header, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    }
    buffer_add_char(header, '"');
    if (report != NULL && is_token(report)) {
        buffer_add_format(header, "; report-type=%s", report);
    }
    buffer_add_char(header, '\n');
}

GMimeStream *mime_boundary_mend(struct arena *arena, GMimeStream *stream,
                                const struct mime_spool *spool)
{
    struct buffer header, rest;

    buffer_init(&header, arena, LINE_MOST);
    buffer_init(&rest, arena, LINE_MOST);
    const char *type = split_type(arena, take_header(arena, stream, spool), &rest);
    const char *boundary = type == NULL ? NULL : find_boundary(arena, stream, spool->header_end);
    if (boundary == NULL) {
        return NULL;
    }
    add_type(arena, &header, type, boundary);
    buffer_add(&header, rest.bytes, rest.length);
    GMimeStream *head = g_mime_stream_mem_new_with_buffer(header.bytes, header.length);
    GMimeStream *body = g_mime_stream_substream(stream, spool->header_end, -1);
    GMimeStream *both = g_mime_stream_cat_new();
    g_mime_stream_cat_add_source(GMIME_STREAM_CAT(both), head);
    g_mime_stream_cat_add_source(GMIME_STREAM_CAT(both), body);
    g_object_unref(head);
    g_object_unref(body);
    g_mime_stream_reset(both);
    mime_unref_with(arena, both);
    return both;
}
