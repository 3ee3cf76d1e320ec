/*
 * security_application.c - operations of the Security service: what programs prove themselves with.
 */
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/event.h"
#include "crypto/certificate.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "security/application.h"
#include "security/authorise.h"
#include "security/user.h"
#include "service/security.h"

static struct message_moment moment_member(int64_t moment)
{
    return (struct message_moment){.is_set = true, .value = moment};
}

static bool may_administer(const struct call *call, struct error *error)
{
    return authorise_administration(call->identity, error) &&
           authorise_credentials(call->identity, error);
}

/* Whether the caller may give credentials to a user, who must be a program. */
static bool check_application(struct call *call, const struct uuid *user_id, struct error *error)
{
    struct user user;
    bool is_found = false;

    if (!may_administer(call, error) || !user_read(call->arena, call->connection, call->catalog,
                                                   user_id, &user, &is_found, error)) {
        return false;
    }
    if (!is_found) {
        return error_set(error, ERROR_RECORD_NOT_FOUND, "userId", "There is no such SystemUser");
    }
    if (!user.is_application) {
        return error_set(error, ERROR_RULE_BROKEN, "userId",
                         "The user is a person: only a program has a secret or a certificate");
    }
    return security_may_become(call, user_id, error);
}

bool service_set_application_secret(struct call *call, const struct operation *operation,
                                    const void *request, void *response, struct error *error)
{
    const struct set_application_secret_request *asked = request;
    struct set_application_secret_response *answer = response;
    struct application_secret *result = arena_allocate(call->arena, sizeof(*result));

    (void)operation;
    if (!check_application(call, &asked->user_id.value, error) ||
        !application_set_secret(call->arena, call->connection, call->platform->seal_key,
                                &asked->user_id.value, call->now, &result->secret, error) ||
        !event_note_of(call, EVENT_SECRET_SET, "SystemUser", &asked->user_id.value, error)) {
        return false;
    }
    result->set_on = moment_member(call->now);
    answer->result = result;
    return true;
}

bool service_withdraw_application_secret(struct call *call, const struct operation *operation,
                                         const void *request, void *response, struct error *error)
{
    const struct withdraw_application_secret_request *asked = request;
    const struct uuid *user_id = &asked->user_id.value;
    struct application_entry credentials;

    (void)operation;
    (void)response;
    return check_application(call, user_id, error) &&
           application_list(call->arena, call->connection, user_id, &credentials, error) &&
           application_withdraw_secret(call->arena, call->connection, user_id, error) &&
           (!credentials.has_secret ||
            event_note_of(call, EVENT_SECRET_WITHDRAWN, "SystemUser", user_id, error));
}

static bool note_certificate(struct call *call, enum event_kind kind, const struct uuid *user_id,
                             const char *fingerprint, struct error *error)
{
    bool is_there = kind == EVENT_CERTIFICATE_REGISTERED;
    const struct event_detail detail = {
        .name = "certificate",
        .old_value = is_there ? NULL : fingerprint,
        .new_value = is_there ? fingerprint : NULL,
    };
    const struct event event = {.kind = kind,
                                .about = event_record_of(call, "SystemUser", user_id),
                                .details = &detail,
                                .detail_count = 1};

    return event_note(call, &event, error);
}

bool service_register_certificate(struct call *call, const struct operation *operation,
                                  const void *request, void *response, struct error *error)
{
    const struct register_certificate_request *asked = request;
    struct register_certificate_response *answer = response;
    struct application_certificate *result = arena_allocate(call->arena, sizeof(*result));
    struct certificate certificate;

    (void)operation;
    if (!check_application(call, &asked->user_id.value, error) ||
        !certificate_read_pem(call->arena, asked->certificate, &certificate, error)) {
        return false;
    }
    if (certificate.valid_until < call->now) {
        return error_set(error, ERROR_VALUE_INVALID, "certificate",
                         "The certificate holds no longer");
    }
    if (!application_add_certificate(call->arena, call->connection, &asked->user_id.value,
                                     &certificate, call->now, error) ||
        !note_certificate(call, EVENT_CERTIFICATE_REGISTERED, &asked->user_id.value,
                          certificate.fingerprint, error)) {
        return false;
    }
    result->fingerprint = arena_copy_text(call->arena, certificate.fingerprint);
    result->subject = certificate.subject;
    result->valid_from = moment_member(certificate.valid_from);
    result->valid_until = moment_member(certificate.valid_until);
    result->registered_on = moment_member(call->now);
    answer->result = result;
    return true;
}

bool service_remove_certificate(struct call *call, const struct operation *operation,
                                const void *request, void *response, struct error *error)
{
    const struct remove_certificate_request *asked = request;
    struct uuid user_id;
    bool was_there = false;

    (void)operation;
    (void)response;
    if (!may_administer(call, error) ||
        !application_remove_certificate(call->arena, call->connection, asked->fingerprint, &user_id,
                                        &was_there, error)) {
        return false;
    }
    if (!was_there) {
        return error_set(error, ERROR_RECORD_NOT_FOUND, "fingerprint",
                         "There is no certificate of this fingerprint");
    }
    return note_certificate(call, EVENT_CERTIFICATE_REMOVED, &user_id, asked->fingerprint, error);
}

static struct message_list list_certificates(struct arena *arena,
                                             const struct application_entry *credentials)
{
    size_t count = credentials->certificate_count;
    struct message_list list = {.is_set = true, .count = count};

    list.items = arena_allocate_array(arena, count, sizeof(*list.items));
    for (size_t i = 0; i < count; i++) {
        const struct certificate_entry *certificate = &credentials->certificates[i];
        struct application_certificate *item = arena_allocate(arena, sizeof(*item));
        item->fingerprint = certificate->fingerprint;
        item->subject = certificate->subject;
        item->valid_from = moment_member(certificate->valid_from);
        item->valid_until = moment_member(certificate->valid_until);
        item->registered_on = moment_member(certificate->registered_on);
        list.items[i] = item;
    }
    return list;
}

bool service_retrieve_application_credentials(struct call *call, const struct operation *operation,
                                              const void *request, void *response,
                                              struct error *error)
{
    const struct retrieve_application_credentials_request *asked = request;
    struct retrieve_application_credentials_response *answer = response;
    struct application_credentials *result = arena_allocate(call->arena, sizeof(*result));
    struct application_entry credentials;

    (void)operation;
    if (!check_application(call, &asked->user_id.value, error) ||
        !application_list(call->arena, call->connection, &asked->user_id.value, &credentials,
                          error)) {
        return false;
    }
    result->has_secret = (struct message_boolean){.is_set = true, .value = credentials.has_secret};
    result->secret_set_on = (struct message_moment){.is_set = credentials.has_secret,
                                                    .value = credentials.secret_set_on};
    result->certificates = list_certificates(call->arena, &credentials);
    answer->result = result;
    return true;
}
