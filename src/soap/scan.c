/*
 * scan.c - reads a message from its first byte to its last: declaration, tags, text.
 */
#include "soap/scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "soap/characters.h"
#include "soap/meter.h"
#include "soap/scanner.h"

enum { FIRST_ELEMENTS = 64, SENTENCE_SIZE = 256, ENTITY_NAME_MOST = 16 };

bool scanner_refuse(struct scanner *scanner, const char *at, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    size_t line = 1;
    va_list arguments;

    for (const char *byte = scanner->start; byte < at; byte++) {
        line += *byte == '\n';
    }
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    return error_set(scanner->error, ERROR_XML_INVALID, NULL, "Line %zu: %s", line, sentence);
}

bool scanner_exceed(struct scanner *scanner, const char *limit, size_t most)
{
    return error_set(scanner->error, ERROR_LIMIT_EXCEEDED, limit,
                     "The message goes beyond limits.%s, which is %zu", limit, most);
}

void scanner_skip_space(struct scanner *scanner)
{
    while (scanner->at < scanner->end && is_xml_space(*scanner->at)) {
        scanner->at++;
    }
}

bool scanner_read_name(struct scanner *scanner, struct piece *name_out)
{
    size_t length = name_measure(scanner->at, scanner->end);

    if (length == 0) {
        return scanner_refuse(scanner, scanner->at, "a name must stand here");
    }
    if (length > scanner->limits->name_length) {
        return scanner_exceed(scanner, "name", scanner->limits->name_length);
    }
    *name_out = (struct piece){scanner->at, length};
    scanner->at += length;
    return true;
}

bool scanner_check_references(struct scanner *scanner, const char *text, const char *end)
{
    const char *at = text;

    while ((at = memchr(at, '&', (size_t)(end - at))) != NULL) {
        size_t room = (size_t)(end - at) < ENTITY_NAME_MOST ? (size_t)(end - at) : ENTITY_NAME_MOST;
        const char *semicolon = memchr(at, ';', room);
        uint32_t character = 0;
        if (semicolon == NULL ||
            !reference_parse(at + 1, (size_t)(semicolon - at) - 1, &character)) {
            return scanner_refuse(scanner, at,
                                  "an & begins neither one of the five predefined entities nor "
                                  "the number of an allowed character");
        }
        at = semicolon + 1;
    }
    return true;
}

static bool begins_with(const struct scanner *scanner, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(scanner->end - scanner->at) >= length && memcmp(scanner->at, text, length) == 0;
}

/* The place of text at or after at, or NULL. */
static const char *find(const char *at, const char *end, const char *text)
{
    size_t length = strlen(text);

    while ((size_t)(end - at) >= length) {
        at = memchr(at, text[0], (size_t)(end - at) - length + 1);
        if (at == NULL || memcmp(at, text, length) == 0) {
            return at;
        }
        at++;
    }
    return NULL;
}

static struct scan_element *current(const struct scanner *scanner)
{
    return &scanner->elements[scanner->open[scanner->depth - 1]];
}

/* Reads name="value" of the XML declaration. */
static bool read_declared(struct scanner *scanner, const char *name, struct piece *value_out)
{
    const char *end = NULL;
    char quote = '\0';

    scanner_skip_space(scanner);
    if (!begins_with(scanner, name)) {
        return false;
    }
    scanner->at += strlen(name);
    scanner_skip_space(scanner);
    if (!begins_with(scanner, "=")) {
        return false;
    }
    scanner->at++;
    scanner_skip_space(scanner);
    if (!begins_with(scanner, "\"") && !begins_with(scanner, "'")) {
        return false;
    }
    quote = *scanner->at++;
    end = memchr(scanner->at, quote, (size_t)(scanner->end - scanner->at));
    if (end == NULL) {
        return false;
    }
    *value_out = (struct piece){scanner->at, (size_t)(end - scanner->at)};
    scanner->at = end + 1;
    return true;
}

static bool is_text(struct piece piece, const char *text)
{
    return piece.length == strlen(text) && strncasecmp(piece.text, text, piece.length) == 0;
}

