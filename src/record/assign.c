/*
 * assign.c - what goes with a record to its new owner, as its relations say.
 *
 * All of it is found and asked about before anything changes: once the record above has its new
 * owner, who reaches what would be another question. A child that the new owner has already is left
 * alone with all below it.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/platform.h"
#include "query/access.h"
#include "query/query.h"
#include "record/permit.h"
#include "record/write.h"
#include "security/access.h"
#include "security/identity.h"
#include "security/share.h"

enum { ASSIGNED_LIMIT = 10000 };

static bool is_same_owner(const struct value *left, const struct value *right)
{
    return left->state == VALUE_SET && right->state == VALUE_SET &&
           uuid_is_equal(&left->reference.id, &right->reference.id);
}

static bool is_assigning(const struct write *write)
{
    const struct field *owner = write->entity->owner;
    return owner != NULL && write_is_changing(write, owner) &&
           !is_same_owner(record_value(write->before, owner), record_value(write->after, owner));
}

/* ---- finding ---- */

static const struct uuid *id_of(const struct record *record)
{
    return &record_value(record, record->entity->id)->uuid;
}

static bool is_found(const struct write *write, const struct uuid *id)
{
    bool found = uuid_is_equal(id_of(write->before), id);
    for (size_t index = 0; index < write->along.count && !found; index++) {
        found = uuid_is_equal(id_of(write->along.items[index]), id);
    }
    return found;
}

static bool follows(const struct write *write, const struct record *parent,
                    const struct record *child, enum cascade cascade)
{
    const struct entity *entity = child->entity;
    const struct value *owner = record_value(child, entity->owner);
    if (is_same_owner(owner, record_value(write->after, write->entity->owner))) {
        return false;
    }
    if (cascade == CASCADE_ACTIVE && entity->state != NULL) {
        return record_value(child, entity->state)->integer == entity->state->choices[0].value;
    }
    return cascade != CASCADE_USER_OWNED ||
           is_same_owner(owner, record_value(parent, parent->entity->owner));
}

static bool find_child(struct write *write, const struct record *parent, const struct field *lookup,
                       const struct uuid *id, struct error *error)
{
    const struct entity *entity = lookup->entity;
    const struct field *fields[] = {entity->id, entity->owner, entity->owning_business_unit,
                                    entity->state};
    const struct column_set columns = {.fields = fields, .count = entity->state == NULL ? 3 : 4};
    struct record *child = NULL;

    if (is_found(write, id)) {
        return true;
    }
    if (!query_find(write->call, entity, id, &columns, ROW_LOCK_CHANGE, &child, error)) {
        return false;
    }
    if (child != NULL && follows(write, parent, child, lookup->relation->on_assign)) {
        array_add(&write->along, child);
    }
    return true;
}

static bool find_children(struct write *write, const struct record *parent,
                          const struct field *lookup, struct error *error)
{
    struct uuid *ids = NULL;
    size_t count = 0;
    if (!query_referrers(write->call, lookup, id_of(parent), ASSIGNED_LIMIT + 1, &ids, &count,
                         error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (!find_child(write, parent, lookup, &ids[index], error)) {
            return false;
        }
    }
    return write->along.count <= ASSIGNED_LIMIT ||
           error_set(error, ERROR_LIMIT_EXCEEDED, NULL,
                     "More than %d records would go with it to the new owner", ASSIGNED_LIMIT);
}

static bool find_below(struct write *write, const struct record *parent, struct error *error)
{
    const struct entity *entity = parent->entity;
    for (size_t index = 0; index < entity->referrer_count; index++) {
        const struct field *lookup = entity->referrers[index];
        bool goes = lookup->type == FIELD_LOOKUP && lookup->relation != NULL &&
                    lookup->relation->on_assign != CASCADE_NONE && lookup->entity->owner != NULL;
        if (goes && !find_children(write, parent, lookup, error)) {
            return false;
        }
    }
    return true;
}

bool assign_find(struct write *write, struct error *error)
{
    array_init(&write->along, write->call->arena);
    if (!is_assigning(write) || write->work->is_handing_over || write->work->is_undoing) {
        return true;
    }
    if (!find_below(write, write->before, error)) {
        return false;
    }
    for (size_t index = 0; index < write->along.count; index++) {
        if (!find_below(write, write->along.items[index], error)) {
            return false;
        }
    }
    return permit_along(write, error);
}

/* ---- handing over ---- */

/* The former owner keeps what he needs to go on working with the record. */
static bool share_back(const struct write *write, struct error *error)
{
    const struct call *call = write->call;
    const struct value *former = record_value(write->before, write->entity->owner);
    const struct share_grant grant = {
        .entity = write->entity,
        .record_id = *id_of(write->after),
        .principal_id = former->reference.id,
        .granted_by = call->identity->user_id,
        .rights = share_mask(RIGHT_READ) | share_mask(RIGHT_WRITE) | share_mask(RIGHT_APPEND) |
                  share_mask(RIGHT_APPEND_TO),
        .now = call->now,
    };
    return !call->settings->security.share_back || former->state != VALUE_SET ||
           share_set(call->connection, call->arena, &grant, error);
}

static bool hand_over(const struct write *write, const struct record *child, struct error *error)
{
    struct record *given = record_make(write->call->arena, child->entity);
    struct write_outcome outcome;
    *record_value(given, child->entity->owner) = *record_value(write->after, write->entity->owner);
    return update_in(write->work, given, id_of(child), false, &outcome, error);
}

bool assign_follow(const struct write *write, struct error *error)
{
    bool is_done = true;
    if (!is_assigning(write)) {
        return true;
    }
    if (!share_back(write, error)) {
        return false;
    }
    bool was_handing_over = write->work->is_handing_over;
    write->work->is_handing_over = true;
    for (size_t index = 0; index < write->along.count && is_done; index++) {
        is_done = hand_over(write, write->along.items[index], error);
    }
    write->work->is_handing_over = was_handing_over;
    return is_done;
}
