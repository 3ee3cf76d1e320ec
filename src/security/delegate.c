/*
 * delegate.c - weighs what roles allow against what the caller has, right by right.
 */
#include "security/delegate.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/authorise.h"
#include "security/field_access.h"
#include "security/identity.h"
#include "security/role.h"
#include "security/stored.h"
#include "security/tables.h"
#include "security/team.h"
#include "security/user.h"

static bool refuse_right(const struct entity *entity, enum right right, struct error *error)
{
    return error_set_about(error, ERROR_NOT_ALLOWED, entity->name, NULL,
                           "The right to %s %s would reach further than your own",
                           right_name(right), entity->name);
}

/* Whether one of the caller's seats reaches all that the depth reaches from a seat of the unit. */
static bool covers(const struct identity *identity, const struct entity *entity, enum right right,
                   enum depth depth, const struct uuid *unit_id)
{
    enum depth deepest = identity_depth(identity, entity, right);
    if (depth <= DEPTH_USER || depth == DEPTH_ORGANIZATION || deepest == DEPTH_ORGANIZATION) {
        return deepest >= depth;
    }
    for (size_t index = 0; index < identity->seat_count; index++) {
        const struct seat *seat = &identity->seats[index];
        enum depth own = identity_depth_in(identity, entity, right, index);
        bool is_at = uuid_is_equal(&seat->unit_id, unit_id);
        bool is_below = own == DEPTH_UNIT_AND_BELOW && seat->unit_count > 0 &&
                        bsearch(unit_id, seat->units, seat->unit_count, sizeof(*seat->units),
                                uuid_compare) != NULL;
        if (is_below || (is_at && own == DEPTH_UNIT && depth == DEPTH_UNIT)) {
            return true;
        }
    }
    return false;
}

/* What belongs to all knows no depth below organisation: such a grant gives nothing. */
static bool weigh_right(const struct delegation *delegation, const struct entity *entity,
                        enum right right, enum depth depth, const struct uuid *unit_id,
                        struct error *error)
{
    bool is_empty = entity->ownership == OWNERSHIP_ORGANIZATION && depth != DEPTH_ORGANIZATION;
    return depth == DEPTH_NONE || is_empty ||
           covers(delegation->identity, entity, right, depth, unit_id) ||
           refuse_right(entity, right, error);
}

static bool weigh_task(const struct delegation *delegation, const char *name, struct error *error)
{
    enum task task;
    return !task_parse(name, &task) || authorise_task(delegation->identity, task, error);
}

/* What names an entity, right or task that is gone gives nothing. */
static bool weigh(const struct delegation *delegation, const struct role_grant *grant,
                  const struct uuid *unit_id, struct error *error)
{
    const struct catalog *catalog = delegation->catalog;
    const struct entity *entity = catalog_find_entity(catalog, grant->entity);
    bool is_any_entity = strcmp(grant->entity, PRIVILEGE_ANY) == 0;
    enum right right;
    if (is_any_entity && strcmp(grant->right, PRIVILEGE_ANY) == 0) {
        return error_set(error, ERROR_NOT_ALLOWED, NULL,
                         "Only a system administrator may do this to a system administrator");
    }
    if (strcmp(grant->entity, PRIVILEGE_TASK) == 0) {
        return weigh_task(delegation, grant->right, error);
    }
    if ((!is_any_entity && entity == NULL) || !right_parse(grant->right, &right)) {
        return true;
    }
    size_t first = is_any_entity ? 0 : entity->index;
    size_t last = is_any_entity ? catalog->entity_count - 1 : entity->index;
    for (size_t index = first; index <= last; index++) {
        if (!weigh_right(delegation, catalog->entities[index], right, (enum depth)grant->depth,
                         unit_id, error)) {
            return false;
        }
    }
    return true;
}

static bool weigh_all(const struct delegation *delegation, const struct role_grant *grants,
                      size_t count, const struct uuid *unit_id, struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        if (!weigh(delegation, &grants[index], unit_id, error)) {
            return false;
        }
    }
    return true;
}

static bool delegate_roles(const struct delegation *delegation, const struct uuid *role_ids,
                           size_t role_count, const struct uuid *unit_id, struct error *error)
{
    struct role_grant *grants = NULL;
    size_t count = 0;
    return delegation->identity->is_administrator || role_count == 0 ||
           (role_read_grants(delegation->arena, delegation->connection, role_ids, role_count,
                             &grants, &count, error) &&
            weigh_all(delegation, grants, count, unit_id, error));
}

bool delegate_role(const struct delegation *delegation, const struct uuid *role_id,
                   const struct uuid *unit_id, struct error *error)
{
    return delegate_roles(delegation, role_id, 1, unit_id, error);
}

/* ---- secured fields ---- */

bool delegate_fields(const struct delegation *delegation, const struct field_grant *grants,
                     size_t count, struct error *error)
{
    static const enum field_right rights[] = {FIELD_RIGHT_READ, FIELD_RIGHT_CREATE,
                                              FIELD_RIGHT_UPDATE};
    for (size_t index = 0; index < count; index++) {
        for (size_t right = 0; right < sizeof(rights) / sizeof(rights[0]); right++) {
            if ((grants[index].rights & rights[right]) != 0 &&
                !field_authorise(delegation->identity, grants[index].field, rights[right], error)) {
                return false;
            }
        }
    }
    return true;
}

