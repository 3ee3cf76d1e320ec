/*
 * authenticate.c - each way of saying who one is has its row; all present must agree.
 */
#include "service/authenticate.h"

#include <stddef.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/entry.h"
#include "security/application.h"
#include "security/credential.h"
#include "security/identity.h"
#include "security/kerberos.h"
#include "security/replay.h"
#include "security/session.h"
#include "security/user.h"
#include "service/directory.h"
#include "service/pipeline.h"
#include "text/fold.h"

static bool has_token(const struct credentials *credentials)
{
    return credentials->token != NULL;
}

static bool has_basic(const struct credentials *credentials)
{
    return credentials->basic_name != NULL;
}

static bool check_token(struct call *call, const struct credentials *credentials, const char *way,
                        const struct identity **identity_out, struct error *error)
{
    struct session_use use;
    (void)way;
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

/* ---- who was refused ---- */

/* Of whom nothing was compared. */
static const struct credential_failure unasked = {.is_counted = false};

/* Notes an attempt that failed as it should; what failed otherwise was no attempt. The name is that
 * which was tried, or NULL; one that nobody has, has no account to be shut. The refusal stays what
 * it is, whether it could be noted or not. */
static void note_refusal(struct call *call, const char *way, const char *name,
                         const struct credential_failure *failure, const struct error *refusal)
{
    struct entry entry = {
        .sort = failure->is_counted ? ENTRY_REFUSED : ENTRY_UNASKED,
        .way = way,
        .reason = error_kind(refusal->code)->name,
    };
    struct error ignored = {0};
    bool is_known = false;

    if (refusal->code != ERROR_CREDENTIALS_INVALID && refusal->code != ERROR_TOO_MANY_ATTEMPTS) {
        return;
    }
    if (name != NULL && !user_find(call->arena, call->connection, call->catalog,
                                   text_fold(call->arena, call->platform->text_rules, name),
                                   &entry.user_id, &is_known, &ignored)) {
        return;
    }
    (void)!entry_note(call, &entry, &ignored);
    if (is_known && failure->is_locked_out) {
        entry.sort = ENTRY_LOCKED;
        (void)!entry_note(call, &entry, &ignored);
    }
}

static bool refuse_name(struct call *call, const char *way, const char *name,
                        const struct credential_failure *failure, struct error *error)
{
    note_refusal(call, way, credential_is_name(name) ? name : NULL, failure, error);
    /* Who it was said to be, for the log. */
    return error->cause[0] == '\0' ? error_add_cause(error, "user name: %.100s", name) : false;
}

/* ---- the ways ---- */

static bool find_identity(struct call *call, const struct uuid *user_id,
                          const struct identity **identity_out, struct error *error)
{
    return session_identity(call->platform->sessions, call->arena, call->connection, call->catalog,
                            user_id, identity_out, error);
}

bool authenticate_password(struct call *call, const struct password_bearer *bearer,
                           struct password_proof *proof_out, struct error *error)
{
    const struct platform *platform = call->platform;
    struct credential_failure failure = {.is_counted = false};
    const struct password_claim claim = {
        .user_name = bearer->name,
        .password = bearer->password == NULL ? "" : bearer->password,
        .source = call->peer_address,
        .takes_secret = bearer->kind == PASSWORD_OR_SECRET,
        .session_id = bearer->session_id,
        .elsewhere = directory_elsewhere(call),
        .failure = &failure,
    };

    return credential_verify(platform->credentials, call->connection, call->catalog, &claim,
                             proof_out, error) ||
           refuse_name(call, bearer->way, bearer->name, &failure, error);
}

bool authenticate_person(struct call *call, const struct password_bearer *bearer,
                         struct password_proof *proof_out, const struct identity **identity_out,
                         struct error *error)
{
    return authenticate_password(call, bearer, proof_out, error) &&
           ((directory_recheck(call, &proof_out->user_id, error) &&
             find_identity(call, &proof_out->user_id, identity_out, error)) ||
            refuse_name(call, bearer->way, bearer->name, &unasked, error));
}

static bool check_basic(struct call *call, const struct credentials *credentials, const char *way,
                        const struct identity **identity_out, struct error *error)
{
    const struct password_bearer bearer = {.name = credentials->basic_name,
                                           .password = credentials->basic_password,
                                           .kind = PASSWORD_OR_SECRET,
                                           .way = way};
    struct password_proof proof;

    return authenticate_person(call, &bearer, &proof, identity_out, error);
}

static bool check_digest(struct call *call, const struct credentials *credentials, const char *way,
                         const struct identity **identity_out, struct error *error)
{
    struct credential_failure failure = {.is_counted = false};
    const struct digest_claim claim = {
        .user_name = credentials->token_name,
        .digest = credentials->token_digest.bytes,
        .digest_length = credentials->token_digest.length,
        .nonce = credentials->nonce.bytes,
        .nonce_length = credentials->nonce.length,
        .created = credentials->token_created,
        .source = call->peer_address,
        .failure = &failure,
    };
    struct uuid user_id;

    return (credential_verify_digest(call->platform->credentials, call->connection, call->catalog,
                                     &claim, &user_id, error) &&
            find_identity(call, &user_id, identity_out, error)) ||
           refuse_name(call, way, credentials->token_name, &failure, error);
}

static bool has_password(const struct credentials *credentials)
{
    return credentials->token_name != NULL && credentials->token_password != NULL;
}

static bool has_digest(const struct credentials *credentials)
{
    return credentials->token_name != NULL && credentials->token_password == NULL;
}

static bool check_username_token(struct call *call, const struct credentials *credentials,
                                 const char *way, const struct identity **identity_out,
                                 struct error *error)
{
    const struct password_bearer bearer = {.name = credentials->token_name,
                                           .password = credentials->token_password,
                                           .kind = PASSWORD_OR_SECRET,
                                           .way = way};
    struct password_proof proof;

    return authenticate_person(call, &bearer, &proof, identity_out, error);
}

/* What a certificate proves was proved already: that the client has its key. To look it up costs
 * little, and so does one who has none to be refused. */
static bool check_certificate(struct call *call, const char *fingerprint, const char *way,
                              const struct identity **identity_out, struct error *error)
{
    struct uuid user_id;
    bool is_found = false;

    if (!application_find_certificate(call->arena, call->connection, fingerprint, call->now,
                                      &user_id, &is_found, error)) {
        return false;
    }
    if (is_found && find_identity(call, &user_id, identity_out, error)) {
        return true;
    }
    if (!is_found) {
        error_set(error, ERROR_CREDENTIALS_INVALID, NULL,
                  "The certificate is not registered, or holds no longer");
        (void)error_add_cause(error, "certificate: %s", fingerprint);
    }
    note_refusal(call, way, NULL, &unasked, error);
    return false;
}

static bool is_signed(const struct credentials *credentials)
{
    return credentials->signer != NULL;
}

static bool check_signer(struct call *call, const struct credentials *credentials, const char *way,
                         const struct identity **identity_out, struct error *error)
{
    return check_certificate(call, credentials->signer, way, identity_out, error);
}

static bool has_client_certificate(const struct credentials *credentials)
{
    return credentials->client_certificate != NULL;
}

static bool check_client_certificate(struct call *call, const struct credentials *credentials,
                                     const char *way, const struct identity **identity_out,
                                     struct error *error)
{
    return check_certificate(call, credentials->client_certificate, way, identity_out, error);
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

static bool check_ticket(struct call *call, const struct credentials *credentials, const char *way,
                         const struct identity **identity_out, struct error *error)
{
    struct uuid user_id;

    if (!take_ticket(call, credentials, error)) {
        note_refusal(call, way, NULL, &unasked, error);
        return false;
    }
    if (directory_user_of_name(call, credentials->taken->user_name, &user_id, error) &&
        find_identity(call, &user_id, identity_out, error)) {
        return true;
    }
    note_refusal(call, way, credentials->taken->user_name, &unasked, error);
    return error_add_cause(error, "principal: %.200s", credentials->taken->principal);
}

/* The name is that by which the log of security calls it; NULL: who comes so has logged in
 * before. */
static const struct way {
    const char *name;
    bool (*is_present)(const struct credentials *credentials);
    bool (*check)(struct call *call, const struct credentials *credentials, const char *way,
                  const struct identity **identity_out, struct error *error);
} ways[] = {
    {.name = NULL, .is_present = has_token, .check = check_token},
    {.name = "basic", .is_present = has_basic, .check = check_basic},
    {.name = "usernameToken", .is_present = has_password, .check = check_username_token},
    {.name = "digest", .is_present = has_digest, .check = check_digest},
    {.name = "signature", .is_present = is_signed, .check = check_signer},
    {.name = "certificate",
     .is_present = has_client_certificate,
     .check = check_client_certificate},
    {.name = "ticket", .is_present = has_ticket, .check = check_ticket},
};

enum { WAY_COUNT = sizeof(ways) / sizeof(ways[0]) };

/* Programs that come in by a password or a key of their own read on while nothing can be written.
 */
static bool note_way(struct call *call, const char *name, struct error *error)
{
    const struct entry entry = {
        .sort = ENTRY_REQUEST, .user_id = call->identity->user_id, .way = name};

    if (entry_note(call, &entry, error)) {
        return true;
    }
    if (error->code != ERROR_DATABASE_FULL) {
        return false;
    }
    error_clear(error);
    return true;
}

/* By which ways the caller came in, once it is known that all agree. */
static bool note_ways(struct call *call, const struct credentials *credentials, struct error *error)
{
    for (size_t i = 0; i < WAY_COUNT; i++) {
        if (ways[i].name != NULL && ways[i].is_present(credentials) &&
            !note_way(call, ways[i].name, error)) {
            return false;
        }
    }
    return true;
}

bool authenticate(struct call *call, const struct credentials *credentials, struct error *error)
{
    const struct identity *agreed = NULL;

    for (size_t i = 0; i < WAY_COUNT; i++) {
        const struct identity *identity = NULL;
        if (!ways[i].is_present(credentials)) {
            continue;
        }
        if (!ways[i].check(call, credentials, ways[i].name, &identity, error)) {
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
    return note_ways(call, credentials, error);
}

/* A mark that is found taken by who begins anew, because the connection was lost, may be the one
 * that he took himself: he is not let in, but not accused either. */
static bool take_mark(struct call *call, const struct replay_mark *mark, int64_t until,
                      struct error *error)
{
    if (replay_take(call->arena, call->connection, &call->identity->user_id, mark, call->now, until,
                    error)) {
        return interrupt_at("mark", error);
    }
    return call->is_repeated && error->code == ERROR_CREDENTIALS_INVALID
               ? error_set(error, ERROR_DATABASE_UNAVAILABLE, "Security",
                           "The database was lost while the message was looked at: send it again, "
                           "with a %s of its own",
                           mark->kind)
               : false;
}

bool authenticate_once(struct call *call, const struct credentials *credentials,
                       struct error *error)
{
    const struct kerberos_ticket *ticket = credentials->taken;
    const struct once {
        struct replay_mark mark;
        int64_t until;
    } all[] = {
        {{"nonce", credentials->nonce.bytes, credentials->nonce.length}, credentials->fresh_until},
        {{"signature", credentials->statement.bytes, credentials->statement.length},
         credentials->fresh_until},
        {{"ticket", ticket == NULL ? NULL : ticket->mark, ticket == NULL ? 0 : ticket->mark_length},
         call->now + KERBEROS_TOKEN_AGE},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].mark.bytes != NULL && !take_mark(call, &all[i].mark, all[i].until, error)) {
            note_refusal(call, all[i].mark.kind, call->identity->user_name, &unasked, error);
            return false;
        }
    }
    return true;
}
