/*
 * dialect_driver.h - what an engine's dialect must say, for those who write one.
 *
 * A dialect is one constant table in one file, dialect_<name>.c, named in dialect.c. It is
 * chosen by what the connected engine calls itself, not by the connection string.
 *
 * Memory: everything in a dialect is constant.
 */
#ifndef DATABASE_DIALECT_DRIVER_H
#define DATABASE_DIALECT_DRIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "database/cell.h"
#include "database/dialect.h"
#include "database/sql.h"
#include "database/summary.h"

struct arena;
struct buffer;
struct connection;
struct sql;
struct storage;
struct table_column;
struct table_step;
struct uuid;

enum { COLUMN_TYPES = COLUMN_BYTES + 1 };

/* Milliseconds that a statement waits for a lock before the answer is DATABASE_CONFLICT. */
enum { DIALECT_LOCK_TIMEOUT = 5000 };

/* A keyword of the ODBC connection string. */
struct dialect_keyword {
    const char *name;
    const char *value;
    bool is_fixed; /* our value stands, whatever the string says */
};

/* What a diagnostic means. The first row that fits counts. */
struct dialect_error {
    const char *state;    /* SQLSTATE begins with this; NULL: any */
    int native;           /* the engine's own number; 0: any */
    const char *fragment; /* the message has this; NULL: any */
    enum error_code code;
};

/* What there may be in the engine's own catalog. A question about it answers one row with a
 * count; its parameters are texts: the table's name, then the object's. Without a question the
 * step is run again: that must do no harm. */
enum dialect_object { OBJECT_TABLE, OBJECT_COLUMN, OBJECT_INDEX, OBJECT_REFERENCE, OBJECT_KINDS };

/* Another form of a result column: what is written after its name, and how it then comes. */
struct dialect_reading {
    const char *cast;
    const struct storage *storage;
};

/* A row as one value: what is written around its columns, and how each then comes. opens NULL:
 * columns always come one by one. */
struct dialect_row {
    const char *opens, *closes;
    const struct storage *storage[COLUMN_TYPES]; /* BYTES are read by row_text */
};

struct dialect {
    const char *engine; /* SQL_DBMS_NAME */
    char quote;         /* around identifiers */

    const char *limit;                /* before the parameter that counts rows */
    const char *row_locks[ROW_LOCKS]; /* after a SELECT, or NULL */
    bool sorts_nulls_last; /* a null counts as the greatest; we want the smallest everywhere */
    bool seeks_by_row;     /* an index serves (a, b) > (?, ?) */

    const char *fence; /* ends a subquery that is not to be turned into a join; "" where none is */

    const char *ordered_join; /* a join that keeps its order; NULL: LATERAL and the fence do */

    /* Writes a SELECT of one number: about how many rows the table has, without counting them. */
    void (*write_estimate)(struct sql *sql, const char *table);

    /* Writes a SELECT of one column, the ids, bound as one value. */
    void (*write_ids)(struct sql *sql, const struct uuid *ids, size_t count);

    /* Each @ is a column. The sum is a text: a number, or how many times 10^9 and how many more. A
     * day: what stands before a moment, between it and the seconds to add, and after them. */
    const char *sum, *periods[SUMMARY_PERIODS], *day[3];

    /* A change may be part of the next one, WITH name AS (... RETURNING 1), so that both go in one
     * round trip. */
    bool joins_changes;

    const char *begin;       /* a write transaction */
    bool has_one_writer;     /* writers queue in the pool, not at the engine */
    const char *is_undone;   /* said of a ROLLBACK that comes after the engine's own; NULL: never */
    const char *liveness;    /* asked of a connection that was idle; NULL: always alive */
    const char *still_begun; /* fails with a conflict when the transaction is gone; asked after a
                                statement was prepared in it; NULL: it stays */
    const char *clock;       /* an expression: milliseconds since 1970 by the engine's clock */

    const struct dialect_keyword *keywords;
    size_t keyword_count;

    /* A variable of the process that the driver reads when it connects, or NULL. */
    const char *variable;
    const char *variable_value;

    /* Run on each new connection, in order. */
    const char *const *session;
    size_t session_count;

    /* Writes the statement that bounds run time; NULL: the engine cannot, and a watch of ours
     * cancels what runs too long. */
    const char *(*write_statement_timeout)(struct arena *arena, int64_t milliseconds);

    const struct dialect_error *errors;
    size_t error_count;

    /* The words in an error before the name of a unique key, and what ends the name. */
    const char *unique_key_follows;
    char unique_key_ends;

    const struct storage *storage[COLUMN_TYPES];

    /* Types that are read faster in another form; no cast: as they are stored. */
    struct dialect_reading readings[COLUMN_TYPES];

    struct dialect_row row;

    /* Writes the type of a column. is_key: part of a key, an index or a reference. */
    void (*write_type)(struct buffer *text, const struct table_column *column, bool is_key);

    const char *counted; /* follows the type of a column that the engine numbers */

    bool has_partial_indexes;   /* CREATE INDEX ... WHERE; a sparse one is smaller there */
    const char *table_options;  /* after the closing bracket of CREATE TABLE */
    bool has_inline_references; /* a reference is part of its column */
    bool needs_reference_index; /* a reference keeps an index from going unless it has another */
    const char *questions[OBJECT_KINDS];

    /* Writes what follows ALTER TABLE name to give a column its new type and requiredness. */
    void (*write_change)(struct sql *sql, const struct table_column *column, bool is_key);

    /* Where ALTER TABLE can do neither this nor add a reference: does both. NULL elsewhere. */
    bool (*change_column)(struct connection *connection, struct arena *arena,
                          const struct table_step *step, struct error *error);
};

/* What dialect_sqlite says for change_column. */
bool table_sqlite_change(struct connection *connection, struct arena *arena,
                         const struct table_step *step, struct error *error);

extern const struct dialect dialect_sqlite;
extern const struct dialect dialect_postgresql;
extern const struct dialect dialect_mariadb;

#endif
