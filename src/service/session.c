/*
 * session.c - the operations of the Session service: who is asking.
 */
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "security/credential.h"
#include "security/identity.h"
#include "security/session.h"
#include "service/authenticate.h"

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

bool service_login(struct call *call, const struct operation *operation, const void *request,
                   void *response, struct error *error)
{
    const struct login_request *asked = request;
    struct login_response *answer = response;
    const struct platform *platform = call->platform;
    struct session session;

    (void)operation;
    if (!authenticate_password(call, asked->user_name, asked->password, &call->identity, error)) {
        return false;
    }
    if (call->is_validate_only) {
        return true;
    }
    if (!session_open(platform->sessions, call->connection, &call->identity->user_id,
                      asked->application, call->now, &session, error)) {
        return false;
    }
    answer->result = login_result_of(call, &session);
    return true;
}

bool service_logout(struct call *call, const struct operation *operation, const void *request,
                    void *response, struct error *error)
{
    (void)operation;
    (void)request;
    (void)response;
    if (uuid_is_empty(&call->session_id)) {
        return error_set(error, ERROR_PARAMETER_REQUIRED, "token",
                         "There is no session to end: the Session header carries no token.");
    }
    return session_close(call->platform->sessions, call->connection, &call->session_id, error);
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
    answer->result = result;
    return true;
}

bool service_change_password(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct change_password_request *asked = request;
    struct credential_cache *credentials = call->platform->credentials;
    const struct password_claim claim = {.user_name = call->identity->user_name,
                                         .password = asked->old_password,
                                         .source = call->peer_address};
    struct uuid user_id;

    (void)operation;
    (void)response;
    if (!credential_verify(credentials, call->connection, call->catalog, &claim, &user_id, error) ||
        !credential_check_strength(credentials, "newPassword", asked->new_password, error)) {
        return false;
    }
    if (call->is_validate_only) {
        return true;
    }
    if (!credential_set(credentials, call->connection, &user_id, asked->new_password,
                        &call->session_id, error)) {
        return false;
    }
    session_forget(call->platform->sessions, &user_id);
    return true;
}
