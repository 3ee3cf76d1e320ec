/*
 * share.c - rights on one record, granted to others by who may share it; and those on one record
 * granted on another as well.
 */
#include "security/share.h"
#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "change/change.h"
#include "change/sight.h"
#include "metadata/entity.h"
#include "metadata/value.h"
#include "query/access.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/merge.h"
#include "record/permit.h"
#include "security/authorise.h"
#include "security/identity.h"

/* ---- what may be shared, with whom ---- */

static bool check_entity(const struct entity *entity, struct error *error)
{
    return entity->ownership == OWNERSHIP_USER ||
           error_set_about(error, ERROR_VALUE_INVALID, entity->name, "record",
                           "A %s cannot be shared: it belongs to no user or team", entity->name);
}

static bool find_principal(struct call *call, const struct reference *asked, struct uuid *id_out,
                           struct error *error)
{
    if (asked->entity == NULL || !asked->entity->is_principal) {
        return error_set(error, ERROR_VALUE_INVALID, "principal",
                         "principal must be a SystemUser or a Team");
    }
    return record_resolve(call, asked, id_out, error);
}

/* Who may not read a principal is told that there is none. Oneself and one's teams one knows; and
 * whoever has a share that is taken is told by the shares. */
static bool check_principal(struct call *call, const struct entity *entity, const struct uuid *id,
                            bool needs_read, struct error *error)
{
    bool is_there = false;
    if (!query_exists(call, entity, id, ROW_LOCK_KEEP, &is_there, error) ||
        (is_there && needs_read && !permit_read(call, entity, id, &is_there, error))) {
        return false;
    }
    return is_there || error_set_about(error, ERROR_REFERENCE_NOT_FOUND, entity->name, "principal",
                                       "There is no such %s", entity->name);
}

/* ---- rights ---- */

/* The right that is missing is named to who may read the record; others are told of none. */
static bool refuse(struct call *call, const struct may *asked, struct error *error)
{
    bool is_readable = false;
    if (!permit_read(call, asked->entity, &asked->id, &is_readable, error)) {
        return false;
    }
    if (!is_readable) {
        return permit_refuse_missing(asked->entity, &asked->id, error);
    }
    return authorise_privilege(call->identity, asked->entity, asked->right, error) &&
           error_set_about(error, ERROR_NOT_ALLOWED, asked->entity->name, NULL,
                           "You do not have the right to %s this %s", right_name(asked->right),
                           asked->entity->name);
}

/* The caller may share the record, and has each right that he grants. */
static bool check_rights(struct call *call, const struct entity *entity, const struct uuid *id,
                         int64_t rights, bool needs_share, struct error *error)
{
    struct may asked[RIGHT_COUNT];
    size_t count = 0;

    for (int right = 0; right < RIGHT_COUNT; right++) {
        bool is_granted = (share_mask((enum right)right) & rights) != 0;
        if (is_granted || (needs_share && right == RIGHT_SHARE)) {
            asked[count++] = (struct may){.entity = entity, .id = *id, .right = (enum right)right};
        }
    }
    if (!query_may_all(call, asked, count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (!asked[index].is_allowed) {
            return refuse(call, &asked[index], error);
        }
    }
    return true;
}

/* ---- the share ---- */

static bool note_share(struct call *call, const struct share_grant *grant, int64_t before,
                       struct error *error)
{
    bool could_read = (before & share_mask(RIGHT_READ)) != 0;
    const struct change_note note = {
        .entity = grant->entity,
        .id = grant->record_id,
        .kind = CHANGE_SHARED,
        .sight = sight_of_share(call, &grant->principal_id, could_read),
    };
    return change_write(call, &note, 1, false, error);
}

bool record_share(struct call *call, const struct reference *record,
                  const struct reference *principal, int64_t rights, enum share_change change,
                  struct error *error)
{
    struct share_grant grant = {.entity = record->entity,
                                .granted_by = call->identity->user_id,
                                .rights = rights,
                                .now = call->now};
    int64_t before = 0;

    if (record->entity == NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "record", "record must name its entity");
    }
    if (!check_entity(record->entity, error) ||
        (change != SHARE_REVOKE &&
         !authorise_privilege(call->identity, record->entity, RIGHT_SHARE, error)) ||
        !record_resolve(call, record, &grant.record_id, error) ||
        !find_principal(call, principal, &grant.principal_id, error)) {
        return false;
    }
    bool is_own = identity_is_principal(call->identity, &grant.principal_id);
    bool is_giving = change != SHARE_REVOKE;
    if (!check_rights(call, record->entity, &grant.record_id, rights, is_giving || !is_own,
                      error) ||
        !share_find(call->connection, call->arena, record->entity, &grant.record_id,
                    &grant.principal_id, &before, error) ||
        !check_principal(call, principal->entity, &grant.principal_id,
                         !is_own && (is_giving || before == 0), error)) {
        return false;
    }
    if (change == SHARE_GRANT) {
        grant.rights |= before;
    }
    return grant.rights == before || (share_set(call->connection, call->arena, &grant, error) &&
                                      note_share(call, &grant, before, error));
}

/* ---- the shares of a record that is merged ---- */

enum { SHARES_AT_ONCE = 200 };

/* All that the caller has on the record: he grants no more. */
static bool find_rights(struct call *call, const struct entity *entity, const struct uuid *id,
                        int64_t *rights_out, struct error *error)
{
    struct may asked[RIGHT_COUNT];
    int64_t rights = 0;

    for (int right = 0; right < RIGHT_COUNT; right++) {
        asked[right] = (struct may){.entity = entity, .id = *id, .right = (enum right)right};
    }
    if (!query_may_all(call, asked, RIGHT_COUNT, error)) {
        return false;
    }
    for (int right = 0; right < RIGHT_COUNT; right++) {
        rights |= asked[right].is_allowed ? share_mask((enum right)right) : 0;
    }
    *rights_out = rights;
    return true;
}

/* Beside what the principal has already. */
static bool grant_also(struct call *call, struct share_grant grant, struct error *error)
{
    int64_t before = 0;
    if (!share_find(call->connection, call->arena, grant.entity, &grant.record_id,
                    &grant.principal_id, &before, error)) {
        return false;
    }
    grant.rights |= before;
    return grant.rights == before || (share_set(call->connection, call->arena, &grant, error) &&
                                      note_share(call, &grant, before, error));
}

bool share_carry(struct call *call, const struct entity *entity, const struct uuid *from,
                 const struct uuid *to, struct error *error)
{
    struct share *shares = NULL;
    size_t count = SHARES_AT_ONCE;
    int64_t rights = 0;

    if (!find_rights(call, entity, to, &rights, error)) {
        return false;
    }
    while (count == SHARES_AT_ONCE) {
        const struct uuid *after = shares == NULL ? NULL : &shares[count - 1].principal_id;
        if (!share_list(call->connection, call->arena, entity, from, after, SHARES_AT_ONCE, &shares,
                        &count, error)) {
            return false;
        }
        for (size_t index = 0; index < count; index++) {
            const struct share_grant grant = {.entity = entity,
                                              .record_id = *to,
                                              .principal_id = shares[index].principal_id,
                                              .granted_by = call->identity->user_id,
                                              .rights = shares[index].rights & rights,
                                              .now = call->now};
            if (!grant_also(call, grant, error)) {
                return false;
            }
        }
    }
    return true;
}
