/*
 * identity.c - adds up what the roles of a user and of his teams allow, seat by seat.
 */
#include "security/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/field_access.h"
#include "security/scope.h"
#include "security/tables.h"
#include "security/team.h"
#include "security/unit.h"
#include "security/user.h"

/* A role, and the seat it is held in. */
struct holding {
    struct uuid role_id;
    size_t seat;
};

/* Where each step of loading finds what the others found. */
struct loading {
    struct arena *arena;
    struct connection *connection;
    const struct catalog *catalog;
    struct identity *identity;
    struct seat *seats;
    struct team *teams;
    size_t team_count;
    struct holding *holdings;
    size_t holding_count;
};

/* ---- depths ---- */

static const char *const depth_names[] = {
    [DEPTH_NONE] = "none",
    [DEPTH_USER] = "user",
    [DEPTH_UNIT] = "unit",
    [DEPTH_UNIT_AND_BELOW] = "unitAndBelow",
    [DEPTH_ORGANIZATION] = "organization",
};

const char *depth_name(enum depth depth)
{
    return depth_names[depth];
}

bool depth_parse(const char *name, enum depth *depth_out)
{
    for (int depth = 0; depth <= DEPTH_ORGANIZATION; depth++) {
        if (strcmp(depth_names[depth], name) == 0) {
            *depth_out = (enum depth)depth;
            return true;
        }
    }
    return false;
}

/* ---- questions ---- */

enum depth identity_depth_in(const struct identity *identity, const struct entity *entity,
                             enum right right, size_t seat)
{
    if (identity->is_administrator) {
        return DEPTH_ORGANIZATION;
    }
    size_t place = (entity->index * RIGHT_COUNT + (size_t)right) * identity->seat_count + seat;
    enum depth depth = (enum depth)identity->depths[place];
    bool knows_depths = entity->ownership != OWNERSHIP_ORGANIZATION;
    return knows_depths || depth == DEPTH_ORGANIZATION ? depth : DEPTH_NONE;
}

