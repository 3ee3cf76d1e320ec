/*
 * csv_source.c - the only door to libcsv. Lines are fed one by one, so that each row knows where
 * it begins; cells are turned into UTF-8 one by one, after they were cut.
 */
#include "apps/admin/csv_source.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "text/utf8.h"

enum { BLOCK_SIZE = 64 * 1024, CELL_GROWTH = 4, ROW_BYTES_MAX = 16 * 1024 * 1024 };

struct csv_source {
    struct arena *arena;
    const char *path;
    FILE *file;
    struct csv_parser parser;
    iconv_t conversion; /* (iconv_t)-1: it is UTF-8 already */
    char block[BLOCK_SIZE];
    size_t block_length, block_used;
    int64_t bytes_read, bytes_in_all;
    long line;     /* the one that is fed */
    long row_line; /* where the row under way began */
    size_t row_bytes;
    struct arena *row_arena; /* of the row under way */
    struct array cells;
    const char *problem;
    bool is_row_complete, is_at_end, is_finished;
    const char **columns;
    size_t column_count;
};

static void close_source(void *object)
{
    struct csv_source *source = object;

    if (source->file != NULL) {
        fclose(source->file);
    }
    if (source->conversion != (iconv_t)-1) {
        iconv_close(source->conversion);
    }
    csv_free(&source->parser);
}

/* Blanks are part of a cell. */
static int no_blank(unsigned char byte)
{
    (void)byte;
    return 0;
}

static const char *convert(struct csv_source *source, char *bytes, size_t length)
{
    size_t capacity = length * CELL_GROWTH + 1;
    char *text = arena_allocate(source->row_arena, capacity);
    char *end = text;
    size_t left = capacity - 1;

    if (iconv(source->conversion, &bytes, &length, &end, &left) == (size_t)-1) {
        source->problem = "a cell has a byte that its encoding does not know";
        return "";
    }
    return text;
}

static const char *text_of_cell(struct csv_source *source, void *bytes, size_t length)
{
    if (source->conversion != (iconv_t)-1) {
        return convert(source, bytes, length);
    }
    if (!text_is_valid_utf8(bytes, length)) {
        source->problem = "a cell is not valid UTF-8";
        return "";
    }
    return arena_copy_part(source->row_arena, bytes, length);
}

static void end_cell(void *bytes, size_t length, void *context)
{
    struct csv_source *source = context;

    array_add(&source->cells, text_of_cell(source, bytes, length));
}

static void end_row(int character, void *context)
{
    struct csv_source *source = context;

    (void)character;
    source->is_row_complete = true;
}

static bool fill_block(struct csv_source *source, struct error *error)
{
    source->block_length = fread(source->block, 1, BLOCK_SIZE, source->file);
    source->block_used = 0;
    if (ferror(source->file) != 0) {
        return error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s cannot be read: %s", source->path,
                         strerror(errno));
    }
    source->is_at_end = source->block_length == 0;
    return true;
}

static bool fail_at_line(const struct csv_source *source, const char *why, struct error *error)
{
    return error_set(error, ERROR_VALUE_INVALID, NULL, "%s:%ld: %s", source->path, source->row_line,
                     why);
}

/* Feeds what is left of the block up to the end of its line. */
static bool feed_line(struct csv_source *source, struct error *error)
{
    const char *begin = source->block + source->block_used;
    size_t left = source->block_length - source->block_used;
    const char *end = memchr(begin, '\n', left);
    size_t length = end == NULL ? left : (size_t)(end - begin) + 1;

    source->block_used += length;
    source->bytes_read += (int64_t)length;
    source->row_bytes += length;
    if (csv_parse(&source->parser, begin, length, end_cell, end_row, source) != length) {
        return fail_at_line(source, "a quote stands where none may, or the row does not end",
                            error);
    }
    source->line += end != NULL;
    if (source->row_bytes > ROW_BYTES_MAX) {
        return fail_at_line(source, "the row is too long; a quote may be missing", error);
    }
    return true;
}

static bool finish_file(struct csv_source *source, struct error *error)
{
    source->is_finished = true;
    if (csv_fini(&source->parser, end_cell, end_row, source) != 0) {
        return fail_at_line(source, "the file ends within a quoted cell", error);
    }
    return true;
}

