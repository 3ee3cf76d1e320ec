/*
 * holders.h - which nodes live, as one of them sees it by its own clock.
 *
 * Threads: belongs to the pusher's thread.
 */
#ifndef PUSH_HOLDERS_H
#define PUSH_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "change/node.h"

struct arena;
struct connection;
struct error;

enum { HOLDERS_MOST = 64, HOLDER_DEAD_AFTER = 15 * 1000 /* ms without a beat */ };

struct holders {
    struct {
        struct node node;
        int64_t since; /* time_monotonic() when this beat was first seen */
    } seen[HOLDERS_MOST];
    size_t count;
};

/* Looks at the nodes again, and deletes those that are dead. */
must_check bool holders_look(struct holders *holders, struct connection *connection,
                             struct arena *arena, struct error *error);

/* Whether a node lives, as far as it was seen; of more nodes than can be watched all are said to.
 */
bool holders_has(const struct holders *holders, const struct uuid *node_id);

#endif