enum depth identity_depth(const struct identity *identity, const struct entity *entity,
                          enum right right)
{
    enum depth deepest = DEPTH_NONE;
    for (size_t seat = 0; seat < identity->seat_count; seat++) {
        enum depth depth = identity_depth_in(identity, entity, right, seat);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

bool identity_is_principal(const struct identity *identity, const struct uuid *principal_id)
{
    return bsearch(principal_id, identity->principals, identity->principal_count,
                   sizeof(*identity->principals), uuid_compare) != NULL;
}

/* ---- making ---- */

static size_t depth_count(const struct catalog *catalog, size_t seat_count)
{
    return catalog->entity_count * RIGHT_COUNT * seat_count;
}

static void make_principals(struct loading *loading)
{
    struct uuid *principals =
        arena_allocate_array(loading->arena, loading->team_count + 1, sizeof(*principals));
    principals[0] = loading->identity->user_id;
    for (size_t index = 0; index < loading->team_count; index++) {
        principals[index + 1] = loading->teams[index].id;
    }
    qsort(principals, loading->team_count + 1, sizeof(*principals), uuid_compare);
    loading->identity->principals = principals;
    loading->identity->principal_count = loading->team_count + 1;
}

/* The seat of a unit, made when it is new. */
static size_t take_seat(struct loading *loading, const struct uuid *unit_id)
{
    struct identity *identity = loading->identity;
    size_t seat = 0;
    while (seat < identity->seat_count && !uuid_is_equal(&loading->seats[seat].unit_id, unit_id)) {
        seat++;
    }
    if (seat == identity->seat_count) {
        loading->seats[identity->seat_count++] = (struct seat){.unit_id = *unit_id};
    }
    return seat;
}

/* The unit in which a principal holds his roles. */
static const struct uuid *unit_of(const struct loading *loading, const struct uuid *principal_id)
{
    for (size_t index = 0; index < loading->team_count; index++) {
        if (uuid_is_equal(&loading->teams[index].id, principal_id)) {
            return &loading->teams[index].unit_id;
        }
    }
    return &loading->identity->business_unit_id;
}

static bool find_holdings(struct loading *loading, struct error *error)
{
    static const char *const columns[] = {"principal_id", "role_id"};
    struct identity *identity = loading->identity;
    const struct row_query query = {
        .table = &principal_role_table,
        .columns = columns,
        .column_count = 2,
        .among = "principal_id",
        .ids = identity->principals,
        .id_count = identity->principal_count,
    };
    struct row_set rows;
    if (!row_select(loading->connection, loading->arena, &query, &rows, error)) {
        return false;
    }
    loading->seats =
        arena_allocate_array(loading->arena, loading->team_count + 1, sizeof(*loading->seats));
    identity->seats = loading->seats;
    (void)take_seat(loading, &identity->business_unit_id);
    loading->holdings =
        arena_allocate_array(loading->arena, rows.count, sizeof(*loading->holdings));
    loading->holding_count = rows.count;
    for (size_t row = 0; row < rows.count; row++) {
        const struct uuid *unit_id = unit_of(loading, &row_cell(&rows, row, 0)->uuid);
        loading->holdings[row] = (struct holding){.role_id = row_cell(&rows, row, 1)->uuid,
                                                  .seat = take_seat(loading, unit_id)};
    }
    return true;
}

/* ---- privileges ---- */

/* One row of a role, as far as it means something to this catalog. */
struct grant {
    size_t first, last; /* indexes of the entities */
    enum right right;
    uint8_t depth;
};

static void raise_depth(struct identity *identity, const struct grant *grant, size_t seat)
{
    for (size_t entity = grant->first; entity <= grant->last; entity++) {
        size_t place = (entity * RIGHT_COUNT + (size_t)grant->right) * identity->seat_count + seat;
        if (grant->depth > identity->depths[place]) {
            identity->depths[place] = grant->depth;
        }
    }
}

/* Adds a row of a role in each seat where the role is held. */
static void add_grant(struct loading *loading, const struct uuid *role_id,
                      const struct grant *grant)
{
    for (size_t index = 0; index < loading->holding_count; index++) {
        const struct holding *holding = &loading->holdings[index];
        if (uuid_is_equal(&holding->role_id, role_id)) {
            raise_depth(loading->identity, grant, holding->seat);
        }
    }
}

/* What names an entity, right or task that is gone allows nothing. */
static void add_privilege(struct loading *loading, const struct cell *role_id,
                          const char *entity_name, const char *right_text, int64_t depth)
{
    const struct catalog *catalog = loading->catalog;
    const struct entity *entity = catalog_find_entity(catalog, entity_name);
    struct grant grant = {.last = catalog->entity_count - 1};
    bool is_any_entity = strcmp(entity_name, PRIVILEGE_ANY) == 0;
    enum task task;

    if (is_any_entity && strcmp(right_text, PRIVILEGE_ANY) == 0) {
        loading->identity->is_administrator = true;
    } else if (strcmp(entity_name, PRIVILEGE_TASK) == 0 && task_parse(right_text, &task)) {
        loading->identity->tasks |= UINT32_C(1) << task;
    }
    if ((!is_any_entity && entity == NULL) || !right_parse(right_text, &grant.right) ||
        depth <= DEPTH_NONE || depth > DEPTH_ORGANIZATION) {
        return;
    }
    if (!is_any_entity) {
        grant.first = grant.last = entity->index;
    }
    grant.depth = (uint8_t)depth;
    add_grant(loading, &role_id->uuid, &grant);
}

static bool add_privileges(struct loading *loading, struct error *error)
{
    static const char *const columns[] = {"role_id", "entity_name", "right_name", "depth"};
    struct uuid *role_ids =
        arena_allocate_array(loading->arena, loading->holding_count, sizeof(*role_ids));
    for (size_t index = 0; index < loading->holding_count; index++) {
        role_ids[index] = loading->holdings[index].role_id;
    }
    size_t role_count = uuid_sort_unique(role_ids, loading->holding_count);
    const struct row_query query = {
        .table = &role_privilege_table,
        .columns = columns,
        .column_count = 4,
        .among = "role_id",
        .ids = role_ids,
        .id_count = role_count,
    };
    struct row_set rows;
    struct identity *identity = loading->identity;
    identity->depths = arena_allocate_array(
        loading->arena, depth_count(loading->catalog, identity->seat_count), sizeof(uint8_t));
    if (!row_select(loading->connection, loading->arena, &query, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        add_privilege(loading, row_cell(&rows, row, 0), row_cell(&rows, row, 1)->text,
                      row_cell(&rows, row, 2)->text, row_cell(&rows, row, 3)->integer);
    }
    return true;
}

/* ---- units below ---- */

static bool reaches_below(const struct loading *loading, size_t seat)
{
    const struct identity *identity = loading->identity;
    size_t count = loading->catalog->entity_count * RIGHT_COUNT;
    for (size_t place = 0; place < count; place++) {
        if (identity->depths[place * identity->seat_count + seat] == DEPTH_UNIT_AND_BELOW) {
            return true;
        }
    }
    return false;
}

/* The tree is read only for those who have a depth that needs it. */
static bool find_units(struct loading *loading, struct error *error)
{
    const struct unit_tree *tree = NULL;
    for (size_t seat = 0; seat < loading->identity->seat_count; seat++) {
        if (!reaches_below(loading, seat)) {
            continue;
        }
        if (tree == NULL &&
            !unit_tree_load(loading->arena, loading->connection, loading->catalog, &tree, error)) {
            return false;
        }
        loading->seats[seat].units =
            unit_tree_below(tree, &loading->seats[seat].unit_id, &loading->seats[seat].unit_count);
    }
    return true;
}

/* ---- whole identities ---- */

bool identity_load(struct arena *arena, struct connection *connection,
                   const struct catalog *catalog, const struct uuid *user_id,
                   const struct identity **identity_out, struct error *error)
{
    struct loading loading = {
        .arena = arena,
        .connection = connection,
        .catalog = catalog,
        .identity = arena_allocate(arena, sizeof(struct identity)),
    };
    struct user user;
    uint8_t *field_rights = NULL;
    bool is_found = false;

    if (!user_read(arena, connection, catalog, user_id, &user, &is_found, error)) {
        return false;
    }
    if (!is_found || user.is_disabled) {
        return error_set(error, ERROR_CREDENTIALS_INVALID, NULL,
                         "User name or password is wrong, or the user is disabled");
    }
    loading.identity->user_id = *user_id;
    loading.identity->user_name = user.name;
    loading.identity->time_zone = user.time_zone;
    loading.identity->business_unit_id = user.business_unit_id;
    loading.identity->organization_id = user.organization_id;
    if (!team_read_of_user(arena, connection, catalog, user_id, &user.business_unit_id,
                           &loading.teams, &loading.team_count, error)) {
        return false;
    }
    make_principals(&loading);
    if (!field_rights_read(arena, connection, catalog, loading.identity->principals,
                           loading.identity->principal_count, &field_rights, error)) {
        return false;
    }
    loading.identity->field_rights = field_rights;
    if (!find_holdings(&loading, error) || !add_privileges(&loading, error) ||
        !find_units(&loading, error)) {
        return false;
    }
    *identity_out = loading.identity;
    return true;
}

const struct identity *identity_of_server(struct arena *arena, const struct catalog *catalog)
{
    struct identity *identity = arena_allocate(arena, sizeof(*identity));
    identity->user_name = "server";
    identity->is_administrator = true;
    identity->principals = arena_allocate_array(arena, 1, sizeof(struct uuid));
    identity->principal_count = 1;
    identity->seats = arena_allocate_array(arena, 1, sizeof(struct seat));
    identity->seat_count = 1;
    identity->depths = arena_allocate_array(arena, depth_count(catalog, 1), sizeof(uint8_t));
    identity->field_rights = arena_allocate_array(arena, catalog->secured_count, sizeof(uint8_t));
    return identity;
}

struct identity *identity_copy(struct arena *arena, const struct identity *identity,
                               const struct catalog *catalog)
{
    struct identity *copy = arena_copy(arena, identity, sizeof(*identity));
    struct seat *seats =
        arena_copy(arena, identity->seats, identity->seat_count * sizeof(struct seat));
    for (size_t seat = 0; seat < identity->seat_count; seat++) {
        seats[seat].units =
            arena_copy(arena, seats[seat].units, seats[seat].unit_count * sizeof(struct uuid));
    }
    copy->seats = seats;
    copy->user_name = arena_copy_text(arena, identity->user_name);
    copy->time_zone = arena_copy_text(arena, identity->time_zone);
    copy->scope = identity->scope == NULL ? NULL : scope_copy(arena, identity->scope);
    copy->principals =
        arena_copy(arena, identity->principals, identity->principal_count * sizeof(struct uuid));
    copy->field_rights = arena_copy(arena, identity->field_rights, catalog->secured_count);
    copy->reports =
        arena_copy(arena, identity->reports, identity->report_count * sizeof(struct uuid));
    copy->readable_reports = arena_copy(arena, identity->readable_reports,
                                        identity->readable_report_count * sizeof(struct uuid));
    copy->depths = arena_copy(arena, identity->depths, depth_count(catalog, identity->seat_count));
    return copy;
}
