/*
 * update.c - an existing record: locked, compared, and written where it differs.
 */
#include <string.h>

#include "base/error.h"
#include "record/forget.h"
#include "record/permit.h"
#include "record/principal.h"
#include "record/save.h"
#include "record/write.h"

static void lay_over(struct write *write)
{
    for (size_t index = 0; index < write->entity->field_count; index++) {
        if (write->given->values[index].state != VALUE_ABSENT) {
            write->after->values[index] = write->given->values[index];
        }
    }
}

static bool settle(struct write *write, struct error *error)
{
    if (!state_settle(write, error) || !reference_ask(write, error)) {
        return false;
    }
    filing_settle(write);
    owner_settle(write);
    return reference_permit(write, error) && permit_owner(write, error) &&
           assign_find(write, error) && computed_settle(write, error) &&
           currency_settle(write, error) && rule_check_required(write, error) &&
           principal_check(write, error);
}

/* What can be given without the platform looking at anything but the record itself. */
static bool is_plain(const struct entity *entity, const struct field *field)
{
    return field->type != FIELD_PARTY_LIST && field->type != FIELD_FILE &&
           field != entity->parent && field != entity->owner &&
           field != entity->owning_business_unit && field != entity->currency;
}

/* A record that is alone in what it changes is read without a lock at first: its version tells
 * whether others were quicker, and then the operation begins anew, with the lock. What looks at
 * other records while nobody may change this one cannot do so. */
static enum row_lock choose_lock(const struct write *write)
{
    const struct call *call = write->call;
    const struct entity *entity = write->entity;
    if (!call->has_one_write || call->is_repeated || !uuid_is_empty(&write->work->root_id) ||
        write->given->children != NULL || entity->total_count > 0 || principal_has_rules(write)) {
        return ROW_LOCK_CHANGE;
    }
    for (size_t index = 0; index < entity->field_count; index++) {
        if (write->given->values[index].state != VALUE_ABSENT &&
            !is_plain(entity, entity->fields[index])) {
            return ROW_LOCK_CHANGE;
        }
    }
    return ROW_LOCK_NONE;
}

bool update_in(struct work *work, struct record *given, const struct uuid *id,
               bool has_expected_version, struct write_outcome *outcome_out, struct error *error)
{
    struct write write = {
        .work = work, .call = work->call, .entity = given->entity, .given = given};
    struct record *before = NULL;
    if (!reference_resolve(&write, error) ||
        (uuid_is_empty(&work->root_id) && !total_lock_parents(work, given->entity, id, error)) ||
        !save_read(&write, id, choose_lock(&write), &before, error)) {
        return false;
    }
    if (before == NULL) {
        return permit_refuse_missing(given->entity, id, error);
    }
    if (!permit_look(&write, error) || !permit_update(&write, error) ||
        (has_expected_version && !rule_check_version(&write, error)) ||
        !child_check_parent(&write, error) || !rule_check_given(&write, error)) {
        return false;
    }
    lay_over(&write);
    if (uuid_is_empty(&work->root_id)) {
        work->root_id = *id;
    }
    struct write_outcome outcome;
    if (!settle(&write, error) || !save_changes(&write, &outcome, error) ||
        !principal_follow(&write, error) || !child_write_all(work, given, &outcome, error) ||
        !assign_follow(&write, error)) {
        return false;
    }
    forget_principal(work->call, given->entity, id);
    *outcome_out = outcome;
    return true;
}

/* The id of the record, by itself or by a key. */
static bool find_id(struct call *call, struct record *record, const struct key *key,
                    struct uuid *id_out, struct error *error)
{
    const struct entity *entity = record->entity;
    bool is_found = false;
    if (record_has(record, entity->id)) {
        *id_out = record_value(record, entity->id)->uuid;
        return true;
    }
    if (key == NULL && !key_choose(record, &key, error)) {
        return false;
    }
    if (!key_find(call, record, key, id_out, &is_found, error) ||
        (is_found && !permit_read(call, entity, id_out, &is_found, error))) {
        return false;
    }
    if (!is_found) {
        return error_set_about(error, ERROR_RECORD_NOT_FOUND, entity->name, key->name,
                               "There is no %s with this %s", entity->name, key->name);
    }
    return true;
}

bool record_update(struct call *call, struct record *record, const struct key *key,
                   struct write_outcome *outcome_out, struct error *error)
{
    struct work work;
    struct write_outcome outcome;
    struct uuid id;
    work_begin(&work, call);
    if (!find_id(call, record, key, &id, error) ||
        !update_in(&work, record, &id, call->has_expected_version, &outcome, error) ||
        !work_end(&work, error)) {
        return false;
    }
    outcome.version = work.root_version;
    *outcome_out = outcome;
    return true;
}
