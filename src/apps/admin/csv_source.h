/*
 * csv_source.h - rows of a CSV file, as UTF-8, each with the line on which it begins.
 *
 * Memory: a source and its header live in the arena it was opened in; rows in the arena given
 * for them.
 * Threads: one at a time.
 */
#ifndef APPS_ADMIN_CSV_SOURCE_H
#define APPS_ADMIN_CSV_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct csv_source;
struct error;

struct csv_row {
    const char *const *cells; /* as many as the header has */
    long line;
    const char *problem; /* why the row cannot be used, or NULL */
};

/* Opens a file and reads its header. encoding is a name that iconv knows. */
must_check bool csv_source_open(struct arena *arena, const char *path, const char *encoding,
                                char delimiter, struct csv_source **source_out,
                                struct error *error);

/* The names of the columns. */
const char *const *csv_source_columns(const struct csv_source *source, size_t *count_out);

/* The place of a column; false when there is none. Of two with one name the first. */
must_check bool csv_source_find(const struct csv_source *source, const char *name,
                                size_t *index_out);

/* Reads the next row. has_row_out is false at the end. */
must_check bool csv_source_next(struct csv_source *source, struct arena *arena,
                                struct csv_row *row_out, bool *has_row_out, struct error *error);

/* How far it has been read, in bytes, and how many there are. */
void csv_source_progress(const struct csv_source *source, int64_t *read_out, int64_t *size_out);

#endif