/* Reads one row of any number of cells into source->cells. */
static bool read_cells(struct csv_source *source, struct arena *arena, struct error *error)
{
    source->row_arena = arena;
    source->row_line = source->line;
    source->row_bytes = 0;
    source->is_row_complete = false;
    source->problem = NULL;
    array_init(&source->cells, arena);
    while (!source->is_row_complete && !source->is_finished) {
        if (source->block_used == source->block_length && !source->is_at_end &&
            !fill_block(source, error)) {
            return false;
        }
        if (!(source->is_at_end ? finish_file(source, error) : feed_line(source, error))) {
            return false;
        }
        if (source->parser.pstate == 0 && !source->is_row_complete) {
            source->row_line = source->line; /* that line was empty: no row has begun */
        }
    }
    return true;
}

static const char *without_mark(const char *text)
{
    return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

static bool read_header(struct csv_source *source, struct error *error)
{
    if (!read_cells(source, source->arena, error)) {
        return false;
    }
    if (!source->is_row_complete || source->problem != NULL) {
        return fail_at_line(
            source, source->problem == NULL ? "there is no header row" : source->problem, error);
    }
    source->columns = (const char **)source->cells.items;
    source->column_count = source->cells.count;
    source->columns[0] = without_mark(source->columns[0]);
    return true;
}

static bool open_file(struct csv_source *source, struct error *error)
{
    struct stat status;

    source->file = fopen(source->path, "rb");
    if (source->file == NULL || fstat(fileno(source->file), &status) != 0) {
        return error_set(error, ERROR_FILE_UNREADABLE, NULL, "%s cannot be read: %s", source->path,
                         strerror(errno));
    }
    source->bytes_in_all = status.st_size;
    return true;
}

bool csv_source_open(struct arena *arena, const char *path, const char *encoding, char delimiter,
                     struct csv_source **source_out, struct error *error)
{
    struct csv_source *source = arena_allocate(arena, sizeof(*source));

    source->arena = arena;
    source->path = path;
    source->line = 1;
    source->conversion = (iconv_t)-1;
    if (csv_init(&source->parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        return error_set(error, ERROR_INTERNAL, NULL, "The CSV parser cannot be made");
    }
    arena_on_release(arena, close_source, source);
    csv_set_delim(&source->parser, (unsigned char)delimiter);
    csv_set_space_func(&source->parser, no_blank);
    if (!open_file(source, error)) {
        return false;
    }
    if (strcmp(encoding, "UTF-8") != 0) {
        source->conversion = iconv_open("UTF-8", encoding);
        if (source->conversion == (iconv_t)-1) {
            return error_set(error, ERROR_INTERNAL, NULL, "This system cannot convert from %s",
                             encoding);
        }
    }
    if (!read_header(source, error)) {
        return false;
    }
    *source_out = source;
    return true;
}

const char *const *csv_source_columns(const struct csv_source *source, size_t *count_out)
{
    *count_out = source->column_count;
    return source->columns;
}

bool csv_source_find(const struct csv_source *source, const char *name, size_t *index_out)
{
    for (size_t i = 0; i < source->column_count; i++) {
        if (strcmp(source->columns[i], name) == 0) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

/* A short row gets empty cells, so that it can be written to the file of errors. */
static void complete_row(struct csv_source *source, struct arena *arena)
{
    if (source->cells.count != source->column_count && source->problem == NULL) {
        source->problem = arena_format(arena, "the row has %zu cells, the header %zu",
                                       source->cells.count, source->column_count);
    }
    while (source->cells.count < source->column_count) {
        array_add(&source->cells, "");
    }
}

bool csv_source_next(struct csv_source *source, struct arena *arena, struct csv_row *row_out,
                     bool *has_row_out, struct error *error)
{
    if (!read_cells(source, arena, error)) {
        return false;
    }
    *has_row_out = source->is_row_complete;
    if (source->is_row_complete) {
        complete_row(source, arena);
        *row_out = (struct csv_row){
            .cells = (const char *const *)source->cells.items,
            .line = source->row_line,
            .problem = source->problem,
        };
    }
    return true;
}

void csv_source_progress(const struct csv_source *source, int64_t *read_out, int64_t *size_out)
{
    *read_out = source->bytes_read;
    *size_out = source->bytes_in_all;
}
