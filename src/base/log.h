/*
 * log.h - one line an event: logfmt on a terminal, JSON otherwise.
 *
 * Values are escaped, so no input can begin a line of its own. Secrets are never passed here.
 *
 * Threads: one write(2) an event; any thread may log. A full or broken log never blocks or
 * fails the caller; lost lines are counted. A line has at most 4,096 bytes, which a pipe takes
 * whole; what does not fit is cut, and the line says so.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

struct log {
    int descriptor;                /* 2 for standard error */
    _Atomic(enum log_level) level; /* may change while others log */
    enum log_format format;
    atomic_ullong *lost_lines; /* counts lines that could not be written; NULL: nobody asks */
};

struct log_field {
    const char *name;
    const char *text; /* a text value; NULL: the number counts */
    int64_t number;
};

#define LOG_TEXT(field_name, value) ((struct log_field){.name = (field_name), .text = (value)})
#define LOG_NUMBER(field_name, value) ((struct log_field){.name = (field_name), .number = (value)})

/* Writes ts, level, event and the fields; a field whose name is NULL is left out. */
void log_write(const struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, int field_count);

/* log_event(log, LOG_LEVEL_INFO, "started", LOG_TEXT("url", url), LOG_NUMBER("port", 80)) */
#define log_event(log, level, event, ...)                                                          \
    log_write((log), (level), (event), (struct log_field[]){__VA_ARGS__},                          \
              (int)(sizeof((struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)))

/* "info" -> LOG_LEVEL_INFO; false for an unknown word. */
must_check bool log_level_parse(const char *text, enum log_level *level_out);

/* "auto", "logfmt" or "json"; false for an unknown word. */
must_check bool log_format_parse(const char *text, enum log_format *format_out);

#endif
