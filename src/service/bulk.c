/*
 * bulk.c - many records in one call: each row as the operation on one record would do it.
 *
 * Row by row, each has a savepoint, so that one that fails leaves nothing and the others go on;
 * all or none, the first that fails ends the call. A row with a request id is done once, like a
 * whole request.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/map.h"
#include "base/time.h"
#include "call/call.h"
#include "call/platform.h"
#include "database/database.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "generated/settings.h"
#include "metadata/entity.h"
#include "metadata/field.h"
#include "metadata/record.h"
#include "query/query.h"
#include "query/request.h"
#include "record/engine.h"
#include "record/idempotency.h"
#include "service/by_ids.h"
#include "service/operation.h"
#include "service/record.h"
#include "service/request_digest.h"

struct bulk;

/* Does one row. */
typedef bool (*row_write)(struct bulk *bulk, size_t row, struct write_outcome *outcome_out,
                          struct error *error);

/* One call on many records. */
struct bulk {
    struct call *call;
    const struct operation *operation;
    const struct message_list *records; /* struct record *; NULL: ids */
    const struct message_list *ids;     /* texts */
    const struct message_list *tags;    /* texts, one for each row, or not set */
    const struct message_list *request_ids;
    const struct key *key;
    bool is_all_or_none;
    row_write write;
};

static size_t row_count(const struct bulk *bulk)
{
    return bulk->records != NULL ? bulk->records->count : bulk->ids->count;
}

static const char *request_id_of(const struct bulk *bulk, size_t row)
{
    return bulk->request_ids->is_set && !bulk->call->is_validate_only
               ? bulk->request_ids->items[row]
               : NULL;
}

/* ---- what is asked ---- */

static bool check_list(const struct bulk *bulk, const struct message_list *list, const char *name,
                       struct error *error)
{
    return !list->is_set || list->count == row_count(bulk) ||
           error_set(error, ERROR_VALUE_INVALID, name, "%s has %zu items for %zu rows", name,
                     list->count, row_count(bulk));
}

static bool check_request_ids(const struct bulk *bulk, struct error *error)
{
    for (size_t i = 0; i < bulk->request_ids->count; i++) {
        if (!idempotency_check(bulk->request_ids->items[i], "requestIds", error)) {
            return false;
        }
    }
    return true;
}

static bool check(const struct bulk *bulk, struct error *error)
{
    if (bulk->call->has_expected_version) {
        return error_set(error, ERROR_VALUE_INVALID, "expectedVersion",
                         "Each row says in its version what it expects, not the header");
    }
    return by_ids_check_count(bulk->call, row_count(bulk), bulk->records == NULL ? "ids" : "rows",
                              error) &&
           check_list(bulk, bulk->tags, "rowTags", error) &&
           check_list(bulk, bulk->request_ids, "requestIds", error) &&
           check_request_ids(bulk, error);
}

/* ---- one row ---- */

static struct record *record_of(const struct bulk *bulk, size_t row)
{
    return record_copy(bulk->call->arena, bulk->records->items[row]);
}

static bool create_row(struct bulk *bulk, size_t row, struct write_outcome *outcome_out,
                       struct error *error)
{
    return record_create(bulk->call, record_of(bulk, row), outcome_out, error);
}

static bool update_row(struct bulk *bulk, size_t row, struct write_outcome *outcome_out,
                       struct error *error)
{
    return record_update(bulk->call, record_of(bulk, row), NULL, outcome_out, error);
}

static bool upsert_row(struct bulk *bulk, size_t row, struct write_outcome *outcome_out,
                       struct error *error)
{
    return record_upsert(bulk->call, record_of(bulk, row), bulk->key, outcome_out, error);
}

/* What is gone has no version. */
static bool delete_row(struct bulk *bulk, size_t row, struct write_outcome *outcome_out,
                       struct error *error)
{
    *outcome_out = (struct write_outcome){.version = 0};
    return by_ids_parse(bulk->operation, bulk->ids->items[row], &outcome_out->id, error) &&
           record_delete(bulk->call, bulk->operation->entity, &outcome_out->id, error);
}

/* ---- rows done once: what is kept is "id version created" ---- */

enum { KEPT_SIZE = UUID_TEXT_SIZE + 32 };

static bool digest_row(const struct bulk *bulk, size_t row, uint8_t digest[SHA256_SIZE],
                       struct error *error)
{
    const char *key = bulk->key == NULL ? NULL : bulk->key->name;
    struct uuid id = {{0}};

    if (bulk->records != NULL) {
        return request_digest_row(bulk->call, bulk->operation, key, bulk->records->items[row], NULL,
                                  digest, error);
    }
    return by_ids_parse(bulk->operation, bulk->ids->items[row], &id, error) &&
           request_digest_row(bulk->call, bulk->operation, key, NULL, &id, digest, error);
}

static bool keep_row(const struct bulk *bulk, size_t row, const struct write_outcome *outcome,
                     struct error *error)
{
    const char *id = request_id_of(bulk, row);
    char text[KEPT_SIZE], record[UUID_TEXT_SIZE];
    struct kept_answer kept = {.text = text};

