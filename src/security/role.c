/*
 * role.c - writes and reads what roles allow, and who has them.
 */
#include "security/role.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/uuid.h"
#include "database/row.h"
#include "security/identity.h"
#include "security/tables.h"
#include "security/task.h"

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

/* A task has no depth; that of its row says only that it is there. */
static bool insert_tasks(struct connection *connection, struct arena *arena,
                         const struct uuid *role_id, const struct role_template *template,
                         struct error *error)
{
    bool is_allowed[TASK_COUNT] = {false};
    for (size_t index = 0; index < template->task_count; index++) {
        enum task task;
        if (task_parse(template->tasks[index], &task)) {
            is_allowed[task] = true;
        }
    }
    for (int task = 0; task < TASK_COUNT; task++) {
        if (is_allowed[task] &&
            !insert_privilege(connection, arena, role_id, PRIVILEGE_TASK,
                              task_name((enum task)task), DEPTH_ORGANIZATION, error)) {
            return false;
        }
    }
    return true;
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
        return insert_privilege(connection, arena, role_id, PRIVILEGE_ANY, PRIVILEGE_ANY,
                                DEPTH_ORGANIZATION, error);
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
    return insert_tasks(connection, arena, role_id, template, error);
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

bool role_remove(struct connection *connection, struct arena *arena, const struct uuid *role_id,
                 struct error *error)
{
    const struct row_condition of_role = {"role_id", ROW_IS, cell_uuid(role_id)};
    return row_delete(connection, arena, &principal_role_table, &of_role, 1, NULL, error) &&
           row_delete(connection, arena, &role_privilege_table, &of_role, 1, NULL, error);
}

/* ---- reading ---- */

bool role_read_grants(struct arena *arena, struct connection *connection,
                      const struct uuid *role_ids, size_t role_count,
                      struct role_grant **grants_out, size_t *count_out, struct error *error)
{
    static const char *const columns[] = {"role_id", "entity_name", "right_name", "depth"};
    const struct row_query query = {.table = &role_privilege_table,
                                    .columns = columns,
                                    .column_count = 4,
                                    .among = "role_id",
                                    .ids = role_ids,
                                    .id_count = role_count};
    struct row_set rows;
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    struct role_grant *grants = arena_allocate_array(arena, rows.count, sizeof(*grants));
    for (size_t row = 0; row < rows.count; row++) {
        grants[row] = (struct role_grant){
            .role_id = row_cell(&rows, row, 0)->uuid,
            .entity = row_cell(&rows, row, 1)->text,
            .right = row_cell(&rows, row, 2)->text,
            .depth = (int)row_cell(&rows, row, 3)->integer,
        };
    }
    *grants_out = grants;
    *count_out = rows.count;
    return true;
}

/* The ids in one column of the rows that have another. */
static bool read_holding(struct arena *arena, struct connection *connection, const char *wanted,
                         struct row_condition condition, struct uuid **ids_out, size_t *count_out,
                         struct error *error)
{
    const struct row_query query = {.table = &principal_role_table,
                                    .columns = &wanted,
                                    .column_count = 1,
                                    .conditions = &condition,
                                    .condition_count = 1};
    if (!row_select_ids(connection, arena, &query, ids_out, count_out, error)) {
        return false;
    }
    *count_out = uuid_sort_unique(*ids_out, *count_out);
    return true;
}

bool role_read_of_principal(struct arena *arena, struct connection *connection,
                            const struct uuid *principal_id, struct uuid **role_ids_out,
                            size_t *count_out, struct error *error)
{
    const struct row_condition of_principal = {"principal_id", ROW_IS, cell_uuid(principal_id)};
    return read_holding(arena, connection, "role_id", of_principal, role_ids_out, count_out, error);
}

bool role_read_holders(struct arena *arena, struct connection *connection,
                       const struct uuid *role_id, struct uuid **principal_ids_out,
                       size_t *count_out, struct error *error)
{
    const struct row_condition of_role = {"role_id", ROW_IS, cell_uuid(role_id)};
    return read_holding(arena, connection, "principal_id", of_role, principal_ids_out, count_out,
                        error);
}

static bool is_said(const char *text, const char *name)
{
    return strcmp(text, PRIVILEGE_ANY) == 0 || strcmp(text, name) == 0;
}

bool role_allows(struct connection *connection, struct arena *arena,
                 const struct uuid *principal_id, const struct entity *entity, enum right right,
                 bool *is_allowed_out, struct error *error)
{
    struct uuid *role_ids = NULL;
    struct role_grant *grants = NULL;
    size_t role_count = 0;
    size_t count = 0;
    if (!role_read_of_principal(arena, connection, principal_id, &role_ids, &role_count, error) ||
        !role_read_grants(arena, connection, role_ids, role_count, &grants, &count, error)) {
        return false;
    }
    *is_allowed_out = false;
    for (size_t index = 0; index < count && !*is_allowed_out; index++) {
        const struct role_grant *grant = &grants[index];
        *is_allowed_out = is_said(grant->entity, entity->name) &&
                          is_said(grant->right, right_name(right)) && grant->depth > DEPTH_NONE;
    }
    return true;
}

/* ---- entities that are new ---- */

static bool is_of_any(const struct array *entities, const struct entity *entity)
{
    for (size_t index = 0; index < entities->count; index++) {
        if (entities->items[index] == entity) {
            return true;
        }
    }
    return false;
}

static bool says_anything(const struct role_grant *grants, size_t count, const char *entity)
{
    for (size_t index = 0; index < count; index++) {
        if (strcmp(grants[index].entity, entity) == 0) {
            return true;
        }
    }
    return false;
}

bool role_add_privileges(struct connection *connection, struct arena *arena,
                         const struct uuid *role_id, const struct role_template *template,
                         const struct array *entities, struct role_grant **added_out,
                         size_t *count_out, struct error *error)
{
    struct role_grant *grants = NULL;
    size_t grant_count = 0;
    size_t count = 0;
    if (!role_read_grants(arena, connection, role_id, 1, &grants, &grant_count, error)) {
        return false;
    }
    struct role_grant *added =
        arena_allocate_array(arena, template->privilege_count, sizeof(*added));
    for (size_t index = 0; index < template->privilege_count; index++) {
        const struct role_privilege *privilege = &template->privileges[index];
        if (!is_of_any(entities, privilege->entity) || is_outdone(template, index) ||
            says_anything(grants, grant_count, privilege->entity->name)) {
            continue;
        }
        added[count] = (struct role_grant){*role_id, privilege->entity->name,
                                           right_name(privilege->right), privilege->depth};
        if (!insert_privilege(connection, arena, role_id, added[count].entity, added[count].right,
                              added[count].depth, error)) {
            return false;
        }
        count++;
    }
    *added_out = added;
    *count_out = count;
    return true;
}

/* ---- release 1 ---- */

static bool take_over(struct arena *arena, struct connection *connection, const struct uuid *user,
                      const struct uuid *role, struct error *error)
{
    const struct row_condition row[] = {
        {"user_id", ROW_IS, cell_uuid(user)},
        {"role_id", ROW_IS, cell_uuid(role)},
    };
    return role_give(connection, arena, user, role, error) &&
           row_delete(connection, arena, &former_role_table, row, 2, NULL, error);
}

bool role_take_over(struct arena *arena, struct connection *connection, struct error *error)
{
    static const char *const columns[] = {"user_id", "role_id"};
    const struct row_query query = {
        .table = &former_role_table, .columns = columns, .column_count = 2};
    struct row_set rows;
    bool exists = false;
    if (!table_exists(connection, former_role_table.name, &exists, error)) {
        return false;
    }
    if (!exists) {
        return true;
    }
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        if (!take_over(arena, connection, &row_cell(&rows, row, 0)->uuid,
                       &row_cell(&rows, row, 1)->uuid, error)) {
            return false;
        }
    }
    return true;
}

