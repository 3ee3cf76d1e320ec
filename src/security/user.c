/*
 * user.c - reads users and business units from the tables that the catalog names.
 */
#include "security/user.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/stored.h"
#include "security/unit.h"

static const char user_entity[] = "SystemUser";
static const char unit_entity[] = "BusinessUnit";

/* Reads columns of the one row whose column has the value. */
static bool read_one(struct arena *arena, struct connection *connection, const struct table *table,
                     struct row_condition condition, const char *const *columns, size_t count,
                     struct row_set *rows_out, struct error *error)
{
    const struct row_query query = {
        .table = table,
        .columns = columns,
        .column_count = count,
        .conditions = &condition,
        .condition_count = 1,
        .limit = 1,
    };
    return row_select(connection, arena, &query, rows_out, error);
}

static bool is_true(const struct cell *cell)
{
    return !cell->is_null && cell->boolean;
}

/* Walks up from the user's unit to the root. A branch of more levels is a ring. */
static bool read_branch(struct arena *arena, struct connection *connection,
                        const struct catalog *catalog, struct user *user, struct error *error)
{
    const struct entity *unit = catalog_find_entity(catalog, unit_entity);
    const char *const columns[] = {stored_column(unit, "parentBusinessUnit"),
                                   stored_column(unit, "isDisabled")};
    struct uuid id = user->business_unit_id;

    for (int level = 0; level < UNIT_LEVELS; level++) {
        struct row_condition by_id = {unit->id->column, ROW_IS, cell_uuid(&id)};
        struct row_set rows;
        if (!read_one(arena, connection, stored_table(catalog, unit), by_id, columns, 2, &rows,
                      error)) {
            return false;
        }
        if (rows.count == 0) {
            break;
        }
        user->organization_id = id;
        user->is_disabled = user->is_disabled || is_true(row_cell(&rows, 0, 1));
        if (row_cell(&rows, 0, 0)->is_null) {
            return true;
        }
        id = row_cell(&rows, 0, 0)->uuid;
    }
    user->is_disabled = true; /* a branch without a root lets nobody in */
    return true;
}

bool user_read(struct arena *arena, struct connection *connection, const struct catalog *catalog,
               const struct uuid *user_id, struct user *user_out, bool *is_found_out,
               struct error *error)
{
    const struct entity *entity = catalog_find_entity(catalog, user_entity);
    const char *const columns[] = {
        stored_column(entity, "userName"), stored_column(entity, "isDisabled"),
        stored_column(entity, "businessUnit"), stored_column(entity, "isApplication"),
        stored_column(entity, "timeZone")};
    struct row_condition by_id = {entity->id->column, ROW_IS, cell_uuid(user_id)};
    struct user user = {.id = *user_id};
    struct row_set rows;

    if (!read_one(arena, connection, stored_table(catalog, entity), by_id, columns, 5, &rows,
                  error)) {
        return false;
    }
    if (rows.count == 0) {
        *is_found_out = false;
        return true;
    }
    user.name = row_cell(&rows, 0, 0)->text;
    user.is_disabled = is_true(row_cell(&rows, 0, 1));
    user.business_unit_id = row_cell(&rows, 0, 2)->uuid;
    user.is_application = is_true(row_cell(&rows, 0, 3));
    user.time_zone = row_cell(&rows, 0, 4)->is_null ? NULL : row_cell(&rows, 0, 4)->text;
    if (!read_branch(arena, connection, catalog, &user, error)) {
        return false;
    }
    *user_out = user;
    *is_found_out = true;
    return true;
}

bool user_read_of_units(struct arena *arena, struct connection *connection,
                        const struct catalog *catalog, const struct uuid *unit_ids,
                        size_t unit_count, struct uuid **ids_out, size_t *count_out,
                        struct error *error)
{
    const struct entity *entity = catalog_find_entity(catalog, user_entity);
    const struct row_query query = {.table = stored_table(catalog, entity),
                                    .columns = &entity->id->column,
                                    .column_count = 1,
                                    .among = stored_column(entity, "businessUnit"),
                                    .ids = unit_ids,
                                    .id_count = unit_count};
    return row_select_ids(connection, arena, &query, ids_out, count_out, error);
}

bool user_find(struct arena *arena, struct connection *connection, const struct catalog *catalog,
               const char *folded_name, struct uuid *user_id_out, bool *is_found_out,
               struct error *error)
{
    const struct entity *entity = catalog_find_entity(catalog, user_entity);
    const struct field *name = entity_find_field(entity, "userName");
    const char *const columns[] = {entity->id->column};
    struct row_set rows;

    expect(name != NULL && name->fold_column != NULL);
    struct row_condition by_name = {name->fold_column, ROW_IS, cell_text(folded_name)};
    if (!read_one(arena, connection, stored_table(catalog, entity), by_name, columns, 1, &rows,
                  error)) {
        return false;
    }
    *is_found_out = rows.count == 1;
    if (rows.count == 1) {
        *user_id_out = row_cell(&rows, 0, 0)->uuid;
    }
    return true;
}
