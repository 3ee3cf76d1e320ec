/*
 * job_row.c - rows of jobs, kept as text until they are run, and results in columns.
 */
#include "service/job_row.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "call/call.h"
#include "database/row.h"
#include "generated/settings.h"
#include "service/job.h"
#include "service/shape_text.h"
#include "service/tables.h"
#include "text/utf8.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    BYTES_AT_ONCE = 1024 * 1024, /* of rows in one statement, so far as there are several */
    SWEPT_AT_ONCE = 1000,
};

static const char *text_of(const struct cell *cell)
{
    return cell->is_null ? NULL : cell->text;
}

static struct message_integer integer_member(int64_t value)
{
    return (struct message_integer){.is_set = true, .value = value};
}

static struct message_boolean boolean_member(bool value)
{
    return (struct message_boolean){.is_set = true, .value = value};
}

static struct message_list list_of(const struct array *array)
{
    return (struct message_list){.is_set = true, .count = array->count, .items = array->items};
}

/* ---- rows that wait ---- */

enum waiting_column { WAITING_JOB, WAITING_NUMBER, WAITING_TAG, WAITING_CONTENT, WAITING_COLUMNS };

static const char *const waiting_columns[WAITING_COLUMNS] = {
    [WAITING_JOB] = "job_id",
    [WAITING_NUMBER] = "number",
    [WAITING_TAG] = "tag",
    [WAITING_CONTENT] = "content",
};

static bool check_tag(const struct batch_row *row, struct error *error)
{
    return row->tag == NULL || text_count_characters(row->tag) <= JOB_TAG_LENGTH ||
           error_set(error, ERROR_VALUE_TOO_LONG, "tag",
                     "The tag of a row of a job has at most %d characters", JOB_TAG_LENGTH);
}

static bool check_limits(const struct call *call, const struct kept_job *job, struct error *error)
{
    int64_t rows = call->settings->limits.job_rows, bytes = call->settings->limits.job_size;

    if (job->row_count > rows) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, "rows",
                         "%lld rows are more than limits.job_rows, which is %lld",
                         (long long)job->row_count, (long long)rows);
    }
    return job->byte_count <= bytes ||
           error_set(error, ERROR_LIMIT_EXCEEDED, "rows",
                     "The rows of the job take more than limits.job_size, which is %lld bytes",
                     (long long)bytes);
}

/* Fills in the cells of a row and counts it; answers its bytes. */
static size_t write_row(struct call *call, struct kept_job *job, const struct batch_row *row,
                        struct cell *cells)
{
    struct buffer text;

    buffer_init(&text, call->arena, 256);
    shape_text_write(&text, &batch_row_shape, row);
    job->row_count++;
    job->byte_count += (int64_t)text.length;
    if (job->largest_row < (int64_t)text.length) {
        job->largest_row = (int64_t)text.length;
    }
    cells[WAITING_JOB] = cell_uuid(&job->id);
    cells[WAITING_NUMBER] = cell_integer(job->row_count);
    cells[WAITING_TAG] = cell_text(row->tag);
    cells[WAITING_CONTENT] = cell_text(text.bytes);
    return text.length;
}

static bool insert_rows(struct call *call, const struct cell *cells, size_t count,
                        struct error *error)
{
    const struct row_batch batch = {
        .table = &job_row_table,
        .columns = waiting_columns,
        .column_count = WAITING_COLUMNS,
        .cells = cells,
        .row_count = count,
    };

    return row_insert_all(call->connection, call->arena, &batch, error) ||
           (error->code == ERROR_DATABASE_UNIQUE &&
            error_set(error, ERROR_VALUE_INVALID, "tag",
                      "A row of the job has the tag of another already"));
}

bool job_row_add(struct call *call, struct kept_job *job, const struct message_list *rows,
                 struct error *error)
{
    struct cell *cells =
        arena_allocate_array(call->arena, rows->count * WAITING_COLUMNS, sizeof(*cells));
    size_t first = 0, bytes = 0;

    for (size_t row = 0; row < rows->count; row++) {
        bytes += write_row(call, job, rows->items[row], &cells[row * WAITING_COLUMNS]);
        if (!check_tag(rows->items[row], error) || !check_limits(call, job, error)) {
            return false;
        }
        if (bytes >= BYTES_AT_ONCE || row + 1 == rows->count) {
            if (!insert_rows(call, &cells[first * WAITING_COLUMNS], row + 1 - first, error)) {
                return false;
            }
            first = row + 1;
            bytes = 0;
        }
    }
    return true;
}

