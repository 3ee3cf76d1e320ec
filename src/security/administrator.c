/*
 * administrator.c - looks for one user who may everything: by his own role, or by a team's.
 */
#include "security/administrator.h"

#include "base/arena.h"
#include "base/error.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/stored.h"
#include "security/tables.h"
#include "security/unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The search, and what every step of it asks. */
struct search {
    struct arena *arena;
    struct connection *connection;
    const struct catalog *catalog;
    const struct unit_tree *tree;
};

struct id_list {
    struct uuid *ids;
    size_t count;
};

bool administrator_lock(struct arena *arena, struct connection *connection,
                        const struct catalog *catalog, const struct uuid *organization_id,
                        struct error *error)
{
    const struct entity *entity = catalog_find_entity(catalog, "BusinessUnit");
    const struct row_condition by_id = {entity->id->column, ROW_IS, cell_uuid(organization_id)};
    struct row_set rows;
    return row_select(connection, arena,
                      &(struct row_query){.table = stored_table(catalog, entity),
                                          .columns = &entity->id->column,
                                          .column_count = 1,
                                          .conditions = &by_id,
                                          .condition_count = 1,
                                          .is_locked = true},
                      &rows, error);
}

/* The ids in the first column, each once. */
static struct id_list take_ids(const struct search *search, const struct row_set *rows)
{
    struct id_list list = {
        .ids = arena_allocate_array(search->arena, rows->count, sizeof(struct uuid))};
    for (size_t row = 0; row < rows->count; row++) {
        list.ids[row] = row_cell(rows, row, 0)->uuid;
    }
    list.count = uuid_sort_unique(list.ids, rows->count);
    return list;
}

static bool read_roles(const struct search *search, struct id_list *roles_out, struct error *error)
{
    static const char *const columns[] = {"role_id"};
    const struct row_condition is_everything[] = {
        {"entity_name", ROW_IS, cell_text(PRIVILEGE_ANY)},
        {"right_name", ROW_IS, cell_text(PRIVILEGE_ANY)},
    };
    struct row_set rows;
    if (!row_select(search->connection, search->arena,
                    &(struct row_query){.table = &role_privilege_table,
                                        .columns = columns,
                                        .column_count = COUNT(columns),
                                        .conditions = is_everything,
                                        .condition_count = COUNT(is_everything)},
                    &rows, error)) {
        return false;
    }
    *roles_out = take_ids(search, &rows);
    return true;
}

/* Reads the ids of a column of a table of ours, by those of another. */
static bool read_related(const struct search *search, const struct table *table, const char *wanted,
                         const char *among, const struct id_list *ids, struct id_list *list_out,
                         struct error *error)
{
    struct row_set rows;
    if (!row_select(search->connection, search->arena,
                    &(struct row_query){.table = table,
                                        .columns = &wanted,
                                        .column_count = 1,
                                        .among = among,
                                        .ids = ids->ids,
                                        .id_count = ids->count},
                    &rows, error)) {
        return false;
    }
    *list_out = take_ids(search, &rows);
    return true;
}

/* Whether one of the users whose column holds one of the ids may log in. */
static bool find_enabled(const struct search *search, const char *among, const struct id_list *ids,
                         bool *is_found, struct error *error)
{
    const struct entity *entity = catalog_find_entity(search->catalog, "SystemUser");
    const char *const columns[] = {entity->owning_business_unit->column,
                                   stored_column(entity, "isDisabled")};
    struct row_set rows;
    if (!row_select(search->connection, search->arena,
                    &(struct row_query){.table = stored_table(search->catalog, entity),
                                        .columns = columns,
                                        .column_count = COUNT(columns),
                                        .among = among,
                                        .ids = ids->ids,
                                        .id_count = ids->count},
                    &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count && !*is_found; row++) {
        const struct cell *is_disabled = row_cell(&rows, row, 1);
        *is_found = (is_disabled->is_null || !is_disabled->boolean) &&
                    unit_tree_is_open(search->tree, &row_cell(&rows, row, 0)->uuid);
    }
    return true;
}

/* The units whose default teams are among the holders: every user of them is a member. */
static bool find_units(const struct search *search, const struct id_list *holders,
                       struct id_list *units_out, struct error *error)
{
    const struct entity *entity = catalog_find_entity(search->catalog, "Team");
    const char *const columns[] = {entity->owning_business_unit->column};
    const struct row_condition is_default = {stored_column(entity, "isDefault"), ROW_IS,
                                             cell_boolean(true)};
    struct row_set rows;
    if (!row_select(search->connection, search->arena,
                    &(struct row_query){.table = stored_table(search->catalog, entity),
                                        .columns = columns,
                                        .column_count = COUNT(columns),
                                        .conditions = &is_default,
                                        .condition_count = 1,
                                        .among = entity->id->column,
                                        .ids = holders->ids,
                                        .id_count = holders->count},
                    &rows, error)) {
        return false;
    }
    *units_out = take_ids(search, &rows);
    return true;
}

static bool find_one(const struct search *search, bool *is_found, struct error *error)
{
    const struct entity *user = catalog_find_entity(search->catalog, "SystemUser");
    struct id_list roles, holders, members, units;
    if (!read_roles(search, &roles, error) ||
        !read_related(search, &principal_role_table, "principal_id", "role_id", &roles, &holders,
                      error) ||
        !find_enabled(search, user->id->column, &holders, is_found, error)) {
        return false;
    }
    if (*is_found) {
        return true;
    }
    if (!read_related(search, &team_member_table, "user_id", "team_id", &holders, &members,
                      error) ||
        !find_enabled(search, user->id->column, &members, is_found, error)) {
        return false;
    }
    return *is_found ||
           (find_units(search, &holders, &units, error) &&
            find_enabled(search, user->owning_business_unit->column, &units, is_found, error));
}

bool administrator_check(struct arena *arena, struct connection *connection,
                         const struct catalog *catalog, struct error *error)
{
    struct search search = {.arena = arena, .connection = connection, .catalog = catalog};
    bool is_found = false;
    if (!unit_tree_load(arena, connection, catalog, &search.tree, error) ||
        !find_one(&search, &is_found, error)) {
        return false;
    }
    return is_found || error_set(error, ERROR_LAST_ADMINISTRATOR, NULL,
                                 "No system administrator who may log in would be left");
}
