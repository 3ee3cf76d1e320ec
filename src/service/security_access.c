/*
 * security_access.c - operations of the Security service: rights on single records.
 */
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/explain.h"
#include "query/name.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/permit.h"
#include "security/authorise.h"
#include "security/identity.h"
#include "security/session.h"
#include "security/share.h"

enum { SHARES_AT_ONCE = 1000 };

/* ---- rights by name ---- */

static bool parse_right(const char *name, enum right *right_out, struct error *error)
{
    return right_parse(name, right_out) ||
           error_set(error, ERROR_VALUE_INVALID, "right",
                     "There is no right %s, but: create, read, write, delete, append, appendTo, "
                     "assign, share",
                     name);
}

static bool parse_rights(const struct message_list *names, int64_t *rights_out, struct error *error)
{
    *rights_out = 0;
    for (size_t index = 0; index < names->count; index++) {
        enum right right;
        if (!parse_right(names->items[index], &right, error)) {
            return false;
        }
        if (share_mask(right) == 0) {
            return error_set(error, ERROR_VALUE_INVALID, "rights", "%s cannot be granted",
                             right_name(right));
        }
        *rights_out |= share_mask(right);
    }
    return true;
}

static struct message_list list_of(const struct array *items)
{
    return (struct message_list){.is_set = true, .count = items->count, .items = items->items};
}

static struct message_list names_of(struct call *call, int64_t rights)
{
    struct array names;
    array_init(&names, call->arena);
    for (int right = 0; right < RIGHT_COUNT; right++) {
        if ((share_mask((enum right)right) & rights) != 0) {
            array_add(&names, right_name((enum right)right));
        }
    }
    return list_of(&names);
}

/* ---- sharing ---- */

bool service_grant_access(struct call *call, const struct operation *operation, const void *request,
                          void *response, struct error *error)
{
    const struct grant_access_request *asked = request;
    int64_t rights = 0;

    (void)operation;
    (void)response;
    return parse_rights(&asked->rights, &rights, error) &&
           record_share(call, asked->record, asked->principal, rights, SHARE_GRANT, error);
}

bool service_modify_access(struct call *call, const struct operation *operation,
                           const void *request, void *response, struct error *error)
{
    const struct modify_access_request *asked = request;
    int64_t rights = 0;

    (void)operation;
    (void)response;
    return parse_rights(&asked->rights, &rights, error) &&
           record_share(call, asked->record, asked->principal, rights, SHARE_MODIFY, error);
}

bool service_revoke_access(struct call *call, const struct operation *operation,
                           const void *request, void *response, struct error *error)
{
    const struct revoke_access_request *asked = request;

    (void)operation;
    (void)response;
    return record_share(call, asked->record, asked->principal, 0, SHARE_REVOKE, error);
}

/* ---- who has what ---- */

static bool find_record(struct call *call, const struct reference *asked, struct uuid *id_out,
                        struct error *error)
{
    bool is_readable = false;
    if (asked->entity == NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "record", "record must name its entity");
    }
    if (!record_resolve(call, asked, id_out, error) ||
        !permit_read(call, asked->entity, id_out, &is_readable, error)) {
        return false;
    }
    return is_readable || permit_refuse_missing(asked->entity, id_out, error);
}

/* Users and teams: which of them has an id is asked for all at once; names as far as the caller
 * may read them. */
static bool refer_to(struct call *call, const struct share *shares, size_t count,
                     struct reference ***references_out, struct error *error)
{
    const struct entity *user = catalog_find_entity(call->catalog, "SystemUser");
    const struct entity *team = catalog_find_entity(call->catalog, "Team");
    struct reference **references = arena_allocate_array(call->arena, count, sizeof(*references));
    struct probe *probes = arena_allocate_array(call->arena, count, sizeof(*probes));

