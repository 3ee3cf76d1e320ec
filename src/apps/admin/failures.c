/*
 * failures.c - the file of errors is a source of its own: the mapping runs on it unchanged.
 */
#include "apps/admin/failures.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/admin/csv_source.h"
#include "apps/admin/ledger.h"
#include "apps/admin/mapping.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"

#define ERROR_COLUMN "error"

void failures_say(const struct array *failures)
{
    for (size_t i = 0; i < failures->count; i++) {
        const struct failure *failure = failures->items[i];
        fprintf(stderr, "%s:%ld: %s%s%s", failure->pass->source->file, failure->line,
                failure->column == NULL ? "" : failure->column, failure->column == NULL ? "" : ": ",
                failure->message);
        if (failure->code != NULL) {
            fprintf(stderr, " (%s)", failure->code);
        }
        fputc('\n', stderr);
    }
}

/* One file of errors under way. */
struct error_file {
    struct arena *arena;
    FILE *file;
    iconv_t conversion; /* into the encoding of the source */
    char delimiter;
    size_t column_count;
    bool has_reasons; /* the source is a file of errors itself: its last column is replaced */
};

static bool needs_quotes(const struct error_file *file, const char *text)
{
    return strpbrk(text, "\"\r\n") != NULL || strchr(text, file->delimiter) != NULL;
}

/* In the encoding of the source; what it does not know becomes something like it. */
static const char *encode(const struct error_file *file, const char *text)
{
    size_t length = strlen(text);
    size_t left = length * 4;
    char *encoded = arena_allocate(file->arena, left + 1);
    char *end = encoded;
    char *from = arena_copy_text(file->arena, text);

    if (file->conversion == (iconv_t)-1) {
        return text;
    }
    (void)iconv(file->conversion, &from, &length, &end, &left);
    return encoded;
}

static void write_cell(const struct error_file *file, const char *cell, bool is_last)
{
    const char *text = encode(file, cell);

    if (needs_quotes(file, text)) {
        csv_fwrite(file->file, text, strlen(text));
    } else {
        fputs(text, file->file);
    }
    fputc(is_last ? '\n' : file->delimiter, file->file);
}

static void write_row(const struct error_file *file, const char *const *cells, const char *reason)
{
    size_t count = file->has_reasons ? file->column_count - 1 : file->column_count;

    for (size_t i = 0; i < count; i++) {
        write_cell(file, cells[i], false);
    }
    write_cell(file, reason, true);
}

static int compare_lines(const void *left, const void *right)
{
    const struct failure *first = *(const struct failure *const *)left;
    const struct failure *second = *(const struct failure *const *)right;

    return (first->line > second->line) - (first->line < second->line);
}

/* Failures of one source in the order of its lines. */
static void failures_of(const struct array *failures, const struct source *source,
                        struct array *found)
{
    for (size_t i = 0; i < failures->count; i++) {
        const struct failure *failure = failures->items[i];
        if (failure->pass->source == source) {
            array_add(found, failure);
        }
    }
    if (found->count > 0) {
        qsort(found->items, found->count, sizeof(*found->items), compare_lines);
    }
}

/* Adds why a row failed, after what is there already. */
static void add_reason(struct buffer *reasons, const struct failure *failure)
{
    buffer_add_format(reasons, "%s%s: %s%s%s", reasons->length == 0 ? "" : "; ",
                      failure->pass->name, failure->column == NULL ? "" : failure->column,
                      failure->column == NULL ? "" : ": ", failure->message);
}

static void write_rows(const struct error_file *file, const struct array *found)
{
    for (size_t i = 0; i < found->count;) {
        const struct failure *first = found->items[i];
        struct buffer reasons;
        buffer_init(&reasons, file->arena, 128);
        for (; i < found->count; i++) {
            const struct failure *failure = found->items[i];
            if (failure->line != first->line) {
                break;
            }
            add_reason(&reasons, failure);
        }
        write_row(file, first->cells, reasons.bytes);
    }
}

static bool write_file(struct arena *arena, const struct mapping *mapping,
                       const struct source *source, const struct array *found, const char *folder,
                       struct error *error)
{
    const char *path = arena_format(arena, "%s/%s", folder, source->file);
    struct csv_source *original = NULL;
    struct error_file file = {.arena = arena, .delimiter = source->delimiter};

    if (!csv_source_open(arena, mapping_path(arena, mapping, source), source->encoding,
                         source->delimiter, &original, error)) {
        return false;
    }
    const char *const *columns = csv_source_columns(original, &file.column_count);
    file.has_reasons = strcmp(columns[file.column_count - 1], ERROR_COLUMN) == 0;
    file.file = fopen(path, "wb");
    if (file.file == NULL) {
        return error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s cannot be written: %s", path,
                         strerror(errno));
    }
    file.conversion = iconv_open(arena_format(arena, "%s//TRANSLIT", source->encoding), "UTF-8");
    write_row(&file, columns, ERROR_COLUMN);
    write_rows(&file, found);
    if (file.conversion != (iconv_t)-1) {
        iconv_close(file.conversion);
    }
    return fclose(file.file) == 0 || error_set(error, ERROR_FILE_UNREADABLE, NULL,
                                               "%s cannot be written: %s", path, strerror(errno));
}

/* Whether an earlier pass reads the same source. */
static bool is_earlier(const struct mapping *mapping, size_t pass)
{
    for (size_t i = 0; i < pass; i++) {
        if (mapping->passes[i].source == mapping->passes[pass].source) {
            return true;
        }
    }
    return false;
}

bool failures_write(struct arena *arena, const struct mapping *mapping,
                    const struct array *failures, const char *folder, struct error *error)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s cannot be made: %s", folder,
                         strerror(errno));
    }
    for (size_t i = 0; i < mapping->pass_count; i++) {
        struct array found;
        array_init(&found, arena);
        failures_of(failures, mapping->passes[i].source, &found);
        if (found.count > 0 && !is_earlier(mapping, i) &&
            !write_file(arena, mapping, mapping->passes[i].source, &found, folder, error)) {
            return false;
        }
    }
    return true;
}