/* Rows that wait, from a number on. */
static bool select_waiting(struct call *call, const struct uuid *job_id, int64_t after,
                           int64_t limit, const char *const *columns, size_t column_count,
                           struct row_set *rows_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"job_id", ROW_IS, cell_uuid(job_id)},
        {"number", ROW_IS_ABOVE, cell_integer(after)},
    };
    const struct row_query query = {
        .table = &job_row_table,
        .columns = columns,
        .column_count = column_count,
        .conditions = conditions,
        .condition_count = COUNT(conditions),
        .order = "number",
        .limit = limit,
    };

    return row_select(call->connection, call->arena, &query, rows_out, error);
}

bool job_row_next(struct call *call, const struct kept_job *job, int64_t most,
                  struct message_list *rows_out, struct error *error)
{
    static const char *const content[] = {"content"};
    struct row_set rows;
    struct array items;

    array_init(&items, call->arena);
    if (!select_waiting(call, &job->id, job_rows_run(job), most, content, 1, &rows, error)) {
        return false;
    }
    for (size_t i = 0; i < rows.count; i++) {
        struct batch_row *row = arena_allocate(call->arena, sizeof(*row));
        if (!shape_text_read(call->arena, call->catalog, row_cell(&rows, i, 0)->text,
                             &batch_row_shape, row, error)) {
            return false;
        }
        array_add(&items, row);
    }
    *rows_out = list_of(&items);
    return true;
}

/* ---- results ---- */

enum result_column {
    RESULT_JOB,
    RESULT_NUMBER,
    RESULT_TAG,
    RESULT_IS_DONE,
    RESULT_ENTITY,
    RESULT_RECORD,
    RESULT_VERSION,
    RESULT_IS_CREATED,
    RESULT_IS_REPEATED,
    RESULT_CODE,
    RESULT_MESSAGE,
    RESULT_FIELD,
    RESULT_FIELD_ENTITY,
    RESULT_IS_RETRYABLE,
    RESULT_COLUMNS
};

static const char *const result_columns[RESULT_COLUMNS] = {
    [RESULT_JOB] = "job_id",
    [RESULT_NUMBER] = "number",
    [RESULT_TAG] = "tag",
    [RESULT_IS_DONE] = "is_done",
    [RESULT_ENTITY] = "entity_name",
    [RESULT_RECORD] = "record_id",
    [RESULT_VERSION] = "version",
    [RESULT_IS_CREATED] = "is_created",
    [RESULT_IS_REPEATED] = "is_repeated",
    [RESULT_CODE] = "error_code",
    [RESULT_MESSAGE] = "error_message",
    [RESULT_FIELD] = "error_field",
    [RESULT_FIELD_ENTITY] = "error_entity",
    [RESULT_IS_RETRYABLE] = "is_retryable",
};

/* The cells of a result; entity: of its record. */
static void write_result(const struct uuid *job_id, int64_t number, const char *tag,
                         const char *entity, const struct row_result *result, struct cell *cells)
{
    bool is_done = result->ok.value;

    cells[RESULT_JOB] = cell_uuid(job_id);
    cells[RESULT_NUMBER] = cell_integer(number);
    cells[RESULT_TAG] = cell_text(tag);
    cells[RESULT_IS_DONE] = cell_boolean(is_done);
    cells[RESULT_ENTITY] = cell_text(is_done ? entity : NULL);
    cells[RESULT_RECORD] = is_done ? cell_uuid(&result->id.value) : cell_null(COLUMN_UUID);
    cells[RESULT_VERSION] =
        result->version.is_set ? cell_integer(result->version.value) : cell_null(COLUMN_INTEGER);
    cells[RESULT_IS_CREATED] = cell_boolean(result->created.value);
    cells[RESULT_IS_REPEATED] = cell_boolean(result->repeated.is_set && result->repeated.value);
    cells[RESULT_CODE] = cell_text(result->code);
    cells[RESULT_MESSAGE] = cell_text(result->message);
    cells[RESULT_FIELD] = cell_text(result->field);
    cells[RESULT_FIELD_ENTITY] = cell_text(result->entity);
    cells[RESULT_IS_RETRYABLE] = cell_boolean(result->retryable.value);
}

static struct row_result *result_of(struct arena *arena, const struct cell *cells)
{
    struct row_result *result = arena_allocate(arena, sizeof(*result));
    bool is_done = cells[RESULT_IS_DONE].boolean;

