/*
 * history.c - RetrieveRecordHistory, RetrieveFieldHistory and RetrieveAsOf: what records were;
 * UndoRequest: and are again.
 */
#include "change/history.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "change/as_of.h"
#include "change/event.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "generated/settings.h"
#include "metadata/entity.h"
#include "metadata/field.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/undo.h"
#include "security/field_access.h"
#include "security/identity.h"
#include "service/event_answer.h"
#include "service/operation.h"
#include "service/page_limit.h"
#include "service/tell_value.h"

static struct message_list list_of(const struct array *items)
{
    return (struct message_list){.is_set = true, .count = items->count, .items = items->items};
}

/* ---- values ---- */

static struct field_change *answer_field(struct arena *arena, const struct history_field *field)
{
    struct field_change *answer = arena_allocate(arena, sizeof(*answer));
    struct told_value was = tell_value(arena, field->field, &field->old_value);
    struct told_value is = tell_value(arena, field->field, &field->new_value);
    answer->field = field->field->name;
    answer->old_value = was.text;
    answer->old_reference = was.reference;
    answer->old_parties = was.parties;
    answer->new_value = is.text;
    answer->new_reference = is.reference;
    answer->new_parties = is.parties;
    return answer;
}

/* ---- changes ---- */

static struct record_history_change *answer_change(struct arena *arena,
                                                   struct history_change *change)
{
    struct record_history_change *answer = arena_allocate(arena, sizeof(*answer));
    struct array fields;
    array_init(&fields, arena);
    for (size_t index = 0; index < change->field_count; index++) {
        array_add(&fields, answer_field(arena, &change->fields[index]));
    }
    answer->kind = change->kind;
    answer->version =
        (struct message_integer){.is_set = change->version > 0, .value = change->version};
    answer->changed_on = (struct message_moment){.is_set = true, .value = change->changed_on};
    answer->changed_by = change->changed_by.entity == NULL ? NULL : &change->changed_by;
    answer->application = change->application;
    answer->request_id = change->request_id;
    answer->fields = list_of(&fields);
    answer->fields.is_set = fields.count > 0;
    if (change->detail_count > 0) {
        answer->fields = event_changes(arena, change->details, change->detail_count);
    }
    return answer;
}

/* What both operations ask for. */
struct asked {
    const struct reference *record;
    const char *field_name;
    const struct message_boolean *oldest_first;
    const char *cookie;
    const struct message_integer *limit;
};

/* A field that he may not read has no history for him. */
static bool find_field(struct call *call, const struct entity *entity, const char *name,
                       const struct field **field_out, struct error *error)
{
    struct column_set columns;
    *field_out = NULL;
    if (name == NULL) {
        return true;
    }
    if (!query_columns(call, entity, &name, 1, false, &columns, error)) {
        return false;
    }
    *field_out = entity_find_field(entity, name);
    return field_authorise(call->identity, *field_out, FIELD_RIGHT_READ, error);
}

static bool read_history(struct call *call, const struct asked *asked,
                         struct record_history **answer_out, struct error *error)
{
    struct history_request request = {
        .entity = asked->record->entity,
        .is_oldest_first = asked->oldest_first->is_set && asked->oldest_first->value,
        .cookie = asked->cookie,
    };
    int64_t usual = call->settings->limits.page;
    struct history_page page;
    struct array changes;
    if (request.entity == NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "record", "record must name its entity");
    }
    if (!page_limit(call, asked->limit, usual, &request.limit, error) ||
        !find_field(call, request.entity, asked->field_name, &request.field, error) ||
        !record_resolve(call, asked->record, &request.id, error) ||
        !history_read(call, &request, &page, error)) {
        return false;
    }
    array_init(&changes, call->arena);
    for (size_t index = 0; index < page.count; index++) {
        array_add(&changes, answer_change(call->arena, &page.changes[index]));
    }
    struct record_history *answer = arena_allocate(call->arena, sizeof(*answer));
    answer->changes = list_of(&changes);
    answer->next_cookie = page.next_cookie;
    answer->complete = (struct message_boolean){.is_set = true, .value = page.is_complete};
    call->row_count = (int64_t)page.count;
    *answer_out = answer;
    return true;
}

bool service_retrieve_record_history(struct call *call, const struct operation *operation,
                                     const void *request, void *response, struct error *error)
{
    const struct retrieve_record_history_request *sent = request;
    struct retrieve_record_history_response *answer = response;
    const struct asked asked = {
        .record = sent->record,
        .oldest_first = &sent->oldest_first,
        .cookie = sent->cookie,
        .limit = &sent->limit,
    };
    (void)operation;
    return read_history(call, &asked, &answer->history, error);
}

bool service_retrieve_field_history(struct call *call, const struct operation *operation,
                                    const void *request, void *response, struct error *error)
{
    const struct retrieve_field_history_request *sent = request;
    struct retrieve_field_history_response *answer = response;
    const struct asked asked = {
        .record = sent->record,
        .field_name = sent->field,
        .oldest_first = &sent->oldest_first,
        .cookie = sent->cookie,
        .limit = &sent->limit,
    };
    (void)operation;
    return read_history(call, &asked, &answer->history, error);
}

/* ---- undoing ---- */

bool service_undo_request(struct call *call, const struct operation *operation, const void *request,
                          void *response, struct error *error)
{
    const struct undo_request_request *asked = request;
    struct undo_request_response *answer = response;
    const struct uuid *user =
        asked->user_id.is_set ? &asked->user_id.value : &call->identity->user_id;
    struct undone undone;
    (void)operation;
    bool is_own = uuid_is_equal(user, &call->identity->user_id);
    if (!request_undo(call, asked->undone_request, user, &undone, error) ||
        (!is_own && !event_note_of(call, EVENT_ACTED_ON_BEHALF, "SystemUser", user, error))) {
        return false;
    }
    answer->result = arena_allocate(call->arena, sizeof(*answer->result));
    answer->result->restored = list_of(&undone.restored);
    answer->result->updated = list_of(&undone.updated);
    answer->result->deleted = list_of(&undone.deleted);
    call->row_count =
        (int64_t)(undone.restored.count + undone.updated.count + undone.deleted.count);
    return true;
}

/* ---- as of ---- */

bool service_retrieve_as_of(struct call *call, const struct operation *operation,
                            const void *request, void *response, struct error *error)
{
    const struct retrieve_as_of_entity_request *asked = request;
    struct retrieve_as_of_entity_response *answer = response;
    const struct entity *entity = operation->entity;
    struct column_set columns;
    if (!query_columns(call, entity, (const char *const *)asked->columns.items,
                       asked->columns.count, !asked->columns.is_set, &columns, error) ||
        !as_of_read(call, entity, &asked->id.value, asked->moment.value, &columns, &answer->record,
                    error)) {
        return false;
    }
    call->row_count = 1;
    return true;
}
