/*
 * row.h - rows of the platform's own tables, written and found by conditions on columns.
 *
 * For floors that keep something beside the records: sessions, privileges, files, counters.
 * They say what they want as structs; the SQL is written here, always the same for the same
 * columns, so its prepared form is kept. Columns are named as in the table; their types come
 * from it.
 *
 * Memory: cells that were read live in the arena given.
 */
#ifndef DATABASE_ROW_H
#define DATABASE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "database/cell.h"

struct arena;
struct connection;
struct error;
struct table;

/* A column and the value it gets. */
struct row_value {
    const char *column;
    struct cell cell;
};

enum row_test { ROW_IS, ROW_IS_BELOW, ROW_IS_ABOVE, ROW_IS_NOT, ROW_IS_NULL };

/* A condition that rows must meet; all of several. */
struct row_condition {
    const char *column;
    enum row_test test;
    struct cell cell; /* of ROW_IS_NULL: none */
};

struct row_query {
    const struct table *table;
    const char *const *columns; /* to read, in this order */
    size_t column_count;
    const struct row_condition *conditions;
    size_t condition_count;
    const char *among;      /* a column that holds one of ids or texts as well; NULL: none */
    const struct uuid *ids; /* each once; many are asked for in parts, without order and limit */
    size_t id_count;
    const char *const *texts; /* in place of ids; at most 256 */
    size_t text_count;
    const char *order; /* column to order by, nulls the smallest, so that its index serves; NULL:
                          in any order */
    bool is_descending;
    int64_t limit;  /* rows at most; 0: all */
    bool is_locked; /* locks the rows: a change follows */
    bool is_free;   /* likewise, leaving out those that others have locked */
};

struct row_set {
    struct cell *cells; /* count rows of column_count cells */
    size_t count;
    size_t column_count;
};

must_check bool row_select(struct connection *connection, struct arena *arena,
                           const struct row_query *query, struct row_set *rows_out,
                           struct error *error);

/* The ids in the one column, of type uuid, that the query names. */
must_check bool row_select_ids(struct connection *connection, struct arena *arena,
                               const struct row_query *query, struct uuid **ids_out,
                               size_t *count_out, struct error *error);

/* How many rows meet the conditions; at least one is needed. */
must_check bool row_count(struct connection *connection, struct arena *arena,
                          const struct table *table, const struct row_condition *conditions,
                          size_t condition_count, int64_t *count_out, struct error *error);

/* A cell of a set. */
const struct cell *row_cell(const struct row_set *rows, size_t row, size_t column);

must_check bool row_insert(struct connection *connection, struct arena *arena,
                           const struct table *table, const struct row_value *values,
                           size_t value_count, struct error *error);

/* Many rows of the same columns. */
struct row_batch {
    const struct table *table;
    const char *const *columns;
    size_t column_count;
    const struct cell *cells; /* of one row after the other */
    size_t row_count;
    bool is_last; /* nothing follows them in the transaction: see struct change */
};

must_check bool row_insert_all(struct connection *connection, struct arena *arena,
                               const struct row_batch *batch, struct error *error);

/* rows_out: rows that met the conditions; may be NULL. At least one condition is needed. */
must_check bool row_update(struct connection *connection, struct arena *arena,
                           const struct table *table, const struct row_value *values,
                           size_t value_count, const struct row_condition *conditions,
                           size_t condition_count, int64_t *rows_out, struct error *error);
must_check bool row_delete(struct connection *connection, struct arena *arena,
                           const struct table *table, const struct row_condition *conditions,
                           size_t condition_count, int64_t *rows_out, struct error *error);

/* Sets an integer column to another one plus an amount, in the database, where the conditions are
 * met. */
struct row_sum {
    const char *column, *from;
    int64_t amount;
};

must_check bool row_set_sum(struct connection *connection, struct arena *arena,
                            const struct table *table, const struct row_sum *sum,
                            const struct row_condition *conditions, size_t condition_count,
                            int64_t *rows_out, struct error *error);

/* Adds an amount to an integer column, likewise. */
must_check bool row_add(struct connection *connection, struct arena *arena,
                        const struct table *table, const char *column, int64_t amount,
                        const struct row_condition *conditions, size_t condition_count,
                        int64_t *rows_out, struct error *error);

#endif
