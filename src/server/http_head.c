/*
 * http_head.c - reads the request line and the header lines (RFC 9112, sections 2 to 5).
 */
#include "server/http_head.h"

#include <string.h>

#include "base/arena.h"
#include "server/limits.h"

static const struct {
    const char *name;
    enum http_method method;
    enum refusal refusal;
} methods[] = {
    {"GET", HTTP_METHOD_GET, REFUSAL_NONE},         {"HEAD", HTTP_METHOD_HEAD, REFUSAL_NONE},
    {"POST", HTTP_METHOD_POST, REFUSAL_NONE},       {.name = "PUT", .refusal = REFUSAL_METHOD},
    {.name = "PATCH", .refusal = REFUSAL_METHOD},   {.name = "DELETE", .refusal = REFUSAL_METHOD},
    {.name = "OPTIONS", .refusal = REFUSAL_METHOD}, {.name = "TRACE", .refusal = REFUSAL_METHOD},
    {.name = "CONNECT", .refusal = REFUSAL_METHOD},
};

static bool is_one_of(char character, const char *characters)
{
    return character != '\0' && strchr(characters, character) != NULL;
}

static bool is_letter_or_digit(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9');
}

/* What names of headers are made of. */
static bool is_token_character(char character)
{
    return is_letter_or_digit(character) || is_one_of(character, "!#$%&'*+-.^_`|~");
}

static bool is_target_character(char character)
{
    return is_letter_or_digit(character) || is_one_of(character, "-._~!$&'()*+,;=:@/?%");
}

static bool is_control(char character)
{
    return (unsigned char)character < 0x20 || character == 0x7F;
}

/* Checks a line that has just been ended by the line feed at end. */
static enum refusal end_line(struct http_scan *scan, const char *bytes, size_t end,
                             const struct http_limits *limits)
{
    size_t length = end - scan->line_begin; /* with its carriage return */

    if (length == 0 || bytes[end - 1] != '\r') {
        return REFUSAL_LINE_END;
    }
    if (length == 1) {
        if (scan->lines == 0) {
            return REFUSAL_NOT_HTTP;
        }
        scan->head_length = end + 1;
        return REFUSAL_NONE;
    }
    /* The request line is not a header line. */
    return scan->lines++ > limits->head_lines ? REFUSAL_HEAD_TOO_LARGE : REFUSAL_NONE;
}

/* Checks what has come to the end of a line, or so far. */
static enum refusal check_size(const struct http_scan *scan, size_t end,
                               const struct http_limits *limits)
{
    bool is_line_too_long = end - scan->line_begin > (size_t)limits->line_bytes + 2;

    if (is_line_too_long && scan->lines == 0) {
        return REFUSAL_TARGET_TOO_LONG;
    }
    return is_line_too_long || end > (size_t)limits->head_bytes ? REFUSAL_HEAD_TOO_LARGE
                                                                : REFUSAL_NONE;
}

enum refusal http_head_scan(struct http_scan *scan, const char *bytes, size_t length,
                            const struct http_limits *limits)
{
    enum refusal refusal = REFUSAL_NONE;

    if (length > 0 && !(bytes[0] >= 'A' && bytes[0] <= 'Z')) {
        return REFUSAL_NOT_HTTP;
    }
    while (refusal == REFUSAL_NONE && scan->head_length == 0 && scan->scanned < length) {
        const char *begin = bytes + scan->scanned;
        const char *line_feed = memchr(begin, '\n', length - scan->scanned);
        size_t end = line_feed == NULL ? length : (size_t)(line_feed - bytes) + 1;

        refusal = check_size(scan, end, limits);
        if (refusal == REFUSAL_NONE && line_feed != NULL) {
            refusal = end_line(scan, bytes, end - 1, limits);
            scan->line_begin = end;
        }
        scan->scanned = end;
    }
    return refusal;
}

static enum refusal parse_method(const char *word, enum http_method *method_out)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(word, methods[i].name) == 0) {
            *method_out = methods[i].method;
            return methods[i].refusal;
        }
    }
    for (const char *next = word; *next != '\0'; next++) {
        if (!is_token_character(*next)) {
            return REFUSAL_REQUEST_LINE;
        }
    }
    return REFUSAL_METHOD_UNKNOWN;
}

static enum refusal parse_version(const char *word, int *minor_out)
{
    bool is_version = strlen(word) == 8 && strncmp(word, "HTTP/", 5) == 0 && word[5] >= '0' &&
                      word[5] <= '9' && word[6] == '.' && word[7] >= '0' && word[7] <= '9';

    if (!is_version) {
        return REFUSAL_REQUEST_LINE;
    }
    if (word[5] != '1' || word[7] > '1') {
        return REFUSAL_VERSION;
    }
    *minor_out = word[7] - '0';
    return REFUSAL_NONE;
}

