/*
 * node.c - rows of svyaz_node.
 */
#include "change/node.h"

#include "base/arena.h"
#include "change/tables.h"
#include "database/row.h"

bool node_beat(struct connection *connection, struct arena *arena, const struct uuid *id,
               struct error *error)
{
    const struct row_condition is_it = {"id", ROW_IS, cell_uuid(id)};
    const struct row_value values[] = {{"id", cell_uuid(id)}, {"beat", cell_integer(1)}};
    int64_t count = 0;

    return row_add(connection, arena, &node_table, "beat", 1, &is_it, 1, &count, error) &&
           (count > 0 || row_insert(connection, arena, &node_table, values, 2, error));
}

bool node_list(struct connection *connection, struct arena *arena, struct node **nodes_out,
               size_t *count_out, struct error *error)
{
    enum { ID, BEAT, COLUMN_COUNT };
    static const char *const columns[COLUMN_COUNT] = {[ID] = "id", [BEAT] = "beat"};
    const struct row_query query = {
        .table = &node_table, .columns = columns, .column_count = COLUMN_COUNT};
    struct row_set rows;

    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    *nodes_out = arena_allocate_array(arena, rows.count, sizeof(**nodes_out));
    *count_out = rows.count;
    for (size_t row = 0; row < rows.count; row++) {
        (*nodes_out)[row] = (struct node){.id = row_cell(&rows, row, ID)->uuid,
                                          .beat = row_cell(&rows, row, BEAT)->integer};
    }
    return true;
}

bool node_delete(struct connection *connection, struct arena *arena, const struct uuid *id,
                 int64_t beat, struct error *error)
{
    const struct row_condition which[] = {
        {"id", ROW_IS, cell_uuid(id)},
        {"beat", ROW_IS, cell_integer(beat)},
    };

    return row_delete(connection, arena, &node_table, which, beat < 0 ? 1 : 2, NULL, error);
}
