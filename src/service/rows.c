/*
 * rows.c - rows run together or one by one, their results, and what was done before.
 *
 * Rows go together, many under one savepoint and their new records many in a statement. Where that
 * fails, all of it is undone and done again with fewer, at last one by one: so each row comes out
 * as if it had run alone, and what fails is told of the row that it is of.
 */
#include "service/rows.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/time.h"
#include "call/call.h"
#include "change/change.h"
#include "database/database.h"
#include "generated/settings.h"
#include "query/held.h"
#include "record/idempotency.h"

static const char *request_id_of(const struct rows *rows, size_t row)
{
    return rows->call->is_validate_only ? NULL : rows->request_ids[row];
}

/* ---- what is asked ---- */

bool rows_check_count(struct call *call, size_t count, const char *parameter, struct error *error)
{
    int64_t most = call->settings->limits.rows;

    return count <= (size_t)most ||
           error_set(error, ERROR_LIMIT_EXCEEDED, parameter,
                     "%zu rows are more than limits.rows, which is %lld", count, (long long)most);
}

bool rows_check(const struct rows *rows, struct error *error)
{
    if (rows->call->has_expected_version) {
        return error_set(error, ERROR_VALUE_INVALID, "expectedVersion",
                         "Each row says in its version what it expects, not the header");
    }
    for (size_t row = 0; row < rows->count; row++) {
        if (rows->request_ids[row] != NULL &&
            !idempotency_check(rows->request_ids[row], rows->ids_parameter, error)) {
            return false;
        }
    }
    return true;
}

/* ---- rows done once: what is kept is "id version created" ---- */

enum { KEPT_SIZE = UUID_TEXT_SIZE + 32 };

static bool keep_row(struct rows *rows, size_t row, const struct write_outcome *outcome,
                     struct error *error)
{
    const char *id = request_id_of(rows, row);
    char text[KEPT_SIZE], record[UUID_TEXT_SIZE];
    struct kept_answer kept = {.text = text};

    if (id == NULL) {
        return true;
    }
    uuid_format(&outcome->id, record);
    snprintf(text, sizeof(text), "%s %lld %d", record, (long long)outcome->version,
             outcome->is_created);
    return rows->digest(rows, row, kept.digest, error) &&
           idempotency_keep(rows->call, id, &kept, error);
}

static bool read_kept(const char *text, struct write_outcome *outcome_out)
{
    char record[UUID_TEXT_SIZE];
    long long version = 0;
    int is_created = 0;

    if (sscanf(text, "%36s %lld %d", record, &version, &is_created) != 3) {
        return false;
    }
    outcome_out->version = version;
    outcome_out->is_created = is_created != 0;
    return uuid_parse(record, &outcome_out->id);
}

/* Whether the row that has failed had been done before. Its own failure stays in error, unless that
 * cannot be found out or the id belongs to something else. */
static bool was_done(struct rows *rows, size_t row, struct write_outcome *outcome_out,
                     struct error *error)
{
    const char *id = request_id_of(rows, row);
    uint8_t digest[SHA256_SIZE];
    struct error found = {0};
    const char *text = NULL;

    if (id == NULL) {
        return false;
    }
    if (!rows->digest(rows, row, digest, &found) ||
        !idempotency_find(rows->call, id, digest, &text, &found)) {
        *error = found;
        return false;
    }
    if (text == NULL) {
        return false;
    }
    return read_kept(text, outcome_out) ||
           error_set(error, ERROR_REQUEST_ID_REUSED, rows->ids_parameter,
                     "The request id was used before, for another kind of request");
}

/* ---- its result ---- */

static void tell_done(struct row_result *result, const struct write_outcome *outcome,
                      bool is_repeated)
{
    result->ok = (struct message_boolean){.is_set = true, .value = true};
    result->id = (struct message_uuid){.is_set = true, .value = outcome->id};
    result->version =
        (struct message_integer){.is_set = outcome->version > 0, .value = outcome->version};
    result->created = (struct message_boolean){.is_set = true, .value = outcome->is_created};
    result->repeated = (struct message_boolean){.is_set = is_repeated, .value = true};
}

