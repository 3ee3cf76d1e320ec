/*
 * aggregate_select.h - the SELECT of an aggregate: written, and read into groups.
 *
 * The values that count are picked in an inner SELECT, with all that is bound; the outer one
 * groups them. Memory: groups live in the arena of the call.
 */
#ifndef QUERY_AGGREGATE_SELECT_H
#define QUERY_AGGREGATE_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "query/aggregate_tree.h"

struct call;
struct error;
struct reach;

struct aggregate_groups {
    struct aggregate_group *items;
    size_t count;
};

/* Reads all groups, unsorted. LIMIT_EXCEEDED when there are more than limits.groups. */
must_check bool aggregate_select(struct call *call, const struct aggregate *aggregate,
                                 const struct reach *reach, struct aggregate_groups *groups_out,
                                 struct error *error);

#endif
