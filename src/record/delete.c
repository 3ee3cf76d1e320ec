/*
 * delete.c - a record goes, and what its relations say of those that refer to it happens.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "metadata/catalog.h"
#include "query/party.h"
#include "query/query.h"
#include "record/forget.h"
#include "record/link.h"
#include "record/permit.h"
#include "record/principal.h"
#include "record/save.h"
#include "record/write.h"
#include "security/credential.h"
#include "security/field_access.h"
#include "security/share.h"

enum { AT_ONCE = 200, DELETED_LIMIT = 100000 };

/* ---- what is gone already ---- */

static bool is_deleted(const struct work *work, const struct uuid *id)
{
    for (size_t index = work->deleted.count; index > 0; index--) {
        if (uuid_is_equal(work->deleted.items[index - 1], id)) {
            return true;
        }
    }
    return false;
}

static bool remember(struct work *work, const struct uuid *id, struct error *error)
{
    if (work->deleted.count == DELETED_LIMIT) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, NULL,
                         "The deletion would take more than %d records with it", DELETED_LIMIT);
    }
    array_add(&work->deleted, arena_copy(work->call->arena, id, sizeof(*id)));
    return true;
}

/* ---- those that refer ---- */

/* A link that must not be empty cannot be removed. */
static enum cascade action_of(const struct work *work, const struct field *lookup)
{
    enum cascade action = lookup->relation == NULL ? CASCADE_RESTRICT : lookup->relation->on_delete;
    bool is_kept = action == CASCADE_REMOVE_LINK && lookup->is_required;
    if (work->is_undoing) {
        return CASCADE_RESTRICT;
    }
    return action == CASCADE_ALL || (action == CASCADE_REMOVE_LINK && !is_kept) ? action
                                                                                : CASCADE_RESTRICT;
}

static bool refuse_in_use(const struct entity *entity, const struct entity *referrer,
                          struct error *error)
{
    return error_set_about(error, ERROR_RECORD_IN_USE, entity->name, NULL,
                           "The %s cannot be deleted: a %s refers to it", entity->name,
                           referrer->name);
}

static bool remove_link(struct work *work, const struct field *lookup, const struct uuid *id,
                        struct error *error)
{
    struct write write = {.work = work, .call = work->call, .entity = lookup->entity};
    struct write_outcome outcome;
    struct record *before = NULL;
    write.given = record_make(work->call->arena, lookup->entity);
    record_value(write.given, lookup)->state = VALUE_NULL;
    if (!save_read(&write, id, ROW_LOCK_CHANGE, &before, error)) {
        return false;
    }
    if (before == NULL) {
        return true;
    }
    record_value(write.after, lookup)->state = VALUE_NULL;
    return save_changes(&write, &outcome, error);
}

