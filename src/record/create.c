/*
 * create.c - a new record: what was given, what follows from it, the row, its children.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "record/mailbox.h"
#include "record/permit.h"
#include "record/principal.h"
#include "record/save.h"
#include "record/write.h"
#include "security/authorise.h"

static void begin_record(struct write *write)
{
    const struct entity *entity = write->entity;
    write->after = record_make(write->call->arena, entity);
    memcpy(write->after->values, write->given->values,
           entity->field_count * sizeof(*write->given->values));
    struct value *id = record_value(write->after, entity->id);
    if (id->state != VALUE_SET || uuid_is_empty(&id->uuid)) {
        id->state = VALUE_SET;
        id->uuid = call_new_id(write->call);
    }
    save_begin_new(write);
}

/* Numbers are drawn last before the row: their lock is held for the shortest time. */
static bool settle(struct write *write, struct error *error)
{
    if (!rule_add_defaults(write, error) || !state_settle(write, error)) {
        return false;
    }
    filing_settle(write);
    owner_begin(write);
    principal_begin(write);
    currency_begin(write);
    if (!reference_ask(write, error)) {
        return false;
    }
    owner_settle(write);
    return permit_create(write, error) && reference_permit(write, error) &&
           permit_owner(write, error) && computed_settle(write, error) &&
           currency_settle(write, error) && number_draw(write, error) &&
           rule_check_required(write, error) && principal_check(write, error) &&
           mailbox_check(write, error);
}

bool create_in(struct work *work, struct record *given, struct write_outcome *outcome_out,
               struct error *error)
{
    struct write write = {
        .work = work, .call = work->call, .entity = given->entity, .given = given};
    if (!authorise_privilege(work->call->identity, given->entity, RIGHT_CREATE, error) ||
        !reference_resolve(&write, error) || !rule_check_given(&write, error)) {
        return false;
    }
    begin_record(&write);
    if (!settle(&write, error)) {
        return false;
    }
    if (uuid_is_empty(&work->root_id)) {
        work->root_id = record_value(write.after, given->entity->id)->uuid;
    }
    struct write_outcome outcome;
    if (!save_new(&write, &outcome, error) || !principal_follow(&write, error) ||
        !child_write_all(work, given, &outcome, error)) {
        return false;
    }
    *outcome_out = outcome;
    return true;
}

bool record_create(struct call *call, struct record *record, struct write_outcome *outcome_out,
                   struct error *error)
{
    struct work work;
    struct write_outcome outcome;
    work_begin(&work, call);
    if (!create_in(&work, record, &outcome, error) || !work_end(&work, error)) {
        return false;
    }
    outcome.version = work.root_version;
    *outcome_out = outcome;
    return true;
}
