/*
 * output.c - a generated C file: composed in memory, written only when it has changed.
 */
#include "generate/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"

enum { FIRST_CAPACITY = 16384, FILE_LIMIT = 64 * 1024 * 1024 };

static bool has_content(const struct output *output)
{
    struct arena *arena = arena_create();
    struct error ignored = {0};
    char *bytes = NULL;
    size_t length = 0;
    bool is_same = file_read(arena, output->path, FILE_LIMIT, &bytes, &length, &ignored) &&
                   length == output->text.length && memcmp(bytes, output->text.bytes, length) == 0;
    arena_destroy(&arena);
    return is_same;
}

void output_begin(struct output *output, struct arena *arena, const char *directory,
                  const char *name, const char *source, const char *purpose)
{
    output->path = arena_format(arena, "%s/%s", directory, name);
    buffer_init(&output->text, arena, FIRST_CAPACITY);
    output_add(output,
               "/*\n * %s - %s\n *\n * Made by build/generate from %s. Edit that instead.\n */\n",
               name, purpose, source);
}

void output_add(struct output *output, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_format_list(output->text.arena, format, arguments);
    va_end(arguments);
    buffer_add_text(&output->text, text);
}

void output_add_literal(struct output *output, const char *text)
{
    if (text == NULL) {
        buffer_add_text(&output->text, "NULL");
        return;
    }
    buffer_add_char(&output->text, '"');
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ') {
            buffer_add_format(&output->text, "\\%03o", (unsigned)(unsigned char)*at);
        } else if (strchr("\"\\?", *at) != NULL) { /* ? might begin a trigraph */
            buffer_add_format(&output->text, "\\%c", *at);
        } else {
            buffer_add_char(&output->text, *at);
        }
    }
    buffer_add_char(&output->text, '"');
}

bool output_finish(struct output *output, struct error *error)
{
    if (has_content(output)) {
        return true;
    }
    FILE *file = fopen(output->path, "w");
    if (file == NULL) {
        return error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s: %s", output->path,
                         strerror(errno));
    }
    bool is_written =
        fwrite(output->text.bytes, 1, output->text.length, file) == output->text.length;
    if (fclose(file) != 0 || !is_written) {
        return error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s: cannot be written", output->path);
    }
    return true;
}
