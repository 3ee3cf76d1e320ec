/*
 * principal.c - the rules of business units, users, teams and roles: what may be, what follows.
 */
#include "record/principal.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "record/forget.h"
#include "record/own.h"
#include "record/security_note.h"
#include "record/write.h"
#include "security/administrator.h"
#include "security/authorise.h"
#include "security/delegate.h"
#include "security/identity.h"
#include "security/principal.h"
#include "security/role.h"
#include "security/stored.h"
#include "security/team.h"
#include "security/unit.h"
#include "security/user.h"

enum { MANAGER_LEVELS = 64 };

/* ---- what all of them ask ---- */

static const struct field *find_field(const struct write *write, const char *name)
{
    return entity_find_field(write->entity, name);
}

static bool is_changing(const struct write *write, const char *name)
{
    const struct field *field = find_field(write, name);
    return field != NULL && write_is_changing(write, field);
}

static const struct uuid *id_of(const struct write *write)
{
    return &record_value(write->after, write->entity->id)->uuid;
}

/* What a lookup will refer to; NULL: nothing. */
static const struct uuid *refers_to(const struct write *write, const char *name)
{
    const struct value *value = record_value(write->after, find_field(write, name));
    return value->state == VALUE_SET ? &value->reference.id : NULL;
}

static bool will_be_true(const struct write *write, const char *name)
{
    const struct value *value = record_value(write->after, find_field(write, name));
    return value->state == VALUE_SET && value->boolean;
}

static struct delegation delegation_of(const struct call *call)
{
    return (struct delegation){.arena = call->arena,
                               .connection = call->connection,
                               .catalog = call->catalog,
                               .identity = call->identity};
}

static bool lock(const struct call *call, struct error *error)
{
    return administrator_lock(call->arena, call->connection, call->catalog,
                              &call->platform->organization_id, error);
}

/* Whether somebody who may everything is left. While the organisation is made, nobody is yet. */
static bool check_administrator(const struct call *call, struct error *error)
{
    return uuid_is_empty(&call->platform->organization_id) ||
           administrator_check(call->arena, call->connection, call->catalog, error);
}

static bool may_manage(const struct write *write, struct error *error)
{
    return authorise_task(write->call->identity, TASK_MANAGE_SECURITY, error);
}

static bool refuse_rule(const struct write *write, const char *field, const char *sentence,
                        struct error *error)
{
    return error_set_about(error, ERROR_RULE_BROKEN, write->entity->name, field, "%s", sentence);
}

static bool refuse_cycle(const struct write *write, const char *field, const char *sentence,
                         struct error *error)
{
    return error_set_about(error, ERROR_HIERARCHY_CYCLE, write->entity->name, field, "%s",
                           sentence);
}

static bool refuse_levels(const struct write *write, const char *field, int levels,
                          struct error *error)
{
    return error_set_about(error, ERROR_LIMIT_EXCEEDED, write->entity->name, field,
                           "There would be more than %d levels", levels);
}

static bool load_tree(const struct call *call, const struct unit_tree **tree_out,
                      struct error *error)
{
    return unit_tree_load(call->arena, call->connection, call->catalog, tree_out, error);
}

/* ---- business units ---- */

static const char parent_field[] = "parentBusinessUnit";

static void begin_unit(struct write *write)
{
    const struct field *field = find_field(write, parent_field);
    struct value *parent = record_value(write->after, field);
    const struct uuid *unit_id = &write->call->identity->business_unit_id;
    if (write->before == NULL && parent->state != VALUE_SET && !uuid_is_empty(unit_id)) {
        own_refer(write->after, field, unit_id);
    }
}

/* The place that a new or moved unit is to have. */
static bool check_place(const struct write *write, const struct uuid *parent, struct error *error)
{
    const struct unit_tree *tree = NULL;
    const struct uuid *id = id_of(write);
    if (!lock(write->call, error) || !load_tree(write->call, &tree, error)) {
        return false;
    }
    if (unit_tree_is_under(tree, parent, id)) {
        return refuse_cycle(write, parent_field, "A unit cannot lie under itself or one below it",
                            error);
    }
    size_t height = write->before == NULL ? 1 : unit_tree_height(tree, id);
    return unit_tree_level(tree, parent) + height <= UNIT_LEVELS ||
           refuse_levels(write, parent_field, UNIT_LEVELS, error);
}

static bool check_parent(const struct write *write, struct error *error)
{
    const struct uuid *root = &write->call->platform->organization_id;
    const struct uuid *parent = refers_to(write, parent_field);
    if (uuid_is_empty(root)) {
        return true; /* it is being made */
    }
    if (uuid_is_equal(id_of(write), root)) {
        return parent == NULL ||
               refuse_rule(write, parent_field, "The root unit lies under no other", error);
    }
    if (parent == NULL) {
        return error_set_about(error, ERROR_FIELD_REQUIRED, write->entity->name, parent_field,
                               "Only the root unit lies under no other");
    }
    return check_place(write, parent, error);
}

