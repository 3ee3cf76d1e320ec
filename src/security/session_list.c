/*
 * session_list.c - sessions as they are listed.
 */
#include "security/session.h"

#include "base/arena.h"
#include "database/row.h"
#include "security/scope.h"
#include "security/tables.h"

static const char *const columns[] = {
    "id",         "user_id",          "application",    "created_on",   "used_on",
    "expires_on", "scope_operations", "scope_entities", "is_read_only",
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static const char *text_of(const struct cell *cell)
{
    return cell->is_null ? NULL : cell->text;
}

static struct session_entry entry_of(struct arena *arena, const struct row_set *rows, size_t row)
{
    const struct cell *read_only = row_cell(rows, row, 8);
    const struct scope scope = {
        .operations = text_of(row_cell(rows, row, 6)),
        .entities = text_of(row_cell(rows, row, 7)),
        .is_read_only = !read_only->is_null && read_only->boolean,
    };
    return (struct session_entry){
        .id = row_cell(rows, row, 0)->uuid,
        .user_id = row_cell(rows, row, 1)->uuid,
        .application = text_of(row_cell(rows, row, 2)),
        .created_on = row_cell(rows, row, 3)->moment,
        .used_on = row_cell(rows, row, 4)->moment,
        .expires_on = row_cell(rows, row, 5)->moment,
        .scope = scope_is_whole(&scope) ? NULL : scope_copy(arena, &scope),
    };
}

static bool select_sessions(struct arena *arena, struct connection *connection,
                            struct row_condition condition, int64_t limit, struct row_set *rows_out,
                            struct error *error)
{
    const struct row_query query = {
        .table = &session_table,
        .columns = columns,
        .column_count = COLUMN_COUNT,
        .conditions = &condition,
        .condition_count = 1,
        .order = "created_on",
        .limit = limit,
    };
    return row_select(connection, arena, &query, rows_out, error);
}

bool session_read(struct arena *arena, struct connection *connection, const struct uuid *session_id,
                  struct session_entry *entry_out, bool *is_found_out, struct error *error)
{
    struct row_condition by_id = {"id", ROW_IS, cell_uuid(session_id)};
    struct row_set rows;

    if (!select_sessions(arena, connection, by_id, 1, &rows, error)) {
        return false;
    }
    *is_found_out = rows.count == 1;
    if (rows.count == 1) {
        *entry_out = entry_of(arena, &rows, 0);
    }
    return true;
}

bool session_list(struct session_cache *cache, struct arena *arena, struct connection *connection,
                  const struct uuid *user_id, int64_t now, int64_t limit,
                  struct session_entry **entries_out, size_t *count_out, struct error *error)
{
    struct row_condition of_user = {"user_id", ROW_IS, cell_uuid(user_id)};
    struct session_entry *entries = NULL;
    struct row_set rows;
    size_t count = 0;

    if (!select_sessions(arena, connection, of_user, limit, &rows, error)) {
        return false;
    }
    entries = arena_allocate_array(arena, rows.count, sizeof(*entries));
    for (size_t row = 0; row < rows.count; row++) {
        struct session_entry entry = entry_of(arena, &rows, row);
        if (!session_is_over(cache, entry.used_on, entry.expires_on, now)) {
            entries[count++] = entry;
        }
    }
    *entries_out = entries;
    *count_out = count;
    return true;
}
