/*
 * error.c - what went wrong, written into fixed places and cut at whole characters.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/expect.h"

/* Takes back the bytes of a character whose end did not fit. */
static void cut_at_character(char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) {
        start--;
    }
    if (start == 0 || (unsigned char)text[start - 1] < 0xC0) {
        return;
    }
    unsigned char lead = (unsigned char)text[start - 1];
    size_t needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (length - (start - 1) < needed) {
        text[start - 1] = '\0';
    }
}

static void write_list(char *place, size_t size, const char *format, va_list arguments)
{
    int length = vsnprintf(place, size, format, arguments);
    expect(length >= 0);
    if ((size_t)length >= size) {
        cut_at_character(place, size - 1);
    }
}

static void write_text(char *place, size_t size, const char *text)
{
    size_t length = text == NULL ? 0 : strnlen(text, size);
    bool is_cut = length == size;
    length = is_cut ? size - 1 : length;
    if (length > 0) {
        memcpy(place, text, length);
    }
    place[length] = '\0';
    if (is_cut) {
        cut_at_character(place, length);
    }
}

static void set(struct error *error, enum error_code code, const char *entity, const char *subject,
                const char *format, va_list arguments)
{
    expect(code != ERROR_NONE);
    error->code = code;
    error->cause[0] = '\0';
    /* The message first: its arguments may point into the error that is being replaced. */
    char message[ERROR_MESSAGE_SIZE];
    write_list(message, sizeof(message), format, arguments);
    write_text(error->entity, sizeof(error->entity), entity);
    write_text(error->subject, sizeof(error->subject), subject);
    memcpy(error->message, message, sizeof(message));
}

bool error_set(struct error *error, enum error_code code, const char *subject, const char *format,
               ...)
{
    va_list arguments;
    va_start(arguments, format);
    set(error, code, NULL, subject, format, arguments);
    va_end(arguments);
    return false;
}

bool error_set_about(struct error *error, enum error_code code, const char *entity,
                     const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set(error, code, entity, subject, format, arguments);
    va_end(arguments);
    return false;
}

bool error_add_cause(struct error *error, const char *format, ...)
{
    size_t used = strlen(error->cause);
    if (used > 0 && used < sizeof(error->cause) - 2) {
        memcpy(error->cause + used, "; ", 3);
        used += 2;
    }
    va_list arguments;
    va_start(arguments, format);
    write_list(error->cause + used, sizeof(error->cause) - used, format, arguments);
    va_end(arguments);
    return false;
}

void error_clear(struct error *error)
{
    error->code = ERROR_NONE;
    error->entity[0] = '\0';
    error->subject[0] = '\0';
    error->message[0] = '\0';
    error->cause[0] = '\0';
}
