/*
 * unit.h - the tree of business units.
 *
 * Memory: a tree lives in the arena it was loaded into.
 */
#ifndef SECURITY_UNIT_H
#define SECURITY_UNIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct catalog;
struct connection;
struct error;
struct unit_tree;

/* Levels that a branch may have, the root's included. */
enum { UNIT_LEVELS = 64 };

must_check bool unit_tree_load(struct arena *arena, struct connection *connection,
                               const struct catalog *catalog, const struct unit_tree **tree_out,
                               struct error *error);

/* The unit and all below it, in ascending order of id; in the tree's arena. */
const struct uuid *unit_tree_below(const struct unit_tree *tree, const struct uuid *unit_id,
                                   size_t *count_out);

/* The unit that a unit lies under; NULL for the root and for one that does not exist. */
const struct uuid *unit_tree_parent(const struct unit_tree *tree, const struct uuid *unit_id);

/* Whether a unit lies under another, or is it. */
bool unit_tree_is_under(const struct unit_tree *tree, const struct uuid *unit_id,
                        const struct uuid *above);

/* Whether neither the unit nor one above it is disabled, up to the root. */
bool unit_tree_is_open(const struct unit_tree *tree, const struct uuid *unit_id);

/* Levels from the root to the unit; 1: it is the root, 0: there is no such unit. */
size_t unit_tree_level(const struct unit_tree *tree, const struct uuid *unit_id);

/* Levels that the unit and those below it take; 1: none is below. */
size_t unit_tree_height(const struct unit_tree *tree, const struct uuid *unit_id);

#endif
