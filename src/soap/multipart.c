/*
 * multipart.c - finds boundaries with one buffer, reads the head of each part, trusts nothing.
 */
#include "soap/multipart.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "soap/characters.h"
#include "soap/limits.h"
#include "soap/media_type.h"

enum {
    BOUNDARY_MOST = 70,
    MARK_SIZE = BOUNDARY_MOST + 5, /* CR LF -- boundary NUL */
    WINDOW = 64 * 1024,
    HEAD_MOST = 8 * 1024 /* bytes of the header lines of one part */
};

/* Goes through a body from its beginning to its end. */
struct search {
    struct arena *arena;
    const struct body *body;
    const struct message_limits *limits;
    char mark[MARK_SIZE]; /* CR LF -- boundary */
    size_t mark_length;
    char *window;
    struct part *parts;
    const char **transfer_encodings; /* of the part with the same index */
    size_t part_count;
    struct error *error;
};

bool body_measure(struct body *body, struct error *error)
{
    struct stat status;

    if (body->file < 0 || fstat(body->file, &status) != 0) {
        return error_set(error, ERROR_INTERNAL, NULL, "The message could not be read again");
    }
    body->length = (int64_t)status.st_size;
    return true;
}

bool body_read(const struct body *body, int64_t offset, void *bytes, size_t capacity,
               size_t *length_out, struct error *error)
{
    int64_t left = offset < body->length ? body->length - offset : 0;
    size_t length = (int64_t)capacity < left ? capacity : (size_t)left;
    ssize_t got = (ssize_t)length;

    if (length == 0) {
        *length_out = 0;
        return true;
    }
    if (body->bytes != NULL) {
        memcpy(bytes, body->bytes + offset, length);
    } else {
        got = pread(body->file, bytes, length, (off_t)offset);
    }
    if (got <= 0) {
        error_set(error, ERROR_INTERNAL, NULL, "The message could not be read again");
        return error_add_cause(error, "pread of a spooled body failed");
    }
    *length_out = (size_t)got;
    return true;
}

static bool refuse(struct search *search, const char *sentence)
{
    return error_set(search->error, ERROR_HTTP_UNSUPPORTED, NULL, "%s", sentence);
}

/* Where the mark stands in bytes, or NULL. */
static const char *find_mark(const struct search *search, const char *bytes, size_t length)
{
    const char *end = bytes + length;

    while ((size_t)(end - bytes) >= search->mark_length) {
        bytes = memchr(bytes, '\r', (size_t)(end - bytes) - search->mark_length + 1);
        if (bytes == NULL || memcmp(bytes, search->mark, search->mark_length) == 0) {
            return bytes;
        }
        bytes++;
    }
    return NULL;
}

/* The offset of the next mark at or after offset. */
static bool find_boundary(struct search *search, int64_t offset, int64_t *offset_out)
{
    for (;;) {
        size_t length = 0;
        const char *found = NULL;
        if (!body_read(search->body, offset, search->window, WINDOW, &length, search->error)) {
            return false;
        }
        found = find_mark(search, search->window, length);
        if (found != NULL) {
            *offset_out = offset + (found - search->window);
            return true;
        }
        if (length < search->mark_length || offset + (int64_t)length >= search->body->length) {
            return refuse(search, "The multipart message does not end with its boundary");
        }
        offset += (int64_t)(length - search->mark_length + 1);
    }
}

/* The value of a header line of a part, white space around it gone. */
static const char *line_value(struct arena *arena, const char *line, size_t length,
                              const char *name)
{
    size_t name_length = strlen(name);
    const char *end = line + length;

    if (length <= name_length || strncasecmp(line, name, name_length) != 0 ||
        line[name_length] != ':') {
        return NULL;
    }
    line += name_length + 1;
    while (line < end && is_xml_space(*line)) {
        line++;
    }
    while (end > line && is_xml_space(end[-1])) {
        end--;
    }
    return arena_copy_part(arena, line, (size_t)(end - line));
}

/* "<a@b>" -> "a@b" */
static const char *strip_brackets(struct arena *arena, const char *id)
{
    size_t length = strlen(id);

    if (length > 2 && id[0] == '<' && id[length - 1] == '>') {
        return arena_copy_part(arena, id + 1, length - 2);
    }
    return id;
}