/* It is done to everybody in the branch, and to all who reach it from above: only whoever may more
 * than any of them can answer for it. */
static bool may_move_unit(const struct write *write, struct error *error)
{
    return write->call->identity->is_administrator ||
           error_set(error, ERROR_NOT_ALLOWED, NULL,
                     "Only a system administrator moves, disables or enables a unit");
}

static bool check_unit(struct write *write, struct error *error)
{
    bool is_moving = is_changing(write, parent_field);
    bool is_switched = is_changing(write, "isDisabled");
    if (write->before == NULL) {
        return check_parent(write, error);
    }
    if ((is_moving || is_switched) && (!may_move_unit(write, error) || !lock(write->call, error))) {
        return false;
    }
    return !is_moving || check_parent(write, error);
}

static bool rename_team(struct write *write, struct error *error)
{
    struct call *call = write->call;
    struct team team;
    bool is_found = false;
    if (!team_read_default(call->arena, call->connection, call->catalog, id_of(write), &team,
                           &is_found, error)) {
        return false;
    }
    if (!is_found) {
        return true;
    }
    struct record *record = own_record(call, "Team");
    const struct field *name = entity_find_field(record->entity, "name");
    *record_value(record, name) = *record_value(write->after, find_field(write, "name"));
    return own_update(write->work, record, &team.id, error);
}

/* Whoever is shut out loses his sessions. */
static bool end_branch(const struct write *write, struct error *error)
{
    const struct call *call = write->call;
    const struct unit_tree *tree = NULL;
    struct uuid *users = NULL;
    size_t unit_count = 0;
    size_t user_count = 0;
    if (!load_tree(call, &tree, error)) {
        return false;
    }
    if (unit_tree_is_open(tree, id_of(write))) {
        return true;
    }
    const struct uuid *units = unit_tree_below(tree, id_of(write), &unit_count);
    return user_read_of_units(call->arena, call->connection, call->catalog, units, unit_count,
                              &users, &user_count, error) &&
           principal_end_sessions(call->arena, call->connection, users, user_count, error) &&
           check_administrator(call, error);
}

static bool follow_unit(struct write *write, struct error *error)
{
    if (write->before == NULL) {
        const struct value *name = record_value(write->after, find_field(write, "name"));
        const struct value *author = record_value(write->after, write->entity->created_by);
        return principal_make_team(write->work, id_of(write), name->text, &author->reference.id,
                                   error);
    }
    if (is_changing(write, "name") && !rename_team(write, error)) {
        return false;
    }
    if (!is_changing(write, parent_field) && !is_changing(write, "isDisabled")) {
        return true;
    }
    forget_everybody(write->call);
    return end_branch(write, error);
}

static bool begin_delete_unit(struct write *write, const struct uuid *id, struct error *error)
{
    struct call *call = write->call;
    struct team team;
    bool is_found = false;
    if (uuid_is_equal(id, &call->platform->organization_id)) {
        return refuse_rule(write, NULL, "The root unit cannot be deleted", error);
    }
    return team_read_default(call->arena, call->connection, call->catalog, id, &team, &is_found,
                             error) &&
           (!is_found || own_delete(write->work, "Team", &team.id, error));
}

bool principal_make_team(struct work *work, const struct uuid *unit_id, const char *name,
                         const struct uuid *author, struct error *error)
{
    struct call *call = work->call;
    struct record *team = own_record(call, "Team");
    struct uuid id;
    own_refer(team, team->entity->owning_business_unit, unit_id);
    return own_set(call, team, "name", name, error) &&
           own_set(call, team, "isDefault", "true", error) &&
           own_create(call, work, team, author, &id, error);
}

/* ---- users ---- */

static bool read_manager(const struct write *write, const struct uuid *id, struct uuid *manager_out,
                         bool *has_manager_out, struct error *error)
{
    const struct call *call = write->call;
    const struct row_condition by_id = {write->entity->id->column, ROW_IS, cell_uuid(id)};
    const struct row_query query = {.table = stored_table(call->catalog, write->entity),
                                    .columns = &find_field(write, "manager")->column,
                                    .column_count = 1,
                                    .conditions = &by_id,
                                    .condition_count = 1};
    struct row_set rows;
    if (!row_select(call->connection, call->arena, &query, &rows, error)) {
        return false;
    }
    *has_manager_out = rows.count == 1 && !row_cell(&rows, 0, 0)->is_null;
    if (*has_manager_out) {
        *manager_out = row_cell(&rows, 0, 0)->uuid;
    }
    return true;
}

