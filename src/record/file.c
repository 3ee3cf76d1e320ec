/*
 * file.c - files in pieces: staged in short steps, read back one piece at a time.
 */
#include "record/file.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "database/database.h"
#include "database/row.h"
#include "metadata/entity.h"
#include "query/tables.h"
#include "record/tables.h"
#include "text/utf8.h"

enum { DAY = 86400000, SWEPT_AT_ONCE = 10 };

/* ---- staging ---- */

/* A file on its way into the database. */
struct staging {
    struct call *call;
    const struct field *field;
    struct file *file;
    bool is_within;        /* a transaction has begun */
    struct arena *scratch; /* of one piece */
    char *bytes;           /* of one piece */
    size_t length;
    struct uuid id;
    int64_t size; /* of what was read */
    int64_t pieces;
};

static bool check_text(const struct field *field, const char *what, const char *text,
                       struct error *error)
{
    if (text == NULL) {
        return true;
    }
    if (!text_is_valid_utf8(text, strlen(text))) {
        return error_set_about(error, ERROR_VALUE_INVALID, field->entity->name, field->name,
                               "The %s of the file must be UTF-8", what);
    }
    if (text_count_characters(text) > FILE_NAME_LENGTH) {
        return error_set_about(error, ERROR_VALUE_TOO_LONG, field->entity->name, field->name,
                               "The %s of the file may have at most %d characters", what,
                               (int)FILE_NAME_LENGTH);
    }
    return true;
}

static bool refuse_size(const struct staging *staging, struct error *error)
{
    const struct field *field = staging->field;
    return error_set_about(error, ERROR_LIMIT_EXCEEDED, field->entity->name, field->name,
                           "The file may have at most %lld bytes", (long long)field->file_size);
}

/* Fills the piece as far as the content goes. */
static bool read_piece(struct staging *staging, struct error *error)
{
    size_t more = 1;

    staging->length = 0;
    while (staging->length < FILE_PIECE_SIZE && more > 0) {
        if (!staging->file->read(staging->file, staging->bytes + staging->length,
                                 FILE_PIECE_SIZE - staging->length, &more, error)) {
            return false;
        }
        staging->length += more;
    }
    staging->size += (int64_t)staging->length;
    if (staging->field->file_size > 0 && staging->size > staging->field->file_size) {
        return refuse_size(staging, error);
    }
    return true;
}

static bool insert_piece(struct staging *staging, struct error *error)
{
    const struct row_value values[] = {
        {"file_id", cell_uuid(&staging->id)},
        {"number", cell_integer(staging->pieces)},
        {"bytes", cell_bytes(staging->bytes, staging->length)},
    };
    if (staging->length == 0) {
        return true;
    }
    bool done = row_insert(staging->call->connection, staging->scratch, &file_piece_table, values,
                           3, error);
    arena_reset(staging->scratch);
    staging->pieces++;
    return done;
}

static bool insert_file(const struct staging *staging, struct error *error)
{
    const struct file *file = staging->file;
    const struct row_value values[] = {
        {"id", cell_uuid(&staging->id)},
        {"name", cell_text(file->name)},
        {"media_type", cell_text(file->media_type)},
        {"size", cell_integer(staging->size)},
        {"is_linked", cell_boolean(false)},
        {"staged_on", cell_moment(staging->call->now)},
    };
    return row_insert(staging->call->connection, staging->call->arena, &file_table, values, 6,
                      error);
}

static bool delete_file(struct call *call, const struct uuid *id, struct error *error)
{
    const struct row_condition of_file = {"file_id", ROW_IS, cell_uuid(id)};
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(id)};
    return row_delete(call->connection, call->arena, &file_piece_table, &of_file, 1, NULL, error) &&
           row_delete(call->connection, call->arena, &file_table, &by_id, 1, NULL, error);
}

static bool set_size(const struct staging *staging, struct error *error)
{
    const struct row_value size = {"size", cell_integer(staging->size)};
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(&staging->id)};
    return row_update(staging->call->connection, staging->call->arena, &file_table, &size, 1,
                      &by_id, 1, NULL, error);
}

