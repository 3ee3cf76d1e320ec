/*
 * field_access.c - reads and keeps what field security profiles allow.
 */
#include "security/field_access.h"

#include "base/arena.h"
#include "base/error.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/identity.h"
#include "security/tables.h"

/* ---- questions ---- */

bool field_may(const struct identity *identity, const struct field *field, enum field_right right)
{
    return !field->is_secured || identity->is_administrator ||
           (identity->field_rights[field->secured_place] & right) != 0;
}

bool field_authorise(const struct identity *identity, const struct field *field,
                     enum field_right right, struct error *error)
{
    const char *verb = right == FIELD_RIGHT_READ     ? "read"
                       : right == FIELD_RIGHT_CREATE ? "set"
                                                     : "change";
    return field_may(identity, field, right) ||
           error_set_about(error, ERROR_NOT_ALLOWED, field->entity->name, field->name,
                           "You may not %s the secured field %s of %s", verb, field->name,
                           field->entity->name);
}

/* ---- reading ---- */

/* A row that names a twin means nothing: it goes with its amount. */
static const struct field *find_field(const struct catalog *catalog, const char *entity_name,
                                      const char *field_name)
{
    const struct entity *entity = catalog_find_entity(catalog, entity_name);
    const struct field *field = entity == NULL ? NULL : entity_find_field(entity, field_name);
    return field != NULL && field->is_secured && field->base_of == NULL ? field : NULL;
}

static bool read_permissions(struct connection *connection, struct arena *arena,
                             const struct catalog *catalog, const struct uuid *profile_ids,
                             size_t profile_count, struct field_grant **permissions_out,
                             size_t *count_out, struct error *error)
{
    static const char *const columns[] = {"entity_name", "field_name", "rights"};
    const struct row_query query = {
        .table = &field_permission_table,
        .columns = columns,
        .column_count = 3,
        .among = "profile_id",
        .ids = profile_ids,
        .id_count = profile_count,
        .order = "entity_name",
    };
    struct row_set rows;
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    struct field_grant *permissions = arena_allocate_array(arena, rows.count, sizeof(*permissions));
    size_t count = 0;
    for (size_t row = 0; row < rows.count; row++) {
        const struct field *field =
            find_field(catalog, row_cell(&rows, row, 0)->text, row_cell(&rows, row, 1)->text);
        if (field != NULL) {
            permissions[count++] = (struct field_grant){
                .field = field, .rights = (uint8_t)row_cell(&rows, row, 2)->integer};
        }
    }
    *permissions_out = permissions;
    *count_out = count;
    return true;
}

static bool read_profiles(struct connection *connection, struct arena *arena,
                          const struct uuid *principals, size_t principal_count,
                          struct uuid **ids_out, size_t *count_out, struct error *error)
{
    static const char *const columns[] = {"profile_id"};
    const struct row_query query = {
        .table = &principal_profile_table,
        .columns = columns,
        .column_count = 1,
        .among = "principal_id",
        .ids = principals,
        .id_count = principal_count,
    };
    return row_select_ids(connection, arena, &query, ids_out, count_out, error);
}

bool field_rights_read(struct arena *arena, struct connection *connection,
                       const struct catalog *catalog, const struct uuid *principals,
                       size_t principal_count, uint8_t **rights_out, struct error *error)
{
    struct field_grant *permissions = NULL;
    struct uuid *profiles = NULL;
    size_t profile_count = 0;
    size_t count = 0;

    *rights_out = arena_allocate_array(arena, catalog->secured_count, sizeof(uint8_t));
    if (catalog->secured_count == 0) {
        return true;
    }
    if (!read_profiles(connection, arena, principals, principal_count, &profiles, &profile_count,
                       error)) {
        return false;
    }
    if (profile_count > 0 && !read_permissions(connection, arena, catalog, profiles, profile_count,
                                               &permissions, &count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        (*rights_out)[permissions[index].field->secured_place] |= permissions[index].rights;
    }
    return true;
}

bool field_permissions_read(struct connection *connection, struct arena *arena,
                            const struct catalog *catalog, const struct uuid *profile_id,
                            struct field_grant **permissions_out, size_t *count_out,
                            struct error *error)
{
    return read_permissions(connection, arena, catalog, profile_id, 1, permissions_out, count_out,
                            error);
}

/* ---- writing ---- */

bool field_permissions_set(struct connection *connection, struct arena *arena,
                           const struct uuid *profile_id, const struct field_grant *permissions,
                           size_t count, struct error *error)
{
    const struct row_condition of_profile = {"profile_id", ROW_IS, cell_uuid(profile_id)};
    if (!row_delete(connection, arena, &field_permission_table, &of_profile, 1, NULL, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        const struct row_value values[] = {
            {"profile_id", cell_uuid(profile_id)},
            {"entity_name", cell_text(permissions[index].field->entity->name)},
            {"field_name", cell_text(permissions[index].field->name)},
            {"rights", cell_integer(permissions[index].rights)},
        };
        if (!row_insert(connection, arena, &field_permission_table, values, 4, error)) {
            return false;
        }
    }
    return true;
}

bool profile_take(struct connection *connection, struct arena *arena,
                  const struct uuid *principal_id, const struct uuid *profile_id,
                  struct error *error)
{
    const struct row_condition held[] = {
        {"principal_id", ROW_IS, cell_uuid(principal_id)},
        {"profile_id", ROW_IS, cell_uuid(profile_id)},
    };
    return row_delete(connection, arena, &principal_profile_table, held, 2, NULL, error);
}

bool profile_give(struct connection *connection, struct arena *arena,
                  const struct uuid *principal_id, const struct uuid *profile_id,
                  struct error *error)
{
    const struct row_value values[] = {
        {"principal_id", cell_uuid(principal_id)},
        {"profile_id", cell_uuid(profile_id)},
    };
    return profile_take(connection, arena, principal_id, profile_id, error) &&
           row_insert(connection, arena, &principal_profile_table, values, 2, error);
}

bool profile_list(struct connection *connection, struct arena *arena,
                  const struct uuid *principal_id, struct uuid **ids_out, size_t *count_out,
                  struct error *error)
{
    return read_profiles(connection, arena, principal_id, 1, ids_out, count_out, error);
}

bool profile_forget(struct connection *connection, struct arena *arena,
                    const struct uuid *profile_id, struct error *error)
{
    const struct row_condition of_profile = {"profile_id", ROW_IS, cell_uuid(profile_id)};
    return row_delete(connection, arena, &principal_profile_table, &of_profile, 1, NULL, error) &&
           row_delete(connection, arena, &field_permission_table, &of_profile, 1, NULL, error);
}

bool profile_forget_principal(struct connection *connection, struct arena *arena,
                              const struct uuid *principal_id, struct error *error)
{
    const struct row_condition of_principal = {"principal_id", ROW_IS, cell_uuid(principal_id)};
    return row_delete(connection, arena, &principal_profile_table, &of_principal, 1, NULL, error);
}