/* Walks up from the manager to be; the lock keeps others from closing a ring meanwhile. */
static bool check_manager(const struct write *write, struct error *error)
{
    const struct uuid *above = refers_to(write, "manager");
    bool has_manager = above != NULL;
    struct uuid manager;
    if (!has_manager) {
        return true;
    }
    manager = *above;
    if (!lock(write->call, error)) {
        return false;
    }
    for (int level = 0; has_manager && level < MANAGER_LEVELS; level++) {
        if (uuid_is_equal(&manager, id_of(write))) {
            return refuse_cycle(write, "manager",
                                "A user cannot report to himself or to one who reports to him",
                                error);
        }
        if (!read_manager(write, &manager, &manager, &has_manager, error)) {
            return false;
        }
    }
    return !has_manager || refuse_levels(write, "manager", MANAGER_LEVELS, error);
}

/* Whoever enters a unit becomes a member of its default team, and holds his roles there. */
static bool may_enter(const struct write *write, const struct uuid *unit_id, struct error *error)
{
    const struct delegation delegation = delegation_of(write->call);
    return delegate_unit(&delegation, unit_id, error) &&
           (write->before == NULL || delegate_holdings(&delegation, id_of(write), unit_id, error));
}

static bool is_of_security(const struct write *write)
{
    return is_changing(write, "isDisabled") || is_changing(write, "businessUnit") ||
           is_changing(write, "manager") || is_changing(write, "userName");
}

static bool check_user(struct write *write, struct error *error)
{
    const struct delegation delegation = delegation_of(write->call);
    const struct uuid *unit_id = refers_to(write, "businessUnit");
    if (write->before != NULL && is_of_security(write) &&
        (!may_manage(write, error) || !lock(write->call, error) ||
         !delegate_user(&delegation, id_of(write), error))) {
        return false;
    }
    if (is_changing(write, "businessUnit") && unit_id != NULL &&
        !may_enter(write, unit_id, error)) {
        return false;
    }
    return !is_changing(write, "manager") || check_manager(write, error);
}

static bool is_shut_out(const struct write *write, bool *is_shut_out, struct error *error)
{
    const struct unit_tree *tree = NULL;
    if (!load_tree(write->call, &tree, error)) {
        return false;
    }
    *is_shut_out =
        (is_changing(write, "isDisabled") && will_be_true(write, "isDisabled")) ||
        !unit_tree_is_open(
            tree, &record_value(write->after, write->entity->owning_business_unit)->reference.id);
    return true;
}

/* What somebody owns goes with him to his new unit. */
static bool move_records(struct write *write, struct error *error)
{
    const struct call *call = write->call;
    const struct uuid *unit_id = refers_to(write, "businessUnit");
    return note_moved(write->work, id_of(write), unit_id, error) &&
           principal_move_records(call->arena, call->connection, call->catalog, id_of(write),
                                  unit_id, error);
}

static bool follow_user(struct write *write, struct error *error)
{
    const struct call *call = write->call;
    bool is_moved = is_changing(write, "businessUnit");
    bool is_out = false;
    if (write->before == NULL || !is_of_security(write)) {
        return true;
    }
    forget_everybody(write->call);
    if ((is_moved && !move_records(write, error)) || !is_shut_out(write, &is_out, error)) {
        return false;
    }
    return !is_out ||
           (principal_end_sessions(call->arena, call->connection, id_of(write), 1, error) &&
            check_administrator(call, error));
}

static bool begin_delete_user(struct write *write, const struct uuid *id, struct error *error)
{
    const struct delegation delegation = delegation_of(write->call);
    return may_manage(write, error) && lock(write->call, error) &&
           delegate_user(&delegation, id, error);
}

/* What is kept beside a user or team goes, and what was remembered of others by it. */
static bool end_delete_principal(struct write *write, const struct uuid *id, struct error *error)
{
    struct call *call = write->call;
    forget_everybody(call);
    return principal_remove(call->arena, call->connection, id, error) &&
           check_administrator(call, error);
}

/* ---- teams ---- */

static bool read_team(const struct write *write, const struct uuid *id, struct team *team_out,
                      struct error *error)
{
    const struct call *call = write->call;
    bool is_found = false;
    *team_out = (struct team){.id = *id};
    return team_read(call->arena, call->connection, call->catalog, id, team_out, &is_found, error);
}