static bool check(const struct field *field, const struct file *file, struct error *error)
{
    const struct staging staging = {.field = field};

    return check_text(field, "name", file->name, error) &&
           check_text(field, "media type", file->media_type, error) &&
           (field->file_size <= 0 || file->size <= field->file_size ||
            refuse_size(&staging, error));
}

/* A file of one piece, which has been read: both rows or none. */
static bool insert_whole(struct staging *staging, struct error *error)
{
    struct connection *connection = staging->call->connection;

    if (!staging->is_within && !connection_begin(connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    if (!insert_file(staging, error) || !insert_piece(staging, error)) {
        if (!staging->is_within) {
            connection_rollback(connection);
        }
        return false;
    }
    return staging->is_within || connection_commit(connection, error);
}

/* One of more pieces, the first of which has been read, in steps. The row of the file comes before
 * its pieces: whatever is cut off here is found by the sweep. */
static bool insert_in_steps(struct staging *staging, struct error *error)
{
    bool done = insert_file(staging, error) && insert_piece(staging, error);

    while (done && staging->length == FILE_PIECE_SIZE) {
        done = read_piece(staging, error) && insert_piece(staging, error);
    }
    if (done && set_size(staging, error)) {
        return true;
    }
    struct error ignored; /* the sweep gets what cannot be deleted now */
    (void)!delete_file(staging->call, &staging->id, &ignored);
    return false;
}

static bool stage(struct call *call, const struct field *field, struct file *file, bool is_within,
                  struct error *error)
{
    struct staging staging = {.call = call,
                              .field = field,
                              .file = file,
                              .is_within = is_within,
                              .id = call_new_id(call)};

    if (file->rewind != NULL) {
        file->rewind(file);
    }
    struct arena *piece = arena_create();
    staging.scratch = arena_create();
    staging.bytes = arena_allocate(piece, FILE_PIECE_SIZE);
    bool is_done = read_piece(&staging, error) &&
                   (staging.length < FILE_PIECE_SIZE ? insert_whole(&staging, error)
                                                     : insert_in_steps(&staging, error));
    arena_destroy(&staging.scratch);
    arena_destroy(&piece);
    if (is_done) {
        file->id = staging.id;
        file->size = staging.size;
    }
    return is_done;
}

bool file_stage_within(struct call *call, const struct field *field, struct file *file,
                       struct error *error)
{
    return check(field, file, error) && stage(call, field, file, true, error);
}

/* Old files go when new ones come, so that those that nobody links do not pile up. */
bool file_stage(struct call *call, const struct field *field, struct file *file,
                struct error *error)
{
    return check(field, file, error) && file_sweep(call, error) &&
           stage(call, field, file, false, error);
}

/* ---- reading ---- */

/* Where a reader is. The context of a file that was opened. */
struct reading {
    struct call *call;
    struct arena *piece; /* holds the current piece */
    const char *bytes;
    size_t length;
    int64_t next; /* number of the next piece */
};

static void end_reading(void *object)
{
    struct reading *reading = object;
    arena_destroy(&reading->piece);
}

/* An answer is still being sent after its call gave its connection back; a piece then takes one
 * for itself, so that a slow client holds none. Stored pieces never change. */
static bool select_piece(struct reading *reading, const struct row_query *query,
                         struct row_set *rows_out, struct error *error)
{
    struct connection *borrowed = NULL;
    struct connection *connection = reading->call->connection;
    if (connection == NULL) {
        if (!database_acquire(reading->call->platform->database, &borrowed, error)) {
            return false;
        }
        connection = borrowed;
    }
    bool is_done = row_select(connection, reading->piece, query, rows_out, error);
    database_release(&borrowed);
    return is_done;
}

static bool load_piece(struct reading *reading, const struct uuid *file_id, struct error *error)
{
    static const char *const columns[] = {"bytes"};
    const struct row_condition conditions[] = {
        {"file_id", ROW_IS, cell_uuid(file_id)},
        {"number", ROW_IS, cell_integer(reading->next)},
    };
    const struct row_query query = {
        .table = &file_piece_table,
        .columns = columns,
        .column_count = 1,
        .conditions = conditions,
        .condition_count = 2,
    };
    struct row_set rows;
    arena_reset(reading->piece);
    reading->length = 0;
    if (!select_piece(reading, &query, &rows, error)) {
        return false;
    }
    if (rows.count == 1) {
        reading->bytes = row_cell(&rows, 0, 0)->bytes.data;
        reading->length = row_cell(&rows, 0, 0)->bytes.length;
        reading->next++;
    }
    return true;
}

static bool read_stored(struct file *file, void *bytes, size_t capacity, size_t *length_out,
                        struct error *error)
{
    struct reading *reading = file->context;
    if (reading->length == 0 && !load_piece(reading, &file->id, error)) {
        return false;
    }
    size_t length = reading->length < capacity ? reading->length : capacity;
    if (length > 0) {
        memcpy(bytes, reading->bytes, length);
    }
    reading->bytes += length;
    reading->length -= length;
    *length_out = length;
    return true;
}

bool file_open(struct call *call, const struct uuid *id, struct file **file_out,
               struct error *error)
{
    static const char *const columns[] = {"name", "media_type", "size"};
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(id)};
    const struct row_query query = {
        .table = &file_table,
        .columns = columns,
        .column_count = 3,
        .conditions = &by_id,
        .condition_count = 1,
    };
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    if (rows.count == 0) {
        return error_set(error, ERROR_RECORD_NOT_FOUND, NULL, "There is no such file");
    }
    struct reading *reading = arena_allocate(call->arena, sizeof(*reading));
    *reading = (struct reading){.call = call, .piece = arena_create(), .bytes = ""};
    arena_on_release(call->arena, end_reading, reading);
    struct file *file = arena_allocate(call->arena, sizeof(*file));
    *file = (struct file){
        .id = *id,
        .name = row_cell(&rows, 0, 0)->text,
        .media_type = row_cell(&rows, 0, 1)->text,
        .size = row_cell(&rows, 0, 2)->integer,
        .read = read_stored,
        .context = reading,
    };
    if (row_cell(&rows, 0, 0)->is_null) {
        file->name = NULL;
    }
    if (row_cell(&rows, 0, 1)->is_null) {
        file->media_type = NULL;
    }
    *file_out = file;
    return true;
}

/* ---- sweeping ---- */

/* Each file in a transaction of its own, and only if it is still not linked. */
bool file_drop(struct call *call, const struct uuid *id, struct error *error)
{
    const struct row_condition of_file = {"file_id", ROW_IS, cell_uuid(id)};
    const struct row_condition is_orphan[] = {
        {"id", ROW_IS, cell_uuid(id)},
        {"is_linked", ROW_IS, cell_boolean(false)},
    };
    int64_t rows = 0;
    if (!connection_begin(call->connection, TRANSACTION_WRITE, error)) {
        return false;
    }
    bool done = row_delete(call->connection, call->arena, &file_table, is_orphan, 2, &rows, error);
    if (done && rows == 1) {
        done =
            row_delete(call->connection, call->arena, &file_piece_table, &of_file, 1, NULL, error);
    }
    if (done) {
        return connection_commit(call->connection, error);
    }
    connection_rollback(call->connection);
    return false;
}

bool file_sweep(struct call *call, struct error *error)
{
    static const char *const columns[] = {"id"};
    const struct row_condition conditions[] = {
        {"is_linked", ROW_IS, cell_boolean(false)},
        {"staged_on", ROW_IS_BELOW, cell_moment(call->now - DAY)},
    };
    const struct row_query query = {
        .table = &file_table,
        .columns = columns,
        .column_count = 1,
        .conditions = conditions,
        .condition_count = 2,
        .limit = SWEPT_AT_ONCE,
    };
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        if (!file_drop(call, &row_cell(&rows, row, 0)->uuid, error)) {
            return false;
        }
    }
    return true;
}