    result->ok = boolean_member(is_done);
    if (is_done) {
        result->id = (struct message_uuid){.is_set = true, .value = cells[RESULT_RECORD].uuid};
        result->created = boolean_member(cells[RESULT_IS_CREATED].boolean);
        result->repeated.is_set = cells[RESULT_IS_REPEATED].boolean;
        result->repeated.value = result->repeated.is_set;
    } else {
        result->code = text_of(&cells[RESULT_CODE]);
        result->message = text_of(&cells[RESULT_MESSAGE]);
        result->field = text_of(&cells[RESULT_FIELD]);
        result->entity = text_of(&cells[RESULT_FIELD_ENTITY]);
        result->retryable = boolean_member(cells[RESULT_IS_RETRYABLE].boolean);
    }
    if (!cells[RESULT_VERSION].is_null) {
        result->version = integer_member(cells[RESULT_VERSION].integer);
    }
    return result;
}

/* Writes results of the rows after those that were run before, and takes those rows away. */
static bool move_rows(struct call *call, const struct kept_job *job, const struct cell *cells,
                      size_t count, struct error *error)
{
    const struct row_batch batch = {
        .table = &job_result_table,
        .columns = result_columns,
        .column_count = RESULT_COLUMNS,
        .cells = cells,
        .row_count = count,
    };
    const struct row_condition were_run[] = {
        {"job_id", ROW_IS, cell_uuid(&job->id)},
        {"number", ROW_IS_BELOW, cell_integer(job_rows_run(job) + (int64_t)count + 1)},
    };

    return row_insert_all(call->connection, call->arena, &batch, error) &&
           row_delete(call->connection, call->arena, &job_row_table, were_run, COUNT(were_run),
                      NULL, error);
}

bool job_row_keep(struct call *call, const struct kept_job *job, const struct message_list *rows,
                  const struct message_list *results, struct error *error)
{
    size_t count = results->count;
    struct cell *cells = arena_allocate_array(call->arena, count * RESULT_COLUMNS, sizeof(*cells));

    for (size_t i = 0; i < count; i++) {
        const struct batch_row *row = rows->items[i];
        write_result(&job->id, job_rows_run(job) + (int64_t)i + 1, row->tag, row->entity,
                     results->items[i], &cells[i * RESULT_COLUMNS]);
    }
    return move_rows(call, job, cells, count, error);
}

bool job_row_give_up(struct call *call, const struct kept_job *job, const struct error *failure,
                     struct error *error)
{
    static const char *const tag[] = {"tag"};
    const struct row_result result = {
        .code = error_kind(failure->code)->name,
        .message = failure->message,
        .retryable = boolean_member(error_kind(failure->code)->is_retryable),
    };
    struct cell cells[RESULT_COLUMNS];
    struct row_set rows;

    if (!select_waiting(call, &job->id, job_rows_run(job), 1, tag, 1, &rows, error)) {
        return false;
    }
    write_result(&job->id, job_rows_run(job) + 1,
                 rows.count == 0 ? NULL : text_of(row_cell(&rows, 0, 0)), NULL, &result, cells);
    return move_rows(call, job, cells, 1, error);
}

bool job_row_find(struct call *call, const struct uuid *job_id, const char *tag,
                  struct batch_earlier *earlier_out, bool *is_found_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"tag", ROW_IS, cell_text(tag)},
        {"job_id", ROW_IS, cell_uuid(job_id)},
    };
    const struct row_query query = {
        .table = &job_result_table,
        .columns = result_columns,
        .column_count = RESULT_COLUMNS,
        .conditions = conditions,
        .condition_count = COUNT(conditions),
        .limit = 1,
    };
    struct row_set rows;

    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *is_found_out = rows.count == 1;
    if (*is_found_out) {
        const struct cell *cells = row_cell(&rows, 0, 0);
        earlier_out->is_done = cells[RESULT_IS_DONE].boolean;
        earlier_out->entity = text_of(&cells[RESULT_ENTITY]);
        earlier_out->id = earlier_out->is_done ? cells[RESULT_RECORD].uuid : (struct uuid){{0}};
    }
    return true;
}

/* ---- lists ---- */

static struct job_row *add_row(struct call *call, struct array *items, int64_t number,
                               const char *tag)
{
    struct job_row *row = arena_allocate(call->arena, sizeof(*row));

    row->number = integer_member(number);
    row->row_tag = tag;
    array_add(items, row);
    return row;
}