static void read_line(struct search *search, const char *line, size_t length)
{
    struct part *part = &search->parts[search->part_count];
    const char *id = line_value(search->arena, line, length, "Content-ID");
    const char *type = line_value(search->arena, line, length, "Content-Type");
    const char *encoding = line_value(search->arena, line, length, "Content-Transfer-Encoding");

    part->id = id != NULL ? strip_brackets(search->arena, id) : part->id;
    part->media_type = type != NULL ? type : part->media_type;
    if (encoding != NULL) {
        search->transfer_encodings[search->part_count] = encoding;
    }
}

/* Reads the header lines at an offset and finds where they end. */
static bool read_head(struct search *search, int64_t offset, int64_t *content_out)
{
    size_t length = 0;
    const char *line = search->window;

    if (!body_read(search->body, offset, search->window, HEAD_MOST, &length, search->error)) {
        return false;
    }
    for (;;) {
        size_t left = length - (size_t)(line - search->window);
        const char *end = memchr(line, '\r', left);
        if (end == NULL || (size_t)(end - line) + 2 > left || end[1] != '\n') {
            return refuse(search, "The head of a part is malformed or too long");
        }
        if (end == line) {
            *content_out = offset + (end - search->window) + 2;
            return true;
        }
        if (memchr(line, '\0', (size_t)(end - line)) != NULL || *line == ' ' || *line == '\t') {
            return refuse(search, "The head of a part is malformed");
        }
        read_line(search, line, (size_t)(end - line));
        line = end + 2;
    }
}

/* Only what is sent as it is can be read where it stands. */
static bool check_transfer_encoding(struct search *search)
{
    const char *encoding = search->transfer_encodings[search->part_count];

    if (encoding == NULL || strcasecmp(encoding, "binary") == 0 ||
        strcasecmp(encoding, "8bit") == 0 || strcasecmp(encoding, "7bit") == 0) {
        return true;
    }
    return refuse(search, "Content-Transfer-Encoding of a part must be binary, 8bit or 7bit");
}

/* What follows the boundary at an offset: CR LF and a part, or -- and the end. */
static bool read_after_boundary(struct search *search, int64_t offset, bool *is_end_out,
                                int64_t *next_out)
{
    char bytes[2] = {0};
    size_t length = 0;

    if (!body_read(search->body, offset, bytes, sizeof(bytes), &length, search->error)) {
        return false;
    }
    *is_end_out = length == 2 && bytes[0] == '-' && bytes[1] == '-';
    *next_out = offset + 2;
    if (*is_end_out || (length == 2 && bytes[0] == '\r' && bytes[1] == '\n')) {
        return true;
    }
    return refuse(search, "A boundary of the multipart message is malformed");
}

static bool read_part(struct search *search, int64_t *offset)
{
    int64_t content = 0;
    int64_t end = 0;

    if (search->part_count >= search->limits->mime_parts) {
        return error_set(search->error, ERROR_LIMIT_EXCEEDED, "mime_parts",
                         "The message goes beyond limits.mime_parts, which is %zu",
                         search->limits->mime_parts);
    }
    if (!read_head(search, *offset, &content) || !check_transfer_encoding(search)) {
        return false;
    }
    /* An empty part's boundary begins with the line end of its head. */
    if (!find_boundary(search, content - 2, &end)) {
        return false;
    }
    search->parts[search->part_count].offset = content;
    search->parts[search->part_count].length = end < content ? 0 : end - content;
    search->part_count++;
    *offset = end + (int64_t)search->mark_length;
    return true;
}

static bool read_parts(struct search *search)
{
    int64_t offset = 0;
    bool is_end = false;
    size_t length = 0;

    /* The first boundary may stand at the very beginning, without a line end before it. */
    if (!body_read(search->body, 0, search->window, search->mark_length, &length, search->error)) {
        return false;
    }
    if (length + 2 >= search->mark_length &&
        memcmp(search->window, search->mark + 2, search->mark_length - 2) == 0) {
        offset = (int64_t)search->mark_length - 2;
    } else {
        if (!find_boundary(search, 0, &offset)) {
            return false;
        }
        offset += (int64_t)search->mark_length;
    }
    for (;;) {
        if (!read_after_boundary(search, offset, &is_end, &offset)) {
            return false;
        }
        if (is_end) {
            return true;
        }
        if (!read_part(search, &offset)) {
            return false;
        }
    }
}

static bool is_boundary(const char *boundary)
{
    size_t length = boundary == NULL ? 0 : strlen(boundary);
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "'()+_,-./:=? ";

    return length > 0 && length <= BOUNDARY_MOST && strspn(boundary, allowed) == length &&
           boundary[length - 1] != ' ';
}

