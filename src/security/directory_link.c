/*
 * directory_link.c - rows of users and groups of the directory.
 */
#include "security/directory_link.h"

#include <string.h>

#include "base/arena.h"
#include "crypto/digest.h"
#include "database/row.h"
#include "security/directory.h"
#include "security/tables.h"

/* ---- users ---- */

static bool read_link(struct connection *connection, struct arena *arena,
                      struct row_condition condition, struct row_set *rows_out, struct error *error)
{
    static const char *const columns[] = {"user_id", "directory_id", "found_on"};
    const struct row_query query = {
        .table = &directory_user_table,
        .columns = columns,
        .column_count = 3,
        .conditions = &condition,
        .condition_count = 1,
    };
    return row_select(connection, arena, &query, rows_out, error);
}

bool directory_link_find_user(struct connection *connection, struct arena *arena,
                              const char *directory_id, struct uuid *user_id_out,
                              bool *is_found_out, struct error *error)
{
    const struct row_condition by_id = {"directory_id", ROW_IS, cell_text(directory_id)};
    struct row_set rows;

    if (!read_link(connection, arena, by_id, &rows, error)) {
        return false;
    }
    *is_found_out = rows.count == 1;
    if (rows.count == 1) {
        *user_id_out = row_cell(&rows, 0, 0)->uuid;
    }
    return true;
}

bool directory_link_read(struct connection *connection, struct arena *arena,
                         const struct uuid *user_id, struct directory_link *link_out,
                         struct error *error)
{
    const struct row_condition of_user = {"user_id", ROW_IS, cell_uuid(user_id)};
    struct row_set rows;

    if (!read_link(connection, arena, of_user, &rows, error)) {
        return false;
    }
    *link_out = (struct directory_link){.directory_id = NULL};
    if (rows.count == 1) {
        link_out->directory_id = row_cell(&rows, 0, 1)->text;
        link_out->found_on = row_cell(&rows, 0, 2)->moment;
    }
    return true;
}

bool directory_link_add(struct connection *connection, struct arena *arena,
                        const struct uuid *user_id, const struct directory_link *link,
                        struct error *error)
{
    const struct row_value values[] = {
        {"user_id", cell_uuid(user_id)},
        {"directory_id", cell_text(link->directory_id)},
        {"found_on", cell_moment(link->found_on)},
    };
    return row_insert(connection, arena, &directory_user_table, values, 3, error);
}

bool directory_link_note(struct connection *connection, struct arena *arena,
                         const struct uuid *user_id, int64_t found_on, struct error *error)
{
    const struct row_condition of_user = {"user_id", ROW_IS, cell_uuid(user_id)};
    const struct row_value value = {"found_on", cell_moment(found_on)};

    return row_update(connection, arena, &directory_user_table, &value, 1, &of_user, 1, NULL,
                      error);
}

bool directory_link_remove(struct connection *connection, struct arena *arena,
                           const struct uuid *user_id, struct error *error)
{
    const struct row_condition of_user = {"user_id", ROW_IS, cell_uuid(user_id)};

    return row_delete(connection, arena, &directory_user_table, &of_user, 1, NULL, error);
}

/* ---- groups ---- */

/* Group and role together are too long for a key of some engines. */
static struct cell digest_of(struct arena *arena, const struct directory_rule *rule)
{
    struct digest *digest = digest_begin(arena);
    uint8_t bytes[SHA256_SIZE];
    char *text = arena_allocate(arena, SHA256_TEXT_SIZE);

    digest_add(digest, rule->role_id.bytes, sizeof(rule->role_id.bytes));
    digest_add(digest, rule->key, strlen(rule->key));
    digest_end(digest, bytes);
    digest_format(bytes, text);
    return cell_text(text);
}

bool directory_rule_remove(struct connection *connection, struct arena *arena,
                           const struct directory_rule *rule, struct error *error)
{
    const struct row_condition is_it = {"rule_digest", ROW_IS, digest_of(arena, rule)};

    return row_delete(connection, arena, &directory_group_table, &is_it, 1, NULL, error);
}

bool directory_rule_add(struct connection *connection, struct arena *arena,
                        const struct directory_rule *rule, struct error *error)
{
    const struct row_value values[] = {
        {"rule_digest", digest_of(arena, rule)},
        {"group_key", cell_text(rule->key)},
        {"group_name", cell_text(rule->name)},
        {"role_id", cell_uuid(&rule->role_id)},
    };
    return directory_rule_remove(connection, arena, rule, error) &&
           row_insert(connection, arena, &directory_group_table, values, 4, error);
}

bool directory_rule_list(struct connection *connection, struct arena *arena,
                         const struct directory_rule **rules_out, size_t *count_out,
                         struct error *error)
{
    static const char *const columns[] = {"group_key", "group_name", "role_id"};
    const struct row_query query = {
        .table = &directory_group_table,
        .columns = columns,
        .column_count = 3,
        .order = "group_name",
    };
    struct row_set rows;

    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    struct directory_rule *rules = arena_allocate_array(arena, rows.count, sizeof(*rules));
    for (size_t row = 0; row < rows.count; row++) {
        rules[row] = (struct directory_rule){
            .key = row_cell(&rows, row, 0)->text,
            .name = row_cell(&rows, row, 1)->text,
            .role_id = row_cell(&rows, row, 2)->uuid,
        };
    }
    *rules_out = rules;
    *count_out = rows.count;
    return true;
}

bool directory_rule_roles(struct connection *connection, struct arena *arena,
                          const struct directory_person *person, const struct uuid **role_ids_out,
                          size_t *count_out, struct error *error)
{
    const struct directory_rule *rules = NULL;
    size_t count = 0;
    size_t given = 0;

    if (!directory_rule_list(connection, arena, &rules, &count, error)) {
        return false;
    }
    struct uuid *role_ids = arena_allocate_array(arena, count, sizeof(*role_ids));
    for (size_t index = 0; index < count; index++) {
        if (directory_is_member(arena, person, rules[index].key)) {
            role_ids[given++] = rules[index].role_id;
        }
    }
    *role_ids_out = role_ids;
    *count_out = given;
    return true;
}