bool delegate_profile(const struct delegation *delegation, const struct uuid *profile_id,
                      struct error *error)
{
    struct field_grant *grants = NULL;
    size_t count = 0;
    return field_permissions_read(delegation->connection, delegation->arena, delegation->catalog,
                                  profile_id, &grants, &count, error) &&
           delegate_fields(delegation, grants, count, error);
}

static bool delegate_profiles_of(const struct delegation *delegation,
                                 const struct uuid *principal_id, struct error *error)
{
    struct uuid *profiles = NULL;
    size_t count = 0;
    if (!profile_list(delegation->connection, delegation->arena, principal_id, &profiles, &count,
                      error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (!delegate_profile(delegation, &profiles[index], error)) {
            return false;
        }
    }
    return true;
}

/* ---- whole principals ---- */

bool delegate_holdings(const struct delegation *delegation, const struct uuid *principal_id,
                       const struct uuid *unit_id, struct error *error)
{
    struct uuid *role_ids = NULL;
    size_t count = 0;
    return delegation->identity->is_administrator ||
           (role_read_of_principal(delegation->arena, delegation->connection, principal_id,
                                   &role_ids, &count, error) &&
            delegate_roles(delegation, role_ids, count, unit_id, error) &&
            delegate_profiles_of(delegation, principal_id, error));
}

bool delegate_unit(const struct delegation *delegation, const struct uuid *unit_id,
                   struct error *error)
{
    struct team team;
    bool is_found = false;
    if (delegation->identity->is_administrator) {
        return true;
    }
    return team_read_default(delegation->arena, delegation->connection, delegation->catalog,
                             unit_id, &team, &is_found, error) &&
           (!is_found || delegate_holdings(delegation, &team.id, unit_id, error));
}

bool delegate_user(const struct delegation *delegation, const struct uuid *user_id,
                   struct error *error)
{
    struct user user;
    struct team *teams = NULL;
    size_t count = 0;
    bool is_found = false;
    if (delegation->identity->is_administrator) {
        return true;
    }
    if (!user_read(delegation->arena, delegation->connection, delegation->catalog, user_id, &user,
                   &is_found, error)) {
        return false;
    }
    if (!is_found) {
        return true;
    }
    if (!delegate_holdings(delegation, user_id, &user.business_unit_id, error) ||
        !team_read_of_user(delegation->arena, delegation->connection, delegation->catalog, user_id,
                           &user.business_unit_id, &teams, &count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (!delegate_holdings(delegation, &teams[index].id, &teams[index].unit_id, error)) {
            return false;
        }
    }
    return true;
}

/* ---- wherever a role is held ---- */

/* Adds the units of those of an entity who are among the principals. */
static bool add_units(const struct delegation *delegation, const char *entity_name,
                      const struct uuid *principals, size_t count, struct uuid *units,
                      size_t *unit_count, struct error *error)
{
    const struct entity *entity = catalog_find_entity(delegation->catalog, entity_name);
    const struct row_query query = {.table = stored_table(delegation->catalog, entity),
                                    .columns = &entity->owning_business_unit->column,
                                    .column_count = 1,
                                    .among = entity->id->column,
                                    .ids = principals,
                                    .id_count = count};
    struct row_set rows;
    if (!row_select(delegation->connection, delegation->arena, &query, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        units[(*unit_count)++] = row_cell(&rows, row, 0)->uuid;
    }
    return true;
}

/* The units where a role is held, and the caller's own. */
static bool find_units(const struct delegation *delegation, const struct uuid *role_id,
                       struct uuid **units_out, size_t *count_out, struct error *error)
{
    struct uuid *principals = NULL;
    size_t count = 0;
    if (!role_read_holders(delegation->arena, delegation->connection, role_id, &principals, &count,
                           error)) {
        return false;
    }
    struct uuid *units = arena_allocate_array(delegation->arena, count + 1, sizeof(*units));
    size_t unit_count = 0;
    units[unit_count++] = delegation->identity->business_unit_id;
    if (!add_units(delegation, "SystemUser", principals, count, units, &unit_count, error) ||
        !add_units(delegation, "Team", principals, count, units, &unit_count, error)) {
        return false;
    }
    *units_out = units;
    *count_out = uuid_sort_unique(units, unit_count);
    return true;
}

bool delegate_role_everywhere(const struct delegation *delegation, const struct uuid *role_id,
                              struct error *error)
{
    struct uuid *units = NULL;
    size_t unit_count = 0;
    if (delegation->identity->is_administrator) {
        return true;
    }
    if (!find_units(delegation, role_id, &units, &unit_count, error)) {
        return false;
    }
    for (size_t index = 0; index < unit_count; index++) {
        if (!delegate_role(delegation, role_id, &units[index], error)) {
            return false;
        }
    }
    return true;
}
