/*
 * role.c - writes what roles allow, and who has them.
 */
#include "security/role.h"

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
