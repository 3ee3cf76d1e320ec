/*
 * workers.h - the threads that run the handler, and the two queues between them and the loop.
 *
 * Requests wait in a bounded queue; what is answered goes back through another, which makes a
 * descriptor readable, so that the loop notices.
 *
 * Memory: lives in the arena given; queues link the exchanges themselves.
 * Threads: submit and take_answered are called by the event loop.
 */
#ifndef SERVER_WORKERS_H
#define SERVER_WORKERS_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct counters;
struct error;
struct exchange;
struct exchange_door;
struct workers;

/* Starts the threads, so many. */
must_check bool workers_start(struct arena *arena, const struct exchange_door *door,
                              int thread_count, struct counters *counters,
                              struct workers **workers_out, struct error *error);

/* Hands over an exchange whose request is whole; false when too many wait already. */
must_check bool workers_submit(struct workers *workers, struct exchange *exchange);

/* Readable when answers can be taken. */
int workers_descriptor(const struct workers *workers);

/* All answered exchanges, linked by their next; NULL when there are none. */
struct exchange *workers_take_answered(struct workers *workers);

/* Lets the threads finish what they handle, and ends them. */
void workers_stop(struct workers *workers);

#endif
