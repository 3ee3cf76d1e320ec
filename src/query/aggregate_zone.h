/*
 * aggregate_zone.h - in which day a moment lies: what the clocks of a zone said, in the years that
 * the records have.
 *
 * Engines know no zones that we can trust to be there and to be alike, so ours (text/zone.h) are
 * told to them: the changes of the clock in those years, and no others.
 */
#ifndef QUERY_AGGREGATE_ZONE_H
#define QUERY_AGGREGATE_ZONE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "query/aggregate_tree.h"
#include "text/zone.h"

struct arena;
struct call;
struct error;
struct reach;

struct aggregate_offsets {
    const struct zone_offset *items; /* ascending */
    size_t count;
};

struct aggregate_zones {
    struct arena *arena;
    struct aggregate_offsets of_keys[AGGREGATE_KEYS]; /* where a zone is needed */
};

/* Whether the key is a period of moments. */
bool aggregate_is_zoned(const struct aggregate_group_key *key);

/* The zone of the call, or UTC. */
const char *aggregate_zone_name(const struct call *call);

/* Asks for the years, where the zone's clocks change. */
must_check bool aggregate_read_zones(struct call *call, const struct aggregate *aggregate,
                                     const struct reach *reach, struct aggregate_zones *zones_out,
                                     struct error *error);

#endif
