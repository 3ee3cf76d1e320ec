/*
 * multipart.c - finds boundaries as the bytes come, reads the head of each part, trusts nothing.
 */
#include "soap/multipart.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/error.h"
#include "soap/characters.h"
#include "soap/limits.h"
#include "soap/media_type.h"

enum {
    BOUNDARY_MOST = 70,
    MARK_SIZE = BOUNDARY_MOST + 5, /* CR LF -- boundary NUL */
    LINE_END = 2,
    HEAD_MOST = 8 * 1024 /* bytes of the header lines of one part */
};

/* What the next byte belongs to. */
enum place { PLACE_PREAMBLE, PLACE_CONTENT, PLACE_MARK_END, PLACE_HEAD, PLACE_EPILOGUE, PLACES };

/* Goes through a body from its beginning to its end. */
struct multipart_reader {
    struct arena *arena;
    const struct message_limits *limits;
    const char *start;    /* the id of the part with the envelope; NULL: the first one's */
    char mark[MARK_SIZE]; /* CR LF -- boundary */
    size_t mark_length;
    enum place place;
    size_t position; /* bytes read */
    size_t matched;  /* of the mark, by the last bytes read */
    size_t borrowed; /* of those, how many end what stands before: they are not content */
    char mark_end[LINE_END];
    size_t mark_end_length;
    char *head; /* of the part read now */
    size_t head_length;
    struct part *parts;
    size_t part_count; /* the one read now included */
    const struct part *root;
    struct meter meter; /* of the root */
    enum intake_verdict verdict;
    struct error *error;
};

static bool refuse(struct multipart_reader *reader, const char *sentence)
{
    return error_set(reader->error, ERROR_HTTP_UNSUPPORTED, NULL, "%s", sentence);
}

/* ---- the head of a part ---- */

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

/* Only what is sent as it is can be read where it stands. */
static bool check_transfer_encoding(struct multipart_reader *reader, const char *encoding)
{
    if (encoding == NULL || strcasecmp(encoding, "binary") == 0 ||
        strcasecmp(encoding, "8bit") == 0 || strcasecmp(encoding, "7bit") == 0) {
        return true;
    }
    return refuse(reader, "Content-Transfer-Encoding of a part must be binary, 8bit or 7bit");
}

static bool read_line(struct multipart_reader *reader, const char *line, size_t length)
{
    struct part *part = &reader->parts[reader->part_count - 1];
    const char *id = line_value(reader->arena, line, length, "Content-ID");
    const char *type = line_value(reader->arena, line, length, "Content-Type");
    const char *encoding = line_value(reader->arena, line, length, "Content-Transfer-Encoding");

    if (memchr(line, '\0', length) != NULL || *line == ' ' || *line == '\t') {
        return refuse(reader, "The head of a part is malformed");
    }
    part->id = id != NULL ? strip_brackets(reader->arena, id) : part->id;
    part->media_type = type != NULL ? type : part->media_type;
    return check_transfer_encoding(reader, encoding);
}

/* The head is whole: an empty line ends it. */
static bool read_head(struct multipart_reader *reader)
{
    const char *line = reader->head;
    const char *end = reader->head + reader->head_length - LINE_END;

    while (line < end) {
        const char *line_end = memchr(line, '\r', (size_t)(end - line));
        if (line_end == NULL || line_end[1] != '\n') {
            return refuse(reader, "The head of a part is malformed or too long");
        }
        if (!read_line(reader, line, (size_t)(line_end - line))) {
            return false;
        }
        line = line_end + LINE_END;
    }
    return true;
}

static bool is_head_whole(const struct multipart_reader *reader)
{
    const char *end = reader->head + reader->head_length;

    return (reader->head_length == LINE_END && memcmp(reader->head, "\r\n", LINE_END) == 0) ||
           (reader->head_length >= 2 * LINE_END && memcmp(end - 4, "\r\n\r\n", 4) == 0);
}

/* The part that start names, else the first. */
static bool is_root(const struct multipart_reader *reader, const struct part *part)
{
    if (reader->start == NULL) {
        return part == reader->parts;
    }
    return reader->root == NULL && part->id != NULL && strcmp(part->id, reader->start) == 0;
}

