/*
 * connection.c - opens a connection and runs statements on it.
 */
#include "database/connection.h"

#include "base/arena.h"
#include "base/expect.h"
#include "base/interrupt.h"
#include "base/time.h"
#include "database/diagnostic.h"
#include "database/dialect_driver.h"
#include "database/watch.h"

/* ---- running ---- */

static void begin_run(struct connection *connection, SQLHSTMT handle)
{
    if (connection->watch) {
        watch_begin(connection->watch, handle);
    }
}

/* False when what ran was cancelled for its length. */
bool connection_end_run(struct connection *connection)
{
    return !connection->watch || watch_end(connection->watch);
}

static void note_failure(struct connection *connection, enum error_code code)
{
    if (code == ERROR_DATABASE_UNAVAILABLE) {
        connection->is_broken = true;
    }
    connection->changes++;
    if (connection->state == TRANSACTION_WRITING) {
        connection->state =
            code == ERROR_DATABASE_CONFLICT ? TRANSACTION_DOOMED : TRANSACTION_FAILED;
    }
}

/* Comes to a statement; a test makes it fail there as the engine might. */
static bool come_to_statement(struct connection *connection, struct error *error)
{
    if (interrupt_at("statement", error)) {
        return true;
    }
    note_failure(connection, error->code);
    return false;
}

/* Asks the driver, who may know it without having said so. */
static bool is_dead(struct connection *connection)
{
    SQLUINTEGER dead = SQL_CD_FALSE;

    return SQL_SUCCEEDED(SQLGetConnectAttr(connection->link.handle, SQL_ATTR_CONNECTION_DEAD, &dead,
                                           sizeof(dead), NULL)) &&
           dead == SQL_CD_TRUE;
}

bool connection_fail(struct connection *connection, short handle_type, void *handle,
                     const char *sql, struct error *error)
{
    enum error_code code = diagnostic_read(connection->dialect, handle_type, handle, sql, error);

    if (!connection_end_run(connection)) {
        code = ERROR_DATABASE_TIMEOUT;
        diagnostic_set(error, code, sql);
    } else if (code == ERROR_DATABASE_FAILED && is_dead(connection)) {
        struct error words = *error;

        code = ERROR_DATABASE_UNAVAILABLE;
        diagnostic_set(error, code, words.cause);
    }
    note_failure(connection, code);
    return false;
}

bool connection_check_usable(const struct connection *connection, struct error *error)
{
    expect(!connection->result);
    if (connection->is_broken) {
        return diagnostic_set(error, ERROR_DATABASE_UNAVAILABLE, "the connection was lost before");
    }
    if (connection->state == TRANSACTION_DOOMED) {
        return diagnostic_set(error, ERROR_DATABASE_CONFLICT,
                              "the transaction had a conflict before");
    }
    if (connection->state == TRANSACTION_FAILED) {
        return diagnostic_set(error, ERROR_DATABASE_FAILED,
                              "an earlier statement of the transaction failed");
    }
    return true;
}

static bool is_success(SQLRETURN result)
{
    return SQL_SUCCEEDED(result) || result == SQL_NO_DATA;
}

static bool run_text(struct connection *connection, const char *text, struct error *error)
{
    SQLHSTMT handle = connection->direct;
    bool done;

    begin_run(connection, handle);
    done = is_success(SQLExecDirect(handle, (SQLCHAR *)text, SQL_NTS));
    if (done) {
        connection_end_run(connection);
    } else {
        connection_fail(connection, SQL_HANDLE_STMT, handle, text, error);
    }
    SQLFreeStmt(handle, SQL_CLOSE);
    return done;
}

bool connection_run_text(struct connection *connection, const char *text, struct error *error)
{
    return come_to_statement(connection, error) && run_text(connection, text, error);
}

/* Whether it fails nobody is told, so no test asks. */
bool connection_run_rollback(struct connection *connection, struct error *error)
{
    return run_text(connection, "ROLLBACK", error);
}

bool connection_run_unhurried(struct connection *connection, const char *text, struct error *error)
{
    const char *(*write_timeout)(struct arena *, int64_t) =
        connection->dialect->write_statement_timeout;
    struct arena *scratch;
    struct watch *watch = connection->watch;
    struct error ignored;
    bool done;

    if (!write_timeout) {
        connection->watch = NULL;
        done = connection_run_text(connection, text, error);
        connection->watch = watch;
        return done;
    }
    scratch = arena_create();
    done = connection_run_text(connection, write_timeout(scratch, 0), error) &&
           connection_run_text(connection, text, error);
    if (!connection_run_text(connection, write_timeout(scratch, connection->statement_timeout),
                             &ignored)) {
        connection->is_broken = true;
    }
    arena_destroy(&scratch);
    return done;
}

