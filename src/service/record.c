/*
 * record.c - the operations on records of every entity.
 */
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/aggregate.h"
#include "query/query.h"
#include "query/request.h"
#include "record/engine.h"
#include "service/operation.h"
#include "service/record.h"

static struct write_result *result_of(struct call *call, const struct write_outcome *outcome)
{
    struct write_result *result = arena_allocate(call->arena, sizeof(*result));

    result->id = (struct message_uuid){.is_set = true, .value = outcome->id};
    result->version = (struct message_integer){.is_set = true, .value = outcome->version};
    result->created = (struct message_boolean){.is_set = true, .value = outcome->is_created};
    call->row_count = 1;
    return result;
}

bool service_create(struct call *call, const struct operation *operation, const void *request,
                    void *response, struct error *error)
{
    const struct create_entity_request *asked = request;
    struct create_entity_response *answer = response;
    struct write_outcome outcome;

    (void)operation;
    call->has_one_write = !call->has_request_id;
    if (!record_create(call, record_copy(call->arena, asked->record), &outcome, error)) {
        return false;
    }
    answer->result = result_of(call, &outcome);
    return true;
}

bool service_update(struct call *call, const struct operation *operation, const void *request,
                    void *response, struct error *error)
{
    const struct update_entity_request *asked = request;
    struct update_entity_response *answer = response;
    struct write_outcome outcome;

    (void)operation;
    call->has_one_write = !call->has_request_id;
    if (!record_update(call, record_copy(call->arena, asked->record), NULL, &outcome, error)) {
        return false;
    }
    answer->result = result_of(call, &outcome);
    return true;
}

static const char *list_keys(struct arena *arena, const struct entity *entity)
{
    struct buffer names;

    buffer_init(&names, arena, 64);
    for (size_t i = 0; i < entity->key_count; i++) {
        buffer_add_format(&names, "%s%s", i == 0 ? "" : ", ", entity->keys[i]->name);
    }
    return names.bytes;
}

bool service_find_key(struct call *call, const struct entity *entity, const char *name,
                      const struct key **key_out, struct error *error)
{
    *key_out = entity_find_key(entity, name);
    return *key_out != NULL || error_set_about(error, ERROR_KEY_UNKNOWN, entity->name, "keyName",
                                               "%s has no alternate key %s, but: %s", entity->name,
                                               name, list_keys(call->arena, entity));
}

bool service_upsert(struct call *call, const struct operation *operation, const void *request,
                    void *response, struct error *error)
{
    const struct upsert_entity_request *asked = request;
    struct upsert_entity_response *answer = response;
    const struct key *key = NULL;
    struct write_outcome outcome;

    if (!service_find_key(call, operation->entity, asked->key_name, &key, error) ||
        !record_upsert(call, record_copy(call->arena, asked->record), key, &outcome, error)) {
        return false;
    }
    answer->result = result_of(call, &outcome);
    return true;
}

bool service_assign(struct call *call, const struct operation *operation, const void *request,
                    void *response, struct error *error)
{
    const struct assign_entity_request *asked = request;
    struct assign_entity_response *answer = response;
    const struct entity *entity = operation->entity;
    struct record *record = record_make(call->arena, entity);
    struct value *owner = record_value(record, entity->owner);
    struct write_outcome outcome;

    record_value(record, entity->id)->state = VALUE_SET;
    record_value(record, entity->id)->uuid = asked->id.value;
    owner->state = VALUE_SET;
    owner->reference = *asked->owner;
    if (!record_update(call, record, NULL, &outcome, error)) {
        return false;
    }
    answer->result = result_of(call, &outcome);
    return true;
}