/* <?xml version="1.0" encoding="UTF-8" standalone="yes"?>, at the very beginning only. */
static bool read_declaration(struct scanner *scanner)
{
    struct piece value = {0};
    const char *start = scanner->at;

    if (!begins_with(scanner, "<?xml") || scanner->end - scanner->at < 6 ||
        !is_xml_space(scanner->at[5])) {
        return true;
    }
    scanner->at += 5;
    if (!read_declared(scanner, "version", &value) || !is_text(value, "1.0")) {
        return scanner_refuse(scanner, start, "only XML 1.0 is understood");
    }
    if (read_declared(scanner, "encoding", &value) && !is_text(value, "UTF-8")) {
        return scanner_refuse(scanner, start, "only the encoding UTF-8 is understood");
    }
    if (read_declared(scanner, "standalone", &value) && !is_text(value, "yes") &&
        !is_text(value, "no")) {
        return scanner_refuse(scanner, start, "standalone is neither yes nor no");
    }
    scanner_skip_space(scanner);
    if (!begins_with(scanner, "?>")) {
        return scanner_refuse(scanner, start, "the XML declaration is malformed");
    }
    scanner->at += 2;
    return true;
}

static bool skip_comment(struct scanner *scanner)
{
    const char *end = find(scanner->at + 4, scanner->end, "--");

    if (end == NULL || scanner->end - end < 3 || end[2] != '>') {
        return scanner_refuse(scanner, scanner->at, "the comment does not end with -->");
    }
    if (scanner->depth > 0) {
        current(scanner)->is_plain = false;
    }
    scanner->at = end + 3;
    return true;
}

static bool read_cdata(struct scanner *scanner)
{
    const char *end = find(scanner->at, scanner->end, "]]>");

    if (end == NULL) {
        return scanner_refuse(scanner, scanner->at, "the CDATA section does not end with ]]>");
    }
    current(scanner)->has_text = true;
    current(scanner)->is_plain = false;
    scanner->at = end + 3;
    return true;
}

/* What begins with <! or <? and is not a comment. */
static bool read_special(struct scanner *scanner)
{
    if (begins_with(scanner, "<!--")) {
        return skip_comment(scanner);
    }
    if (begins_with(scanner, "<![CDATA[") && scanner->depth > 0) {
        return read_cdata(scanner);
    }
    if (scanner->at[1] == '?') {
        return scanner_refuse(scanner, scanner->at, "processing instructions are refused");
    }
    return scanner_refuse(scanner, scanner->at, "document types and declarations are refused");
}

static struct scan_element *add_element(struct scanner *scanner)
{
    if (scanner->element_count == scanner->element_capacity) {
        size_t capacity =
            scanner->element_capacity == 0 ? FIRST_ELEMENTS : scanner->element_capacity * 2;
        scanner->elements = arena_grow(scanner->arena, scanner->elements,
                                       scanner->element_capacity * sizeof(*scanner->elements),
                                       capacity * sizeof(*scanner->elements));
        scanner->element_capacity = capacity;
    }
    return &scanner->elements[scanner->element_count++];
}

static void close_element(struct scanner *scanner, size_t content_end)
{
    struct scan_element *element = current(scanner);

    element->content_end = (uint32_t)content_end;
    element->next = (uint32_t)scanner->element_count;
    scanner->depth--;
    scanner_end_tag(scanner);
}

static bool check_room(struct scanner *scanner)
{
    if (scanner->depth >= scanner->limits->depth || scanner->depth >= LIMIT_DEPTH_MOST) {
        return scanner_exceed(scanner, "depth", scanner->limits->depth);
    }
    if (scanner->element_count >= scanner->limits->elements) {
        return scanner_exceed(scanner, "elements", scanner->limits->elements);
    }
    if (scanner->depth == 0 && scanner->element_count > 0) {
        return scanner_refuse(scanner, scanner->at, "the document has more than one root element");
    }
    return true;
}

static bool read_start_tag(struct scanner *scanner)
{
    struct scan_element *element = NULL;
    struct piece name = {0};
    bool is_empty = false;

    if (!check_room(scanner)) {
        return false;
    }
    scanner->at++;
    if (!scanner_read_name(scanner, &name)) {
        return false;
    }
    if (scanner->depth > 0) {
        current(scanner)->has_children = true;
    }
    element = add_element(scanner);
    scanner->open[scanner->depth++] = (uint32_t)(scanner->element_count - 1);
    *element = (struct scan_element){.name = (uint32_t)(name.text - scanner->start),
                                     .name_length = (uint16_t)name.length,
                                     .is_plain = true};
    if (!scanner_read_attributes(scanner, name, &is_empty)) {
        return false;
    }
    element->content = (uint32_t)(scanner->at - scanner->start);
    if (is_empty) {
        close_element(scanner, element->content);
    }
    return true;
}