static const char *text_or_null(struct arena *arena, const char *text)
{
    return *text == '\0' ? NULL : arena_copy_text(arena, text);
}

static void tell_failed(struct arena *arena, struct row_result *result, const struct error *error)
{
    const struct error_kind *kind = error_kind(error->code);

    result->ok = (struct message_boolean){.is_set = true, .value = false};
    result->code = kind->name;
    result->message = text_or_null(arena, error->message);
    result->field = text_or_null(arena, error->subject);
    result->entity = text_or_null(arena, error->entity);
    result->retryable = (struct message_boolean){.is_set = true, .value = kind->is_retryable};
}

/* ---- all rows ---- */

/* Where the whole transaction is lost, or the time is over, no row can go on. A failure of the
 * server's own is no answer to one row either. */
static bool is_of_row(const struct error *error)
{
    return error->code == ERROR_DATABASE_UNIQUE ||
           (error_kind(error->code)->is_client_fault && error->code != ERROR_TIMEOUT);
}

static bool name_row(size_t row, struct error *error)
{
    char message[ERROR_MESSAGE_SIZE];

    snprintf(message, sizeof(message), "%s", error->message);
    snprintf(error->message, sizeof(error->message), "Row %zu: %.480s", row + 1, message);
    return false;
}

/* After a row has failed and was undone: it is told with the others, or ends the call. */
static bool settle_failed(struct rows *rows, size_t row, struct error *error)
{
    struct row_result *result = rows->results[row];
    struct write_outcome outcome;

    if (was_done(rows, row, &outcome, error)) {
        tell_done(result, &outcome, true);
    } else if (error->code == ERROR_DATABASE_UNIQUE) {
        /* Whoever had the id has gone meanwhile. */
        return error_set(error, ERROR_DATABASE_CONFLICT, rows->ids_parameter,
                         "The row is being done by another copy of the request");
    } else if (rows->is_all_or_none) {
        return name_row(row, error);
    } else {
        tell_failed(rows->call->arena, result, error);
    }
    error_clear(error);
    return true;
}

/* Does a row and tells so. */
static bool do_row(struct rows *rows, size_t row, struct error *error)
{
    struct call *call = rows->call;
    struct row_result *result = arena_allocate(call->arena, sizeof(*result));
    struct write_outcome outcome;

    rows->results[row] = result;
    result->row_tag = rows->tags[row];
    if (call->deadline != 0 && time_monotonic() > call->deadline) {
        return error_set(error, ERROR_TIMEOUT, NULL, "The time for the request was over");
    }
    if (!rows->write(rows, row, &outcome, error) || !keep_row(rows, row, &outcome, error)) {
        return false;
    }
    tell_done(result, &outcome, false);
    return true;
}

/* Whether no further row is to be begun after so many. */
static bool is_enough(const struct rows *rows, size_t run)
{
    if (run == 0) {
        return false;
    }
    return (rows->ends_with_failure && !rows->results[run - 1]->ok.value) ||
           (rows->until != 0 && time_monotonic() > rows->until);
}

/* ---- one row by itself ---- */

static bool run_alone(struct rows *rows, size_t row, struct error *error)
{
    struct connection *connection = rows->call->connection;
    /* After a row that fails others may be done, or it may turn out to have been done before. */
    bool goes_on = !rows->is_all_or_none || request_id_of(rows, row) != NULL;
    size_t notes_before = change_gathered(rows->call);

    if (goes_on && !connection_savepoint(connection, error)) {
        return false;
    }
    if (do_row(rows, row, error)) {
        return !goes_on || connection_savepoint_keep(connection, error);
    }
    struct error undone = {0};
    if (!is_of_row(error)) {
        return false;
    }
    if (!goes_on) {
        return name_row(row, error);
    }
    if (!connection_savepoint_undo(connection, &undone)) {
        *error = undone;
        return false;
    }
    change_drop_after(rows->call, notes_before);
    return settle_failed(rows, row, error);
}

/* ---- rows together: one savepoint, and new records held back ---- */

/* A row that fails before anything of it was written leaves nothing but what is held: it is told
 * at once. What was done before under its id is looked for where all of that is written. */
