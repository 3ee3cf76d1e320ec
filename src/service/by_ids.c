/*
 * by_ids.c - records read by their ids, as many as a call may have rows.
 */
#include "service/by_ids.h"

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/map.h"
#include "base/uuid.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/entity.h"
#include "metadata/field.h"
#include "metadata/record.h"
#include "query/query.h"
#include "query/request.h"
#include "service/operation.h"
#include "service/rows.h"

bool by_ids_parse(const struct operation *operation, const char *text, struct uuid *id_out,
                  struct error *error)
{
    return uuid_parse(text, id_out) ||
           error_set_about(error, ERROR_VALUE_INVALID, operation->entity->name, "ids",
                           "\"%.40s\" is no id", text);
}

/* So many are asked for in one statement. */
enum { IDS_AT_ONCE = 400 };

static bool read_part(struct call *call, const struct entity *entity,
                      const struct message_list *columns, const char **ids, size_t count,
                      struct array *found, struct error *error)
{
    struct condition_request is_among = {
        .field = entity->id->name,
        .operator= "in",
        .values = {.is_set = true, .count = count, .items = (void **)ids}};
    void *conditions[] = {&is_among};
    struct filter_request filter = {
        .conditions = {.is_set = true, .count = 1, .items = conditions}};
    struct query_request query = {.columns = *columns,
                                  .filter = &filter,
                                  .page_size = {.is_set = true, .value = (int64_t)count}};
    struct page page = {.has_more = true};

    while (page.has_more) {
        if (!query_run(call, entity, &query, &page, error)) {
            return false;
        }
        for (size_t i = 0; i < page.count; i++) {
            array_add(found, page.records[i]);
        }
        query.cookie = page.next_cookie;
    }
    return true;
}

bool by_ids_read(struct call *call, const struct entity *entity, const struct message_list *columns,
                 const char **ids, size_t count, struct array *records, struct error *error)
{
    for (size_t begin = 0; begin < count; begin += IDS_AT_ONCE) {
        size_t left = count - begin;
        if (!read_part(call, entity, columns, ids + begin, left < IDS_AT_ONCE ? left : IDS_AT_ONCE,
                       records, error)) {
            return false;
        }
    }
    return true;
}

/* The records by id, as it is written. */
static struct map *by_id(struct arena *arena, const struct array *records)
{
    struct map *map = map_create(arena);
    char text[UUID_TEXT_SIZE];

    for (size_t i = 0; i < records->count; i++) {
        struct record *record = records->items[i];
        uuid_format(&record_value(record, record->entity->id)->uuid, text);
        map_set(map, arena_copy_text(arena, text), record);
    }
    return map;
}

/* The ids as we write them, whatever case they came in. */
static bool check_ids(struct call *call, const struct operation *operation,
                      const struct message_list *ids, const char **texts, struct error *error)
{
    char text[UUID_TEXT_SIZE];
    struct uuid id;

    for (size_t i = 0; i < ids->count; i++) {
        if (!by_ids_parse(operation, ids->items[i], &id, error)) {
            return false;
        }
        uuid_format(&id, text);
        texts[i] = arena_copy_text(call->arena, text);
    }
    return true;
}

static struct entity_by_ids *in_order(struct arena *arena, const struct array *records,
                                      const char **texts, size_t count)
{
    struct entity_by_ids *answer = arena_allocate(arena, sizeof(*answer));
    const struct map *found = by_id(arena, records);
    struct array ordered, missing;

    array_init(&ordered, arena);
    array_init(&missing, arena);
    for (size_t i = 0; i < count; i++) {
        struct record *record = map_get(found, texts[i]);
        if (record != NULL) {
            array_add(&ordered, record);
        } else {
            array_add(&missing, texts[i]);
        }
    }
    answer->records =
        (struct message_list){.is_set = true, .count = ordered.count, .items = ordered.items};
    answer->not_found =
        (struct message_list){.is_set = true, .count = missing.count, .items = missing.items};
    return answer;
}

bool service_retrieve_by_ids(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct retrieve_by_ids_entity_request *asked = request;
    struct retrieve_by_ids_entity_response *answer = response;
    const char **texts = arena_allocate_array(call->arena, asked->ids.count, sizeof(*texts));
    struct array records;

    array_init(&records, call->arena);
    if (!rows_check_count(call, asked->ids.count, "ids", error) ||
        !check_ids(call, operation, &asked->ids, texts, error) ||
        !by_ids_read(call, operation->entity, &asked->columns, texts, asked->ids.count, &records,
                     error)) {
        return false;
    }
    answer->found = in_order(call->arena, &records, texts, asked->ids.count);
    call->row_count = (int64_t)records.count;
    return true;
}
