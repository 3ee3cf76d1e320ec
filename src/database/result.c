/*
 * result.c - fetches rows: bound columns as they lie in the buffers, long ones in pieces.
 */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/expect.h"
#include "database/connection.h"
#include "database/diagnostic.h"
#include "database/dialect_driver.h"
#include "database/row_text.h"

enum { FIRST_PIECE = 4096 };

struct result {
    struct connection *connection; /* NULL once closed */
    struct statement *statement;
    struct arena *arena;
    struct cell *cells;
    struct buffer *pieces;         /* one a column, used by long ones; the first by a row */
    struct row_text_value *values; /* of a row that comes as one text */
};

/* ---- one value ---- */

static bool refuse_value(struct result *result, size_t column, const char *what,
                         struct error *error)
{
    diagnostic_set(error, ERROR_DATABASE_FAILED, NULL);
    return error_add_cause(error, "column %zu %s in %s", column + 1, what, result->statement->text);
}

/* Asks for the next piece. missing_out: how many bytes are still to come at least; 0: none. */
static bool read_piece(struct result *result, size_t column, struct buffer *buffer, size_t room,
                       size_t *missing_out, bool *is_null_out)
{
    SQLSMALLINT type =
        result->statement->is_row ? SQL_C_CHAR : result->statement->columns[column].storage->c_type;
    size_t ending = type == SQL_C_CHAR; /* text ends with a NUL inside its room */
    char *place = buffer_reserve(buffer, room + ending);
    SQLLEN indicator = 0;
    SQLRETURN answer = SQLGetData(result->statement->handle, (SQLUSMALLINT)(column + 1), type,
                                  place, (SQLLEN)(room + ending), &indicator);

    *missing_out = 0;
    *is_null_out = indicator == SQL_NULL_DATA;
    if (answer == SQL_NO_DATA || *is_null_out) {
        return true;
    }
    if (!SQL_SUCCEEDED(answer)) {
        return false;
    }
    if (indicator != SQL_NO_TOTAL && (size_t)indicator <= room) {
        buffer_commit(buffer, (size_t)indicator);
        return true;
    }
    buffer_commit(buffer, room);
    *missing_out = indicator == SQL_NO_TOTAL ? FIRST_PIECE : (size_t)indicator - room;
    return true;
}

/* Reads a long value to its end, into the buffer of its column. */
static bool read_long(struct result *result, size_t column, bool *is_null_out, struct error *error)
{
    struct buffer *buffer = &result->pieces[column];
    size_t missing = FIRST_PIECE;

    if (!buffer->arena) {
        buffer_init(buffer, result->arena, FIRST_PIECE);
    }
    buffer_clear(buffer);
    while (missing > 0) {
        if (!read_piece(result, column, buffer, missing, &missing, is_null_out)) {
            return connection_fail(result->connection, SQL_HANDLE_STMT, result->statement->handle,
                                   result->statement->text, error);
        }
    }
    return true;
}

static bool read_pieces(struct result *result, size_t column, struct cell *cell,
                        struct error *error)
{
    const struct buffer *buffer = &result->pieces[column];

    return read_long(result, column, &cell->is_null, error) &&
           (cell->is_null ||
            result->statement->columns[column].storage->read(buffer->bytes, buffer->length, cell));
}

static bool read_bound(struct result *result, size_t column, struct cell *cell, struct error *error)
{
    const struct slot *slot = &result->statement->columns[column];
    size_t ending = slot->storage->c_type == SQL_C_CHAR;

    if (slot->indicator == SQL_NULL_DATA) {
        cell->is_null = true;
        return true;
    }
    if (slot->indicator < 0 || (size_t)slot->indicator + ending > slot->capacity) {
        return refuse_value(result, column, "is longer than expected", error);
    }
    if (!slot->storage->read(slot->bytes, (size_t)slot->indicator, cell)) {
        return refuse_value(result, column, "is not of its type", error);
    }
    return true;
}

static bool read_value(struct row_text_value *value, const struct slot *slot, struct cell *cell)
{
    cell->is_null = value->text == NULL;
    if (cell->is_null) {
        return true;
    }
    return (slot->type != COLUMN_BYTES || row_text_read_bytes(value)) &&
           slot->storage->read(value->text, value->length, cell);
}