/* The mark may begin with the line end of the head: so a part without content ends. */
static void begin_search(struct multipart_reader *reader, enum place place)
{
    reader->place = place;
    reader->matched = reader->borrowed = LINE_END;
}

static bool begin_content(struct multipart_reader *reader, size_t offset)
{
    struct part *part = &reader->parts[reader->part_count - 1];

    if (!read_head(reader)) {
        return false;
    }
    part->offset = offset;
    if (is_root(reader, part)) {
        reader->root = part;
    }
    begin_search(reader, PLACE_CONTENT);
    return true;
}

static bool begin_part(struct multipart_reader *reader)
{
    if (reader->part_count >= reader->limits->mime_parts) {
        return error_set(reader->error, ERROR_LIMIT_EXCEEDED, "mime_parts",
                         "The message goes beyond limits.mime_parts, which is %zu",
                         reader->limits->mime_parts);
    }
    reader->part_count++;
    reader->head_length = 0;
    reader->place = PLACE_HEAD;
    return true;
}

/* ---- bytes as they come ---- */

static void add_content(struct multipart_reader *reader, const char *bytes, size_t length)
{
    struct part *part = reader->part_count > 0 ? &reader->parts[reader->part_count - 1] : NULL;

    if (reader->place != PLACE_CONTENT || reader->verdict != INTAKE_GO_ON) {
        return;
    }
    part->length += length;
    if (part == reader->root) {
        reader->verdict = meter_take(&reader->meter, reader->limits, bytes, length);
        part->length = reader->meter.taken;
    } else if (part->length > reader->limits->attachment) {
        reader->verdict = INTAKE_ENOUGH;
    }
}

/* Looks for the mark; only its first byte is a CR. What is not of it is content. */
static bool take_content(struct multipart_reader *reader, const char *bytes, size_t length,
                         size_t *taken_out)
{
    const char *found = NULL;

    if (reader->matched == 0) {
        found = memchr(bytes, '\r', length);
        *taken_out = found == NULL ? length : (size_t)(found - bytes);
        add_content(reader, bytes, *taken_out);
        reader->matched = found == NULL ? 0 : 1;
        *taken_out += reader->matched;
        return true;
    }
    if (bytes[0] != reader->mark[reader->matched]) {
        *taken_out = 0;
        add_content(reader, reader->mark + reader->borrowed, reader->matched - reader->borrowed);
        reader->matched = reader->borrowed = 0;
        return true;
    }
    *taken_out = 1;
    reader->matched++;
    if (reader->matched == reader->mark_length) {
        reader->place = PLACE_MARK_END;
        reader->mark_end_length = 0;
    }
    return true;
}

/* What follows a boundary: CR LF and a part, or -- and the end. */
static bool take_mark_end(struct multipart_reader *reader, const char *bytes, size_t length,
                          size_t *taken_out)
{
    (void)length;
    *taken_out = 1;
    reader->mark_end[reader->mark_end_length++] = bytes[0];
    if (reader->mark_end_length < sizeof(reader->mark_end)) {
        return true;
    }
    if (memcmp(reader->mark_end, "--", LINE_END) == 0) {
        reader->place = PLACE_EPILOGUE;
        return true;
    }
    if (memcmp(reader->mark_end, "\r\n", LINE_END) == 0) {
        return begin_part(reader);
    }
    return refuse(reader, "A boundary of the multipart message is malformed");
}

static bool take_head(struct multipart_reader *reader, const char *bytes, size_t length,
                      size_t *taken_out)
{
    (void)length;
    *taken_out = 1;
    if (reader->head_length == HEAD_MOST) {
        return refuse(reader, "The head of a part is malformed or too long");
    }
    reader->head[reader->head_length++] = bytes[0];
    if (!is_head_whole(reader)) {
        return true;
    }
    return begin_content(reader, reader->position + 1);
}

static bool take_epilogue(struct multipart_reader *reader, const char *bytes, size_t length,
                          size_t *taken_out)
{
    (void)reader;
    (void)bytes;
    *taken_out = length;
    return true;
}

static bool (*const takers[PLACES])(struct multipart_reader *reader, const char *bytes,
                                    size_t length, size_t *taken_out) = {
    [PLACE_PREAMBLE] = take_content,  [PLACE_CONTENT] = take_content,
    [PLACE_MARK_END] = take_mark_end, [PLACE_HEAD] = take_head,
    [PLACE_EPILOGUE] = take_epilogue,
};