static bool check_still_begun(struct connection *connection, struct statement *statement,
                              struct error *error)
{
    const char *question = connection->dialect->still_begun;
    bool must_ask = statement->is_new && connection->is_begun && question != NULL;

    statement->is_new = false;
    return !must_ask || connection_run_text(connection, question, error);
}

bool connection_run(struct connection *connection, const struct sql *sql,
                    struct statement **statement_out, struct error *error)
{
    struct statement *statement;

    if (!connection_check_usable(connection, error) || !come_to_statement(connection, error)) {
        return false;
    }
    if (sql->parameter_count > STATEMENT_PARAMETERS) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, NULL,
                         "The request needs %zu values in one statement; at most %d are allowed",
                         sql->parameter_count, STATEMENT_PARAMETERS);
    }
    if (!statement_get(&connection->statements, connection->link.handle, sql, &statement, error)) {
        note_failure(connection, error->code);
        return false;
    }
    if (!check_still_begun(connection, statement, error)) {
        return false;
    }
    if (!statement_bind(statement, sql, error)) {
        return false;
    }
    begin_run(connection, statement->handle);
    if (!is_success(SQLExecute(statement->handle))) {
        connection_fail(connection, SQL_HANDLE_STMT, statement->handle, statement->text, error);
        statement_drop(&connection->statements, statement);
        return false;
    }
    connection->last_answer = time_monotonic();
    *statement_out = statement;
    return true;
}

bool connection_run_change(struct connection *connection, const struct sql *sql, int64_t *rows_out,
                           struct error *error)
{
    struct statement *statement;
    SQLLEN rows = 0;

    if (!connection_run(connection, sql, &statement, error)) {
        return false;
    }
    connection_end_run(connection);
    connection->changes++;
    if (rows_out) {
        SQLRowCount(statement->handle, &rows);
        *rows_out = rows > 0 ? rows : 0;
    }
    return true;
}

bool connection_change(struct connection *connection, const struct sql *sql, int64_t *rows_out,
                       struct error *error)
{
    expect(connection->state != TRANSACTION_READING);
    return connection_make_ready_for(connection, sql, true, error) &&
           connection_run_change(connection, sql, rows_out, error);
}

int64_t connection_count_changes(const struct connection *connection)
{
    return connection->changes;
}

const struct dialect *connection_dialect(const struct connection *connection)
{
    return connection->dialect;
}

/* ---- life ---- */

static bool run_session(struct connection *connection, const struct connection_plan *plan,
                        struct error *error)
{
    const struct dialect *dialect = plan->dialect;

    for (size_t i = 0; i < dialect->session_count; i++) {
        if (!connection_run_text(connection, dialect->session[i], error)) {
            return false;
        }
    }
    if (!dialect->write_statement_timeout) {
        connection->watch = watch_create(connection->arena, plan->watcher);
        return true;
    }
    return connection_run_text(
        connection, dialect->write_statement_timeout(connection->arena, plan->statement_timeout),
        error);
}

bool connection_open(const struct connection_plan *plan, struct connection **connection_out,
                     struct error *error)
{
    struct arena *arena = arena_create();
    struct connection *connection = arena_allocate(arena, sizeof(*connection));

    connection->arena = arena;
    connection->dialect = plan->dialect;
    connection->statement_timeout = plan->statement_timeout;
    if (!connection_link_open(plan->text, &connection->link, error)) {
        goto failed;
    }
    if (!SQL_SUCCEEDED(
            SQLAllocHandle(SQL_HANDLE_STMT, connection->link.handle, &connection->direct))) {
        connection_fail(connection, SQL_HANDLE_DBC, connection->link.handle, NULL, error);
        goto failed;
    }
    if (!run_session(connection, plan, error)) {
        goto failed;
    }
    *connection_out = connection;
    return true;

failed:
    connection_close(&connection);
    return false;
}

void connection_close(struct connection **connection)
{
    struct connection *closed = *connection;
    struct arena *arena;

    if (!closed) {
        return;
    }
    *connection = NULL;
    arena = closed->arena;
    result_close(&closed->result);
    statement_drop_all(&closed->statements);
    if (closed->watch) {
        watch_destroy(closed->watch);
    }
    if (closed->direct) {
        SQLFreeHandle(SQL_HANDLE_STMT, closed->direct);
    }
    connection_link_close(&closed->link);
    arena_destroy(&arena);
}

bool connection_is_alive(struct connection *connection)
{
    struct error ignored;
    const char *question = connection->dialect->liveness;

    return !connection->is_broken &&
           (!question || connection_run_text(connection, question, &ignored));
}
