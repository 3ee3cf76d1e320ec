/*
 * authenticate.c - each way of saying who one is has its row; all present must agree.
 */
#include "service/authenticate.h"

#include <stddef.h>

#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "security/credential.h"
#include "security/identity.h"
#include "security/session.h"
#include "service/pipeline.h"

static bool has_token(const struct credentials *credentials)
{
    return credentials->token != NULL;
}

static bool has_basic(const struct credentials *credentials)
{
    return credentials->basic_name != NULL;
}

static bool has_username_token(const struct credentials *credentials)
{
    return credentials->token_name != NULL;
}

static bool check_token(struct call *call, const struct credentials *credentials,
                        const struct identity **identity_out, struct error *error)
{
    return session_find(call->platform->sessions, call->arena, call->connection, call->catalog,
                        credentials->token, call->now, &call->session_id, identity_out, error);
}

bool authenticate_password(struct call *call, const char *name, const char *password,
                           struct password_proof *proof_out, const struct identity **identity_out,
                           struct error *error)
{
    const struct platform *platform = call->platform;
    const struct password_claim claim = {.user_name = name,
                                         .password = password == NULL ? "" : password,
                                         .source = call->peer_address};

    if (credential_verify(platform->credentials, call->connection, call->catalog, &claim, proof_out,
                          error) &&
        session_identity(platform->sessions, call->arena, call->connection, call->catalog,
                         &proof_out->user_id, identity_out, error)) {
        return true;
    }
    if (error->cause[0] == '\0') {
        (void)error_add_cause(error, "user name: %.100s", name);
    }
    return false;
}

static bool check_basic(struct call *call, const struct credentials *credentials,
                        const struct identity **identity_out, struct error *error)
{
    struct password_proof proof;

    return authenticate_password(call, credentials->basic_name, credentials->basic_password, &proof,
                                 identity_out, error);
}

static bool check_username_token(struct call *call, const struct credentials *credentials,
                                 const struct identity **identity_out, struct error *error)
{
    struct password_proof proof;

    return authenticate_password(call, credentials->token_name, credentials->token_password, &proof,
                                 identity_out, error);
}

static const struct way {
    bool (*is_present)(const struct credentials *credentials);
    bool (*check)(struct call *call, const struct credentials *credentials,
                  const struct identity **identity_out, struct error *error);
} ways[] = {
    {.is_present = has_token, .check = check_token},
    {.is_present = has_basic, .check = check_basic},
    {.is_present = has_username_token, .check = check_username_token},
};

enum { WAY_COUNT = sizeof(ways) / sizeof(ways[0]) };

bool authenticate(struct call *call, const struct credentials *credentials, struct error *error)
{
    const struct identity *agreed = NULL;

    for (size_t i = 0; i < WAY_COUNT; i++) {
        const struct identity *identity = NULL;
        if (!ways[i].is_present(credentials)) {
            continue;
        }
        if (!ways[i].check(call, credentials, &identity, error)) {
            return false;
        }
        if (agreed != NULL && !uuid_is_equal(&agreed->user_id, &identity->user_id)) {
            return error_set(error, ERROR_CREDENTIALS_INVALID, NULL,
                             "The credentials of the message name different users.");
        }
        agreed = identity;
    }
    if (agreed == NULL) {
        return error_set(error, ERROR_NOT_AUTHENTICATED, NULL,
                         "The message does not say who sends it.");
    }
    call->identity = agreed;
    return true;
}
