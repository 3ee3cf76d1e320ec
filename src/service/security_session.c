/*
 * security_session.c - operations of the Security service: sessions listed and ended.
 *
 * Everybody has his own in hand, who administers everybody's. Who came by a session with a scope
 * sees and ends that one alone.
 */
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/entry.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "record/forget.h"
#include "security/authorise.h"
#include "security/identity.h"
#include "security/scope.h"
#include "security/session.h"

/* Whose sessions are meant: the caller's, or those of somebody whom he may administer. */
static bool find_user(const struct call *call, const struct message_uuid *asked,
                      struct uuid *user_id_out, struct error *error)
{
    *user_id_out = asked->is_set ? asked->value : call->identity->user_id;
    return uuid_is_equal(user_id_out, &call->identity->user_id) ||
           authorise_administration(call->identity, error);
}

/* Whether the scope of the caller's session hides another session. */
static bool is_hidden(const struct call *call, const struct uuid *session_id)
{
    return call->identity->scope != NULL && !uuid_is_equal(session_id, &call->session_id);
}

static struct message_moment moment_member(int64_t moment)
{
    return (struct message_moment){.is_set = true, .value = moment};
}

static struct message_list list_of(struct arena *arena, const char *names)
{
    struct message_list list = {.is_set = names != NULL};
    struct array items;

    if (names == NULL) {
        return list;
    }
    array_init(&items, arena);
    for (size_t length; *names != '\0'; names += length + (names[length] == ' ' ? 1 : 0)) {
        length = strcspn(names, " ");
        array_add(&items, arena_copy_part(arena, names, length));
    }
    list.count = items.count;
    list.items = items.items;
    return list;
}

static struct session_scope *scope_member(struct arena *arena, const struct scope *scope)
{
    struct session_scope *member = NULL;

    if (scope != NULL) {
        member = arena_allocate(arena, sizeof(*member));
        member->operations = list_of(arena, scope->operations);
        member->entities = list_of(arena, scope->entities);
        member->read_only = (struct message_boolean){.is_set = true, .value = scope->is_read_only};
    }
    return member;
}

static struct open_session *item_of(const struct call *call, const struct session_entry *entry)
{
    struct open_session *item = arena_allocate(call->arena, sizeof(*item));

    item->id = (struct message_uuid){.is_set = true, .value = entry->id};
    item->user_id = (struct message_uuid){.is_set = true, .value = entry->user_id};
    item->application = entry->application;
    item->created_on = moment_member(entry->created_on);
    item->used_on = moment_member(entry->used_on);
    item->expires_on = moment_member(entry->expires_on);
    item->is_current = (struct message_boolean){
        .is_set = true, .value = uuid_is_equal(&entry->id, &call->session_id)};
    item->scope = scope_member(call->arena, entry->scope);
    return item;
}

bool service_retrieve_sessions(struct call *call, const struct operation *operation,
                               const void *request, void *response, struct error *error)
{
    const struct retrieve_sessions_request *asked = request;
    struct retrieve_sessions_response *answer = response;
    struct session_entry *entries = NULL;
    struct array items;
    struct uuid user_id;
    size_t count = 0;

    (void)operation;
    if (!find_user(call, &asked->user_id, &user_id, error) ||
        !session_list(call->platform->sessions, call->arena, call->connection, &user_id, call->now,
                      call->settings->limits.page, &entries, &count, error)) {
        return false;
    }
    array_init(&items, call->arena);
    for (size_t i = 0; i < count; i++) {
        if (!is_hidden(call, &entries[i].id)) {
            array_add(&items, item_of(call, &entries[i]));
        }
    }
    call->row_count = (int64_t)items.count;
    answer->sessions =
        (struct message_list){.is_set = true, .count = items.count, .items = items.items};
    return true;
}

/* Somebody else's session and one that is not there look the same. */
static bool refuse(struct error *error)
{
    return error_set(error, ERROR_RECORD_NOT_FOUND, "sessionId", "There is no such session");
}

static bool may_end(const struct call *call, const struct session_entry *entry)
{
    struct error ignored = {0};

    return !is_hidden(call, &entry->id) &&
           (uuid_is_equal(&entry->user_id, &call->identity->user_id) ||
            authorise_administration(call->identity, &ignored));
}

/* session_id NULL: all. */
static bool note_ended(struct call *call, const struct uuid *user_id, const struct uuid *session_id,
                       struct error *error)
{
    struct entry entry = {.sort = ENTRY_ENDED, .user_id = *user_id};

    if (session_id != NULL) {
        entry.session_id = *session_id;
    }
    return entry_note(call, &entry, error);
}

bool service_revoke_session(struct call *call, const struct operation *operation,
                            const void *request, void *response, struct error *error)
{
    const struct revoke_session_request *asked = request;
    struct session_entry entry;
    bool is_found = false;

    (void)operation;
    (void)response;
    if (!session_read(call->arena, call->connection, &asked->session_id.value, &entry, &is_found,
                      error)) {
        return false;
    }
    if (!is_found || !may_end(call, &entry)) {
        return refuse(error);
    }
    if (!session_close(call->platform->sessions, call->connection, &entry.id, error)) {
        return false;
    }
    forget_user(call, &entry.user_id);
    return note_ended(call, &entry.user_id, &entry.id, error);
}

bool service_revoke_user_sessions(struct call *call, const struct operation *operation,
                                  const void *request, void *response, struct error *error)
{
    const struct revoke_user_sessions_request *asked = request;
    struct uuid user_id;
    int64_t count = 0;

    (void)operation;
    (void)response;
    if (!find_user(call, &asked->user_id, &user_id, error)) {
        return false;
    }
    if (call->identity->scope != NULL) {
        return error_set(error, ERROR_NOT_ALLOWED, NULL,
                         "A session with a scope may end itself alone");
    }
    if (!session_close_all(call->platform->sessions, call->connection, &user_id, &count, error)) {
        return false;
    }
    forget_user(call, &user_id);
    return count == 0 || note_ended(call, &user_id, NULL, error);
}
