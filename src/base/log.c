/*
 * log.c - one line an event, built on the stack and handed to the kernel in one write.
 */
#include "base/log.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"

enum { LINE_SIZE = 4096, LINE_END_SIZE = 32, NUMBER_SIZE = 24 };

struct line {
    char bytes[LINE_SIZE];
    size_t length;
    bool is_json;
    bool is_cut;
};

static const char *const level_names[] = {
    [LOG_LEVEL_DEBUG] = "debug",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_ERROR] = "error",
};

static const char *const format_names[] = {
    [LOG_FORMAT_AUTO] = "auto",
    [LOG_FORMAT_LOGFMT] = "logfmt",
    [LOG_FORMAT_JSON] = "json",
};

/* Adds all bytes or none, so that no escape and no character is ever halved. */
static void add(struct line *line, const char *bytes, size_t length)
{
    if (line->is_cut || length > LINE_SIZE - LINE_END_SIZE - line->length) {
        line->is_cut = true;
        return;
    }
    memcpy(line->bytes + line->length, bytes, length);
    line->length += length;
}

/* Adds the end of a value or line, for which room was kept. */
static void add_end(struct line *line, const char *text)
{
    size_t length = strlen(text);
    memcpy(line->bytes + line->length, text, length);
    line->length += length;
}

/* The bytes of the well-formed UTF-8 character at text, or 0. */
static size_t character_length(const unsigned char *text)
{
    if (text[0] < 0x80) {
        return 1;
    }
    size_t length = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;
    if (text[0] < 0xC2 || text[0] > 0xF4) {
        return 0;
    }
    for (size_t index = 1; index < length; index++) {
        if ((text[index] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool is_overlong = (text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xF0 && text[1] < 0x90);
    bool is_surrogate = text[0] == 0xED && text[1] > 0x9F;
    bool is_beyond = text[0] == 0xF4 && text[1] > 0x8F;
    return is_overlong || is_surrogate || is_beyond ? 0 : length;
}

static bool is_control(const unsigned char *text)
{
    return text[0] < 0x20 || text[0] == 0x7F || (text[0] == 0xC2 && text[1] < 0xA0);
}

/* Adds one character, escaped where it is not plain; returns how many bytes it was read from. */
static size_t add_character(struct line *line, const unsigned char *text)
{
    char escape[8];
    size_t length = character_length(text);
    if (length == 0) {
        add(line, "\\ufffd", 6);
        return 1;
    }
    if (is_control(text)) {
        unsigned code = length == 1 ? text[0] : text[1];
        add(line, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", code));
    } else if (*text == '"' || *text == '\\') {
        escape[0] = '\\';
        escape[1] = (char)*text;
        add(line, escape, 2);
    } else {
        add(line, (const char *)text, length);
    }
    return length;
}

static bool needs_quotes(const struct line *line, const char *text)
{
    if (line->is_json || *text == '\0') {
        return true;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F || strchr("\"\\=", *at)) {
            return true;
        }
    }
    return false;
}

static void add_name(struct line *line, const char *name)
{
    bool is_first = line->length <= 1;
    if (line->is_json) {
        add(line, is_first ? "\"" : ",\"", is_first ? 1 : 2);
        add(line, name, strlen(name));
        add(line, "\":", 2);
    } else {
        add(line, " ", is_first ? 0 : 1);
        add(line, name, strlen(name));
        add(line, "=", 1);
    }
}

static void add_text_value(struct line *line, const char *text)
{
    bool is_quoted = needs_quotes(line, text);
    if (is_quoted) {
        add(line, "\"", 1);
    }
    if (line->is_cut) {
        return;
    }
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0' && !line->is_cut;) {
        at += add_character(line, at);
    }
    if (is_quoted) {
        add_end(line, "\"");
    }
}

static void add_field(struct line *line, const struct log_field *field)
{
    size_t room_for_quotes = 8;
    bool fits = LINE_SIZE - LINE_END_SIZE - line->length > strlen(field->name) + room_for_quotes;
    if (line->is_cut || !fits) {
        line->is_cut = true;
        return;
    }
    if (field->text != NULL) {
        add_name(line, field->name);
        add_text_value(line, field->text);
        return;
    }
    char number[NUMBER_SIZE];
    size_t length = (size_t)snprintf(number, sizeof(number), "%" PRId64, field->number);
    if (length + strlen(field->name) + room_for_quotes <=
        LINE_SIZE - LINE_END_SIZE - line->length) {
        add_name(line, field->name);
        add(line, number, length);
    } else {
        line->is_cut = true;
    }
}

/* One line a write; a reader that does not keep up loses lines rather than holding us. */
static bool write_line(int descriptor, const struct line *line)
{
    struct pollfd ready = {.fd = descriptor, .events = POLLOUT};
    if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) {
        return false;
    }
    return write(descriptor, line->bytes, line->length) == (ssize_t)line->length;
}

void log_write(const struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, int field_count)
{
    if (level < log->level) {
        return;
    }
    struct line line;
    line.length = 0;
    line.is_cut = false;
    line.is_json = log->format == LOG_FORMAT_JSON ||
                   (log->format == LOG_FORMAT_AUTO && !isatty(log->descriptor));
    char now[MOMENT_TEXT_SIZE];
    moment_format(time_now(), now);
    add(&line, "{", line.is_json ? 1 : 0);
    add_field(&line, &LOG_TEXT("ts", now));
    add_field(&line, &LOG_TEXT("level", level_names[level]));
    add_field(&line, &LOG_TEXT("event", event));
    for (int index = 0; index < field_count; index++) {
        if (fields[index].name != NULL) {
            add_field(&line, &fields[index]);
        }
    }
    if (line.is_cut) {
        add_end(&line, line.is_json ? ",\"cut\":true" : " cut=true");
    }
    add_end(&line, line.is_json ? "}\n" : "\n");
    if (!write_line(log->descriptor, &line) && log->lost_lines != NULL) {
        atomic_fetch_add_explicit(log->lost_lines, 1, memory_order_relaxed);
    }
}

static bool find_word(const char *text, const char *const *words, size_t count, size_t *index_out)
{
    for (size_t index = 0; index < count; index++) {
        if (strcmp(text, words[index]) == 0) {
            *index_out = index;
            return true;
        }
    }
    return false;
}

bool log_level_parse(const char *text, enum log_level *level_out)
{
    size_t index;
    if (!find_word(text, level_names, sizeof(level_names) / sizeof(*level_names), &index)) {
        return false;
    }
    *level_out = (enum log_level)index;
    return true;
}

bool log_format_parse(const char *text, enum log_format *format_out)
{
    size_t index;
    if (!find_word(text, format_names, sizeof(format_names) / sizeof(*format_names), &index)) {
        return false;
    }
    *format_out = (enum log_format)index;
    return true;
}