static int hexadecimal_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Decodes percent signs in place. A path says its segments in one way only: encoded slashes,
 * back slashes and control characters are refused. */
static bool decode_path(char *path)
{
    char *to = path;

    for (const char *from = path; *from != '\0'; from++) {
        char character = *from;

        if (character == '%') {
            int high = hexadecimal_value(from[1]);
            int low = high < 0 ? -1 : hexadecimal_value(from[2]);

            if (low < 0) {
                return false;
            }
            character = (char)(high << 4 | low);
            from += 2;
            if (is_control(character) || is_one_of(character, "/\\")) {
                return false;
            }
        }
        *to++ = character;
    }
    *to = '\0';
    return true;
}

static bool has_dot_segment(const char *path)
{
    for (const char *slash = path; slash != NULL; slash = strchr(slash + 1, '/')) {
        size_t length = strcspn(slash + 1, "/");

        if ((length == 1 && slash[1] == '.') ||
            (length == 2 && slash[1] == '.' && slash[2] == '.')) {
            return true;
        }
    }
    return false;
}

static enum refusal parse_target(char *target, struct http_head *head)
{
    char *question;

    if (target[0] != '/') {
        return REFUSAL_TARGET;
    }
    for (const char *next = target; *next != '\0'; next++) {
        if (!is_target_character(*next)) {
            return REFUSAL_TARGET;
        }
    }
    question = strchr(target, '?');
    if (question != NULL) {
        *question = '\0';
        head->query = question + 1;
    }
    head->path = target;
    return decode_path(target) && !has_dot_segment(target) ? REFUSAL_NONE : REFUSAL_TARGET;
}

static enum refusal parse_request_line(char *line, struct http_head *head)
{
    char *target = strchr(line, ' ');
    char *version = target == NULL ? NULL : strchr(target + 1, ' ');
    enum refusal refusal;

    if (version == NULL) {
        return REFUSAL_REQUEST_LINE;
    }
    *target++ = '\0';
    *version++ = '\0';
    refusal = parse_version(version, &head->minor_version);
    if (refusal == REFUSAL_NONE) {
        refusal = parse_method(line, &head->method);
    }
    return refusal == REFUSAL_NONE ? parse_target(target, head) : refusal;
}

/* Cuts blanks off both ends; false when a control character stands inside. */
static bool trim_value(char *value, const char **value_out)
{
    char *end;

    value += strspn(value, " \t");
    end = value + strlen(value);
    while (end > value && is_one_of(end[-1], " \t")) {
        end--;
    }
    *end = '\0';
    *value_out = value;
    for (; *value != '\0'; value++) {
        if (is_control(*value) && *value != '\t') {
            return false;
        }
    }
    return true;
}

static enum refusal parse_header(char *line, struct http_header *header)
{
    char *colon = line;

    for (; is_token_character(*colon); colon++) {
        if (*colon >= 'A' && *colon <= 'Z') {
            *colon = (char)(*colon - 'A' + 'a');
        }
    }
    if (*colon != ':' || colon == line) {
        return REFUSAL_HEADER;
    }
    *colon = '\0';
    header->name = line;
    return trim_value(colon + 1, &header->value) ? REFUSAL_NONE : REFUSAL_HEADER;
}

/* Ends the line at CR LF and returns the one after it; a stray CR stays in and is refused as
 * a control character. */
static char *cut_line(char *line)
{
    char *end = strstr(line, "\r\n");

    *end = '\0';
    return end + 2;
}

static int count_lines(const char *text)
{
    int count = 0;

    for (const char *line = strstr(text, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
        count++;
    }
    return count;
}

enum refusal http_head_parse(struct arena *arena, const char *bytes, size_t length,
                             struct http_head *head_out)
{
    struct http_head head = {0};
    char *line = arena_copy_part(arena, bytes, length);
    enum refusal refusal = REFUSAL_NONE;
    char *next;

    if (strlen(line) != length) {
        return REFUSAL_HEADER; /* a NUL inside */
    }
    head.headers = arena_allocate_array(arena, (size_t)count_lines(line), sizeof(*head.headers));
    next = cut_line(line);
    refusal = parse_request_line(line, &head);
    for (line = next; refusal == REFUSAL_NONE && *line != '\r'; line = next) {
        next = cut_line(line);
        refusal = parse_header(line, &head.headers[head.header_count]);
        head.header_count++;
    }
    if (refusal == REFUSAL_NONE) {
        *head_out = head;
    }
    return refusal;
}

const char *http_head_find(const struct http_head *head, const char *name)
{
    for (int i = 0; i < head->header_count; i++) {
        if (strcmp(head->headers[i].name, name) == 0) {
            return head->headers[i].value;
        }
    }
    return NULL;
}
