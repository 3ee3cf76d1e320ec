/*
 * connection.h - one connection as the files of this floor see it.
 *
 * Opening, closing and asking belong to the pool; transactions and statements are public
 * (database.h). A failed statement fails its transaction on every engine, as it does on
 * PostgreSQL: only undoing to a savepoint or rolling back goes on from there.
 *
 * Memory: a connection has an arena of its own, destroyed with it.
 * Threads: one thread at a time.
 */
#ifndef DATABASE_CONNECTION_H
#define DATABASE_CONNECTION_H

#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "database/connection_string.h"
#include "database/database.h"
#include "database/statement.h"

struct arena;
struct watch;
struct watcher;

enum transaction_state {
    TRANSACTION_NONE,
    TRANSACTION_READING, /* nothing was sent: each statement sees what is committed */
    TRANSACTION_WRITING, /* the engine knows of it when is_begun */
    TRANSACTION_FAILED,  /* a statement failed: undo to a savepoint, or roll back */
    TRANSACTION_DOOMED,  /* a conflict: the whole transaction must be run again */
};

/* How to connect: what the pool found out once. */
struct connection_plan {
    const char *text; /* complete ODBC connection string */
    const struct dialect *dialect;
    int64_t statement_timeout; /* ms */
    struct watcher *watcher;   /* where the engine cannot end statements itself */
};

struct connection {
    struct arena *arena;
    struct database *database;
    const struct dialect *dialect;
    struct connection_link link;
    SQLHSTMT direct; /* for statements without parameters: BEGIN, COMMIT, DDL */
    struct statement_cache statements;
    struct result *result; /* open now, or NULL */
    struct watch *watch;   /* or NULL */
    enum transaction_state state;
    bool is_begun; /* the engine was told */
    bool is_waiting;
    struct change waiting; /* has still to be run, when is_waiting */
    struct holder holder;  /* write NULL: nothing is held back */
    int64_t changes;       /* and failures */
    int savepoints;
    int64_t statement_timeout; /* ms */
    bool is_broken;
    int64_t revision;
    int64_t last_used;   /* time_monotonic() */
    int64_t last_answer; /* of the engine, likewise */
};

must_check bool connection_open(const struct connection_plan *plan,
                                struct connection **connection_out, struct error *error);

/* Closes what is open on it, and it; accepts a pointer to NULL, leaves NULL. */
void connection_close(struct connection **connection);

/* Asks the engine whether the connection still works. */
bool connection_is_alive(struct connection *connection);

/* Fails when the connection was lost, or its transaction failed before. */
must_check bool connection_check_usable(const struct connection *connection, struct error *error);

/* Runs text of ours without parameters and without rows, in whatever state. */
must_check bool connection_run_text(struct connection *connection, const char *text,
                                    struct error *error);

/* Rolls back, in whatever state. */
must_check bool connection_run_rollback(struct connection *connection, struct error *error);

/* The same as text, however long it takes: changes of tables. */
must_check bool connection_run_unhurried(struct connection *connection, const char *text,
                                         struct error *error);

/* Has written what is held back, runs the change that waits, and tells the engine of the
 * transaction when what comes needs it: before each statement that is asked for. */
must_check bool connection_make_ready(struct connection *connection, bool needs_transaction,
                                      struct error *error);

/* The same for this statement, which may be apart from what is held back. */
must_check bool connection_make_ready_for(struct connection *connection, const struct sql *sql,
                                          bool needs_transaction, struct error *error);

/* Runs a change, in whatever state. */
must_check bool connection_run_change(struct connection *connection, const struct sql *sql,
                                      int64_t *rows_out, struct error *error);

/* Prepares, binds and runs. The caller ends with connection_end_run, after the last row. */
must_check bool connection_run(struct connection *connection, const struct sql *sql,
                               struct statement **statement_out, struct error *error);
bool connection_end_run(struct connection *connection);

/* Notes that something failed on an ODBC handle, and sets the error. Returns false. */
bool connection_fail(struct connection *connection, short handle_type, void *handle,
                     const char *sql, struct error *error);

#endif
