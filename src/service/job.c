/*
 * job.c - jobs read from their table and written back.
 */
#include "service/job.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "database/row.h"
#include "security/scope.h"
#include "service/tables.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CONDITIONS_MOST = 7 };

static const char *const state_names[JOB_STATES] = {
    [JOB_READY] = "ready",         [JOB_RUNNING] = "running", [JOB_SUSPENDED] = "suspended",
    [JOB_COMPLETED] = "completed", [JOB_FAILED] = "failed",   [JOB_CANCELED] = "canceled",
};

const char *job_state_name(enum job_state state)
{
    return state_names[state];
}

bool job_state_parse(const char *name, enum job_state *state_out)
{
    for (int state = 0; state < JOB_DELETED; state++) {
        if (strcmp(state_names[state], name) == 0) {
            *state_out = (enum job_state)state;
            return true;
        }
    }
    return false;
}

int64_t job_rows_run(const struct kept_job *job)
{
    return job->succeeded + job->failed;
}

/* ---- reading ---- */

enum column {
    NUMBER,
    ID,
    NAME,
    STATE,
    STOPS_ON_ERROR,
    USER_ID,
    APPLICATION,
    LANGUAGE,
    TIME_ZONE,
    HAS_SCOPE,
    SCOPE_OPERATIONS,
    SCOPE_ENTITIES,
    IS_READ_ONLY,
    ROW_COUNT,
    SUCCEEDED,
    FAILED,
    BYTE_COUNT,
    LARGEST_ROW,
    SUBMITTED_ON,
    STARTED_ON,
    TOUCHED_ON,
    ENDED_ON,
    ERROR_CODE,
    ERROR_MESSAGE,
    RUNNER_ID,
    ATTEMPTS,
    CAREFUL_UNTIL,
    COLUMNS
};

static const char *const columns[COLUMNS] = {
    [NUMBER] = "number",
    [ID] = "id",
    [NAME] = "name",
    [STATE] = "state",
    [STOPS_ON_ERROR] = "stops_on_error",
    [USER_ID] = "user_id",
    [APPLICATION] = "application",
    [LANGUAGE] = "language",
    [TIME_ZONE] = "time_zone",
    [HAS_SCOPE] = "has_scope",
    [SCOPE_OPERATIONS] = "scope_operations",
    [SCOPE_ENTITIES] = "scope_entities",
    [IS_READ_ONLY] = "is_read_only",
    [ROW_COUNT] = "row_count",
    [SUCCEEDED] = "succeeded",
    [FAILED] = "failed",
    [BYTE_COUNT] = "byte_count",
    [LARGEST_ROW] = "largest_row",
    [SUBMITTED_ON] = "submitted_on",
    [STARTED_ON] = "started_on",
    [TOUCHED_ON] = "touched_on",
    [ENDED_ON] = "ended_on",
    [ERROR_CODE] = "error_code",
    [ERROR_MESSAGE] = "error_message",
    [RUNNER_ID] = "runner_id",
    [ATTEMPTS] = "attempts",
    [CAREFUL_UNTIL] = "careful_until",
};

static const char *text_of(const struct cell *cell)
{
    return cell->is_null ? NULL : cell->text;
}

static int64_t moment_of(const struct cell *cell)
{
    return cell->is_null ? 0 : cell->moment;
}

static const struct scope *scope_of(struct arena *arena, const struct cell *cells)
{
    if (!cells[HAS_SCOPE].boolean) {
        return NULL;
    }
    struct scope *scope = arena_allocate(arena, sizeof(*scope));
    *scope = (struct scope){.operations = text_of(&cells[SCOPE_OPERATIONS]),
                            .entities = text_of(&cells[SCOPE_ENTITIES]),
                            .is_read_only = cells[IS_READ_ONLY].boolean};
    return scope;
}

static struct kept_job job_of(struct arena *arena, const struct cell *cells)
{
    return (struct kept_job){
        .number = cells[NUMBER].integer,
        .id = cells[ID].uuid,
        .name = text_of(&cells[NAME]),
        .state = (enum job_state)cells[STATE].integer,
        .stops_on_error = cells[STOPS_ON_ERROR].boolean,
        .user_id = cells[USER_ID].uuid,
        .application = text_of(&cells[APPLICATION]),
        .language = (enum language)cells[LANGUAGE].integer,
        .zone = text_of(&cells[TIME_ZONE]),
        .scope = scope_of(arena, cells),
        .row_count = cells[ROW_COUNT].integer,
        .succeeded = cells[SUCCEEDED].integer,
        .failed = cells[FAILED].integer,
        .byte_count = cells[BYTE_COUNT].integer,
        .largest_row = cells[LARGEST_ROW].integer,
        .submitted_on = cells[SUBMITTED_ON].moment,
        .started_on = moment_of(&cells[STARTED_ON]),
        .touched_on = cells[TOUCHED_ON].moment,
        .ended_on = moment_of(&cells[ENDED_ON]),
        .error_code = text_of(&cells[ERROR_CODE]),
        .error_message = text_of(&cells[ERROR_MESSAGE]),
        .runner_id = cells[RUNNER_ID].is_null ? (struct uuid){{0}} : cells[RUNNER_ID].uuid,
        .attempts = cells[ATTEMPTS].integer,
        .careful_until = cells[CAREFUL_UNTIL].integer,
    };
}

