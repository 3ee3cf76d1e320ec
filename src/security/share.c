/*
 * share.c - rights on single records, row by row.
 */
#include "security/share.h"

#include "base/arena.h"
#include "database/row.h"
#include "security/tables.h"

int64_t share_mask(enum right right)
{
    static const int64_t masks[RIGHT_COUNT] = {
        [RIGHT_READ] = 0x1,       [RIGHT_WRITE] = 0x2,      [RIGHT_APPEND] = 0x4,
        [RIGHT_APPEND_TO] = 0x10, [RIGHT_DELETE] = 0x10000, [RIGHT_SHARE] = 0x40000,
        [RIGHT_ASSIGN] = 0x80000,
    };
    return masks[right];
}

enum { BY_RECORD = 2, BY_PRINCIPAL = 3 }; /* how many of the conditions are meant */

static void make_conditions(struct row_condition conditions[BY_PRINCIPAL],
                            const struct entity *entity, const struct uuid *record_id,
                            const struct uuid *principal_id)
{
    conditions[0] = (struct row_condition){"record_id", ROW_IS, cell_uuid(record_id)};
    conditions[1] = (struct row_condition){"entity_name", ROW_IS, cell_text(entity->name)};
    conditions[2] = (struct row_condition){"principal_id", ROW_IS, cell_uuid(principal_id)};
}

bool share_list(struct connection *connection, struct arena *arena, const struct entity *entity,
                const struct uuid *record_id, const struct uuid *after, int64_t limit,
                struct share **shares_out, size_t *count_out, struct error *error)
{
    static const char *const columns[] = {"principal_id", "rights"};
    static const struct uuid none;
    struct row_condition conditions[BY_PRINCIPAL];
    struct row_set rows;

    make_conditions(conditions, entity, record_id, after == NULL ? &none : after);
    conditions[2].test = ROW_IS_ABOVE;
    const struct row_query query = {
        .table = &share_table,
        .columns = columns,
        .column_count = 2,
        .conditions = conditions,
        .condition_count = BY_PRINCIPAL,
        .order = "principal_id",
        .limit = limit,
    };
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    *shares_out = arena_allocate_array(arena, rows.count, sizeof(**shares_out));
    *count_out = rows.count;
    for (size_t row = 0; row < rows.count; row++) {
        (*shares_out)[row] = (struct share){.principal_id = row_cell(&rows, row, 0)->uuid,
                                            .rights = row_cell(&rows, row, 1)->integer};
    }
    return true;
}

bool share_find(struct connection *connection, struct arena *arena, const struct entity *entity,
                const struct uuid *record_id, const struct uuid *principal_id, int64_t *rights_out,
                struct error *error)
{
    static const char *const columns[] = {"rights"};
    struct row_condition conditions[BY_PRINCIPAL];
    struct row_set rows;

    make_conditions(conditions, entity, record_id, principal_id);
    const struct row_query query = {
        .table = &share_table,
        .columns = columns,
        .column_count = 1,
        .conditions = conditions,
        .condition_count = BY_PRINCIPAL,
        .is_locked = true,
    };
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    *rights_out = rows.count == 0 ? 0 : row_cell(&rows, 0, 0)->integer;
    return true;
}

bool share_set(struct connection *connection, struct arena *arena, const struct share_grant *grant,
               struct error *error)
{
    struct row_condition conditions[BY_PRINCIPAL];
    const struct row_value values[] = {
        {"entity_name", cell_text(grant->entity->name)},
        {"record_id", cell_uuid(&grant->record_id)},
        {"principal_id", cell_uuid(&grant->principal_id)},
        {"rights", cell_integer(grant->rights)},
        {"granted_by", cell_uuid(&grant->granted_by)},
        {"granted_on", cell_moment(grant->now)},
    };

    make_conditions(conditions, grant->entity, &grant->record_id, &grant->principal_id);
    return row_delete(connection, arena, &share_table, conditions, BY_PRINCIPAL, NULL, error) &&
           (grant->rights == 0 || row_insert(connection, arena, &share_table, values, 6, error));
}

bool share_forget_record(struct connection *connection, struct arena *arena,
                         const struct entity *entity, const struct uuid *record_id,
                         struct error *error)
{
    struct row_condition conditions[BY_PRINCIPAL];
    make_conditions(conditions, entity, record_id, record_id);
    return row_delete(connection, arena, &share_table, conditions, BY_RECORD, NULL, error);
}

bool share_forget_principal(struct connection *connection, struct arena *arena,
                            const struct uuid *principal_id, struct error *error)
{
    const struct row_condition of_principal = {"principal_id", ROW_IS, cell_uuid(principal_id)};
    return row_delete(connection, arena, &share_table, &of_principal, 1, NULL, error);
}
