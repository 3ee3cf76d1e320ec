/*
 * assign.c - what goes with a record to its new owner, as its relations say.
 *
 * A child that the new owner has already is left alone with all below it, so a ring of records
 * ends where it began.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/platform.h"
#include "query/query.h"
#include "record/write.h"
#include "security/identity.h"
#include "security/share.h"

enum { ASSIGNED_LIMIT = 10000 };

/* Whose a record was, and is. */
struct handover {
    struct work *work;
    const struct value *former, *now;
};

static bool follows(const struct handover *handover, const struct record *child,
                    enum cascade cascade)
{
    const struct entity *entity = child->entity;
    const struct value *owner = record_value(child, entity->owner);
    if (owner->state == VALUE_SET &&
        uuid_is_equal(&owner->reference.id, &handover->now->reference.id)) {
        return false;
    }
    if (cascade == CASCADE_ACTIVE && entity->state != NULL) {
        return record_value(child, entity->state)->integer == entity->state->choices[0].value;
    }
    return cascade != CASCADE_USER_OWNED ||
           (owner->state == VALUE_SET && handover->former->state == VALUE_SET &&
            uuid_is_equal(&owner->reference.id, &handover->former->reference.id));
}

static bool hand_over(const struct handover *handover, const struct field *lookup,
                      const struct uuid *id, struct error *error)
{
    const struct entity *entity = lookup->entity;
    struct call *call = handover->work->call;
    const struct field *fields[] = {entity->id, entity->owner, entity->state};
    const struct column_set columns = {.fields = fields, .count = entity->state == NULL ? 2 : 3};
    struct record *child = NULL;
    struct write_outcome outcome;

    if (!query_find(call, entity, id, &columns, ROW_LOCK_CHANGE, &child, error)) {
        return false;
    }
    if (child == NULL || !follows(handover, child, lookup->relation->on_assign)) {
        return true;
    }
    struct record *given = record_make(call->arena, entity);
    *record_value(given, entity->owner) = *handover->now;
    return update_in(handover->work, given, id, false, &outcome, error);
}

static bool follow(const struct handover *handover, const struct field *lookup,
                   const struct uuid *id, struct error *error)
{
    struct uuid *ids = NULL;
    size_t count = 0;
    if (!query_referrers(handover->work->call, lookup, id, ASSIGNED_LIMIT + 1, &ids, &count,
                         error)) {
        return false;
    }
    if (count > ASSIGNED_LIMIT) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, NULL,
                         "More than %d records would go with it to the new owner", ASSIGNED_LIMIT);
    }
    for (size_t index = 0; index < count; index++) {
        if (!uuid_is_equal(&ids[index], id) && !hand_over(handover, lookup, &ids[index], error)) {
            return false;
        }
    }
    return true;
}

/* The former owner keeps what he needs to go on working with the record. */
static bool share_back(const struct write *write, const struct value *former, struct error *error)
{
    const struct call *call = write->call;
    const struct share_grant grant = {
        .entity = write->entity,
        .record_id = record_value(write->after, write->entity->id)->uuid,
        .principal_id = former->reference.id,
        .granted_by = call->identity->user_id,
        .rights = share_mask(RIGHT_READ) | share_mask(RIGHT_WRITE) | share_mask(RIGHT_APPEND) |
                  share_mask(RIGHT_APPEND_TO),
        .now = call->now,
    };
    return !call->platform->settings->security.share_back || former->state != VALUE_SET ||
           share_set(call->connection, call->arena, &grant, error);
}

bool assign_follow(const struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    if (entity->owner == NULL || !write_is_changing(write, entity->owner)) {
        return true;
    }
    const struct handover handover = {
        .work = write->work,
        .former = record_value(write->before, entity->owner),
        .now = record_value(write->after, entity->owner),
    };
    const struct uuid *id = &record_value(write->after, entity->id)->uuid;
    if (!share_back(write, handover.former, error)) {
        return false;
    }
    for (size_t index = 0; index < entity->referrer_count; index++) {
        const struct field *lookup = entity->referrers[index];
        bool goes = lookup->type == FIELD_LOOKUP && lookup->relation != NULL &&
                    lookup->relation->on_assign != CASCADE_NONE && lookup->entity->owner != NULL;
        if (goes && !follow(&handover, lookup, id, error)) {
            return false;
        }
    }
    return true;
}
