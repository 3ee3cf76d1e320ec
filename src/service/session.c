/*
 * session.c - the operations of the Session service: who is asking.
 */
#include <stddef.h>

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/entry.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/catalog.h"
#include "record/forget.h"
#include "security/authorise.h"
#include "security/credential.h"
#include "security/identity.h"
#include "security/scope.h"
#include "security/session.h"
#include "service/authenticate.h"
#include "service/directory.h"
#include "service/operation.h"
#include "text/zone.h"

static struct message_uuid uuid_member(const struct uuid *id)
{
    return (struct message_uuid){.is_set = true, .value = *id};
}

static struct login_result *login_result_of(struct call *call, const struct session *session)
{
    struct login_result *result = arena_allocate(call->arena, sizeof(*result));

    result->token = arena_copy_text(call->arena, session->token);
    result->user_id = uuid_member(&call->identity->user_id);
    result->organization_id = uuid_member(&call->platform->organization_id);
    result->expires = (struct message_moment){.is_set = true, .value = session->expires};
    return result;
}

/* ---- the scope of a session ---- */

static bool is_entity(const void *context, const char *name)
{
    const struct call *call = context;

    return catalog_find_entity(call->catalog, name) != NULL;
}

static bool is_operation(const void *context, const char *name)
{
    const struct service_list *list = context;

    for (size_t i = 0; i < list->service_count; i++) {
        const struct service *service = list->services[i];
        for (size_t j = 0; j < service->operation_count; j++) {
            if (strcmp(service->operations[j]->name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* One of the two lists of a scope, and what its names must be. */
struct scope_list {
    const char *parameter;
    bool (*is_known)(const void *context, const char *name);
    const void *context;
    enum error_code unknown;
};

/* Names with a blank between; a name that means nothing is refused, lest a scope be narrower
 * than its owner thinks. */
static bool join_names(struct call *call, const struct scope_list *list,
                       const struct message_list *names, const char **text_out, struct error *error)
{
    struct buffer text;

    if (!names->is_set) {
        return true;
    }
    buffer_init(&text, call->arena, 64);
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        if (!list->is_known(list->context, name)) {
            return error_set(error, list->unknown, list->parameter, "There is no %s %.100s",
                             list->unknown == ERROR_ENTITY_UNKNOWN ? "entity" : "operation", name);
        }
        buffer_add_format(&text, "%s%s", text.length == 0 ? "" : " ", name);
        if (text.length > SCOPE_BYTES_MAX) {
            return error_set(error, ERROR_LIMIT_EXCEEDED, list->parameter,
                             "The names of a scope go beyond %d bytes", SCOPE_BYTES_MAX);
        }
    }
    *text_out = text.bytes;
    return true;
}

/* NULL when the session is to be whole. A session may always be ended, so Logout is never left
 * out. */
static bool read_scope(struct call *call, const struct session_scope *asked,
                       const struct scope **scope_out, struct error *error)
{
    struct scope *scope = arena_allocate(call->arena, sizeof(*scope));
    const struct scope_list entities = {"entities", is_entity, call, ERROR_ENTITY_UNKNOWN};
    struct scope_list operations = {"operations", is_operation, NULL, ERROR_OPERATION_UNKNOWN};

    if (asked == NULL) {
        return true;
    }
    if (asked->operations.is_set) {
        operations.context = service_list_make(call->arena, call->catalog);
    }
    if (!join_names(call, &operations, &asked->operations, &scope->operations, error) ||
        !join_names(call, &entities, &asked->entities, &scope->entities, error)) {
        return false;
    }
    if (scope->operations != NULL && !scope_has(scope->operations, "Logout")) {
        scope->operations = arena_format(call->arena, "%s%sLogout", scope->operations,
                                         *scope->operations == '\0' ? "" : " ");
    }
    scope->is_read_only = asked->read_only.is_set && asked->read_only.value;
    *scope_out = scope_is_whole(scope) ? NULL : scope;
    return true;
}

static const char way_of_login[] = "login";

/* Called within the transaction that opens the session. */
static bool note_login(void *context, const struct session *session, struct error *error)
{
    struct call *call = context;
    const struct entry entry = {.sort = ENTRY_SESSION,
                                .user_id = call->identity->user_id,
                                .session_id = session->id,
                                .way = way_of_login};

    return entry_note(call, &entry, error);
}

/* Opens a session; scope NULL: it may do all that its user may. */
static bool log_in(struct call *call, const struct login_request *asked,
                   const struct session_scope *scope, struct login_result **result_out,
                   struct error *error)
{
    const struct platform *platform = call->platform;
    struct password_proof proof;
    struct session_grant grant = {
        .application = asked->application, .proof = &proof, .note = note_login, .context = call};
    const struct password_bearer bearer = {.name = asked->user_name,
                                           .password = asked->password,
                                           .kind = PASSWORD_OF_PERSON,
                                           .way = way_of_login};
    struct session session;

    call->application = asked->application != NULL ? asked->application : call->application;
    if (!authenticate_person(call, &bearer, &proof, &call->identity, error) ||
        !read_scope(call, scope, &grant.scope, error)) {
        return false;
    }
    if (call->is_validate_only) {
        return true;
    }
    grant.user_id = call->identity->user_id;
    if (!session_open(platform->sessions, call->connection, &grant, call->now, &session, error)) {
        return false;
    }
    *result_out = login_result_of(call, &session);
    return true;
}

bool service_login(struct call *call, const struct operation *operation, const void *request,
                   void *response, struct error *error)
{
    struct login_response *answer = response;

    (void)operation;
    return log_in(call, request, NULL, &answer->result, error);
}

bool service_login_with_scope(struct call *call, const struct operation *operation,
                              const void *request, void *response, struct error *error)
{
    const struct login_with_scope_request *asked = request;
    struct login_with_scope_response *answer = response;
    const struct login_request login = {.user_name = asked->user_name,
                                        .password = asked->password,
                                        .application = asked->application};

    (void)operation;
    return log_in(call, &login, asked->scope, &answer->result, error);
}

bool service_logout(struct call *call, const struct operation *operation, const void *request,
                    void *response, struct error *error)
{
    (void)operation;
    (void)request;
    (void)response;
    if (uuid_is_empty(&call->session_id)) {
        return error_set(error, ERROR_PARAMETER_REQUIRED, "token",
                         "There is no session to end: the Session header carries no token");
    }
    if (!session_close(call->platform->sessions, call->connection, &call->session_id, error)) {
        return false;
    }
    const struct entry entry = {
        .sort = ENTRY_LOGOUT, .user_id = call->identity->user_id, .session_id = call->session_id};
    forget_user(call, &call->identity->user_id);
    return entry_note(call, &entry, error);
}

bool service_who_am_i(struct call *call, const struct operation *operation, const void *request,
                      void *response, struct error *error)
{
    struct who_am_i_response *answer = response;
    const struct identity *identity = call->identity;
    struct who_am_i_result *result = arena_allocate(call->arena, sizeof(*result));

    (void)operation;
    (void)request;
    (void)error;
    result->user_id = uuid_member(&identity->user_id);
    result->user_name = identity->user_name;
    result->business_unit_id = uuid_member(&identity->business_unit_id);
    result->organization_id = uuid_member(&call->platform->organization_id);
    result->time_zone = call->zone == NULL ? NULL : zone_name(call->zone);
    answer->result = result;
    return true;
}

/* ---- a new password ---- */

/* What is compared and hashed before the transaction begins. */
struct new_password {
    struct password_proof proof; /* that the old one was right */
    const char *hash;
};

bool service_prepare_change_password(struct call *call, const struct operation *operation,
                                     const void *request, struct error *error)
{
    const struct change_password_request *asked = request;
    struct credential_cache *credentials = call->platform->credentials;
    struct new_password *prepared = arena_allocate(call->arena, sizeof(*prepared));
    const struct password_bearer bearer = {
        .name = call->identity->user_name,
        .password = asked->old_password,
        .kind = PASSWORD_OF_PERSON,
        .way = "changePassword",
        .session_id = uuid_is_empty(&call->session_id) ? NULL : &call->session_id};

    (void)operation;
    call->prepared = prepared;
    return authorise_credentials(call->identity, error) &&
           directory_check_may_set_password(call, &call->identity->user_id, error) &&
           authenticate_password(call, &bearer, &prepared->proof, error) &&
           credential_check_strength(credentials, "newPassword", asked->new_password, error) &&
           credential_hash(credentials, call->arena, asked->new_password, &prepared->hash, error);
}

/* The old one must still be what it was when it was compared. */
bool service_change_password(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct new_password *prepared = call->prepared;
    const struct uuid *user_id = &prepared->proof.user_id;
    bool is_same = false;

    (void)operation;
    (void)request;
    (void)response;
    if (!credential_hold(call->connection, call->arena, &prepared->proof, &is_same, error)) {
        return false;
    }
    if (!is_same) {
        return error_set(error, ERROR_CREDENTIALS_INVALID, NULL,
                         "The password was changed while you were changing it");
    }
    if (!credential_store(call->platform->credentials, call->connection, user_id, prepared->hash,
                          &call->session_id, error)) {
        return false;
    }
    const struct entry entry = {.sort = ENTRY_PASSWORD, .user_id = *user_id};
    forget_password(call, user_id);
    return entry_note(call, &entry, error);
}