static bool run_held(struct rows *rows, size_t row, struct error *error)
{
    struct call *call = rows->call;
    int64_t changes_before = connection_count_changes(call->connection);
    size_t notes_before = change_gathered(call);
    size_t held_before = held_count(call);
    struct error unwritten = {0};

    if (do_row(rows, row, error)) {
        return true;
    }
    if (rows->is_all_or_none || !is_of_row(error) ||
        connection_count_changes(call->connection) != changes_before) {
        return false;
    }
    held_drop_after(call, held_before);
    change_drop_after(call, notes_before);
    if (request_id_of(rows, row) != NULL && !held_write(call, &unwritten)) {
        *error = unwritten;
        return false;
    }
    return settle_failed(rows, row, error);
}

static bool run_all_held(struct rows *rows, size_t *run, size_t end, struct error *error)
{
    while (*run < end && !is_enough(rows, *run)) {
        if (!run_held(rows, *run, error)) {
            return false;
        }
        ++*run;
    }
    return true;
}

/* Runs the rows up to an end; when one of them cannot be done so, none is: run says how far it
 * came. */
static bool run_together(struct rows *rows, size_t *run, size_t end, struct error *error)
{
    struct call *call = rows->call;
    size_t begin = *run;
    size_t notes_before = change_gathered(call);
    struct error undone = {0};

    if (!connection_savepoint(call->connection, error)) {
        return false;
    }
    held_begin(call);
    bool is_done =
        run_all_held(rows, run, end, error) && connection_savepoint_keep(call->connection, error);
    held_end(call);
    if (is_done || !is_of_row(error)) {
        return is_done;
    }
    if (!connection_savepoint_undo(call->connection, &undone)) {
        *error = undone;
        return false;
    }
    change_drop_after(call, notes_before);
    error_clear(error);
    *run = begin;
    return true;
}

/* ---- all rows ---- */

/* As many rows go together as seems well: twice as many after some that went well, an eighth after
 * some that did not. */
enum { ROWS_TOGETHER = 64, FEWER = 8, MORE = 2 };

static size_t choose_size(size_t tried, bool went_well)
{
    size_t size = went_well ? tried * MORE : tried / FEWER;

    return size < 1 ? 1 : size > ROWS_TOGETHER ? ROWS_TOGETHER : size;
}

static bool run_rows(struct rows *rows, size_t *run, struct error *error)
{
    size_t size = ROWS_TOGETHER;

    while (*run < rows->count && !is_enough(rows, *run)) {
        size_t begin = *run;
        size_t end = size < rows->count - begin ? begin + size : rows->count;
        bool went_well;
        if (end - begin == 1) {
            if (!run_alone(rows, begin, error)) {
                return false;
            }
            *run = end;
            went_well = rows->results[begin]->ok.value;
        } else {
            if (!run_together(rows, run, end, error)) {
                return false;
            }
            went_well = *run > begin;
        }
        size = choose_size(end - begin, went_well);
    }
    return true;
}

static int64_t count_done(const struct rows *rows, size_t run)
{
    int64_t done = 0;

    for (size_t row = 0; row < run; row++) {
        done += rows->results[row]->ok.value;
    }
    return done;
}

bool rows_run(struct rows *rows, struct bulk_result **result_out, struct error *error)
{
    struct arena *arena = rows->call->arena;
    struct bulk_result *result = arena_allocate(arena, sizeof(*result));
    size_t run = 0;

    rows->results = arena_allocate_array(arena, rows->count, sizeof(*rows->results));
    change_gather(rows->call);
    if (!run_rows(rows, &run, error) || !change_write_gathered(rows->call, error)) {
        return false;
    }
    int64_t succeeded = count_done(rows, run);
    rows->call->row_count = succeeded;
    result->succeeded = (struct message_integer){.is_set = true, .value = succeeded};
    result->failed = (struct message_integer){.is_set = true, .value = (int64_t)run - succeeded};
    result->rows =
        (struct message_list){.is_set = true, .count = run, .items = (void **)rows->results};
    *result_out = result;
    return true;
}