static bool read_end_tag(struct scanner *scanner)
{
    const char *start = scanner->at;
    struct piece name = {0};
    const struct scan_element *element = scanner->depth > 0 ? current(scanner) : NULL;

    scanner->at += 2;
    if (!scanner_read_name(scanner, &name)) {
        return false;
    }
    scanner_skip_space(scanner);
    if (!begins_with(scanner, ">")) {
        return scanner_refuse(scanner, start, "the end tag does not end with >");
    }
    scanner->at++;
    if (element == NULL || element->name_length != name.length ||
        memcmp(scanner->start + element->name, name.text, name.length) != 0) {
        return scanner_refuse(scanner, start, "the end tag </%.*s> matches no start tag",
                              (int)(name.length < SHOWN_NAME ? name.length : SHOWN_NAME),
                              name.text);
    }
    close_element(scanner, (size_t)(start - scanner->start));
    return true;
}

static bool is_blank(const char *text, const char *end)
{
    while (text < end && is_xml_space(*text)) {
        text++;
    }
    return text == end;
}

/* Where what may be a file ends: it holds no markup and is read but once. */
static const char *skip_file(const struct scanner *scanner)
{
    const char *at = scanner->at;
    size_t length = 0;

    do {
        size_t left = (size_t)(scanner->end - at);
        size_t from = (size_t)(at - scanner->start);
        length = meter_span(at, left < BODY_WINDOW ? left : BODY_WINDOW);
        at += length;
        if (length == BODY_WINDOW) {
            body_forget(scanner->body, from, from + length);
        }
    } while (length == BODY_WINDOW);
    return at;
}

/* Reads what stands before the next tag. */
static bool read_text(struct scanner *scanner)
{
    const char *start = scanner->at;
    size_t left = (size_t)(scanner->end - start);
    const char *end = memchr(start, '<', left < METER_RUN ? left : METER_RUN);
    const char *rest = start; /* what may hold markup */

    if (end == NULL && left > METER_RUN) {
        rest = skip_file(scanner);
        end = memchr(rest, '<', (size_t)(scanner->end - rest));
    }
    end = end == NULL ? scanner->end : end;
    scanner->at = end;
    if (is_blank(start, end)) {
        return true;
    }
    if (scanner->depth == 0) {
        return scanner_refuse(scanner, start, "text stands outside the root element");
    }
    if (find(rest, end, "]]>") != NULL) {
        return scanner_refuse(scanner, start, "]]> must not stand in text");
    }
    current(scanner)->has_text = true;
    current(scanner)->is_plain =
        current(scanner)->is_plain && memchr(rest, '&', (size_t)(end - rest)) == NULL;
    return scanner_check_references(scanner, rest, end);
}

static bool read_markup(struct scanner *scanner)
{
    char second = scanner->end - scanner->at > 1 ? scanner->at[1] : '\0';

    if (second == '/') {
        return read_end_tag(scanner);
    }
    if (second == '!' || second == '?') {
        return read_special(scanner);
    }
    return read_start_tag(scanner);
}

static bool read_next(struct scanner *scanner)
{
    return *scanner->at == '<' ? read_markup(scanner) : read_text(scanner);
}

static bool read_beginning(struct scanner *scanner)
{
    if (begins_with(scanner, "\xEF\xBB\xBF")) {
        scanner->at += 3;
    }
    return read_declaration(scanner);
}

static bool read_document(struct scanner *scanner, bool is_cut)
{
    if (!read_beginning(scanner)) {
        return false;
    }
    while (scanner->at < scanner->end) {
        if (!read_next(scanner)) {
            return false;
        }
    }
    if (scanner->depth > 0 && !is_cut) {
        return scanner_refuse(scanner, scanner->end, "the document ends within <%.*s>",
                              current(scanner)->name_length < SHOWN_NAME
                                  ? (int)current(scanner)->name_length
                                  : SHOWN_NAME,
                              scanner->start + current(scanner)->name);
    }
    if (scanner->element_count == 0) {
        return scanner_refuse(scanner, scanner->end, "the document is empty");
    }
    return true;
}

