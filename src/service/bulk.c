/*
 * bulk.c - many records in one call: each row as the operation on one record would do it.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "record/engine.h"
#include "service/by_ids.h"
#include "service/operation.h"
#include "service/record.h"
#include "service/request_digest.h"
#include "service/rows.h"

/* One call on many records. */
struct bulk {
    struct rows rows;
    const struct operation *operation;
    const struct message_list *records; /* struct record *; NULL: ids */
    const struct message_list *ids;     /* texts */
    const struct message_list *tags;    /* texts, one for each row, or not set */
    const struct message_list *request_ids;
    const struct key *key;
};

static struct bulk *bulk_of(struct rows *rows)
{
    return (struct bulk *)rows;
}

/* ---- what is asked ---- */

/* A list that goes with the rows, or one of nothing. */
static bool read_list(const struct bulk *bulk, const struct message_list *list, const char *name,
                      const char *const **texts_out, struct error *error)
{
    size_t count = bulk->rows.count;

    if (list->is_set && list->count != count) {
        return error_set(error, ERROR_VALUE_INVALID, name, "%s has %zu items for %zu rows", name,
                         list->count, count);
    }
    *texts_out = list->is_set
                     ? (const char *const *)list->items
                     : arena_allocate_array(bulk->rows.call->arena, count, sizeof(**texts_out));
    return true;
}

/* ---- one row ---- */

static struct record *record_of(const struct bulk *bulk, size_t row)
{
    return record_copy(bulk->rows.call->arena, bulk->records->items[row]);
}

static bool create_row(struct rows *rows, size_t row, struct write_outcome *outcome_out,
                       struct error *error)
{
    return record_create(rows->call, record_of(bulk_of(rows), row), outcome_out, error);
}

static bool update_row(struct rows *rows, size_t row, struct write_outcome *outcome_out,
                       struct error *error)
{
    return record_update(rows->call, record_of(bulk_of(rows), row), NULL, outcome_out, error);
}

static bool upsert_row(struct rows *rows, size_t row, struct write_outcome *outcome_out,
                       struct error *error)
{
    const struct bulk *bulk = bulk_of(rows);

    return record_upsert(rows->call, record_of(bulk, row), bulk->key, outcome_out, error);
}

/* What is gone has no version. */
static bool delete_row(struct rows *rows, size_t row, struct write_outcome *outcome_out,
                       struct error *error)
{
    const struct bulk *bulk = bulk_of(rows);

    *outcome_out = (struct write_outcome){.version = 0};
    return by_ids_parse(bulk->operation, bulk->ids->items[row], &outcome_out->id, error) &&
           record_delete(rows->call, bulk->operation->entity, &outcome_out->id, error);
}

static bool digest_row(struct rows *rows, size_t row, uint8_t digest_out[SHA256_SIZE],
                       struct error *error)
{
    const struct bulk *bulk = bulk_of(rows);
    const char *key = bulk->key == NULL ? NULL : bulk->key->name;
    struct uuid id = {{0}};

    if (bulk->records != NULL) {
        return request_digest_row(rows->call, bulk->operation, key, bulk->records->items[row], NULL,
                                  digest_out, error);
    }
    return by_ids_parse(bulk->operation, bulk->ids->items[row], &id, error) &&
           request_digest_row(rows->call, bulk->operation, key, NULL, &id, digest_out, error);
}

/* ---- all rows ---- */

static bool run_bulk(struct bulk *bulk, struct bulk_result **result_out, struct error *error)
{
    struct rows *rows = &bulk->rows;

    rows->count = bulk->records != NULL ? bulk->records->count : bulk->ids->count;
    rows->parameter = bulk->records != NULL ? "rows" : "ids";
    rows->ids_parameter = "requestIds";
    rows->digest = digest_row;
    return rows_check_count(rows->call, rows->count, rows->parameter, error) &&
           read_list(bulk, bulk->tags, "rowTags", &rows->tags, error) &&
           read_list(bulk, bulk->request_ids, "requestIds", &rows->request_ids, error) &&
           rows_check(rows, error) && rows_run(rows, result_out, error);
}

/* What each of them is told in the same words; in a handler. */
#define BULK(asked, write_row)                                                                     \
    {                                                                                              \
        .rows = {.call = call, .is_all_or_none = (asked)->all_or_none.value, .write = write_row},  \
        .operation = operation, .tags = &(asked)->row_tags, .request_ids = &(asked)->request_ids   \
    }

bool service_create_multiple(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct create_multiple_entity_request *asked = request;
    struct create_multiple_entity_response *answer = response;
    struct bulk bulk = BULK(asked, create_row);

    bulk.records = &asked->records;
    return run_bulk(&bulk, &answer->result, error);
}

bool service_update_multiple(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct update_multiple_entity_request *asked = request;
    struct update_multiple_entity_response *answer = response;
    struct bulk bulk = BULK(asked, update_row);

    bulk.records = &asked->records;
    return run_bulk(&bulk, &answer->result, error);
}

bool service_upsert_multiple(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct upsert_multiple_entity_request *asked = request;
    struct upsert_multiple_entity_response *answer = response;
    struct bulk bulk = BULK(asked, upsert_row);

    bulk.records = &asked->records;
    return service_find_key(call, operation->entity, asked->key_name, &bulk.key, error) &&
           run_bulk(&bulk, &answer->result, error);
}

bool service_delete_multiple(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct delete_multiple_entity_request *asked = request;
    struct delete_multiple_entity_response *answer = response;
    struct bulk bulk = BULK(asked, delete_row);

    bulk.ids = &asked->ids;
    return run_bulk(&bulk, &answer->result, error);
}