bool service_merge(struct call *call, const struct operation *operation, const void *request,
                   void *response, struct error *error)
{
    const struct merge_entity_request *asked = request;
    struct merge_entity_response *answer = response;
    const struct merge merge = {
        .entity = operation->entity,
        .master_id = asked->id.value,
        .subordinate_id = asked->subordinate_id.value,
        .has_subordinate_version = asked->subordinate_version.is_set,
        .subordinate_version = asked->subordinate_version.value,
        .fields = asked->fields,
        .checks_parents = asked->checks_parents.is_set && asked->checks_parents.value,
    };
    struct write_outcome outcome;

    if (!record_merge(call, &merge, &outcome, error)) {
        return false;
    }
    answer->result = result_of(call, &outcome);
    return true;
}

bool service_delete(struct call *call, const struct operation *operation, const void *request,
                    void *response, struct error *error)
{
    const struct delete_entity_request *asked = request;
    (void)response;
    if (!record_delete(call, operation->entity, &asked->id.value, error)) {
        return false;
    }
    call->row_count = 1;
    return true;
}

/* The id of the record that a Retrieve names, by id or by alternate key. */
static bool find_id(struct call *call, const struct entity *entity,
                    const struct retrieve_entity_request *asked, struct uuid *id_out,
                    struct error *error)
{
    if (asked->id.is_set && asked->alternate_key != NULL) {
        return error_set_about(error, ERROR_VALUE_INVALID, entity->name, "alternateKey",
                               "The record is named by id or by alternateKey, not by both");
    }
    if (asked->id.is_set) {
        *id_out = asked->id.value;
        return true;
    }
    if (asked->alternate_key == NULL) {
        return error_set_about(error, ERROR_PARAMETER_REQUIRED, entity->name, "id",
                               "The record must be named by id or by alternateKey");
    }
    struct reference reference = {.entity = entity, .alternate_key = asked->alternate_key};
    if (record_resolve(call, &reference, id_out, error)) {
        return true;
    }
    if (error->code == ERROR_REFERENCE_NOT_FOUND) {
        /* What is missing is not what a record refers to but the record itself. */
        error->code = ERROR_RECORD_NOT_FOUND;
    }
    return false;
}

bool service_retrieve(struct call *call, const struct operation *operation, const void *request,
                      void *response, struct error *error)
{
    const struct retrieve_entity_request *asked = request;
    struct retrieve_entity_response *answer = response;
    const struct entity *entity = operation->entity;
    struct column_set columns;
    struct uuid id;

    if (!query_columns(call, entity, (const char *const *)asked->columns.items,
                       asked->columns.count, !asked->columns.is_set, &columns, error) ||
        !find_id(call, entity, asked, &id, error) ||
        !record_retrieve(call, entity, &id, &columns, &answer->record, error)) {
        return false;
    }
    call->row_count = 1;
    return true;
}

static struct entity_page *page_of(struct call *call, const struct page *page)
{
    struct entity_page *answer = arena_allocate(call->arena, sizeof(*answer));

    answer->records = (struct message_list){
        .is_set = true, .count = page->count, .items = (void **)page->records};
    answer->next_cookie = page->next_cookie;
    answer->more = (struct message_boolean){.is_set = true, .value = page->has_more};
    answer->total = (struct message_integer){.is_set = page->has_total, .value = page->total};
    call->row_count = (int64_t)page->count;
    return answer;
}

bool service_retrieve_multiple(struct call *call, const struct operation *operation,
                               const void *request, void *response, struct error *error)
{
    const struct retrieve_multiple_entity_request *asked = request;
    struct retrieve_multiple_entity_response *answer = response;
    static const struct query_request everything;
    const struct query_request *query = asked->query == NULL ? &everything : asked->query;
    struct page page = {.count = 0};

    if (!query_run(call, operation->entity, query, &page, error)) {
        return false;
    }
    answer->page = page_of(call, &page);
    return true;
}

bool service_aggregate(struct call *call, const struct operation *operation, const void *request,
                       void *response, struct error *error)
{
    const struct aggregate_entity_request *asked = request;
    struct aggregate_entity_response *answer = response;
    struct aggregate_table *table = NULL;

    if (!query_aggregate(call, operation->entity, asked->aggregate, &table, error)) {
        return false;
    }
    answer->table = table;
    call->row_count = (int64_t)table->rows.count;
    return true;
}
