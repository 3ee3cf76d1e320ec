/*
 * security.c - what the operations of the Security service share; passwords of others.
 */
#include "service/security.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/event.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/catalog.h"
#include "query/name.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/forget.h"
#include "security/administrator.h"
#include "security/authorise.h"
#include "security/credential.h"
#include "security/delegate.h"
#include "security/identity.h"
#include "security/user.h"
#include "service/directory.h"

/* ---- what the operations share ---- */

bool security_check_exists(struct call *call, const char *entity_name, const struct uuid *id,
                           struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, entity_name);
    struct column_set columns;
    struct record *record = NULL;

    return query_columns(call, entity, NULL, 0, false, &columns, error) &&
           record_retrieve(call, entity, id, &columns, &record, error);
}

bool security_may_manage(struct call *call, const char *entity, const struct uuid *id,
                         struct error *error)
{
    return authorise_administration(call->identity, error) &&
           security_check_exists(call, entity, id, error);
}

bool security_may_see_user(struct call *call, const struct uuid *user_id, struct error *error)
{
    return uuid_is_equal(user_id, &call->identity->user_id) ||
           security_may_manage(call, "SystemUser", user_id, error);
}

bool security_begin_change(struct call *call, struct delegation *delegation_out,
                           struct error *error)
{
    *delegation_out = (struct delegation){.arena = call->arena,
                                          .connection = call->connection,
                                          .catalog = call->catalog,
                                          .identity = call->identity};
    return administrator_lock(call->arena, call->connection, call->catalog,
                              &call->platform->organization_id, error);
}

bool security_end_change(struct call *call, struct error *error)
{
    forget_everybody(call);
    return administrator_check(call->arena, call->connection, call->catalog, error);
}

/* Whoever may read all of an entity need not be asked about each record of it. */
static bool may_read(struct call *call, const struct entity *entity, const struct uuid *id,
                     bool *may_read_out, struct error *error)
{
    *may_read_out = authorise_all(call->identity, entity, RIGHT_READ) ||
                    security_check_exists(call, entity->name, id, error);
    bool is_refused = error->code == ERROR_RECORD_NOT_FOUND || error->code == ERROR_NOT_ALLOWED;
    if (!*may_read_out && is_refused) {
        error_clear(error);
    }
    return error->code == ERROR_NONE;
}

bool security_refer(struct call *call, const char *entity_name, const struct uuid *ids,
                    size_t count, struct message_list *list_out, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, entity_name);
    struct array references;

    array_init(&references, call->arena);
    for (size_t index = 0; index < count; index++) {
        bool is_readable = false;
        if (!may_read(call, entity, &ids[index], &is_readable, error)) {
            return false;
        }
        if (is_readable) {
            struct reference *reference = arena_allocate(call->arena, sizeof(*reference));
            *reference = (struct reference){.entity = entity, .id = ids[index]};
            array_add(&references, reference);
        }
    }
    *list_out =
        (struct message_list){.is_set = true, .count = references.count, .items = references.items};
    call->row_count = (int64_t)references.count;
    return name_references(call, (struct reference *const *)references.items, references.count,
                           error);
}

bool security_may_become(struct call *call, const struct uuid *user_id, struct error *error)
{
    const struct delegation delegation = {.arena = call->arena,
                                          .connection = call->connection,
                                          .catalog = call->catalog,
                                          .identity = call->identity};
    return delegate_user(&delegation, user_id, error);
}

/* ---- passwords ---- */

/* A program has no password: it would be one that nobody changes. */
static bool check_person(struct call *call, const struct uuid *id, struct error *error)
{
    struct user user;
    bool is_found = false;

    if (!user_read(call->arena, call->connection, call->catalog, id, &user, &is_found, error)) {
        return false;
    }
    return !is_found || !user.is_application ||
           error_set(error, ERROR_RULE_BROKEN, "userId",
                     "A program has no password: give it a secret or a certificate");
}

/* Whether it may be done, and the hash of the new password. */
bool service_prepare_set_user_password(struct call *call, const struct operation *operation,
                                       const void *request, struct error *error)
{
    const struct set_user_password_request *asked = request;
    const struct uuid *user_id = &asked->user_id.value;
    const char *hash = NULL;

    (void)operation;
    if (!authorise_administration(call->identity, error) ||
        !authorise_credentials(call->identity, error) ||
        !security_check_exists(call, "SystemUser", user_id, error) ||
        !check_person(call, user_id, error) || !security_may_become(call, user_id, error) ||
        !directory_check_may_set_password(call, user_id, error) ||
        !credential_check_strength(call->platform->credentials, "password", asked->password,
                                   error) ||
        !credential_hash(call->platform->credentials, call->arena, asked->password, &hash, error)) {
        return false;
    }
    call->prepared = hash;
    return true;
}

bool service_set_user_password(struct call *call, const struct operation *operation,
                               const void *request, void *response, struct error *error)
{
    const struct set_user_password_request *asked = request;
    const struct uuid *user_id = &asked->user_id.value;

    (void)operation;
    (void)response;
    if (!credential_store(call->platform->credentials, call->connection, user_id, call->prepared,
                          NULL, error)) {
        return false;
    }
    forget_password(call, user_id);
    return event_note_of(call, EVENT_PASSWORD_SET, "SystemUser", user_id, error);
}
