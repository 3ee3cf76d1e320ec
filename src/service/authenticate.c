/*
 * authenticate.c - each way of saying who one is has its row; all present must agree.
 */
#include "service/authenticate.h"

#include <stddef.h>

#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "security/application.h"
#include "security/credential.h"
#include "security/identity.h"
#include "security/kerberos.h"
#include "security/replay.h"
#include "security/session.h"
#include "service/directory.h"
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
    struct session_use use;
    if (!session_find(call->platform->sessions, call->arena, call->connection, call->catalog,
                      credentials->token, call->now, &use, error)) {
        return false;
    }
    call->session_id = use.id;
    call->application = call->application == NULL ? use.application : call->application;
    *identity_out = use.identity;
    if (directory_recheck(call, &(*identity_out)->user_id, error)) {
        return true;
    }
    return error->code == ERROR_CREDENTIALS_INVALID
               ? error_set(error, ERROR_SESSION_INVALID, NULL,
                           "The session does not exist or has ended")
               : false;
}

/* Who it was said to be, for the log. */
static bool note_name(const char *name, struct error *error)
{
    return error->cause[0] == '\0' ? error_add_cause(error, "user name: %.100s", name) : false;
}

static bool find_identity(struct call *call, const struct uuid *user_id,
                          const struct identity **identity_out, struct error *error)
{
    return session_identity(call->platform->sessions, call->arena, call->connection, call->catalog,
                            user_id, identity_out, error);
}

bool authenticate_password(struct call *call, const char *name, const char *password,
                           enum password_kind kind, struct password_proof *proof_out,
                           const struct identity **identity_out, struct error *error)
{
    const struct platform *platform = call->platform;
    const struct password_claim claim = {.user_name = name,
                                         .password = password == NULL ? "" : password,
                                         .source = call->peer_address,
                                         .takes_secret = kind == PASSWORD_OR_SECRET,
                                         .elsewhere = directory_elsewhere(call)};

    if (credential_verify(platform->credentials, call->connection, call->catalog, &claim, proof_out,
                          error) &&
        directory_recheck(call, &proof_out->user_id, error) &&
        find_identity(call, &proof_out->user_id, identity_out, error)) {
        return true;
    }
    return note_name(name, error);
}

static bool check_basic(struct call *call, const struct credentials *credentials,
                        const struct identity **identity_out, struct error *error)
{
    struct password_proof proof;

    return authenticate_password(call, credentials->basic_name, credentials->basic_password,
                                 PASSWORD_OR_SECRET, &proof, identity_out, error);
}

static bool check_digest(struct call *call, const struct credentials *credentials,
                         const struct identity **identity_out, struct error *error)
{
    const struct digest_claim claim = {
        .user_name = credentials->token_name,
        .digest = credentials->token_digest.bytes,
        .digest_length = credentials->token_digest.length,
        .nonce = credentials->nonce.bytes,
        .nonce_length = credentials->nonce.length,
        .created = credentials->token_created,
        .source = call->peer_address,
    };
    struct uuid user_id;

    if (credential_verify_digest(call->platform->credentials, call->connection, call->catalog,
                                 &claim, &user_id, error) &&
        find_identity(call, &user_id, identity_out, error)) {
        return true;
    }
    return note_name(credentials->token_name, error);
}

static bool check_username_token(struct call *call, const struct credentials *credentials,
                                 const struct identity **identity_out, struct error *error)
{
    struct password_proof proof;

    if (credentials->token_password == NULL) {
        return check_digest(call, credentials, identity_out, error);
    }
    return authenticate_password(call, credentials->token_name, credentials->token_password,
                                 PASSWORD_OR_SECRET, &proof, identity_out, error);
}

/* What a certificate proves was proved already: that the client has its key. */
static bool check_certificate(struct call *call, const char *fingerprint,
                              const struct identity **identity_out, struct error *error)
{
    struct uuid user_id;
    bool is_found = false;

    if (!application_find_certificate(call->arena, call->connection, fingerprint, call->now,
                                      &user_id, &is_found, error)) {
        return false;
    }
    if (!is_found) {
        error_set(error, ERROR_CREDENTIALS_INVALID, NULL,
                  "The certificate is not registered, or holds no longer");
        return error_add_cause(error, "certificate: %s", fingerprint);
    }
    return find_identity(call, &user_id, identity_out, error);
}

static bool is_signed(const struct credentials *credentials)
{
    return credentials->signer != NULL;
}

static bool check_signer(struct call *call, const struct credentials *credentials,
                         const struct identity **identity_out, struct error *error)
{
    return check_certificate(call, credentials->signer, identity_out, error);
}

static bool has_client_certificate(const struct credentials *credentials)
{
    return credentials->client_certificate != NULL;
}

static bool check_client_certificate(struct call *call, const struct credentials *credentials,
                                     const struct identity **identity_out, struct error *error)
{
    return check_certificate(call, credentials->client_certificate, identity_out, error);
}

static bool has_ticket(const struct credentials *credentials)
{
    return credentials->ticket.bytes != NULL;
}

/* A ticket can be taken once. Who asks again about the same request, because the call is tried
 * again or its beginning came first, is told what was found. */
static bool take_ticket(struct call *call, const struct credentials *credentials,
                        struct error *error)
{
    if (credentials->taken->user_name != NULL) {
        return true;
    }
    if (call->platform->kerberos == NULL) {
        return error_set(error, ERROR_CREDENTIALS_INVALID, "Authorization",
                         "This server takes no tickets");
    }
    return kerberos_accept(call->platform->kerberos, call->arena, credentials->ticket.bytes,
                           credentials->ticket.length, credentials->taken, error);
}

static bool check_ticket(struct call *call, const struct credentials *credentials,
                         const struct identity **identity_out, struct error *error)
{
    struct uuid user_id;

    if (!take_ticket(call, credentials, error)) {
        return false;
    }
    return (directory_user_of_name(call, credentials->taken->user_name, &user_id, error) &&
            find_identity(call, &user_id, identity_out, error)) ||
           error_add_cause(error, "principal: %.200s", credentials->taken->principal);
}

static const struct way {
    bool (*is_present)(const struct credentials *credentials);
    bool (*check)(struct call *call, const struct credentials *credentials,
                  const struct identity **identity_out, struct error *error);
} ways[] = {
    {.is_present = has_token, .check = check_token},
    {.is_present = has_basic, .check = check_basic},
    {.is_present = has_username_token, .check = check_username_token},
    {.is_present = is_signed, .check = check_signer},
    {.is_present = has_client_certificate, .check = check_client_certificate},
    {.is_present = has_ticket, .check = check_ticket},
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
                             "The credentials of the message name different users");
        }
        /* A session with a scope stays narrow, whatever else comes with it. */
        agreed = agreed != NULL && agreed->scope != NULL ? agreed : identity;
    }
    if (agreed == NULL) {
        return error_set(error, ERROR_NOT_AUTHENTICATED, NULL,
                         "The message does not say who sends it");
    }
    call->identity = agreed;
    return true;
}

bool authenticate_once(struct call *call, const struct credentials *credentials,
                       struct error *error)
{
    const struct replay_mark marks[] = {
        {"nonce", credentials->nonce.bytes, credentials->nonce.length},
        {"signature", credentials->statement.bytes, credentials->statement.length},
    };

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (marks[i].bytes != NULL &&
            !replay_take(call->arena, call->connection, &call->identity->user_id, &marks[i],
                         call->now, credentials->fresh_until, error)) {
            return false;
        }
    }
    return true;
}
