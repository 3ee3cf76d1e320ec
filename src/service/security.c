/*
 * security.c - the operations of the Security service: who may come in, and with which roles.
 */
#include <stddef.h>

#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/catalog.h"
#include "query/query.h"
#include "record/engine.h"
#include "security/authorise.h"
#include "security/credential.h"
#include "security/role.h"
#include "security/session.h"
#include "security/user.h"

/* Whether the record that a parameter names exists. */
static bool check_exists(struct call *call, const char *entity_name, const struct uuid *id,
                         struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, entity_name);
    struct column_set columns;
    struct record *record = NULL;

    return query_columns(call, entity, NULL, 0, false, &columns, error) &&
           record_retrieve(call, entity, id, &columns, &record, error);
}

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

bool service_set_user_password(struct call *call, const struct operation *operation,
                               const void *request, void *response, struct error *error)
{
    const struct set_user_password_request *asked = request;

    (void)operation;
    (void)response;
    if (!authorise_administration(call->identity, error) ||
        !authorise_credentials(call->identity, error) ||
        !check_exists(call, "SystemUser", &asked->user_id.value, error) ||
        !check_person(call, &asked->user_id.value, error) ||
        !credential_check_strength(call->platform->credentials, "password", asked->password,
                                   error)) {
        return false;
    }
    if (call->is_validate_only) {
        return true;
    }
    if (!credential_set(call->platform->credentials, call->connection, &asked->user_id.value,
                        asked->password, NULL, error)) {
        return false;
    }
    session_forget(call->platform->sessions, &asked->user_id.value);
    return true;
}

typedef bool (*role_change)(struct connection *connection, struct arena *arena,
                            const struct uuid *user_id, const struct uuid *role_id,
                            struct error *error);

static bool change_role(struct call *call, const struct uuid *user_id, const struct uuid *role_id,
                        role_change change, struct error *error)
{
    if (!authorise_administration(call->identity, error) ||
        !check_exists(call, "SystemUser", user_id, error) ||
        !check_exists(call, "Role", role_id, error) ||
        !change(call->connection, call->arena, user_id, role_id, error)) {
        return false;
    }
    session_forget(call->platform->sessions, user_id);
    return true;
}

bool service_add_user_role(struct call *call, const struct operation *operation,
                           const void *request, void *response, struct error *error)
{
    const struct add_user_role_request *asked = request;

    (void)operation;
    (void)response;
    return change_role(call, &asked->user_id.value, &asked->role_id.value, role_give, error);
}

bool service_remove_user_role(struct call *call, const struct operation *operation,
                              const void *request, void *response, struct error *error)
{
    const struct remove_user_role_request *asked = request;

    (void)operation;
    (void)response;
    return change_role(call, &asked->user_id.value, &asked->role_id.value, role_take, error);
}