    if (id == NULL) {
        return true;
    }
    uuid_format(&outcome->id, record);
    snprintf(text, sizeof(text), "%s %lld %d", record, (long long)outcome->version,
             outcome->is_created);
    return digest_row(bulk, row, kept.digest, error) &&
           idempotency_keep(bulk->call, id, &kept, error);
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

/* Whether the row that has failed had been done before. Its own failure stays in error, unless it
 * is that the id belongs to something else. */
static bool was_done(const struct bulk *bulk, size_t row, struct write_outcome *outcome_out,
                     struct error *error)
{
    const char *id = request_id_of(bulk, row);
    uint8_t digest[SHA256_SIZE];
    struct error found = {0};
    const char *text = NULL;

    if (id == NULL || !digest_row(bulk, row, digest, &found)) {
        return false;
    }
    if (!idempotency_find(bulk->call, id, digest, &text, &found)) {
        *error = found;
        return false;
    }
    if (text == NULL) {
        return false;
    }
    return read_kept(text, outcome_out) ||
           error_set(error, ERROR_REQUEST_ID_REUSED, "requestIds",
                     "The request id was used before, for another kind of request");
}

/* ---- its result ---- */

static struct row_result *result_of(const struct bulk *bulk, size_t row)
{
    struct row_result *result = arena_allocate(bulk->call->arena, sizeof(*result));

    *result = (struct row_result){
        .row_tag = bulk->tags->is_set ? bulk->tags->items[row] : NULL,
    };
    return result;
}

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
static bool settle_failed(struct bulk *bulk, size_t row, struct row_result *result,
                          struct error *error)
{
    struct write_outcome outcome;

    if (was_done(bulk, row, &outcome, error)) {
        tell_done(result, &outcome, true);
    } else if (error->code == ERROR_DATABASE_UNIQUE) {
        /* Whoever had the id has gone meanwhile. */
        return error_set(error, ERROR_DATABASE_CONFLICT, "requestIds",
                         "The row is being done by another copy of the request");
    } else if (bulk->is_all_or_none) {
        return name_row(row, error);
    } else {
        tell_failed(bulk->call->arena, result, error);
    }
    error_clear(error);
    return true;
}

static bool run_row(struct bulk *bulk, size_t row, struct row_result *result, struct error *error)
{
    struct connection *connection = bulk->call->connection;
    struct write_outcome outcome;
    /* After a row that fails others may be done, or it may turn out to have been done before. */
    bool goes_on = !bulk->is_all_or_none || request_id_of(bulk, row) != NULL;

    if (bulk->call->deadline != 0 && time_monotonic() > bulk->call->deadline) {
        return error_set(error, ERROR_TIMEOUT, NULL, "The time for the request was over");
    }
    if (goes_on && !connection_savepoint(connection, error)) {
        return false;
    }
    if (bulk->write(bulk, row, &outcome, error) && keep_row(bulk, row, &outcome, error)) {
        tell_done(result, &outcome, false);
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
    return settle_failed(bulk, row, result, error);
}

static bool run_rows(struct bulk *bulk, struct bulk_result **result_out, struct error *error)
{
    struct bulk_result *result = arena_allocate(bulk->call->arena, sizeof(*result));
    struct array rows;
    int64_t succeeded = 0;

    if (!check(bulk, error)) {
        return false;
    }
    array_init(&rows, bulk->call->arena);
    for (size_t row = 0; row < row_count(bulk); row++) {
        struct row_result *one = result_of(bulk, row);
        if (!run_row(bulk, row, one, error)) {
            return false;
        }
        succeeded += one->ok.value;
        array_add(&rows, one);
    }
    bulk->call->row_count = succeeded;
    result->succeeded = (struct message_integer){.is_set = true, .value = succeeded};
    result->failed =
        (struct message_integer){.is_set = true, .value = (int64_t)rows.count - succeeded};
    result->rows = (struct message_list){.is_set = true, .count = rows.count, .items = rows.items};
    *result_out = result;
    return true;
}

/* What each of them is told in the same words; in a handler. */
#define BULK(asked, write_row)                                                                     \
    {                                                                                              \
        .call = call, .operation = operation, .tags = &(asked)->row_tags,                          \
        .request_ids = &(asked)->request_ids, .is_all_or_none = (asked)->all_or_none.value,        \
        .write = write_row                                                                         \
    }

bool service_create_multiple(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct create_multiple_entity_request *asked = request;
    struct create_multiple_entity_response *answer = response;
    struct bulk bulk = BULK(asked, create_row);

    bulk.records = &asked->records;
    return run_rows(&bulk, &answer->result, error);
}

bool service_update_multiple(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct update_multiple_entity_request *asked = request;
    struct update_multiple_entity_response *answer = response;
    struct bulk bulk = BULK(asked, update_row);

    bulk.records = &asked->records;
    return run_rows(&bulk, &answer->result, error);
}

bool service_upsert_multiple(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct upsert_multiple_entity_request *asked = request;
    struct upsert_multiple_entity_response *answer = response;
    struct bulk bulk = BULK(asked, upsert_row);

    bulk.records = &asked->records;
    return service_find_key(call, operation->entity, asked->key_name, &bulk.key, error) &&
           run_rows(&bulk, &answer->result, error);
}

bool service_delete_multiple(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct delete_multiple_entity_request *asked = request;
    struct delete_multiple_entity_response *answer = response;
    struct bulk bulk = BULK(asked, delete_row);

    bulk.ids = &asked->ids;
    return run_rows(&bulk, &answer->result, error);
}