/* ---- roles from the directory ---- */

static bool read_held(struct connection *connection, struct arena *arena,
                      const struct uuid *user_id, struct row_set *rows_out, struct error *error)
{
    static const char *const columns[] = {"role_id", "source"};
    const struct row_condition of_user = {"principal_id", ROW_IS, cell_uuid(user_id)};
    const struct row_query query = {
        .table = &principal_role_table,
        .columns = columns,
        .column_count = 2,
        .conditions = &of_user,
        .condition_count = 1,
    };
    return row_select(connection, arena, &query, rows_out, error);
}

static bool is_wanted(const struct uuid *role_id, const struct uuid *role_ids, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (uuid_is_equal(&role_ids[index], role_id)) {
            return true;
        }
    }
    return false;
}

static bool is_held(const struct uuid *role_id, const struct row_set *rows)
{
    for (size_t row = 0; row < rows->count; row++) {
        if (uuid_is_equal(&row_cell(rows, row, 0)->uuid, role_id)) {
            return true;
        }
    }
    return false;
}

static bool add_from_directory(struct connection *connection, struct arena *arena,
                               const struct uuid *user_id, const struct uuid *role_id,
                               struct error *error)
{
    const struct row_value values[] = {
        {"principal_id", cell_uuid(user_id)},
        {"role_id", cell_uuid(role_id)},
        {"source", cell_text(ROLE_SOURCE_DIRECTORY)},
    };
    return row_insert(connection, arena, &principal_role_table, values, 3, error);
}

bool role_follow(struct connection *connection, struct arena *arena, const struct uuid *user_id,
                 const struct uuid *role_ids, size_t count,
                 struct role_differences *differences_out, struct error *error)
{
    struct row_set held;
    struct role_differences differences = {.given_count = 0};

    if (!read_held(connection, arena, user_id, &held, error)) {
        return false;
    }
    differences.given = arena_allocate_array(arena, count, sizeof(struct uuid));
    differences.taken = arena_allocate_array(arena, held.count, sizeof(struct uuid));
    for (size_t row = 0; row < held.count; row++) {
        const struct uuid *role_id = &row_cell(&held, row, 0)->uuid;
        if (row_cell(&held, row, 1)->is_null || is_wanted(role_id, role_ids, count)) {
            continue;
        }
        differences.taken[differences.taken_count++] = *role_id;
        if (!role_take(connection, arena, user_id, role_id, error)) {
            return false;
        }
    }
    for (size_t index = 0; index < count; index++) {
        if (is_held(&role_ids[index], &held) || is_wanted(&role_ids[index], role_ids, index)) {
            continue;
        }
        differences.given[differences.given_count++] = role_ids[index];
        if (!add_from_directory(connection, arena, user_id, &role_ids[index], error)) {
            return false;
        }
    }
    *differences_out = differences;
    return true;
}
