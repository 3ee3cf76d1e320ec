/*
 * write.c - XML into a buffer, by a table of what has to be escaped.
 */
#include "xml/write.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/expect.h"

enum { INDENTATION = 2 };

#define REPLACEMENT "\xEF\xBF\xBD"

/* clang-format off */
#define NOT_ALLOWED                                                                                \
    [1] = REPLACEMENT, [2] = REPLACEMENT, [3] = REPLACEMENT, [4] = REPLACEMENT,                    \
    [5] = REPLACEMENT, [6] = REPLACEMENT, [7] = REPLACEMENT, [8] = REPLACEMENT,                    \
    [11] = REPLACEMENT, [12] = REPLACEMENT, [14] = REPLACEMENT, [15] = REPLACEMENT,                \
    [16] = REPLACEMENT, [17] = REPLACEMENT, [18] = REPLACEMENT, [19] = REPLACEMENT,                \
    [20] = REPLACEMENT, [21] = REPLACEMENT, [22] = REPLACEMENT, [23] = REPLACEMENT,                \
    [24] = REPLACEMENT, [25] = REPLACEMENT, [26] = REPLACEMENT, [27] = REPLACEMENT,                \
    [28] = REPLACEMENT, [29] = REPLACEMENT, [30] = REPLACEMENT, [31] = REPLACEMENT
/* clang-format on */

/* What stands for a byte; NULL: the byte itself. The bytes that end a run of plain text without
 * being escaped have an empty text: the NUL, and EF, with which U+FFFE and U+FFFF begin.
 * A carriage return in text, and white space in values, would be normalised away by a reader. */
static const char *const text_escapes[256] = {
    NOT_ALLOWED,    ['\0'] = "",    ['\r'] = "&#13;", ['&'] = "&amp;",
    ['<'] = "&lt;", ['>'] = "&gt;", [0xEF] = "",
};

static const char *const value_escapes[256] = {
    NOT_ALLOWED,     ['\0'] = "",    ['\t'] = "&#9;", ['\n'] = "&#10;", ['\r'] = "&#13;",
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;",  ['"'] = "&quot;", [0xEF] = "",
};

static bool is_not_a_character(const unsigned char *text)
{
    return text[0] == 0xEF && text[1] == 0xBF && text[2] >= 0xBE;
}

static void write_escaped(struct buffer *buffer, const char *text, const char *const *escapes)
{
    const unsigned char *plain = (const unsigned char *)text;
    for (const unsigned char *at = plain;; at++) {
        while (escapes[*at] == NULL) {
            at++;
        }
        if (*at == 0xEF && !is_not_a_character(at)) {
            continue;
        }
        buffer_add(buffer, plain, (size_t)(at - plain));
        if (*at == '\0') {
            return;
        }
        buffer_add_text(buffer, *at == 0xEF ? REPLACEMENT : escapes[*at]);
        at += *at == 0xEF ? 2 : 0;
        plain = at + 1;
    }
}

static void end_tag(struct xml_writer *writer)
{
    if (writer->is_in_tag) {
        buffer_add_char(writer->buffer, '>');
        writer->is_in_tag = false;
    }
}

static void begin_line(struct xml_writer *writer)
{
    size_t width = (size_t)writer->depth * INDENTATION;
    char *room = buffer_reserve(writer->buffer, width + 1);
    room[0] = '\n';
    memset(room + 1, ' ', width);
    buffer_commit(writer->buffer, width + 1);
}

void xml_write_text(struct buffer *buffer, const char *text)
{
    write_escaped(buffer, text, text_escapes);
}

void xml_write_value(struct buffer *buffer, const char *text)
{
    write_escaped(buffer, text, value_escapes);
}

void xml_writer_init(struct xml_writer *writer, struct buffer *buffer)
{
    *writer = (struct xml_writer){.buffer = buffer};
    buffer_add_text(buffer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
}

void xml_writer_open(struct xml_writer *writer, const char *name)
{
    expect(writer->depth < XML_WRITER_DEPTH);
    end_tag(writer);
    begin_line(writer);
    buffer_add_char(writer->buffer, '<');
    buffer_add_text(writer->buffer, name);
    writer->names[writer->depth++] = name;
    writer->is_in_tag = true;
    writer->has_elements = false;
}

void xml_writer_attribute(struct xml_writer *writer, const char *name, const char *value)
{
    expect(writer->is_in_tag);
    if (value != NULL) {
        buffer_add_char(writer->buffer, ' ');
        buffer_add_text(writer->buffer, name);
        buffer_add_text(writer->buffer, "=\"");
        xml_write_value(writer->buffer, value);
        buffer_add_char(writer->buffer, '"');
    }
}

void xml_writer_attribute_format(struct xml_writer *writer, const char *name, const char *format,
                                 ...)
{
    va_list arguments;
    va_start(arguments, format);
    xml_writer_attribute(writer, name, arena_format_list(writer->buffer->arena, format, arguments));
    va_end(arguments);
}

void xml_writer_text(struct xml_writer *writer, const char *text)
{
    expect(writer->depth > 0);
    end_tag(writer);
    xml_write_text(writer->buffer, text);
}

void xml_writer_close(struct xml_writer *writer)
{
    expect(writer->depth > 0);
    const char *name = writer->names[--writer->depth];
    if (writer->is_in_tag) {
        buffer_add_text(writer->buffer, "/>");
        writer->is_in_tag = false;
    } else {
        if (writer->has_elements) {
            begin_line(writer);
        }
        buffer_add_text(writer->buffer, "</");
        buffer_add_text(writer->buffer, name);
        buffer_add_char(writer->buffer, '>');
    }
    writer->has_elements = true;
    if (writer->depth == 0) {
        buffer_add_char(writer->buffer, '\n');
    }
}

void xml_writer_element(struct xml_writer *writer, const char *name, const char *text)
{
    if (text != NULL) {
        xml_writer_open(writer, name);
        xml_writer_text(writer, text);
        xml_writer_close(writer);
    }
}
