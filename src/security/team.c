/*
 * team.c - reads and writes teams' members; those of a default team are the users of its unit.
 */
#include "security/team.h"

#include "base/arena.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/stored.h"
#include "security/tables.h"
#include "security/user.h"

static bool read_memberships(struct arena *arena, struct connection *connection,
                             const struct uuid *user_id, struct uuid **ids_out, size_t *count_out,
                             struct error *error)
{
    static const char *const columns[] = {"team_id"};
    const struct row_condition of_user = {"user_id", ROW_IS, cell_uuid(user_id)};
    const struct row_query query = {.table = &team_member_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &of_user,
                                    .condition_count = 1};
    struct row_set rows;
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    *ids_out = arena_allocate_array(arena, rows.count, sizeof(**ids_out));
    *count_out = rows.count;
    for (size_t index = 0; index < rows.count; index++) {
        (*ids_out)[index] = row_cell(&rows, index, 0)->uuid;
    }
    return true;
}

/* What is asked of teams, and where the answer goes. */
struct asking {
    struct arena *arena;
    struct connection *connection;
    const struct catalog *catalog;
    struct team *teams;
    size_t count;
};

static bool read_teams(struct asking *asking, struct row_query query, struct error *error)
{
    const struct entity *entity = catalog_find_entity(asking->catalog, "Team");
    const char *const columns[] = {entity->id->column, entity->owning_business_unit->column,
                                   stored_column(entity, "isDefault")};
    struct row_set rows;
    query.table = stored_table(asking->catalog, entity);
    query.columns = columns;
    query.column_count = 3;
    if (!row_select(asking->connection, asking->arena, &query, &rows, error)) {
        return false;
    }
    asking->teams = arena_grow(asking->arena, asking->teams, asking->count * sizeof(struct team),
                               (asking->count + rows.count) * sizeof(struct team));
    for (size_t index = 0; index < rows.count; index++) {
        const struct cell *is_default = row_cell(&rows, index, 2);
        asking->teams[asking->count++] =
            (struct team){.id = row_cell(&rows, index, 0)->uuid,
                          .unit_id = row_cell(&rows, index, 1)->uuid,
                          .is_default = !is_default->is_null && is_default->boolean};
    }
    return true;
}

bool team_read_of_user(struct arena *arena, struct connection *connection,
                       const struct catalog *catalog, const struct uuid *user_id,
                       const struct uuid *unit_id, struct team **teams_out, size_t *count_out,
                       struct error *error)
{
    const struct entity *entity = catalog_find_entity(catalog, "Team");
    struct asking asking = {.arena = arena, .connection = connection, .catalog = catalog};
    const struct row_condition of_unit[] = {
        {entity->owning_business_unit->column, ROW_IS, cell_uuid(unit_id)},
        {stored_column(entity, "isDefault"), ROW_IS, cell_boolean(true)},
    };
    struct uuid *ids = NULL;
    size_t id_count = 0;

    if (!read_memberships(arena, connection, user_id, &ids, &id_count, error) ||
        !read_teams(&asking, (struct row_query){.conditions = of_unit, .condition_count = 2},
                    error)) {
        return false;
    }
    if (id_count > 0 &&
        !read_teams(
            &asking,
            (struct row_query){.among = entity->id->column, .ids = ids, .id_count = id_count},
            error)) {
        return false;
    }
    *teams_out = asking.teams;
    *count_out = asking.count;
    return true;
}

/* ---- one team ---- */

static bool read_one(struct asking *asking, const struct row_condition *conditions, size_t count,
                     struct team *team_out, bool *is_found_out, struct error *error)
{
    if (!read_teams(
            asking,
            (struct row_query){.conditions = conditions, .condition_count = count, .limit = 1},
            error)) {
        return false;
    }
    *is_found_out = asking->count == 1;
    if (asking->count == 1) {
        *team_out = asking->teams[0];
    }
    return true;
}

bool team_read(struct arena *arena, struct connection *connection, const struct catalog *catalog,
               const struct uuid *team_id, struct team *team_out, bool *is_found_out,
               struct error *error)
{
    const struct entity *entity = catalog_find_entity(catalog, "Team");
    struct asking asking = {.arena = arena, .connection = connection, .catalog = catalog};
    const struct row_condition by_id = {entity->id->column, ROW_IS, cell_uuid(team_id)};
    return read_one(&asking, &by_id, 1, team_out, is_found_out, error);
}

bool team_read_default(struct arena *arena, struct connection *connection,
                       const struct catalog *catalog, const struct uuid *unit_id,
                       struct team *team_out, bool *is_found_out, struct error *error)
{
    const struct entity *entity = catalog_find_entity(catalog, "Team");
    struct asking asking = {.arena = arena, .connection = connection, .catalog = catalog};
    const struct row_condition of_unit[] = {
        {entity->owning_business_unit->column, ROW_IS, cell_uuid(unit_id)},
        {stored_column(entity, "isDefault"), ROW_IS, cell_boolean(true)},
    };
    return read_one(&asking, of_unit, 2, team_out, is_found_out, error);
}

/* ---- members ---- */

bool team_read_members(struct arena *arena, struct connection *connection,
                       const struct catalog *catalog, const struct team *team,
                       struct uuid **user_ids_out, size_t *count_out, struct error *error)
{
    static const char *const columns[] = {"user_id"};
    const struct row_condition of_team = {"team_id", ROW_IS, cell_uuid(&team->id)};
    const struct row_query query = {.table = &team_member_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &of_team,
                                    .condition_count = 1};
    if (team->is_default) {
        return user_read_of_units(arena, connection, catalog, &team->unit_id, 1, user_ids_out,
                                  count_out, error);
    }
    return row_select_ids(connection, arena, &query, user_ids_out, count_out, error);
}

bool team_add_member(struct arena *arena, struct connection *connection, const struct uuid *team_id,
                     const struct uuid *user_id, struct error *error)
{
    const struct row_value values[] = {
        {"team_id", cell_uuid(team_id)},
        {"user_id", cell_uuid(user_id)},
    };
    return team_remove_member(arena, connection, team_id, user_id, error) &&
           row_insert(connection, arena, &team_member_table, values, 2, error);
}

bool team_remove_member(struct arena *arena, struct connection *connection,
                        const struct uuid *team_id, const struct uuid *user_id, struct error *error)
{
    const struct row_condition membership[] = {
        {"team_id", ROW_IS, cell_uuid(team_id)},
        {"user_id", ROW_IS, cell_uuid(user_id)},
    };
    return row_delete(connection, arena, &team_member_table, membership, 2, NULL, error);
}
