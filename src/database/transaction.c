/*
 * transaction.c - begins, commits and rolls back by text, the same way on every engine.
 *
 * ODBC's autocommit stays on: on SQLite SQLEndTran reports success and commits nothing once a
 * transaction was begun by text, and BEGIN IMMEDIATE can only be said by text.
 */
#include "base/arena.h"
#include "base/expect.h"
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
    if (!pool_begin_writing(connection->database, error)) {
        return false;
    }
    if (!connection_run_text(connection, connection->dialect->begin, error)) {
        pool_end_writing(connection->database);
        return false;
    }
    connection->state = TRANSACTION_WRITING;
    connection->savepoints = 0;
    return true;
}

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
    if (connection_run_text(connection, "COMMIT", error)) {
        connection->state = TRANSACTION_NONE;
        pool_end_writing(connection->database);
        return true;
    }
    if (error->code == ERROR_DATABASE_UNAVAILABLE || error->code == ERROR_DATABASE_TIMEOUT) {
        struct error cause = *error;

        diagnostic_set(error, ERROR_OUTCOME_UNKNOWN, cause.cause);
        connection->is_broken = true;
    }
    connection_rollback(connection);
    return false;
}

void connection_rollback(struct connection *connection)
{
    struct error ignored;
    enum transaction_state state = connection->state;

    result_close(&connection->result);
    connection->state = TRANSACTION_NONE;
    if (state == TRANSACTION_NONE || state == TRANSACTION_READING) {
        return;
    }
    if (!connection->is_broken && !connection_run_text(connection, "ROLLBACK", &ignored)) {
        connection->is_broken = true;
    }
    pool_end_writing(connection->database);
}

bool connection_savepoint(struct connection *connection, struct error *error)
{
    expect(connection->state != TRANSACTION_NONE && connection->state != TRANSACTION_READING);
    expect(connection->savepoints < SAVEPOINT_DEPTH);
    if (!connection_check_usable(connection, error) ||
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
    connection->savepoints--;
    if (connection->state == TRANSACTION_FAILED && !connection->is_broken) {
        connection->state = TRANSACTION_WRITING;
    }
    return connection_check_usable(connection, error) &&
           connection_run_text(connection, savepoint_texts[connection->savepoints].undo, error) &&
           connection_run_text(connection, savepoint_texts[connection->savepoints].keep, error);
}
