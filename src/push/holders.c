/*
 * holders.c - beats that move and beats that do not.
 */
#include "push/holders.h"

#include "base/time.h"

static size_t find(const struct holders *holders, const struct uuid *id)
{
    size_t index = 0;

    while (index < holders->count && uuid_compare(&holders->seen[index].node.id, id) != 0) {
        index++;
    }
    return index;
}

bool holders_has(const struct holders *holders, const struct uuid *node_id)
{
    return holders->count == HOLDERS_MOST || find(holders, node_id) < holders->count;
}

/* Since when a node has been at its beat. */
static int64_t since_of(const struct holders *holders, const struct node *node, int64_t now)
{
    size_t index = find(holders, &node->id);

    return index < holders->count && holders->seen[index].node.beat == node->beat
               ? holders->seen[index].since
               : now;
}

bool holders_look(struct holders *holders, struct connection *connection, struct arena *arena,
                  struct error *error)
{
    struct holders next = {.count = 0};
    struct node *nodes = NULL;
    int64_t now = time_monotonic();
    size_t count = 0;

    if (!node_list(connection, arena, &nodes, &count, error)) {
        return false;
    }
    for (size_t index = 0; index < count && next.count < HOLDERS_MOST; index++) {
        int64_t since = since_of(holders, &nodes[index], now);
        if (now - since >= HOLDER_DEAD_AFTER) {
            if (!node_delete(connection, arena, &nodes[index].id, nodes[index].beat, error)) {
                return false;
            }
            continue;
        }
        next.seen[next.count].node = nodes[index];
        next.seen[next.count++].since = since;
    }
    *holders = next;
    return true;
}