/* The part that start names, else the first. */
static bool find_root(struct search *search, const char *start, struct multipart *multipart)
{
    if (search->part_count == 0) {
        return refuse(search, "The multipart message has no part");
    }
    multipart->root = &search->parts[0];
    if (start != NULL) {
        const char *id = strip_brackets(search->arena, start);
        multipart->root = NULL;
        for (size_t i = 0; i < search->part_count && multipart->root == NULL; i++) {
            if (search->parts[i].id != NULL && strcmp(search->parts[i].id, id) == 0) {
                multipart->root = &search->parts[i];
            }
        }
    }
    if (multipart->root == NULL) {
        return refuse(search, "The multipart message has no part that start names");
    }
    return true;
}

/* The root is SOAP as it is, or in a package: application/xop+xml; type="text/xml". */
static bool check_root(struct search *search, struct multipart *multipart)
{
    const char *type = multipart->root->media_type;
    struct media_type media = {0};

    if (type == NULL || !media_type_parse(search->arena, type, &media) ||
        !media_type_is_utf8(&media)) {
        return refuse(search, "The root part must have a Content-Type, in UTF-8");
    }
    multipart->root_type = media.name;
    if (strcmp(media.name, "application/xop+xml") == 0) {
        multipart->root_type = media_type_parameter(&media, "type");
    }
    if (multipart->root_type == NULL || !media_type_is_soap(multipart->root_type)) {
        return refuse(search, "The root part must be text/xml, application/soap+xml, or "
                              "application/xop+xml of these");
    }
    return true;
}

bool multipart_is(const char *content_type)
{
    static const char name[] = "multipart/related";
    return content_type != NULL && strncasecmp(content_type, name, sizeof(name) - 1) == 0;
}

bool multipart_open(struct arena *arena, const char *content_type, const struct body *body,
                    const struct message_limits *limits, struct multipart **multipart_out,
                    struct error *error)
{
    struct multipart *multipart = arena_allocate(arena, sizeof(*multipart));
    struct search search = {.arena = arena, .body = body, .limits = limits, .error = error};
    struct media_type media = {0};
    const char *boundary = NULL;

    if (!media_type_parse(arena, content_type, &media)) {
        return refuse(&search, "The Content-Type is malformed");
    }
    boundary = media_type_parameter(&media, "boundary");
    if (!is_boundary(boundary)) {
        return refuse(&search, "The boundary must have 1 to 70 allowed characters");
    }
    search.mark_length = strlen(boundary) + 4;
    memcpy(search.mark, "\r\n--", 4);
    memcpy(search.mark + 4, boundary, search.mark_length - 4);
    search.window = arena_allocate(arena, WINDOW);
    search.parts = arena_allocate_array(arena, limits->mime_parts, sizeof(*search.parts));
    search.transfer_encodings =
        arena_allocate_array(arena, limits->mime_parts, sizeof(*search.transfer_encodings));
    if (!read_parts(&search) ||
        !find_root(&search, media_type_parameter(&media, "start"), multipart) ||
        !check_root(&search, multipart)) {
        return false;
    }
    multipart->body = *body;
    multipart->parts = search.parts;
    multipart->part_count = search.part_count;
    *multipart_out = multipart;
    return true;
}

static int hex_digit(char character)
{
    const char *digits = "0123456789abcdefABCDEF";
    const char *found = character == '\0' ? NULL : strchr(digits, character);
    int place = found == NULL ? -1 : (int)(found - digits);

    return place > 15 ? place - 6 : place;
}

/* Undoes %41; %00 stays, since no id has a NUL. */
static const char *decode_percent(struct arena *arena, const char *text)
{
    char *decoded = arena_allocate(arena, strlen(text) + 1);
    char *to = decoded;

    while (*text != '\0') {
        if (*text == '%' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0 &&
            (text[1] != '0' || text[2] != '0')) {
            *to++ = (char)(hex_digit(text[1]) * 16 + hex_digit(text[2]));
            text += 3;
        } else {
            *to++ = *text++;
        }
    }
    return decoded;
}

const struct part *multipart_find(struct arena *arena, const struct multipart *multipart,
                                  const char *reference)
{
    const char *id = NULL;

    if (strncmp(reference, "cid:", 4) != 0) {
        return NULL;
    }
    id = decode_percent(arena, reference + 4);
    for (size_t i = 0; i < multipart->part_count; i++) {
        const struct part *part = &multipart->parts[i];
        if (part != multipart->root && part->id != NULL && strcmp(part->id, id) == 0) {
            return part;
        }
    }
    return NULL;
}
