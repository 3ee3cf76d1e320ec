/*
 * database.h - connections to one database, whatever its engine, and transactions on them.
 *
 * The pool opens connections through ODBC when they are needed and keeps them. A connection
 * keeps its prepared statements, by their text, for one revision of the catalog. A connection
 * that was lost is thrown away and the next acquire opens another.
 *
 * Errors, the same on every engine: DATABASE_UNIQUE, DATABASE_FOREIGN_KEY, DATABASE_CONFLICT
 * (lock, deadlock or serialisation: the transaction may be run again), DATABASE_UNAVAILABLE
 * (no connection, or lost before commit: nothing was written), DATABASE_TIMEOUT,
 * OUTCOME_UNKNOWN (lost at commit), BUSY (no connection became free), DATABASE_FAILED. The
 * driver's words go to error->cause, without values. The subject of DATABASE_UNIQUE names the
 * key as far as the engine does.
 *
 * A failed statement fails its transaction, on every engine: later statements and the commit
 * are refused until it is undone to a savepoint or rolled back. After DATABASE_CONFLICT only
 * running the whole transaction again helps.
 *
 * Threads: a database is shared; a connection belongs to one thread from acquire to release.
 */
#ifndef DATABASE_DATABASE_H
#define DATABASE_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "database/cell.h"
#include "database/sql.h"

struct arena;
struct connection;
struct database;
struct dialect;
struct error;
struct result;

struct database_options {
    const char *url;           /* ODBC connection string; NULL: SQLite in folder */
    const char *folder;        /* data folder of SQLite; made when missing */
    bool must_exist;           /* nothing is made: fails with ORGANIZATION_MISSING without a file */
    int pool_size;             /* connections at most */
    int64_t acquire_timeout;   /* ms to wait for a free connection */
    int64_t statement_timeout; /* ms one statement may run */
};

/* Makes the pool and proves one connection. The caller closes it. The first call of a program
 * sets variables of its environment, so it comes before other threads start. */
must_check bool database_open(const struct database_options *options,
                              struct database **database_out, struct error *error);
void database_close(struct database **database);

const struct dialect *database_dialect(const struct database *database);

/* "SQLite", "PostgreSQL", "MariaDB" and the version of the engine, for logs and describe. */
const char *database_engine(const struct database *database);

/* Connections open and in use now, for metrics. */
void database_count(const struct database *database, int *open_out, int *used_out);

/* Tells that statements prepared for older revisions of the catalog are no longer wanted. */
void database_set_revision(struct database *database, int64_t revision);

/* Waits for a connection: free, working, outside any transaction. */
must_check bool database_acquire(struct database *database, struct connection **connection_out,
                                 struct error *error);

/* Gives it back; a transaction left open is rolled back, a broken connection is closed.
 * Accepts a pointer to NULL, leaves NULL. */
void database_release(struct connection **connection);

enum transaction_kind {
    TRANSACTION_READ,
    TRANSACTION_WRITE,
    TRANSACTION_WRITE_AT_ONCE, /* as WRITE, but does not queue where there is one writer */
};

/* Begins at READ COMMITTED: each statement sees what is committed when it begins. A READ costs
 * nothing and may not change anything. WRITE on SQLite waits to be the one writer (AT_ONCE: a
 * DATABASE_CONFLICT while another is); elsewhere the engine hears of it with the first statement
 * that locks or changes something. */
must_check bool connection_begin(struct connection *connection, enum transaction_kind kind,
                                 struct error *error);
must_check bool connection_commit(struct connection *connection, struct error *error);

/* Never fails: a connection that cannot roll back is closed at release. */
void connection_rollback(struct connection *connection);

/* A point to return to inside a write transaction; up to four deep. Keep or undo ends it. */
must_check bool connection_savepoint(struct connection *connection, struct error *error);
must_check bool connection_savepoint_keep(struct connection *connection, struct error *error);
must_check bool connection_savepoint_undo(struct connection *connection, struct error *error);

/* Rows that the floors above hold back, to make few statements of many. */
struct holder {
    /* Writes all that is held. */
    bool (*write)(void *context, struct error *error);
    void *context;
};

/* Has the holder write, once, before the next statement that is not apart (struct sql), before a
 * savepoint is set or kept, and before the commit; its failure is the failure of that. Who undoes
 * to a savepoint or rolls back undoes the holding, too. */
void connection_hold(struct connection *connection, const struct holder *holder);

/* Has the holder write now. */
must_check bool connection_write_held(struct connection *connection, struct error *error);

/* Statements that have changed something or failed, since it was opened: while it stays the same,
 * nothing has to be undone. */
int64_t connection_count_changes(const struct connection *connection);

const struct dialect *connection_dialect(const struct connection *connection);

/* Runs a statement that answers no rows. rows_out (may be NULL): rows found by its WHERE, the
 * same number on every engine, also where nothing changed. */
must_check bool connection_change(struct connection *connection, const struct sql *sql,
                                  int64_t *rows_out, struct error *error);

/* A change of which its maker knows what it finds, and perhaps that nothing follows it. */
struct change {
    struct sql sql; /* is_last: its arena lives until the transaction ends */
    bool is_last;   /* may wait until the commit, or until anything else is asked */
    bool must_find; /* no row is a DATABASE_CONFLICT: others changed it meanwhile */
    bool follows; /* an "INSERT ... SELECT values" that may go with the one that waits before it */
    /* Says a failure in the caller's words, where it is met: here, at the next statement, or at
     * the commit. Returns false. NULL: it is told as it is. */
    bool (*explain)(void *context, struct error *error);
    void *context;
};

/* Runs a change, or lets it wait. One that has waited until the commit and is all that the
 * transaction asks to be kept goes alone: the engine commits it by itself, in one round trip
 * instead of three. One that follows it becomes one statement with it, where the engine can. */
must_check bool connection_apply(struct connection *connection, const struct change *change,
                                 struct error *error);

/* Runs a SELECT. The result must be closed before the next statement on this connection;
 * closing the arena of the sql closes it too. */
must_check bool connection_select(struct connection *connection, const struct sql *sql,
                                  struct result **result_out, struct error *error);

/* Goes to the next row. */
must_check bool result_next(struct result *result, bool *has_row_out, struct error *error);

/* A cell of the current row, by position from 0. Text and bytes are valid until the next row. */
const struct cell *result_cell(const struct result *result, size_t column);

void result_close(struct result **result);

/* Takes one row of a result. */
typedef void (*row_taker)(void *context, const struct result *result);

/* Runs a SELECT and hands over each row. */
must_check bool connection_select_each(struct connection *connection, const struct sql *sql,
                                       row_taker take, void *context, struct error *error);

/* Selects at most one row and copies its cells to the arena of the sql; NULL when none. */
must_check bool connection_select_row(struct connection *connection, const struct sql *sql,
                                      const struct cell **cells_out, struct error *error);

#endif
