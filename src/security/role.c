/*
 * role.c - writes what roles allow, and who has them.
 */
#include "security/role.h"

#include <string.h>

#include "base/arena.h"
#include "database/row.h"
#include "security/tables.h"

static bool insert_privilege(struct connection *connection, struct arena *arena,
                             const struct uuid *role_id, const char *entity, const char *right,
                             int depth, struct error *error)
{
    const struct row_value values[] = {
        {"role_id", cell_uuid(role_id)},
        {"entity_name", cell_text(entity)},
        {"right_name", cell_text(right)},
        {"depth", cell_integer(depth)},
    };
    return row_insert(connection, arena, &role_privilege_table, values, 4, error);
}

/* Roles add up within themselves too: the deepest of a pair is the one stored. */
static bool is_outdone(const struct role_template *template, size_t index)
{
    const struct role_privilege *privilege = &template->privileges[index];
    for (size_t other = 0; other < template->privilege_count; other++) {
        const struct role_privilege *rival = &template->privileges[other];
        if (other == index || rival->entity != privilege->entity ||
            rival->right != privilege->right) {
            continue;
        }
        if (rival->depth > privilege->depth ||
            (rival->depth == privilege->depth && other < index)) {
            return true;
        }
    }
    return false;
}

bool role_set_privileges(struct connection *connection, struct arena *arena,
                         const struct uuid *role_id, const struct role_template *template,
                         struct error *error)
{
    const struct row_condition of_role = {"role_id", ROW_IS, cell_uuid(role_id)};
    if (!row_delete(connection, arena, &role_privilege_table, &of_role, 1, NULL, error)) {
        return false;
    }
    if (template->is_administrator) {
        return insert_privilege(connection, arena, role_id, PRIVILEGE_ANY, PRIVILEGE_ANY, 4, error);
    }
    for (size_t index = 0; index < template->privilege_count; index++) {
        const struct role_privilege *privilege = &template->privileges[index];
        const char *entity = privilege->entity == NULL ? PRIVILEGE_ANY : privilege->entity->name;
        if (!is_outdone(template, index) &&
            !insert_privilege(connection, arena, role_id, entity, right_name(privilege->right),
                              privilege->depth, error)) {
            return false;
        }
    }
    return true;
}

bool role_give(struct connection *connection, struct arena *arena, const struct uuid *principal_id,
               const struct uuid *role_id, struct error *error)
{
    const struct row_value membership[] = {
        {"principal_id", cell_uuid(principal_id)},
        {"role_id", cell_uuid(role_id)},
    };
    return role_take(connection, arena, principal_id, role_id, error) &&
           row_insert(connection, arena, &principal_role_table, membership, 2, error);
}

bool role_take(struct connection *connection, struct arena *arena, const struct uuid *principal_id,
               const struct uuid *role_id, struct error *error)
{
    const struct row_condition membership[] = {
        {"principal_id", ROW_IS, cell_uuid(principal_id)},
        {"role_id", ROW_IS, cell_uuid(role_id)},
    };
    return row_delete(connection, arena, &principal_role_table, membership, 2, NULL, error);
}

static bool is_said(const char *text, const char *name)
{
    return strcmp(text, PRIVILEGE_ANY) == 0 || strcmp(text, name) == 0;
}

static bool read_roles(struct connection *connection, struct arena *arena,
                       const struct uuid *principal_id, struct uuid **ids_out, size_t *count_out,
                       struct error *error)
{
    static const char *const columns[] = {"role_id"};
    const struct row_condition held = {"principal_id", ROW_IS, cell_uuid(principal_id)};
    const struct row_query query = {.table = &principal_role_table,
                                    .columns = columns,
                                    .column_count = 1,
                                    .conditions = &held,
                                    .condition_count = 1};
    struct row_set rows;
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    *ids_out = arena_allocate_array(arena, rows.count, sizeof(**ids_out));
    *count_out = rows.count;
    for (size_t row = 0; row < rows.count; row++) {
        (*ids_out)[row] = row_cell(&rows, row, 0)->uuid;
    }
    return true;
}

bool role_allows(struct connection *connection, struct arena *arena,
                 const struct uuid *principal_id, const struct entity *entity, enum right right,
                 bool *is_allowed_out, struct error *error)
{
    static const char *const columns[] = {"entity_name", "right_name", "depth"};
    struct uuid *ids = NULL;
    struct row_query query = {
        .table = &role_privilege_table, .columns = columns, .column_count = 3, .among = "role_id"};
    struct row_set rows;
    if (!read_roles(connection, arena, principal_id, &ids, &query.id_count, error)) {
        return false;
    }
    query.ids = ids;
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    *is_allowed_out = false;
    for (size_t row = 0; row < rows.count && !*is_allowed_out; row++) {
        *is_allowed_out = is_said(row_cell(&rows, row, 0)->text, entity->name) &&
                          is_said(row_cell(&rows, row, 1)->text, right_name(right)) &&
                          row_cell(&rows, row, 2)->integer > 0;
    }
    return true;
}