bool multipart_take(struct multipart_reader *reader, const char *bytes, size_t length,
                    enum intake_verdict *verdict_out, struct error *error)
{
    reader->error = error;
    while (length > 0 && reader->verdict == INTAKE_GO_ON) {
        size_t taken = 0;
        if (!takers[reader->place](reader, bytes, length, &taken)) {
            return false;
        }
        bytes += taken;
        length -= taken;
        reader->position += taken;
    }
    *verdict_out = reader->verdict;
    return true;
}

/* ---- beginning and end ---- */

static bool is_boundary(const char *boundary)
{
    size_t length = boundary == NULL ? 0 : strlen(boundary);
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "'()+_,-./:=? ";

    return length > 0 && length <= BOUNDARY_MOST && strspn(boundary, allowed) == length &&
           boundary[length - 1] != ' ';
}

/* The root is SOAP as it is, or in a package: application/xop+xml; type="text/xml". */
static bool check_root(struct multipart_reader *reader, struct multipart *multipart)
{
    const char *type = multipart->root->media_type;
    struct media_type media = {0};

    if (type == NULL || !media_type_parse(reader->arena, type, &media) ||
        !media_type_is_utf8(&media)) {
        return refuse(reader, "The root part must have a Content-Type, in UTF-8");
    }
    multipart->root_type = media.name;
    if (strcmp(media.name, "application/xop+xml") == 0) {
        multipart->root_type = media_type_parameter(&media, "type");
    }
    if (multipart->root_type == NULL || !media_type_is_soap(multipart->root_type)) {
        return refuse(reader, "The root part must be text/xml, application/soap+xml, or "
                              "application/xop+xml of these");
    }
    return true;
}

bool multipart_is(const char *content_type)
{
    static const char name[] = "multipart/related";
    return content_type != NULL && strncasecmp(content_type, name, sizeof(name) - 1) == 0;
}

bool multipart_begin(struct arena *arena, const char *content_type,
                     const struct message_limits *limits, struct multipart_reader **reader_out,
                     struct error *error)
{
    struct multipart_reader *reader = arena_allocate(arena, sizeof(*reader));
    struct media_type media = {0};
    const char *boundary = NULL;
    const char *start = NULL;

    *reader = (struct multipart_reader){.arena = arena, .limits = limits, .error = error};
    if (!media_type_parse(arena, content_type, &media)) {
        return refuse(reader, "The Content-Type is malformed");
    }
    boundary = media_type_parameter(&media, "boundary");
    start = media_type_parameter(&media, "start");
    if (!is_boundary(boundary)) {
        return refuse(reader, "The boundary must have 1 to 70 allowed characters");
    }
    reader->start = start == NULL ? NULL : strip_brackets(arena, start);
    reader->mark_length = strlen(boundary) + 4;
    memcpy(reader->mark, "\r\n--", 4);
    memcpy(reader->mark + 4, boundary, reader->mark_length - 4);
    reader->head = arena_allocate(arena, HEAD_MOST);
    reader->parts = arena_allocate_array(arena, limits->mime_parts, sizeof(*reader->parts));
    begin_search(reader, PLACE_PREAMBLE);
    *reader_out = reader;
    return true;
}

bool multipart_peek_root(const struct multipart_reader *reader, struct part *part_out)
{
    if (reader->root == NULL) {
        return false;
    }
    *part_out = *reader->root;
    return true;
}

bool multipart_end(struct multipart_reader *reader, const struct body *body, bool is_cut,
                   struct multipart **multipart_out, struct error *error)
{
    struct multipart *multipart = arena_allocate(reader->arena, sizeof(*multipart));

    reader->error = error;
    if (reader->place != PLACE_EPILOGUE && !is_cut) {
        return refuse(reader, "The multipart message does not end with its boundary");
    }
    if (reader->part_count == 0) {
        return refuse(reader, "The multipart message has no part");
    }
    if (reader->root == NULL) {
        return refuse(reader, "The multipart message has no part that start names");
    }
    *multipart = (struct multipart){.body = *body,
                                    .parts = reader->parts,
                                    .part_count = reader->part_count,
                                    .root = reader->root};
    if (!check_root(reader, multipart)) {
        return false;
    }
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
