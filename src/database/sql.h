/*
 * sql.h - a statement being written: text from us, identifiers quoted, every value bound.
 *
 * SQL is written on the floors database and query only. No value ever becomes part of the
 * text, so the text of a kind of statement is always the same and its prepared form is kept.
 *
 * Memory: the statement lives in its arena; cells borrow.
 */
#ifndef DATABASE_SQL_H
#define DATABASE_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "database/cell.h"

struct arena;
struct dialect;
struct uuid;

/* What a result column is read as. */
struct sql_column {
    enum column_type type;
    uint8_t scale; /* DECIMAL */
    size_t length; /* TEXT in characters, BYTES in bytes: at most so many; 0: of any length */
    bool is_cast;  /* set by sql_add_result: it comes as the dialect's reading says */
};

struct sql {
    struct arena *arena;
    const struct dialect *dialect;
    struct buffer text;
    struct cell *parameters;
    size_t parameter_count;
    size_t parameter_capacity;
    struct sql_column *columns;
    size_t column_count;
    size_t column_capacity;
    bool is_row;     /* the columns come together, as one text */
    bool is_locking; /* rows stay locked after it, so it belongs in a transaction */
    bool is_apart;   /* has nothing to do with what is held back: see connection_hold */
};

void sql_begin(struct sql *sql, struct arena *arena, const struct dialect *dialect);

/* Adds SQL text: only literals of our source, never anything from outside. */
void sql_add(struct sql *sql, const char *text);

/* Adds an identifier of the catalog, quoted for the engine. */
void sql_add_name(struct sql *sql, const char *name);

/* Adds alias.name, both quoted. */
void sql_add_column(struct sql *sql, const char *alias, const char *name);

/* Adds a word of the catalog as a text: letters, digits and underscores only. */
void sql_add_word(struct sql *sql, const char *word);

/* Adds a number of our source: a bit, a state of the catalog, the number of a part. */
void sql_add_number(struct sql *sql, int64_t number);

/* Adds a question mark and binds the cell to it. */
void sql_add_cell(struct sql *sql, struct cell cell);

/* Binds cells to the question marks of text that was added before. */
void sql_bind_all(struct sql *sql, const struct cell *cells, size_t count);

/* How many of the rows that are left go into one statement, each with so many values: a power of
 * two, so that few texts differ. */
size_t sql_rows_at_once(size_t left, size_t columns);

/* Says how the next result column is to be read. */
void sql_expect(struct sql *sql, struct sql_column column);

/* Adds alias.name as a result column, in the form in which the engine's driver reads it fastest,
 * and says how it is to be read. */
void sql_add_result(struct sql *sql, const char *alias, const char *name, struct sql_column column);

/* Adds a SELECT of one column that answers these ids, bound as one value whatever their number,
 * so that the text stays the same. */
void sql_add_ids(struct sql *sql, const struct uuid *ids, size_t count);

/* Joins the rows of a table whose column equals one that stands before, sought by index for each
 * row before: engines are kept from another order. */
void sql_add_seek_join(struct sql *sql, const char *table, const char *alias, const char *column,
                       const char *before, const char *before_column);

/* Ends a subquery in EXISTS that is to be run for each row it is asked about: the engine is kept
 * from reading the whole of its table instead. */
void sql_add_fence(struct sql *sql);

/* What stands around the columns of a SELECT that may have many: where the driver takes long for
 * each value, they then come together. Only sql_add_result may add columns in between. */
void sql_begin_row(struct sql *sql);
void sql_end_row(struct sql *sql);

/* Adds the engine's way of "first count rows", at the end of a SELECT. The number stands in the
 * text: an engine that plans once for all values must know how many rows are wanted. */
void sql_add_limit(struct sql *sql, int64_t count);

/* Adds what follows a column in ORDER BY: nulls are the smallest on every engine. Say whether
 * the column can be null, so that the plain order of an index serves where it cannot. */
void sql_add_direction(struct sql *sql, bool is_descending, bool is_nullable);

/* What those may not do who come to a row while it is locked, until the transaction ends. Each
 * waits for what it excludes: whoever deletes waits for those who refer. */
enum row_lock {
    ROW_LOCK_NONE,
    ROW_LOCK_KEEP,   /* delete it: for a row that is about to be referred to */
    ROW_LOCK_CHANGE, /* change or delete it */
    ROW_LOCK_FREE,   /* the same; rows that others have locked are left out of what is found */
    ROW_LOCK_DELETE, /* refer to it either */
    ROW_LOCKS
};

/* Adds the engine's row lock at the end of a SELECT by key, a SELECT in brackets included;
 * nothing where a writer is alone. */
void sql_add_row_lock(struct sql *sql, enum row_lock lock);

/* Adds `column LIKE ? ESCAPE '!'`, the same on every engine; pattern is of escaped text. */
void sql_add_like(struct sql *sql, const char *alias, const char *name, const char *pattern);

/* Escapes % _ and ! in text, for a pattern. */
char *sql_escape_like(struct arena *arena, const char *text);

#endif