static bool list_results(struct call *call, const struct kept_job *job, int64_t after,
                         int64_t limit, bool is_failed_only, struct array *items,
                         struct error *error)
{
    const struct row_condition conditions[] = {
        {"job_id", ROW_IS, cell_uuid(&job->id)},
        {"number", ROW_IS_ABOVE, cell_integer(after)},
        {"is_done", ROW_IS, cell_boolean(false)},
    };
    const struct row_query query = {
        .table = &job_result_table,
        .columns = result_columns,
        .column_count = RESULT_COLUMNS,
        .conditions = conditions,
        .condition_count = is_failed_only ? 3 : 2,
        .order = "number",
        .limit = limit,
    };
    struct row_set rows;

    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    for (size_t i = 0; i < rows.count; i++) {
        const struct cell *cells = row_cell(&rows, i, 0);
        add_row(call, items, cells[RESULT_NUMBER].integer, text_of(&cells[RESULT_TAG]))->result =
            result_of(call->arena, cells);
    }
    return true;
}

/* Rows that wait and come after those of the list, which ends before the first of them. */
static void add_waiting(struct call *call, const struct row_set *waiting, int64_t after,
                        int64_t limit, struct array *items)
{
    int64_t next = after + (int64_t)items->count + 1;

    for (size_t i = 0; i < waiting->count && (int64_t)items->count < limit; i++) {
        int64_t number = row_cell(waiting, i, 0)->integer;
        if (number >= next) {
            add_row(call, items, number, text_of(row_cell(waiting, i, 1)));
        }
    }
}

/* Rows may be run between the two statements. Those that wait are read first, so that none is
 * missed: it is then found among the results, and left out here. */
bool job_row_list(struct call *call, const struct kept_job *job, int64_t after, int64_t limit,
                  bool is_failed_only, struct message_list *rows_out, struct error *error)
{
    static const char *const columns[] = {"number", "tag"};
    struct row_set waiting = {.count = 0};
    struct array items;

    after = after < 0 ? 0 : after;
    array_init(&items, call->arena);
    if (!is_failed_only &&
        !select_waiting(call, &job->id, after, limit, columns, COUNT(columns), &waiting, error)) {
        return false;
    }
    bool is_next = waiting.count > 0 && row_cell(&waiting, 0, 0)->integer - 1 == after;
    if (!is_next && !list_results(call, job, after, limit, is_failed_only, &items, error)) {
        return false;
    }
    add_waiting(call, &waiting, after, limit, &items);
    *rows_out = list_of(&items);
    return true;
}

/* ---- sweeping ---- */

/* The number of the first row of a job that meets one more condition; none found: 0. */
static bool find_first(struct call *call, const struct table *table,
                       const struct row_condition *conditions, size_t count, int64_t *number_out,
                       struct error *error)
{
    static const char *const number[] = {"number"};
    const struct row_query first = {
        .table = table,
        .columns = number,
        .column_count = 1,
        .conditions = conditions,
        .condition_count = count,
        .order = "number",
        .limit = 1,
    };
    struct row_set rows;

    if (!row_select(call->connection, call->arena, &first, &rows, error)) {
        return false;
    }
    *number_out = rows.count == 0 ? 0 : row_cell(&rows, 0, 0)->integer;
    return true;
}

static bool sweep_table(struct call *call, const struct table *table, const struct uuid *job_id,
                        bool *has_more, struct error *error)
{
    struct row_condition conditions[] = {
        {"job_id", ROW_IS, cell_uuid(job_id)},
        {"number", ROW_IS_BELOW, cell_integer(0)},
    };
    int64_t first = 0;

    if (!find_first(call, table, conditions, 1, &first, error)) {
        return false;
    }
    if (first == 0) {
        return true;
    }
    *has_more = true;
    conditions[1].cell = cell_integer(first + SWEPT_AT_ONCE);
    return row_delete(call->connection, call->arena, table, conditions, COUNT(conditions), NULL,
                      error);
}

bool job_row_empty(struct call *call, const struct uuid *job_id, bool *has_more_out,
                   struct error *error)
{
    const struct row_value nothing = {"content", cell_text("")};
    struct row_condition conditions[] = {
        {"job_id", ROW_IS, cell_uuid(job_id)},
        {"content", ROW_IS_NOT, cell_text("")},
        {"number", ROW_IS_BELOW, cell_integer(0)},
    };
    int64_t first = 0;

    if (!find_first(call, &job_row_table, conditions, 2, &first, error)) {
        return false;
    }
    *has_more_out = first != 0;
    conditions[2].cell = cell_integer(first + SWEPT_AT_ONCE);
    return first == 0 || row_update(call->connection, call->arena, &job_row_table, &nothing, 1,
                                    conditions, COUNT(conditions), NULL, error);
}

bool job_row_sweep(struct call *call, const struct uuid *job_id, bool *has_more_out,
                   struct error *error)
{
    *has_more_out = false;
    return sweep_table(call, &job_row_table, job_id, has_more_out, error) &&
           sweep_table(call, &job_result_table, job_id, has_more_out, error);
}
