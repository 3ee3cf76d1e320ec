/*
 * change.c - RetrieveChanges of one entity, with its records, and of all.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/map.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/feed.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "generated/settings.h"
#include "metadata/entity.h"
#include "service/by_ids.h"
#include "service/operation.h"
#include "service/page_limit.h"

/* A page of the feed, of at most as many changes as a page may have records. */
static bool read_page(struct call *call, const struct entity *entity, const char *token,
                      const struct message_integer *limit, struct feed_page *page_out,
                      struct error *error)
{
    struct feed_request request = {.entity = entity, .token = token};

    return page_limit(call, limit, call->settings->limits.rows, &request.limit, error) &&
           feed_read(call, &request, page_out, error);
}

static struct record_change *answer_change(struct arena *arena, const struct feed_change *change)
{
    struct record_change *answer = arena_allocate(arena, sizeof(*answer));
    bool has_author = !uuid_is_empty(&change->changed_by);

    answer->kind = change->kind;
    answer->entity = change->entity->name;
    answer->id = (struct message_uuid){.is_set = true, .value = change->id};
    answer->version =
        (struct message_integer){.is_set = change->version > 0, .value = change->version};
    answer->fields = (struct message_list){.is_set = change->field_count > 0,
                                           .count = change->field_count,
                                           .items = (void **)change->field_names};
    answer->changed_on = (struct message_moment){.is_set = true, .value = change->changed_on};
    answer->changed_by = (struct message_uuid){.is_set = has_author, .value = change->changed_by};
    answer->application = change->application;
    answer->request_id = change->request_id;
    answer->merged_into = change->merged_into;
    return answer;
}

static struct message_list answer_changes(struct call *call, const struct feed_page *page)
{
    struct array changes;

    array_init(&changes, call->arena);
    for (size_t i = 0; i < page->count; i++) {
        array_add(&changes, answer_change(call->arena, &page->changes[i]));
    }
    call->row_count = (int64_t)page->count;
    return (struct message_list){.is_set = true, .count = changes.count, .items = changes.items};
}

/* The ids of the records that the changes are about, each once; of those that may be there. */
static const char **ids_of(struct call *call, const struct entity *entity,
                           const struct feed_page *page, size_t *count_out)
{
    const char **ids = arena_allocate_array(call->arena, page->count, sizeof(*ids));
    struct map *known = map_create(call->arena);
    size_t count = 0;

    for (size_t i = 0; i < page->count; i++) {
        char text[UUID_TEXT_SIZE];
        uuid_format(&page->changes[i].id, text);
        if (page->changes[i].is_readable && page->changes[i].entity == entity &&
            map_get(known, text) == NULL) {
            ids[count] = arena_copy_text(call->arena, text);
            map_set(known, ids[count], ids);
            count++;
        }
    }
    *count_out = count;
    return ids;
}

bool service_retrieve_changes(struct call *call, const struct operation *operation,
                              const void *request, void *response, struct error *error)
{
    const struct retrieve_changes_entity_request *asked = request;
    struct retrieve_changes_entity_response *answer = response;
    struct entity_changes *result = arena_allocate(call->arena, sizeof(*result));
    struct feed_page page;
    struct array records;
    size_t count = 0;

    if (!read_page(call, operation->entity, asked->token, &asked->limit, &page, error)) {
        return false;
    }
    const char **ids = ids_of(call, operation->entity, &page, &count);
    array_init(&records, call->arena);
    if (!by_ids_read(call, operation->entity, &asked->columns, ids, count, &records, error)) {
        return false;
    }
    result->changes = answer_changes(call, &page);
    result->records =
        (struct message_list){.is_set = true, .count = records.count, .items = records.items};
    result->next_token = page.next_token;
    result->more = (struct message_boolean){.is_set = true, .value = page.has_more};
    answer->result = result;
    return true;
}

bool service_retrieve_all_changes(struct call *call, const struct operation *operation,
                                  const void *request, void *response, struct error *error)
{
    const struct retrieve_changes_request *asked = request;
    struct retrieve_changes_response *answer = response;
    struct change_page *result = arena_allocate(call->arena, sizeof(*result));
    struct feed_page page;

    (void)operation;
    if (!read_page(call, NULL, asked->token, &asked->limit, &page, error)) {
        return false;
    }
    result->changes = answer_changes(call, &page);
    result->next_token = page.next_token;
    result->more = (struct message_boolean){.is_set = true, .value = page.has_more};
    answer->page = result;
    return true;
}
