/*
 * transaction.c - begins, commits and rolls back by text, the same way on every engine.
 *
 * BEGIN is sent when the first statement comes that needs it, and a change that is the last may
 * wait for the commit. So the one statement of a small write goes without either.
 *
 * ODBC's autocommit stays on: on SQLite SQLEndTran reports success and commits nothing once a
 * transaction was begun by text, and BEGIN IMMEDIATE can only be said by text.
 */
#include <string.h>

#include "base/arena.h"
#include "base/expect.h"
#include "base/time.h"
#include "database/connection.h"
#include "database/diagnostic.h"
#include "database/dialect_driver.h"
#include "database/pool.h"

/* How deep savepoints may be nested; each depth has its text, so that none is ever made up. */
static const struct {
    const char *set, *keep, *undo;
} savepoint_texts[] = {
    {"SAVEPOINT point_1", "RELEASE SAVEPOINT point_1", "ROLLBACK TO SAVEPOINT point_1"},
    {"SAVEPOINT point_2", "RELEASE SAVEPOINT point_2", "ROLLBACK TO SAVEPOINT point_2"},
    {"SAVEPOINT point_3", "RELEASE SAVEPOINT point_3", "ROLLBACK TO SAVEPOINT point_3"},
    {"SAVEPOINT point_4", "RELEASE SAVEPOINT point_4", "ROLLBACK TO SAVEPOINT point_4"},
};
enum { SAVEPOINT_DEPTH = sizeof(savepoint_texts) / sizeof(savepoint_texts[0]) };

/* A change goes alone only on a connection that answered so lately (ms): were it lost with the
 * change, nobody would know the outcome. BEGIN asks an older one first. */
enum { ANSWER_IS_FRESH = 50 };

/* ---- begin ---- */

static bool tell_engine(struct connection *connection, struct error *error)
{
    connection->is_begun = connection_run_text(connection, connection->dialect->begin, error);
    return connection->is_begun;
}

bool connection_begin(struct connection *connection, enum transaction_kind kind,
                      struct error *error)
{
    expect(connection->state == TRANSACTION_NONE);
    if (connection->is_broken) {
        return diagnostic_set(error, ERROR_DATABASE_UNAVAILABLE, "the connection was lost before");
    }
    if (kind == TRANSACTION_READ) {
        connection->state = TRANSACTION_READING;
        return true;
    }
    if (!pool_begin_writing(connection->database, kind == TRANSACTION_WRITE, error)) {
        return false;
    }
    connection->is_begun = false;
    if (connection->dialect->has_one_writer && !tell_engine(connection, error)) {
        pool_end_writing(connection->database);
        return false;
    }
    connection->state = TRANSACTION_WRITING;
    connection->savepoints = 0;
    return true;
}

/* ---- changes ---- */

/* Returns false. */
static bool explain(const struct change *change, struct error *error)
{
    return change->explain != NULL && change->explain(change->context, error);
}

static bool run_change(struct connection *connection, const struct change *change,
                       struct error *error)
{
    int64_t rows = 0;

    if (!connection_run_change(connection, &change->sql, &rows, error)) {
        return false;
    }
    return rows > 0 || !change->must_find ||
           error_set(error, ERROR_DATABASE_CONFLICT, NULL,
                     "Others changed the record at the same time");
}

/* Both as one statement, in the arena of the first; what is found is what the first finds. */
static void join(struct change *first, const struct change *second)
{
    const struct sql *parts[] = {&first->sql, &second->sql};
    struct sql joined;

    sql_begin(&joined, first->sql.arena, first->sql.dialect);
    sql_add(&joined, "WITH written AS (");
    sql_add(&joined, first->sql.text.bytes);
    sql_add(&joined, " RETURNING 1) ");
    sql_add(&joined, second->sql.text.bytes);
    sql_add(&joined, " FROM written");
    for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++) {
        sql_bind_all(&joined, parts[part]->parameters, parts[part]->parameter_count);
    }
    first->sql = joined;
}

static bool can_join(const struct connection *connection, const struct change *change)
{
    return change->is_last && change->follows && connection->is_waiting &&
           !connection->waiting.follows && connection->dialect->joins_changes;
}

bool connection_apply(struct connection *connection, const struct change *change,
                      struct error *error)
{
    expect(connection->state == TRANSACTION_WRITING || !change->is_last);
    if (can_join(connection, change)) {
        join(&connection->waiting, change);
        connection->waiting.follows = true;
        return true;
    }
    if (change->is_last) {
        if (!connection_make_ready(connection, false, error)) {
            return false;
        }
        connection->waiting = *change;
        connection->is_waiting = true;
        return true;
    }
    return connection_make_ready_for(connection, &change->sql, true, error) &&
           (run_change(connection, change, error) || explain(change, error));
}

void connection_hold(struct connection *connection, const struct holder *holder)
{
    expect(connection->state == TRANSACTION_WRITING);
    connection->holder = *holder;
}

static void let_go_of_held(struct connection *connection)
{
    connection->holder = (struct holder){0};
}

bool connection_write_held(struct connection *connection, struct error *error)
{
    struct holder holder = connection->holder;

    let_go_of_held(connection);
    connection->changes += holder.write != NULL; /* whatever becomes of it */
    return holder.write == NULL || holder.write(holder.context, error);
}

/* Runs the change that waits, and begins the transaction. */
static bool settle_waiting(struct connection *connection, bool needs_transaction,
                           struct error *error)
{
    bool is_waiting = connection->is_waiting;

    if (connection->state != TRANSACTION_WRITING) {
        return true;
    }
    if ((needs_transaction || is_waiting) && !connection->is_begun &&
        (!connection_check_usable(connection, error) || !tell_engine(connection, error))) {
        return false;
    }
    connection->is_waiting = false;
    return !is_waiting || run_change(connection, &connection->waiting, error) ||
           explain(&connection->waiting, error);
}

