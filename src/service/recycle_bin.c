/*
 * recycle_bin.c - RetrieveDeleted, Undelete and PurgeDeleted.
 */
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "change/bin.h"
#include "change/former.h"
#include "change/token.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "generated/settings.h"
#include "mail/tie.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/name.h"
#include "record/bin.h"
#include "record/engine.h"
#include "security/authorise.h"
#include "security/field_access.h"
#include "service/named_entity.h"
#include "service/operation.h"
#include "service/page_limit.h"

/* So many deletions are looked at for one page, when few of them are the caller's business. */
enum { ROWS_AT_MOST = 1000 };

static struct message_list list_of(const struct array *items)
{
    return (struct message_list){.is_set = true, .count = items->count, .items = items->items};
}

/* ---- listing ---- */

/* A cookie holds the number of the last deletion that was looked at, and the entity. */
static struct change_token token_of(const struct entity *entity, int64_t number)
{
    struct change_token token = {.position = number};
    size_t length = strlen(entity->classic_name);
    memcpy(token.rights, entity->classic_name,
           length < sizeof(token.rights) ? length : sizeof(token.rights));
    return token;
}

static bool read_cookie(struct call *call, const struct entity *entity, const char *cookie,
                        int64_t *before_out, struct error *error)
{
    struct change_token token;
    *before_out = INT64_MAX;
    if (cookie == NULL) {
        return true;
    }
    if (!change_token_read(call, cookie, &token, error) ||
        memcmp(token.rights, token_of(entity, 0).rights, sizeof(token.rights)) != 0) {
        return error_set(error, ERROR_COOKIE_INVALID, "cookie",
                         "The cookie is not one of this list");
    }
    *before_out = token.position;
    return true;
}

static const char *name_of(struct call *call, const struct change_row *row)
{
    const struct field *name = row->entity->name_field;
    if (name == NULL || row->former == NULL || !field_may(call->identity, name, FIELD_RIGHT_READ)) {
        return NULL;
    }
    const struct record *former = former_read(call->arena, call->catalog, row->entity, row->former);
    const struct value *value = record_value(former, name);
    return value->state == VALUE_SET ? value_format(call->arena, name, value) : NULL;
}

static struct deleted_record *answer_row(struct call *call, const struct change_row *row)
{
    struct deleted_record *answer = arena_allocate(call->arena, sizeof(*answer));
    const struct reference record = {
        .entity = row->entity, .id = row->id, .name = name_of(call, row)};
    answer->record = arena_copy(call->arena, &record, sizeof(record));
    answer->deleted_on = (struct message_moment){.is_set = true, .value = row->changed_on};
    if (!uuid_is_empty(&row->user_id)) {
        const struct reference user = {.entity = catalog_find_entity(call->catalog, "SystemUser"),
                                       .id = row->user_id};
        answer->deleted_by = arena_copy(call->arena, &user, sizeof(user));
    }
    answer->application = row->application;
    answer->request_id = row->request_id;
    answer->kept_until = (struct message_moment){
        .is_set = true, .value = row->changed_on + call->settings->bin.keep};
    return answer;
}

struct listing {
    struct array records, users; /* struct deleted_record *, struct reference * */
    int64_t last;                /* number of the last row that was looked at */
    bool has_more;
};

static bool list_rows(struct call *call, const struct entity *entity, int64_t before, int64_t limit,
                      struct listing *listing, struct error *error)
{
    struct change_row *rows = NULL;
    size_t count = 0, row = 0;
    if (!bin_list(call, entity, before, ROWS_AT_MOST, &rows, &count, error)) {
        return false;
    }
    for (; row < count && (int64_t)listing->records.count < limit; row++) {
        bool could = false;
        listing->last = rows[row].number;
        if (!bin_could_read(call, &rows[row], &could, error)) {
            return false;
        }
        if (could) {
            struct deleted_record *answer = answer_row(call, &rows[row]);
            array_add(&listing->records, answer);
            if (answer->deleted_by != NULL) {
                array_add(&listing->users, answer->deleted_by);
            }
        }
    }
    listing->has_more = row < count || count == ROWS_AT_MOST;
    return true;
}

