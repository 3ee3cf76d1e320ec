/*
 * pusher.h - brings changes to all who subscribed, shared among the nodes of one database.
 *
 * Each subscription is held by one node at a time, which has a courier for it. The pusher of a node
 * raises the node's beat, takes subscriptions that nobody holds, and those of nodes whose beat has
 * stood still; it gives up what is more than its share. README.md of this folder says why nothing
 * is lost or brought out of order by that.
 *
 * Threads: started and stopped by the main thread.
 */
#ifndef PUSH_PUSHER_H
#define PUSH_PUSHER_H

#include <stdbool.h>

#include "base/attributes.h"

struct error;
struct platform;
struct pusher;
struct soap_door;

/* Starts it. Platform and door outlive it. */
must_check bool pusher_start(const struct platform *platform, struct soap_door *door,
                             struct pusher **pusher_out, struct error *error);

/* Ends what is under way, gives all subscriptions free; accepts a pointer to NULL, leaves NULL. */
void pusher_stop(struct pusher **pusher);

#endif
