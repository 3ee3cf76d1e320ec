/*
 * unit.c - reads the units at once and walks them in memory.
 */
#include "security/unit.h"

#include <stdlib.h>

#include "base/arena.h"
#include "database/row.h"
#include "metadata/catalog.h"
#include "security/stored.h"

struct unit {
    struct uuid id;
    struct uuid parent; /* empty: the root */
    bool is_disabled;
};

struct unit_tree {
    struct arena *arena;
    struct unit *units; /* ascending by id */
    size_t count;
};

static struct unit *find(const struct unit_tree *tree, const struct uuid *id)
{
    /* A unit begins with its id. */
    return tree->count == 0
               ? NULL
               : bsearch(id, tree->units, tree->count, sizeof(*tree->units), uuid_compare);
}

bool unit_tree_load(struct arena *arena, struct connection *connection,
                    const struct catalog *catalog, const struct unit_tree **tree_out,
                    struct error *error)
{
    const struct entity *entity = catalog_find_entity(catalog, "BusinessUnit");
    const char *const columns[] = {entity->id->column, stored_column(entity, "parentBusinessUnit"),
                                   stored_column(entity, "isDisabled")};
    const struct row_query query = {
        .table = stored_table(catalog, entity), .columns = columns, .column_count = 3};
    struct row_set rows;
    if (!row_select(connection, arena, &query, &rows, error)) {
        return false;
    }
    struct unit_tree *tree = arena_allocate(arena, sizeof(*tree));
    tree->arena = arena;
    tree->count = rows.count;
    tree->units = arena_allocate_array(arena, rows.count, sizeof(*tree->units));
    for (size_t index = 0; index < rows.count; index++) {
        const struct cell *parent = row_cell(&rows, index, 1);
        tree->units[index].id = row_cell(&rows, index, 0)->uuid;
        if (!parent->is_null) {
            tree->units[index].parent = parent->uuid;
        }
        const struct cell *is_disabled = row_cell(&rows, index, 2);
        tree->units[index].is_disabled = !is_disabled->is_null && is_disabled->boolean;
    }
    qsort(tree->units, tree->count, sizeof(*tree->units), uuid_compare);
    *tree_out = tree;
    return true;
}

const struct uuid *unit_tree_parent(const struct unit_tree *tree, const struct uuid *unit_id)
{
    const struct unit *unit = find(tree, unit_id);
    return unit == NULL || uuid_is_empty(&unit->parent) ? NULL : &unit->parent;
}

static const struct unit *above(const struct unit_tree *tree, const struct unit *unit)
{
    return uuid_is_empty(&unit->parent) ? NULL : find(tree, &unit->parent);
}

/* A ring, should there be one, ends the walk. */
static bool is_under(const struct unit_tree *tree, const struct unit *unit,
                     const struct uuid *above_id)
{
    for (size_t steps = 0; unit != NULL && steps <= tree->count; steps++) {
        if (uuid_is_equal(&unit->id, above_id)) {
            return true;
        }
        unit = above(tree, unit);
    }
    return false;
}

bool unit_tree_is_under(const struct unit_tree *tree, const struct uuid *unit_id,
                        const struct uuid *above_id)
{
    return is_under(tree, find(tree, unit_id), above_id);
}

bool unit_tree_is_open(const struct unit_tree *tree, const struct uuid *unit_id)
{
    const struct unit *unit = find(tree, unit_id);
    for (size_t steps = 0; unit != NULL && !unit->is_disabled && steps < UNIT_LEVELS; steps++) {
        if (uuid_is_empty(&unit->parent)) {
            return true;
        }
        unit = above(tree, unit);
    }
    return false;
}

size_t unit_tree_level(const struct unit_tree *tree, const struct uuid *unit_id)
{
    size_t level = 0;
    const struct unit *unit = find(tree, unit_id);
    while (unit != NULL && level <= tree->count) {
        level++;
        unit = above(tree, unit);
    }
    return level;
}

size_t unit_tree_height(const struct unit_tree *tree, const struct uuid *unit_id)
{
    size_t level = unit_tree_level(tree, unit_id);
    size_t deepest = level;
    for (size_t index = 0; index < tree->count; index++) {
        const struct unit *unit = &tree->units[index];
        if (is_under(tree, unit, unit_id)) {
            size_t own = unit_tree_level(tree, &unit->id);
            deepest = own > deepest ? own : deepest;
        }
    }
    return deepest - level + 1;
}

const struct uuid *unit_tree_below(const struct unit_tree *tree, const struct uuid *unit_id,
                                   size_t *count_out)
{
    struct uuid *below = arena_allocate_array(tree->arena, tree->count, sizeof(*below));
    size_t count = 0;
    for (size_t index = 0; index < tree->count; index++) {
        if (is_under(tree, &tree->units[index], unit_id)) {
            below[count++] = tree->units[index].id;
        }
    }
    *count_out = count;
    return below;
}
