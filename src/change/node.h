/*
 * node.h - the nodes that bring changes to subscribers, and whether each is alive.
 *
 * A node has a row and raises its beat every now and then. Whoever sees a beat stand still for
 * long, by his own clock, takes the node for dead. No clock of one machine is compared with
 * another's.
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef CHANGE_NODE_H
#define CHANGE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct arena;
struct connection;
struct error;

struct node {
    struct uuid id;
    int64_t beat;
};

/* Raises the beat of a node; makes its row when there is none. */
must_check bool node_beat(struct connection *connection, struct arena *arena, const struct uuid *id,
                          struct error *error);

must_check bool node_list(struct connection *connection, struct arena *arena,
                          struct node **nodes_out, size_t *count_out, struct error *error);

/* Deletes the row of a node that ends, or that was seen dead at a beat; at another one it lives,
 * and stays. beat -1: whatever it is. */
must_check bool node_delete(struct connection *connection, struct arena *arena,
                            const struct uuid *id, int64_t beat, struct error *error);

#endif