/* All columns at once, out of the text of the row. */
static bool read_row_text(struct result *result, struct error *error)
{
    const struct statement *statement = result->statement;
    struct buffer *buffer = &result->pieces[0];
    bool is_null = false;

    if (!read_long(result, 0, &is_null, error)) {
        return false;
    }
    if (is_null ||
        !row_text_split(buffer->bytes, buffer->length, result->values, statement->column_count)) {
        return refuse_value(result, 0, "is no row", error);
    }
    for (size_t i = 0; i < statement->column_count; i++) {
        const struct slot *slot = &statement->columns[i];

        result->cells[i] = (struct cell){.type = slot->type, .scale = slot->scale};
        if (!read_value(&result->values[i], slot, &result->cells[i])) {
            return refuse_value(result, i, "is not of its type", error);
        }
    }
    return true;
}

static bool read_row(struct result *result, struct error *error)
{
    if (result->statement->is_row) {
        return read_row_text(result, error);
    }
    for (size_t i = 0; i < result->statement->column_count; i++) {
        const struct slot *slot = &result->statement->columns[i];
        struct cell *cell = &result->cells[i];

        *cell = (struct cell){.type = slot->type, .scale = slot->scale};
        if (slot->capacity ? !read_bound(result, i, cell, error)
                           : !read_pieces(result, i, cell, error)) {
            return false;
        }
    }
    return true;
}

/* ---- the result ---- */

static void close_open_result(void *object)
{
    struct result *result = object;

    result_close(&result);
}

bool connection_select(struct connection *connection, const struct sql *sql,
                       struct result **result_out, struct error *error)
{
    struct statement *statement;
    struct result *result;

    expect(sql->column_count > 0);
    if (!connection_make_ready_for(connection, sql, sql->is_locking, error) ||
        !connection_run(connection, sql, &statement, error)) {
        return false;
    }
    result = arena_allocate(sql->arena, sizeof(*result));
    result->connection = connection;
    result->statement = statement;
    result->arena = sql->arena;
    result->cells = arena_allocate_array(sql->arena, sql->column_count, sizeof(struct cell));
    result->pieces = arena_allocate_array(sql->arena, sql->column_count, sizeof(struct buffer));
    if (sql->is_row) {
        result->values =
            arena_allocate_array(sql->arena, sql->column_count, sizeof(*result->values));
    }
    arena_on_release(sql->arena, close_open_result, result);
    connection->result = result;
    *result_out = result;
    return true;
}

bool result_next(struct result *result, bool *has_row_out, struct error *error)
{
    SQLRETURN answer;

    expect(result->connection);
    answer = SQLFetch(result->statement->handle);
    if (answer == SQL_NO_DATA) {
        *has_row_out = false;
        return true;
    }
    if (!SQL_SUCCEEDED(answer)) {
        return connection_fail(result->connection, SQL_HANDLE_STMT, result->statement->handle,
                               result->statement->text, error);
    }
    if (!read_row(result, error)) {
        return false;
    }
    *has_row_out = true;
    return true;
}

const struct cell *result_cell(const struct result *result, size_t column)
{
    expect(column < result->statement->column_count);
    return &result->cells[column];
}

void result_close(struct result **result)
{
    struct result *closed = *result;

    if (closed && closed->connection) {
        SQLFreeStmt(closed->statement->handle, SQL_CLOSE);
        connection_end_run(closed->connection);
        closed->connection->result = NULL;
        closed->connection = NULL;
    }
    *result = NULL;
}

/* ---- one row ---- */

/* Takes text and bytes out of the statement's buffers; pieces are in the arena already. */
static void keep_cell(struct result *result, size_t column)
{
    struct cell *cell = &result->cells[column];

    if (cell->is_null || !result->statement->columns[column].capacity) {
        return;
    }
    if (cell->type == COLUMN_TEXT) {
        cell->text = arena_copy_text(result->arena, cell->text);
    } else if (cell->type == COLUMN_BYTES) {
        cell->bytes.data = arena_copy(result->arena, cell->bytes.data, cell->bytes.length);
    }
}

bool connection_select_row(struct connection *connection, const struct sql *sql,
                           const struct cell **cells_out, struct error *error)
{
    struct result *result = NULL;
    const struct cell *cells = NULL;
    bool has_row = false, done = false;

    if (!connection_select(connection, sql, &result, error) ||
        !result_next(result, &has_row, error)) {
        goto finish;
    }
    if (has_row) {
        for (size_t i = 0; i < sql->column_count; i++) {
            keep_cell(result, i);
        }
        cells = result->cells;
    }
    *cells_out = cells;
    done = true;

finish:
    result_close(&result);
    return done;
}

bool connection_select_each(struct connection *connection, const struct sql *sql, row_taker take,
                            void *context, struct error *error)
{
    struct result *result = NULL;
    bool has_row = false;
    bool done =
        connection_select(connection, sql, &result, error) && result_next(result, &has_row, error);

    while (done && has_row) {
        take(context, result);
        done = result_next(result, &has_row, error);
    }
    result_close(&result);
    return done;
}
