/*
 * courier.h - brings changes to one subscriber, one message after the other.
 *
 * A courier has a thread of its own: a subscriber that is slow, or gone, keeps nobody waiting but
 * himself. It sends, waits for the acknowledgement, writes down how far it came, and goes on; after
 * a failure it waits, longer each time, and sends the same again, without end. What is refused
 * again and again is sent alone, and then parked as a dead letter when the subscriber wants that.
 *
 * Threads: made, told and destroyed by the pusher's thread.
 */
#ifndef PUSH_COURIER_H
#define PUSH_COURIER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct courier;
struct error;
struct platform;
struct soap_door;
struct subscription;
struct tls_client;

/* What all couriers of a node share. */
struct courier_house {
    const struct platform *platform;
    struct soap_door *door;
    struct tls_client *tls;
    struct uuid node_id;
};

/* Starts one for a subscription that the node holds. */
must_check bool courier_start(const struct courier_house *house, const struct subscription *of,
                              struct courier **courier_out, struct error *error);

const struct uuid *courier_subscription(const struct courier *courier);

/* Tells that there are changes up to a position. */
void courier_tell(struct courier *courier, int64_t position);

/* Tells which edition the subscription has by now: with another one than it knew, the courier looks
 * again at once, though it waits after a failure. */
void courier_renew(struct courier *courier, int64_t edition);

/* Asks it to end, without waiting; and whether it has, of itself or for being asked. */
void courier_stop(struct courier *courier);
bool courier_has_ended(struct courier *courier);

/* Waits for its end. Accepts a pointer to NULL, leaves NULL. */
void courier_destroy(struct courier **courier);

#endif