static bool select_jobs(struct call *call, struct row_query query, struct kept_job **jobs_out,
                        size_t *count_out, struct error *error)
{
    struct row_set rows;

    query.table = &job_table;
    query.columns = columns;
    query.column_count = COLUMNS;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *jobs_out = arena_allocate_array(call->arena, rows.count, sizeof(**jobs_out));
    *count_out = rows.count;
    for (size_t row = 0; row < rows.count; row++) {
        (*jobs_out)[row] = job_of(call->arena, row_cell(&rows, row, 0));
    }
    return true;
}

/* The first that a query finds, or NULL. */
static bool select_job(struct call *call, const struct row_query *query, struct kept_job **job_out,
                       struct error *error)
{
    struct kept_job *jobs = NULL;
    size_t count = 0;

    if (!select_jobs(call, *query, &jobs, &count, error)) {
        return false;
    }
    *job_out = count == 0 ? NULL : jobs;
    return true;
}

bool job_find(struct call *call, const struct uuid *id, enum job_lock lock,
              struct kept_job **job_out, struct error *error)
{
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(id)};
    const struct row_query query = {
        .conditions = &by_id,
        .condition_count = 1,
        .is_locked = lock == JOB_LOCKED,
        .is_free = lock == JOB_IF_FREE,
    };

    return select_job(call, &query, job_out, error);
}

static struct row_condition is_text(const char *column, const char *text)
{
    return text == NULL
               ? (struct row_condition){.column = column, .test = ROW_IS_NULL}
               : (struct row_condition){.column = column, .test = ROW_IS, .cell = cell_text(text)};
}

static size_t add_scope(const struct scope *scope, struct row_condition *conditions, size_t count)
{
    conditions[count++] = (struct row_condition){"has_scope", ROW_IS, cell_boolean(true)};
    conditions[count++] =
        (struct row_condition){"is_read_only", ROW_IS, cell_boolean(scope->is_read_only)};
    conditions[count++] = is_text("scope_operations", scope->operations);
    conditions[count++] = is_text("scope_entities", scope->entities);
    return count;
}

bool job_list(struct call *call, const struct job_query *query, struct kept_job **jobs_out,
              size_t *count_out, struct error *error)
{
    struct row_condition conditions[CONDITIONS_MOST];
    size_t count = 0;

    conditions[count++] =
        query->has_state ? (struct row_condition){"state", ROW_IS, cell_integer(query->state)}
                         : (struct row_condition){"state", ROW_IS_NOT, cell_integer(JOB_DELETED)};
    if (query->user_id != NULL) {
        conditions[count++] = (struct row_condition){"user_id", ROW_IS, cell_uuid(query->user_id)};
    }
    if (query->before > 0) {
        conditions[count++] =
            (struct row_condition){"number", ROW_IS_BELOW, cell_integer(query->before)};
    }
    if (query->scope != NULL) {
        count = add_scope(query->scope, conditions, count);
    }
    return select_jobs(call,
                       (struct row_query){
                           .conditions = conditions,
                           .condition_count = count,
                           .order = "number",
                           .is_descending = true,
                           .limit = query->limit,
                       },
                       jobs_out, count_out, error);
}

bool job_list_waiting(struct call *call, int64_t limit, struct kept_job **jobs_out,
                      size_t *count_out, struct error *error)
{
    const struct row_condition is_waiting = {"state", ROW_IS_BELOW, cell_integer(JOB_SUSPENDED)};

    return select_jobs(call,
                       (struct row_query){
                           .conditions = &is_waiting,
                           .condition_count = 1,
                           .order = "touched_on",
                           .limit = limit,
                       },
                       jobs_out, count_out, error);
}

bool job_count_open(struct call *call, const struct uuid *user_id, int64_t limit,
                    int64_t *count_out, struct error *error)
{
    static const char *const number[] = {"number"};
    const struct row_condition conditions[] = {
        {"user_id", ROW_IS, cell_uuid(user_id)},
        {"state", ROW_IS_BELOW, cell_integer(JOB_COMPLETED)},
    };
    const struct row_query query = {
        .table = &job_table,
        .columns = number,
        .column_count = 1,
        .conditions = conditions,
        .condition_count = COUNT(conditions),
        .limit = limit,
    };
    struct row_set rows;

    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *count_out = (int64_t)rows.count;
    return true;
}

