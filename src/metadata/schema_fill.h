/*
 * schema_fill.h - sets right what is in columns that are made of others.
 *
 * A field that becomes searchable, sortable or part of a key gets a column beside it in a table
 * that has rows. No engine folds as ICU does, so the rows are read and written here, piece by
 * piece in the order of their ids. What is right already is only read: so it does no harm to begin
 * again after a crash, and what a release that did not know the column left behind is mended.
 */
#ifndef METADATA_SCHEMA_FILL_H
#define METADATA_SCHEMA_FILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct connection;
struct error;
struct table;
struct table_column;

/* Rows that one piece reads, and locks as far as it writes them. */
enum { SCHEMA_FILL_PIECE = 500 };

struct schema_fill {
    struct connection *connection;
    const struct table *table;                 /* its primary key is one id */
    const struct table_column *const *columns; /* of it, each made of another */
    size_t column_count;
    bool (*may_go_on)(void *context, struct error *error); /* asked before each piece */
    void *context;
};

/* Fills the columns in all rows, in one walk, each piece in a transaction of its own. rows_out:
 * those that were written. Fails when it may not go on; what was filled by then stays. */
must_check bool schema_fill(const struct schema_fill *fill, int64_t *rows_out, struct error *error);

#endif
