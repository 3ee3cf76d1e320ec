/*
 * statement.h - prepared statements, kept by their text, and the buffers bound to them.
 *
 * A statement is prepared once on its connection; parameters and result columns are bound
 * once to buffers it owns, and values are copied through those. A cache keeps a bounded
 * number of statements and drops the one unused for longest.
 *
 * Memory: a statement has an arena of its own, destroyed with it.
 * Threads: those of its connection.
 */
#ifndef DATABASE_STATEMENT_H
#define DATABASE_STATEMENT_H

#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "database/sql.h"
#include "database/storage.h"

struct arena;
struct error;

enum { STATEMENT_CACHE_SIZE = 128, STATEMENT_BUCKETS = 64 };

/* At most so many parameters a statement: psqlODBC before 18 breaks from 1,000. Those of a query
 * (limits.parameters) leave room for what security adds. */
enum { STATEMENT_PARAMETERS = 950 };

/* One bound buffer. A column without capacity is not bound but read in pieces. */
struct slot {
    const struct storage *storage;
    enum column_type type;
    uint8_t scale;
    size_t length; /* columns: as the sql expects it */
    void *bytes;
    size_t capacity;
    SQLLEN indicator;
};

struct statement {
    SQLHSTMT handle;
    struct arena *arena;
    uint64_t hash;
    const char *text;
    size_t text_length;
    struct slot *parameters;
    size_t parameter_count;
    struct slot *columns;
    size_t column_count;
    bool is_row; /* the one column that ODBC sees is the text of a row */
    bool is_new; /* prepared and not run yet */
    struct statement *newer, *older, *next_in_bucket;
};

struct statement_cache {
    struct statement *buckets[STATEMENT_BUCKETS];
    struct statement *newest, *oldest;
    size_t count;
};

/* The statement kept for the sql, or a new one prepared on the ODBC connection. */
must_check bool statement_get(struct statement_cache *cache, SQLHDBC connection,
                              const struct sql *sql, struct statement **statement_out,
                              struct error *error);

/* Copies the values of the sql to the statement's buffers. */
must_check bool statement_bind(struct statement *statement, const struct sql *sql,
                               struct error *error);

/* Forgets one statement, or all. */
void statement_drop(struct statement_cache *cache, struct statement *statement);
void statement_drop_all(struct statement_cache *cache);

#endif