bool connection_make_ready(struct connection *connection, bool needs_transaction,
                           struct error *error)
{
    return connection_write_held(connection, error) &&
           settle_waiting(connection, needs_transaction, error);
}

bool connection_make_ready_for(struct connection *connection, const struct sql *sql,
                               bool needs_transaction, struct error *error)
{
    return (sql->is_apart || connection_write_held(connection, error)) &&
           settle_waiting(connection, needs_transaction, error);
}

/* ---- commit ---- */

/* A transaction that failed is rolled back, whatever the engine would make of its COMMIT:
 * PostgreSQL answers success and commits nothing. */
static bool refuse_commit(struct connection *connection, struct error *error)
{
    enum error_code code = connection->is_broken                     ? ERROR_DATABASE_UNAVAILABLE
                           : connection->state == TRANSACTION_DOOMED ? ERROR_DATABASE_CONFLICT
                                                                     : ERROR_DATABASE_FAILED;

    connection_rollback(connection);
    return diagnostic_set(error, code, "commit of a transaction in which a statement failed");
}

static bool end(struct connection *connection)
{
    connection->state = TRANSACTION_NONE;
    connection->is_begun = false;
    pool_end_writing(connection->database);
    return true;
}

static bool say_unknown(struct connection *connection, struct error *error)
{
    struct error cause = *error;

    connection->is_broken = true;
    return diagnostic_set(error, ERROR_OUTCOME_UNKNOWN, cause.cause);
}

static bool may_go_alone(const struct connection *connection)
{
    return connection->is_waiting && !connection->is_begun &&
           time_monotonic() - connection->last_answer < ANSWER_IS_FRESH;
}

/* The engine commits the change with its end. What it says itself is certain: a change that ran
 * too long was undone. */
static bool commit_alone(struct connection *connection, struct error *error)
{
    connection->is_waiting = false;
    if (run_change(connection, &connection->waiting, error)) {
        return end(connection);
    }
    if (error->code == ERROR_DATABASE_UNAVAILABLE) {
        say_unknown(connection, error);
    } else {
        (void)explain(&connection->waiting, error);
    }
    connection_rollback(connection);
    return false;
}

static bool commit_begun(struct connection *connection, struct error *error)
{
    if (!connection_make_ready(connection, false, error)) {
        connection_rollback(connection);
        return false;
    }
    if (!connection->is_begun || connection_run_text(connection, "COMMIT", error)) {
        return end(connection);
    }
    if (error->code == ERROR_DATABASE_UNAVAILABLE || error->code == ERROR_DATABASE_TIMEOUT) {
        say_unknown(connection, error);
    }
    connection_rollback(connection);
    return false;
}

bool connection_commit(struct connection *connection, struct error *error)
{
    expect(connection->state != TRANSACTION_NONE);
    expect(!connection->result);
    if (connection->state == TRANSACTION_READING) {
        connection->state = TRANSACTION_NONE;
        return true;
    }
    if (connection->state != TRANSACTION_WRITING || connection->is_broken) {
        return refuse_commit(connection, error);
    }
    if (!connection_write_held(connection, error)) {
        connection_rollback(connection);
        return false;
    }
    return may_go_alone(connection) ? commit_alone(connection, error)
                                    : commit_begun(connection, error);
}

/* Whether a ROLLBACK failed because nothing was left to be undone. */
static bool is_undone(const struct connection *connection, const struct error *error)
{
    const char *words = connection->dialect->is_undone;

    return words != NULL && strstr(error->cause, words) != NULL;
}

void connection_rollback(struct connection *connection)
{
    struct error error = {0};
    enum transaction_state state = connection->state;

    result_close(&connection->result);
    connection->is_waiting = false;
    let_go_of_held(connection);
    connection->state = TRANSACTION_NONE;
    if (state == TRANSACTION_NONE || state == TRANSACTION_READING) {
        return;
    }
    if (connection->is_begun && !connection->is_broken &&
        !connection_run_rollback(connection, &error) && !is_undone(connection, &error)) {
        connection->is_broken = true;
    }
    end(connection);
}

/* ---- savepoints ---- */

bool connection_savepoint(struct connection *connection, struct error *error)
{
    expect(connection->state != TRANSACTION_NONE && connection->state != TRANSACTION_READING);
    expect(connection->savepoints < SAVEPOINT_DEPTH);
    if (!connection_check_usable(connection, error) ||
        !connection_make_ready(connection, true, error) ||
        !connection_run_text(connection, savepoint_texts[connection->savepoints].set, error)) {
        return false;
    }
    connection->savepoints++;
    return true;
}

bool connection_savepoint_keep(struct connection *connection, struct error *error)
{
    expect(connection->savepoints > 0);
    if (!connection_check_usable(connection, error) ||
        !connection_make_ready(connection, true, error) ||
        !connection_run_text(connection, savepoint_texts[connection->savepoints - 1].keep, error)) {
        return false;
    }
    connection->savepoints--;
    return true;
}

bool connection_savepoint_undo(struct connection *connection, struct error *error)
{
    expect(connection->savepoints > 0);
    result_close(&connection->result);
    connection->is_waiting = false;
    let_go_of_held(connection);
    connection->savepoints--;
    if (connection->state == TRANSACTION_FAILED && !connection->is_broken) {
        connection->state = TRANSACTION_WRITING;
    }
    return connection_check_usable(connection, error) &&
           connection_run_text(connection, savepoint_texts[connection->savepoints].undo, error) &&
           connection_run_text(connection, savepoint_texts[connection->savepoints].keep, error);
}
