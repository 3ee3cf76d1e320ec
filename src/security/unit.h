/*
 * unit.h - the tree of business units.
 *
 * Memory: a tree lives in the arena it was loaded into.
 */
#ifndef SECURITY_UNIT_H
#define SECURITY_UNIT_H

#include <stddef.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct catalog;
struct connection;
struct error;
struct unit_tree;

must_check bool unit_tree_load(struct arena *arena, struct connection *connection,
                               const struct catalog *catalog, const struct unit_tree **tree_out,
                               struct error *error);

/* The unit and all below it, in ascending order of id; in the tree's arena. */
const struct uuid *unit_tree_below(const struct unit_tree *tree, const struct uuid *unit_id,
                                   size_t *count_out);

/* The unit that a unit lies under; NULL for the root and for one that does not exist. */
const struct uuid *unit_tree_parent(const struct unit_tree *tree, const struct uuid *unit_id);

#endif