/* Referrers that are about to go hold nothing; their rows let go first, for the engine's sake. */
static bool check_unused(struct work *work, const struct entity *entity, const struct uuid *id,
                         const struct field *lookup, struct error *error)
{
    struct uuid *ids = NULL;
    size_t count = 0;
    if (!query_referrers(work->call, lookup, id, AT_ONCE, &ids, &count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (!is_deleted(work, &ids[index])) {
            return refuse_in_use(entity, lookup->entity, error);
        }
        if (!uuid_is_equal(&ids[index], id) && !remove_link(work, lookup, &ids[index], error)) {
            return false;
        }
    }
    return true;
}

static bool follow(struct work *work, const struct field *lookup, enum cascade action,
                   const struct uuid *referrer, struct error *error)
{
    return action == CASCADE_ALL ? delete_in(work, lookup->entity, referrer, false, error)
                                 : remove_link(work, lookup, referrer, error);
}

/* Round after round, until none refers any more; those that are about to go anyway are left. */
static bool cascade(struct work *work, const struct uuid *id, const struct field *lookup,
                    enum cascade action, struct error *error)
{
    bool has_moved = true;
    while (has_moved) {
        struct uuid *ids = NULL;
        size_t count = 0;
        if (!query_referrers(work->call, lookup, id, AT_ONCE, &ids, &count, error)) {
            return false;
        }
        has_moved = false;
        for (size_t index = 0; index < count; index++) {
            bool is_itself = uuid_is_equal(&ids[index], id);
            if (is_itself || (action == CASCADE_ALL && is_deleted(work, &ids[index]))) {
                continue;
            }
            if (!follow(work, lookup, action, &ids[index], error)) {
                return false;
            }
            has_moved = true;
        }
    }
    return true;
}

/* First those that are in the way, then those that follow. */
static bool settle_referrers(struct work *work, const struct entity *entity, const struct uuid *id,
                             struct error *error)
{
    for (size_t index = 0; index < entity->referrer_count; index++) {
        const struct field *lookup = entity->referrers[index];
        if (lookup->type == FIELD_LOOKUP && action_of(work, lookup) == CASCADE_RESTRICT &&
            !check_unused(work, entity, id, lookup, error)) {
            return false;
        }
    }
    for (size_t index = 0; index < entity->referrer_count; index++) {
        const struct field *lookup = entity->referrers[index];
        enum cascade action = action_of(work, lookup);
        if (lookup->type == FIELD_LOOKUP && action != CASCADE_RESTRICT &&
            !cascade(work, id, lookup, action, error)) {
            return false;
        }
    }
    return true;
}

/* ---- the record itself ---- */

static bool drop_files(const struct write *write, struct error *error)
{
    for (size_t index = 0; index < write->entity->field_count; index++) {
        const struct field *field = write->entity->fields[index];
        if (field->type == FIELD_FILE && record_has(write->before, field) &&
            !link_drop(write->call, &record_value(write->before, field)->file->id, error)) {
            return false;
        }
    }
    return true;
}

static bool drop_beside(const struct write *write, const struct uuid *id, struct error *error)
{
    struct call *call = write->call;
    const struct entity *entity = write->entity;
    bool is_involved = entity->is_activity || entity->is_party;
    if ((!bin_takes(write) && !drop_files(write, error)) ||
        (is_involved && !party_forget(call, id, error))) {
        return false;
    }
    if (entity->ownership == OWNERSHIP_USER &&
        !share_forget_record(call->connection, call->arena, entity, id, error)) {
        return false;
    }
    if (strcmp(entity->name, "FieldSecurityProfile") == 0 &&
        !profile_forget(call->connection, call->arena, id, error)) {
        return false;
    }
    if (entity->is_principal &&
        (!profile_forget_principal(call->connection, call->arena, id, error) ||
         !share_forget_principal(call->connection, call->arena, id, error))) {
        return false;
    }
    return !entity->is_principal || call->platform->credentials == NULL ||
           credential_remove(call->platform->credentials, call->connection, id, error);
}

static bool delete_row(const struct write *write, const struct uuid *id, struct error *error)
{
    if (query_delete(write->call, write->entity, id, error)) {
        return true;
    }
    if (error->code == ERROR_DATABASE_FOREIGN_KEY) {
        error_set_about(error, ERROR_RECORD_IN_USE, write->entity->name, NULL,
                        "The %s cannot be deleted: another record refers to it",
                        write->entity->name);
    }
    return false;
}

/* Reads the record under its lock, whole: what is deleted is kept as it was. Those who began to
 * refer to it are waited for, so that they are found, and nobody begins any more. */
static bool read_record(struct write *write, const struct uuid *id, struct error *error)
{
    struct record *before = NULL;
    write->given = record_make(write->call->arena, write->entity);
    for (size_t index = 0; index < write->entity->field_count; index++) {
        if (!write->entity->fields[index]->is_secret) {
            write->given->values[index].state = VALUE_NULL; /* marks it as one to be read */
        }
    }
    if (!save_read(write, id, ROW_LOCK_DELETE, &before, error)) {
        return false;
    }
    return before != NULL || permit_refuse_missing(write->entity, id, error);
}

bool delete_in(struct work *work, const struct entity *entity, const struct uuid *id,
               bool has_expected_version, struct error *error)
{
    struct write write = {.work = work, .call = work->call, .entity = entity};
    bool is_root = work->deleted.count == 0 && uuid_is_empty(&work->root_id);
    bool takes_along = uuid_is_empty(&work->deleting);
    if (takes_along) {
        work->deleting = *id;
    }
    if ((is_root && !total_lock_parents(work, entity, id, error)) ||
        !read_record(&write, id, error) || !permit_stored(&write, RIGHT_DELETE, error) ||
        (has_expected_version && !rule_check_version(&write, error)) ||
        !remember(work, id, error)) {
        return false;
    }
    if (!principal_begin_delete(&write, id, error) || !settle_referrers(work, entity, id, error) ||
        !note_deleted(&write, error) || !drop_beside(&write, id, error) ||
        !delete_row(&write, id, error) || !principal_end_delete(&write, id, error)) {
        return false;
    }
    total_note(work, write.before, NULL);
    forget_principal(work->call, entity, id);
    if (takes_along) {
        work->deleting = (struct uuid){{0}};
    }
    return true;
}

bool record_delete(struct call *call, const struct entity *entity, const struct uuid *id,
                   struct error *error)
{
    struct work work;
    work_begin(&work, call);
    return delete_in(&work, entity, id, call->has_expected_version, error) &&
           work_end(&work, error);
}
