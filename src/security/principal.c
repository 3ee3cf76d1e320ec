/*
 * principal.c - follows users and teams through the tables that name them.
 */
#include "security/principal.h"

#include "base/arena.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/stored.h"
#include "security/tables.h"

bool principal_remove(struct arena *arena, struct connection *connection,
                      const struct uuid *principal_id, struct error *error)
{
    const struct {
        const struct table *table;
        const char *column;
    } places[] = {
        {&principal_role_table, "principal_id"},
        {&team_member_table, "team_id"},
        {&team_member_table, "user_id"},
        {&share_table, "principal_id"},
    };
    for (size_t index = 0; index < sizeof(places) / sizeof(places[0]); index++) {
        const struct row_condition of_principal = {places[index].column, ROW_IS,
                                                   cell_uuid(principal_id)};
        if (!row_delete(connection, arena, places[index].table, &of_principal, 1, NULL, error)) {
            return false;
        }
    }
    return true;
}

bool principal_end_sessions(struct arena *arena, struct connection *connection,
                            const struct uuid *user_ids, size_t count, struct error *error)
{
    static const char *const columns[] = {"id"};
    const struct row_query query = {.table = &session_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .among = "user_id",
                                    .ids = user_ids,
                                    .id_count = count};
    struct row_set rows;
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        const struct row_condition by_id = {"id", ROW_IS, *row_cell(&rows, row, 0)};
        if (!row_delete(connection, arena, &session_table, &by_id, 1, NULL, error)) {
            return false;
        }
    }
    return true;
}

/* The version grows first: whoever read the record before it moved writes over nothing. */
static bool move_records_of(struct arena *arena, struct connection *connection,
                            const struct table *table, const struct entity *entity,
                            const struct uuid *principal_id, const struct uuid *unit_id,
                            struct error *error)
{
    const struct row_condition of_owner[] = {
        {entity->owner->column, ROW_IS, cell_uuid(principal_id)},
        {entity->owning_business_unit->column, ROW_IS_NOT, cell_uuid(unit_id)},
    };
    const struct row_value unit = {entity->owning_business_unit->column, cell_uuid(unit_id)};
    return row_add(connection, arena, table, entity->version->column, 1, of_owner, 2, NULL,
                   error) &&
           row_update(connection, arena, table, &unit, 1, of_owner, 2, NULL, error);
}

bool principal_move_records(struct arena *arena, struct connection *connection,
                            const struct catalog *catalog, const struct uuid *principal_id,
                            const struct uuid *unit_id, struct error *error)
{
    for (size_t index = 0; index < catalog->entity_count; index++) {
        const struct entity *entity = catalog->entities[index];
        if (entity->owner != NULL &&
            !move_records_of(arena, connection, stored_table(catalog, entity), entity, principal_id,
                             unit_id, error)) {
            return false;
        }
    }
    return true;
}