    for (size_t index = 0; index < count; index++) {
        probes[index] = (struct probe){.entity = user,
                                       .id = shares[index].principal_id,
                                       .field = user->id,
                                       .value = arena_allocate(call->arena, sizeof(struct value))};
    }
    if (!query_probe(call, probes, count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        bool is_user = probes[index].value->state == VALUE_SET;
        references[index] = arena_allocate(call->arena, sizeof(**references));
        *references[index] =
            (struct reference){.entity = is_user ? user : team, .id = shares[index].principal_id};
    }
    *references_out = references;
    return name_references(call, references, count, error);
}

bool service_retrieve_shared_principals(struct call *call, const struct operation *operation,
                                        const void *request, void *response, struct error *error)
{
    const struct retrieve_shared_principals_request *asked = request;
    struct retrieve_shared_principals_response *answer = response;
    struct shared_principals *principals = arena_allocate(call->arena, sizeof(*principals));
    struct share *shares = NULL;
    struct reference **references = NULL;
    struct array items;
    struct uuid id;
    size_t found = 0;

    (void)operation;
    array_init(&items, call->arena);
    if (!find_record(call, asked->record, &id, error) ||
        !share_list(call->connection, call->arena, asked->record->entity, &id,
                    asked->after.is_set ? &asked->after.value : NULL, SHARES_AT_ONCE + 1, &shares,
                    &found, error)) {
        return false;
    }
    size_t count = found > SHARES_AT_ONCE ? SHARES_AT_ONCE : found;
    if (!refer_to(call, shares, count, &references, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        struct record_access *item = arena_allocate(call->arena, sizeof(*item));
        item->principal = references[index];
        item->rights = names_of(call, shares[index].rights);
        array_add(&items, item);
    }
    principals->shares = list_of(&items);
    principals->more = (struct message_boolean){.is_set = true, .value = found > SHARES_AT_ONCE};
    answer->shared_principals = principals;
    return true;
}

/* ---- explanations ---- */

/* The user that is asked about; NULL in identity_out when he is shut out. */
static bool find_identity(struct call *call, const struct reference *principal,
                          const struct identity **identity_out, struct error *error)
{
    struct uuid id;
    bool is_found = false;

    *identity_out = call->identity;
    if (principal == NULL) {
        return true;
    }
    if (principal->entity != catalog_find_entity(call->catalog, "SystemUser")) {
        return error_set(error, ERROR_VALUE_INVALID, "principal", "principal must be a SystemUser");
    }
    if (!record_resolve(call, principal, &id, error)) {
        return false;
    }
    if (uuid_is_equal(&id, &call->identity->user_id)) {
        return true;
    }
    if (!authorise_administration(call->identity, error) ||
        !query_exists(call, principal->entity, &id, ROW_LOCK_NONE, &is_found, error)) {
        return false;
    }
    if (!is_found) {
        return error_set_about(error, ERROR_REFERENCE_NOT_FOUND, principal->entity->name,
                               "principal", "There is no such %s", principal->entity->name);
    }
    if (session_identity(call->platform->sessions, call->arena, call->connection, call->catalog,
                         &id, identity_out, error)) {
        return true;
    }
    *identity_out = NULL;
    if (error->code != ERROR_CREDENTIALS_INVALID) {
        return false;
    }
    error_clear(error);
    return true;
}

bool service_retrieve_principal_access(struct call *call, const struct operation *operation,
                                       const void *request, void *response, struct error *error)
{
    const struct retrieve_principal_access_request *asked = request;
    struct retrieve_principal_access_response *answer = response;
    const struct identity *identity = NULL;
    struct array names;
    struct uuid id;

    (void)operation;
    array_init(&names, call->arena);
    if (!find_record(call, asked->record, &id, error) ||
        !find_identity(call, asked->principal, &identity, error)) {
        return false;
    }
    for (int right = 0; right < RIGHT_COUNT && identity != NULL; right++) {
        struct access_reason explanation;
        if (!query_explain(call, identity, asked->record->entity, &id, (enum right)right,
                           &explanation, error)) {
            return false;
        }
        if (explanation.is_allowed && right != RIGHT_CREATE) {
            array_add(&names, right_name((enum right)right));
        }
    }
    answer->rights = list_of(&names);
    return true;
}

bool service_explain_access(struct call *call, const struct operation *operation,
                            const void *request, void *response, struct error *error)
{
    const struct explain_access_request *asked = request;
    struct explain_access_response *answer = response;
    struct access_reason explanation = {
        .rule = "disabled",
        .depth = "none",
        .sentence = "Refused: the user, or a business unit above him, is disabled",
    };
    const struct identity *identity = NULL;
    enum right right;
    struct uuid id;

    (void)operation;
    if (!parse_right(asked->right, &right, error) ||
        !find_record(call, asked->record, &id, error) ||
        !find_identity(call, asked->principal, &identity, error)) {
        return false;
    }
    if (identity != NULL &&
        !query_explain(call, identity, asked->record->entity, &id, right, &explanation, error)) {
        return false;
    }
    answer->explanation = arena_allocate(call->arena, sizeof(*answer->explanation));
    answer->explanation->allowed =
        (struct message_boolean){.is_set = true, .value = explanation.is_allowed};
    answer->explanation->rule = explanation.rule;
    answer->explanation->privilege =
        arena_format(call->arena, "%s %s", right_name(right), asked->record->entity->name);
    answer->explanation->depth = explanation.depth;
    answer->explanation->sentence = explanation.sentence;
    return true;
}