/* Whether the name of an element is this, whatever its prefix. */
static bool is_named(const struct scanner *scanner, size_t index, const char *name)
{
    const struct scan_element *element = &scanner->elements[index];
    const char *text = scanner->start + element->name;
    const char *colon = memchr(text, ':', element->name_length);
    size_t skipped = colon == NULL ? 0 : (size_t)(colon - text) + 1;

    return element->name_length - skipped == strlen(name) &&
           memcmp(text + skipped, name, strlen(name)) == 0;
}

/* Reads to the end of the root's first child, which must be the header. */
static bool read_header(struct scanner *scanner)
{
    if (!read_beginning(scanner)) {
        return false;
    }
    while (scanner->at < scanner->end && !(scanner->depth == 1 && scanner->element_count > 1)) {
        if (!read_next(scanner) ||
            (scanner->element_count > 1 && !is_named(scanner, 1, "Header"))) {
            return false;
        }
    }
    return scanner->depth == 1 && scanner->element_count > 1;
}

/* Writes the end tags that are missing at an offset, as if they stood there. */
static void close_all(struct scanner *scanner, size_t offset, struct scan *scan)
{
    struct buffer tail;

    buffer_init(&tail, scanner->arena, 64);
    while (scanner->depth > 0) {
        const struct scan_element *element = current(scanner);
        const char *name = scanner->start + element->name;
        close_element(scanner, offset + tail.length);
        buffer_add_format(&tail, "</%.*s>", (int)element->name_length, name);
    }
    scan->tail = tail.bytes;
    scan->tail_length = tail.length;
}

static struct scanner begin_scan(struct arena *arena, const struct body *body,
                                 const struct message_limits *limits, struct error *error)
{
    return (struct scanner){.arena = arena,
                            .limits = limits,
                            .body = body,
                            .start = body->bytes,
                            .at = body->bytes,
                            .end = body->bytes + body->length,
                            .error = error};
}

/* Every character, in pieces: one may lie across the end of a piece. */
static bool check_characters(struct scanner *scanner)
{
    enum { CHARACTER_MOST = 4 };
    const struct body *body = scanner->body;
    size_t at = 0;

    while (at < body->length) {
        size_t left = body->length - at;
        size_t piece = left < BODY_WINDOW ? left : BODY_WINDOW;
        size_t checked = characters_check(body->bytes + at, piece);
        if (checked < piece && (piece == left || checked + CHARACTER_MOST <= piece)) {
            return scanner_refuse(scanner, body->bytes + at + checked,
                                  "a character that XML does not allow, or ill-formed UTF-8");
        }
        at += checked;
        if (piece < left) {
            body_forget(body, at - checked, at);
        }
    }
    return true;
}

bool scan_message(struct arena *arena, const struct body *body, bool is_cut,
                  const struct message_limits *limits, struct scan *scan_out, struct error *error)
{
    struct scanner scanner = begin_scan(arena, body, limits, error);

    if (body->length >= UINT32_MAX / 2) {
        return scanner_exceed(&scanner, "body", limits->envelope);
    }
    if (!check_characters(&scanner)) {
        return false;
    }
    scanner_begin_tags(&scanner);
    if (!read_document(&scanner, is_cut)) {
        return false;
    }
    *scan_out = (struct scan){.body = body, .text_most = limits->envelope};
    close_all(&scanner, body->length, scan_out);
    scan_out->elements = scanner.elements;
    scan_out->element_count = scanner.element_count;
    return true;
}

bool scan_header(struct arena *arena, const struct body *body, const struct message_limits *limits,
                 struct scan *scan_out)
{
    struct error ignored = {0};
    struct scanner scanner = begin_scan(arena, body, limits, &ignored);
    struct body *beginning = arena_copy(arena, body, sizeof(*body));

    scanner_begin_tags(&scanner);
    if (!read_header(&scanner)) {
        return false;
    }
    beginning->length = (size_t)(scanner.at - scanner.start);
    if (characters_check(beginning->bytes, beginning->length) < beginning->length) {
        return false;
    }
    *scan_out = (struct scan){.body = beginning, .text_most = limits->envelope};
    close_all(&scanner, beginning->length, scan_out);
    scan_out->elements = scanner.elements;
    scan_out->element_count = scanner.element_count;
    return true;
}
