/*
 * security_log.c - RetrieveSecurityLog: who came in or was refused, who changed who may what.
 */
#include "change/security_log.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "generated/settings.h"
#include "metadata/catalog.h"
#include "query/name.h"
#include "record/engine.h"
#include "service/event_answer.h"
#include "service/page_limit.h"

struct message_list event_changes(struct arena *arena, const struct event_detail *details,
                                  size_t count)
{
    struct array changes;

    array_init(&changes, arena);
    for (size_t index = 0; index < count; index++) {
        struct field_change *change = arena_allocate(arena, sizeof(*change));
        change->field = details[index].name;
        change->old_value = details[index].old_value;
        change->new_value = details[index].new_value;
        change->old_reference = details[index].old_reference;
        change->new_reference = details[index].new_reference;
        array_add(&changes, change);
    }
    return (struct message_list){.is_set = count > 0, .count = count, .items = changes.items};
}

/* ---- answering ---- */

/* A reference of its own, whose name is wanted; NULL when there is no record. */
static struct reference *refer(struct call *call, const struct entity *entity,
                               const struct uuid *id, struct array *references)
{
    struct reference *reference = NULL;

    if (entity != NULL && !uuid_is_empty(id)) {
        reference = arena_allocate(call->arena, sizeof(*reference));
        *reference = (struct reference){.entity = entity, .id = *id};
        if (entity->name_field != NULL) {
            array_add(references, reference);
        }
    }
    return reference;
}

static struct security_event *answer_event(struct call *call, const struct event_entry *entry,
                                           struct array *references)
{
    const struct event *event = &entry->event;
    struct security_event *answer = arena_allocate(call->arena, sizeof(*answer));

    answer->kind = event_name(event->kind);
    answer->happened_on = (struct message_moment){.is_set = true, .value = entry->happened_on};
    answer->count = (struct message_integer){.is_set = true, .value = entry->count};
    answer->done_by =
        refer(call, catalog_find_entity(call->catalog, "SystemUser"), &entry->user_id, references);
    answer->record = refer(call, event->about.entity, &event->about.id, references);
    answer->other = refer(call, event->other.entity, &event->other.id, references);
    answer->way = event->way;
    answer->reason = event->reason;
    answer->address = entry->address;
    answer->application = entry->application;
    answer->request_id = entry->request_id;
    answer->session_id = (struct message_uuid){.is_set = !uuid_is_empty(&event->session_id),
                                               .value = event->session_id};
    size_t count = 0;
    const struct event_detail *details = event_details(call, entry, NULL, references, &count);
    answer->changes = event_changes(call->arena, details, count);
    return answer;
}

static bool answer_page(struct call *call, const struct security_log_page *page,
                        struct security_log **log_out, struct error *error)
{
    struct security_log *log = arena_allocate(call->arena, sizeof(*log));
    struct array events;
    struct array references;

    array_init(&events, call->arena);
    array_init(&references, call->arena);
    for (size_t index = 0; index < page->count; index++) {
        array_add(&events, answer_event(call, page->entries[index], &references));
    }
    log->events =
        (struct message_list){.is_set = true, .count = events.count, .items = events.items};
    log->next_cookie = page->next_cookie;
    call->row_count = (int64_t)page->count;
    *log_out = log;
    return name_references(call, (struct reference *const *)references.items, references.count,
                           error);
}

/* ---- asking ---- */

static bool read_kinds(const struct message_list *asked, bool is_wanted[EVENT_KIND_COUNT],
                       struct error *error)
{
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        is_wanted[kind] = !asked->is_set;
    }
    for (size_t index = 0; index < asked->count; index++) {
        enum event_kind kind;
        if (!event_parse(asked->items[index], &kind)) {
            return error_set(error, ERROR_VALUE_INVALID, "kinds",
                             "There is no kind of event \"%.100s\"",
                             (const char *)asked->items[index]);
        }
        is_wanted[kind] = true;
    }
    return true;
}

static bool read_record(struct call *call, const struct reference *asked,
                        struct event_record *record_out, struct error *error)
{
    if (asked->entity == NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "record", "record must name its entity");
    }
    record_out->entity = asked->entity;
    return record_resolve(call, asked, &record_out->id, error);
}

bool service_retrieve_security_log(struct call *call, const struct operation *operation,
                                   const void *request, void *response, struct error *error)
{
    const struct retrieve_security_log_request *asked = request;
    struct retrieve_security_log_response *answer = response;
    struct event_record about;
    struct security_log_request wanted = {
        .about = asked->record == NULL ? NULL : &about,
        .user_id = asked->user_id.is_set ? &asked->user_id.value : NULL,
        .from = asked->from.is_set ? asked->from.value : INT64_MIN,
        .until = asked->until.is_set ? asked->until.value : INT64_MAX,
        .cookie = asked->cookie,
    };
    struct security_log_page page;

    (void)operation;
    return page_limit(call, &asked->limit, call->settings->limits.page, &wanted.limit, error) &&
           read_kinds(&asked->kinds, wanted.is_wanted, error) &&
           (asked->record == NULL || read_record(call, asked->record, &about, error)) &&
           security_log_read(call, &wanted, &page, error) &&
           answer_page(call, &page, &answer->log, error);
}
