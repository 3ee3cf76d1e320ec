/*
 * identity.c - adds up what the roles of a user allow.
 */
#include "security/identity.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/expect.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/tables.h"
#include "security/user.h"

/* Where each step of loading finds what the others found. */
struct loading {
    struct arena *arena;
    struct connection *connection;
    const struct catalog *catalog;
    struct identity *identity;
};

enum depth identity_depth(const struct identity *identity, const struct entity *entity,
                          enum right right)
{
    if (identity->is_administrator) {
        return DEPTH_ORGANIZATION;
    }
    return (enum depth)identity->depths[entity->index * RIGHT_COUNT + (size_t)right];
}

static struct identity *make_identity(struct arena *arena, const struct catalog *catalog)
{
    struct identity *identity = arena_allocate(arena, sizeof(*identity));
    identity->depths = arena_allocate_array(arena, catalog->entity_count, RIGHT_COUNT);
    return identity;
}

static void raise_depth(struct identity *identity, const struct entity *entity, enum right right,
                        uint8_t depth)
{
    uint8_t *place = &identity->depths[entity->index * RIGHT_COUNT + (size_t)right];
    if (depth > *place) {
        *place = depth;
    }
}

/* Adds one row of a role. What names an entity or right that is gone allows nothing. */
static void add_privilege(struct loading *loading, const char *entity_name, const char *right_text,
                          uint8_t depth)
{
    const struct catalog *catalog = loading->catalog;
    bool is_any_entity = strcmp(entity_name, PRIVILEGE_ANY) == 0;
    enum right right;

    if (is_any_entity && strcmp(right_text, PRIVILEGE_ANY) == 0) {
        loading->identity->is_administrator = true;
        return;
    }
    if (!right_parse(right_text, &right)) {
        return;
    }
    if (is_any_entity) {
        for (size_t index = 0; index < catalog->entity_count; index++) {
            raise_depth(loading->identity, catalog->entities[index], right, depth);
        }
        return;
    }
    const struct entity *entity = catalog_find_entity(catalog, entity_name);
    if (entity != NULL) {
        raise_depth(loading->identity, entity, right, depth);
    }
}

static bool add_role(struct loading *loading, const struct uuid *role_id, struct error *error)
{
    static const char *const columns[] = {"entity_name", "right_name", "depth"};
    const struct row_condition of_role = {"role_id", ROW_IS, cell_uuid(role_id)};
    const struct row_query query = {
        .table = &role_privilege_table,
        .columns = columns,
        .column_count = 3,
        .conditions = &of_role,
        .condition_count = 1,
    };
    struct row_set rows;
    if (!row_select(loading->connection, loading->arena, &query, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        int64_t depth = row_cell(&rows, row, 2)->integer;
        if (depth > DEPTH_NONE && depth <= DEPTH_ORGANIZATION) {
            add_privilege(loading, row_cell(&rows, row, 0)->text, row_cell(&rows, row, 1)->text,
                          (uint8_t)depth);
        }
    }
    return true;
}

static bool add_roles(struct loading *loading, struct error *error)
{
    static const char *const columns[] = {"role_id"};
    const struct row_condition of_user = {"user_id", ROW_IS,
                                          cell_uuid(&loading->identity->user_id)};
    const struct row_query query = {
        .table = &user_role_table,
        .columns = columns,
        .column_count = 1,
        .conditions = &of_user,
        .condition_count = 1,
    };
    struct row_set rows;
    if (!row_select(loading->connection, loading->arena, &query, &rows, error)) {
        return false;
    }
    for (size_t row = 0; row < rows.count; row++) {
        if (!add_role(loading, &row_cell(&rows, row, 0)->uuid, error)) {
            return false;
        }
    }
    return true;
}

bool identity_load(struct arena *arena, struct connection *connection,
                   const struct catalog *catalog, const struct uuid *user_id,
                   const struct identity **identity_out, struct error *error)
{
    struct loading loading = {
        .arena = arena,
        .connection = connection,
        .catalog = catalog,
        .identity = make_identity(arena, catalog),
    };
    struct user user;
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
    loading.identity->business_unit_id = user.business_unit_id;
    loading.identity->organization_id = user.organization_id;
    if (!add_roles(&loading, error)) {
        return false;
    }
    *identity_out = loading.identity;
    return true;
}

const struct identity *identity_of_server(struct arena *arena, const struct catalog *catalog)
{
    struct identity *identity = make_identity(arena, catalog);
    identity->user_name = "server";
    identity->is_administrator = true;
    return identity;
}

struct identity *identity_copy(struct arena *arena, const struct identity *identity,
                               const struct catalog *catalog)
{
    struct identity *copy = arena_copy(arena, identity, sizeof(*identity));
    copy->user_name = arena_copy_text(arena, identity->user_name);
    copy->depths = arena_copy(arena, identity->depths, catalog->entity_count * RIGHT_COUNT);
    return copy;
}