static bool find_entity(struct call *call, const char *name, const struct entity **entity_out,
                        struct error *error)
{
    return named_entity(call, "entity", name, entity_out, error) &&
           authorise_privilege(call->identity, *entity_out, RIGHT_READ, error);
}

bool service_retrieve_deleted(struct call *call, const struct operation *operation,
                              const void *request, void *response, struct error *error)
{
    const struct retrieve_deleted_request *asked = request;
    struct retrieve_deleted_response *answer = response;
    const struct entity *entity = NULL;
    struct listing listing = {.has_more = false};
    int64_t before = 0, limit = 0;
    (void)operation;
    array_init(&listing.records, call->arena);
    array_init(&listing.users, call->arena);
    if (!find_entity(call, asked->entity, &entity, error) ||
        !page_limit(call, &asked->limit, ROWS_AT_MOST, &limit, error) ||
        !read_cookie(call, entity, asked->cookie, &before, error) ||
        !list_rows(call, entity, before, limit, &listing, error) ||
        !name_references(call, (struct reference *const *)listing.users.items, listing.users.count,
                         error)) {
        return false;
    }
    answer->page = arena_allocate(call->arena, sizeof(*answer->page));
    answer->page->records = list_of(&listing.records);
    if (listing.has_more) {
        const struct change_token token = token_of(entity, listing.last);
        answer->page->next_cookie = change_token_write(call, &token);
    }
    call->row_count = (int64_t)listing.records.count;
    return true;
}

/* ---- restoring and purging ---- */

static bool find_record(struct call *call, const struct reference *record, struct uuid *id_out,
                        struct error *error)
{
    if (record->entity == NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "record", "record must name its entity");
    }
    if (record->alternate_key != NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "record",
                         "A deleted record is named by its id");
    }
    *id_out = record->id;
    return authorise_privilege(call->identity, record->entity, RIGHT_READ, error);
}

/* Fills in names where the entity has any. */
static bool name_records(struct call *call, const struct array *records, struct error *error)
{
    struct array named;
    array_init(&named, call->arena);
    for (size_t index = 0; index < records->count; index++) {
        const struct reference *reference = records->items[index];
        if (reference->entity->name_field != NULL) {
            array_add(&named, records->items[index]);
        }
    }
    return name_references(call, (struct reference *const *)named.items, named.count, error);
}

static struct message_list answer_emptied(struct call *call, const struct array *links)
{
    struct array emptied;
    array_init(&emptied, call->arena);
    for (size_t index = 0; index < links->count; index++) {
        const struct unlinked *link = links->items[index];
        const struct reference record = {.entity = link->entity, .id = *link->id};
        struct emptied_link *answer = arena_allocate(call->arena, sizeof(*answer));
        answer->record = arena_copy(call->arena, &record, sizeof(record));
        answer->field = link->field->name;
        array_add(&emptied, answer);
    }
    return list_of(&emptied);
}

bool service_undelete(struct call *call, const struct operation *operation, const void *request,
                      void *response, struct error *error)
{
    const struct undelete_request *asked = request;
    struct undelete_response *answer = response;
    struct restored restored;
    struct uuid id;
    (void)operation;
    if (!find_record(call, asked->record, &id, error) ||
        !record_restore(call, asked->record->entity, &id, &restored, error) ||
        !name_records(call, &restored.records, error)) {
        return false;
    }
    answer->result = arena_allocate(call->arena, sizeof(*answer->result));
    answer->result->records = list_of(&restored.records);
    answer->result->emptied = answer_emptied(call, &restored.emptied);
    call->row_count = (int64_t)restored.records.count;
    return true;
}

bool service_purge_deleted(struct call *call, const struct operation *operation,
                           const void *request, void *response, struct error *error)
{
    const struct purge_deleted_request *asked = request;
    struct purge_deleted_response *answer = response;
    struct array gone;
    struct uuid id;
    (void)operation;
    array_init(&gone, call->arena);
    if (!find_record(call, asked->record, &id, error) ||
        !record_purge(call, asked->record->entity, &id, &gone, &call->row_count, error) ||
        !mail_ties_forget(call, &gone, error)) {
        return false;
    }
    answer->count = (struct message_integer){.is_set = true, .value = call->row_count};
    return true;
}