bool job_find_canceled(struct call *call, struct kept_job **job_out, struct error *error)
{
    const struct row_condition conditions[] = {
        {"state", ROW_IS, cell_integer(JOB_CANCELED)},
        {"byte_count", ROW_IS_ABOVE, cell_integer(0)},
    };
    const struct row_query query = {
        .conditions = conditions,
        .condition_count = COUNT(conditions),
        .limit = 1,
    };

    return select_job(call, &query, job_out, error);
}

bool job_find_old(struct call *call, int64_t before, struct kept_job **job_out, struct error *error)
{
    static const enum job_state at_rest[] = {JOB_DELETED, JOB_COMPLETED, JOB_FAILED, JOB_CANCELED,
                                             JOB_SUSPENDED};

    *job_out = NULL;
    for (size_t i = 0; i < COUNT(at_rest) && *job_out == NULL; i++) {
        const struct row_condition conditions[] = {
            {"state", ROW_IS, cell_integer(at_rest[i])},
            {"touched_on", ROW_IS_BELOW, cell_moment(before)},
        };
        const struct row_query query = {
            .conditions = conditions,
            .condition_count = at_rest[i] == JOB_DELETED ? 1 : 2,
            .order = "touched_on",
            .limit = 1,
        };
        if (!select_job(call, &query, job_out, error)) {
            return false;
        }
    }
    return true;
}

/* ---- writing ---- */

static struct cell moment_or_null(int64_t moment)
{
    return moment == 0 ? cell_null(COLUMN_MOMENT) : cell_moment(moment);
}

bool job_insert(struct call *call, const struct kept_job *job, struct error *error)
{
    const struct scope whole = {.operations = NULL};
    const struct scope *scope = job->scope == NULL ? &whole : job->scope;
    const struct row_value values[] = {
        {"id", cell_uuid(&job->id)},
        {"name", cell_text(job->name)},
        {"state", cell_integer(job->state)},
        {"stops_on_error", cell_boolean(job->stops_on_error)},
        {"user_id", cell_uuid(&job->user_id)},
        {"application", cell_text(job->application)},
        {"language", cell_integer(job->language)},
        {"time_zone", cell_text(job->zone)},
        {"has_scope", cell_boolean(job->scope != NULL)},
        {"scope_operations", cell_text(scope->operations)},
        {"scope_entities", cell_text(scope->entities)},
        {"is_read_only", cell_boolean(scope->is_read_only)},
        {"row_count", cell_integer(job->row_count)},
        {"succeeded", cell_integer(0)},
        {"failed", cell_integer(0)},
        {"byte_count", cell_integer(job->byte_count)},
        {"largest_row", cell_integer(job->largest_row)},
        {"submitted_on", cell_moment(job->submitted_on)},
        {"touched_on", cell_moment(job->touched_on)},
        {"attempts", cell_integer(0)},
        {"careful_until", cell_integer(0)},
    };

    return row_insert(call->connection, call->arena, &job_table, values, COUNT(values), error);
}

/* Changes the row of the job with an id. */
static bool update(struct call *call, const struct uuid *id, const struct row_value *values,
                   size_t count, struct error *error)
{
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(id)};

    return row_update(call->connection, call->arena, &job_table, values, count, &by_id, 1, NULL,
                      error);
}

bool job_save(struct call *call, const struct kept_job *job, struct error *error)
{
    const struct row_value values[] = {
        {"state", cell_integer(job->state)},
        {"row_count", cell_integer(job->row_count)},
        {"succeeded", cell_integer(job->succeeded)},
        {"failed", cell_integer(job->failed)},
        {"byte_count", cell_integer(job->byte_count)},
        {"largest_row", cell_integer(job->largest_row)},
        {"started_on", moment_or_null(job->started_on)},
        {"touched_on", cell_moment(job->touched_on)},
        {"ended_on", moment_or_null(job->ended_on)},
        {"error_code", cell_text(job->error_code)},
        {"error_message", cell_text(job->error_message)},
        {"runner_id",
         uuid_is_empty(&job->runner_id) ? cell_null(COLUMN_UUID) : cell_uuid(&job->runner_id)},
        {"attempts", cell_integer(job->attempts)},
        {"careful_until", cell_integer(job->careful_until)},
    };

    return update(call, &job->id, values, COUNT(values), error);
}

bool job_put_back(struct call *call, const struct kept_job *job, struct error *error)
{
    const struct row_value value = {"touched_on", cell_moment(call->now)};

    return update(call, &job->id, &value, 1, error);
}

bool job_remove(struct call *call, const struct uuid *id, struct error *error)
{
    const struct row_condition by_id = {"id", ROW_IS, cell_uuid(id)};

    return row_delete(call->connection, call->arena, &job_table, &by_id, 1, NULL, error);
}