static bool check_team(struct write *write, struct error *error)
{
    const struct delegation delegation = delegation_of(write->call);
    const struct uuid *unit_id = refers_to(write, "businessUnit");
    bool is_moving = is_changing(write, "businessUnit");
    struct team team;
    if (write->before == NULL || write->work->is_internal ||
        (!is_moving && !is_changing(write, "name"))) {
        return true;
    }
    if (!read_team(write, id_of(write), &team, error)) {
        return false;
    }
    if (team.is_default) {
        return refuse_rule(write, is_moving ? "businessUnit" : "name",
                           "The default team of a unit changes with the unit alone", error);
    }
    if (!is_moving || unit_id == NULL) {
        return true;
    }
    return may_manage(write, error) && lock(write->call, error) &&
           delegate_holdings(&delegation, &team.id, &team.unit_id, error) &&
           delegate_holdings(&delegation, &team.id, unit_id, error);
}

static bool follow_team(struct write *write, struct error *error)
{
    struct call *call = write->call;
    if (write->before == NULL || !is_changing(write, "businessUnit")) {
        return true;
    }
    forget_everybody(call);
    return move_records(write, error);
}

static bool goes_with_unit(const struct work *work, const struct uuid *unit_id)
{
    for (size_t index = 0; index < work->deleted.count; index++) {
        if (uuid_is_equal(work->deleted.items[index], unit_id)) {
            return true;
        }
    }
    return false;
}

static bool begin_delete_team(struct write *write, const struct uuid *id, struct error *error)
{
    const struct delegation delegation = delegation_of(write->call);
    struct team team;
    if (!lock(write->call, error) || !read_team(write, id, &team, error)) {
        return false;
    }
    if (team.is_default && !goes_with_unit(write->work, &team.unit_id)) {
        return refuse_rule(write, NULL, "The default team of a unit goes with the unit alone",
                           error);
    }
    return delegate_holdings(&delegation, id, &team.unit_id, error);
}

/* ---- roles ---- */

static bool begin_delete_role(struct write *write, const struct uuid *id, struct error *error)
{
    const struct delegation delegation = delegation_of(write->call);
    return may_manage(write, error) && lock(write->call, error) &&
           delegate_role_everywhere(&delegation, id, error);
}

static bool end_delete_role(struct write *write, const struct uuid *id, struct error *error)
{
    struct call *call = write->call;
    forget_everybody(call);
    return role_remove(call->connection, call->arena, id, error) &&
           check_administrator(call, error);
}

/* ---- which rules are whose ---- */

typedef bool (*deletion)(struct write *write, const struct uuid *id, struct error *error);

static const struct rules {
    const char *entity;
    void (*begin)(struct write *write);
    bool (*check)(struct write *write, struct error *error);
    bool (*follow)(struct write *write, struct error *error);
    deletion begin_delete, end_delete;
} all_rules[] = {
    {.entity = "BusinessUnit",
     .begin = begin_unit,
     .check = check_unit,
     .follow = follow_unit,
     .begin_delete = begin_delete_unit},
    {.entity = "SystemUser",
     .check = check_user,
     .follow = follow_user,
     .begin_delete = begin_delete_user,
     .end_delete = end_delete_principal},
    {.entity = "Team",
     .check = check_team,
     .follow = follow_team,
     .begin_delete = begin_delete_team,
     .end_delete = end_delete_principal},
    {.entity = "Role", .begin_delete = begin_delete_role, .end_delete = end_delete_role},
};

static const struct rules *rules_of(const struct write *write)
{
    static const struct rules none = {.entity = NULL};
    for (size_t index = 0; index < sizeof(all_rules) / sizeof(all_rules[0]); index++) {
        if (strcmp(all_rules[index].entity, write->entity->name) == 0) {
            return &all_rules[index];
        }
    }
    return &none;
}

bool principal_has_rules(const struct write *write)
{
    return rules_of(write)->entity != NULL;
}

void principal_begin(struct write *write)
{
    const struct rules *rules = rules_of(write);
    if (rules->begin != NULL) {
        rules->begin(write);
    }
}

bool principal_check(struct write *write, struct error *error)
{
    const struct rules *rules = rules_of(write);
    return rules->check == NULL || rules->check(write, error);
}

bool principal_follow(struct write *write, struct error *error)
{
    const struct rules *rules = rules_of(write);
    return (rules->follow == NULL || rules->follow(write, error)) &&
           security_note_write(write, error);
}

bool principal_begin_delete(struct write *write, const struct uuid *id, struct error *error)
{
    const struct rules *rules = rules_of(write);
    return rules->begin_delete == NULL || rules->begin_delete(write, id, error);
}

bool principal_end_delete(struct write *write, const struct uuid *id, struct error *error)
{
    const struct rules *rules = rules_of(write);
    return (rules->end_delete == NULL || rules->end_delete(write, id, error)) &&
           security_note_deleted(write, error);
}
