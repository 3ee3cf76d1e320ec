/*
 * loop.h - the one thread that waits: for connections, for bytes, for answers, for time.
 *
 * epoll wakes each descriptor once (EPOLLONESHOT), so a connection that a worker has, or that
 * is parked, costs nothing. The loop never blocks but in epoll.
 *
 * Memory: lives in the arena given; connections in one of its own, since others may have that
 * arena while it runs.
 * Threads: run by one thread; loop_wake may be called by any.
 */
#ifndef SERVER_LOOP_H
#define SERVER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct http_shared;
struct error;
struct listener;
struct loop;

/* Prepares to serve the listeners, which stay the caller's. */
must_check bool loop_create(struct arena *arena, struct http_shared *shared,
                            struct listener *listeners, int listener_count, struct loop **loop_out,
                            struct error *error);

/* Runs until a drain is over. */
void loop_run(struct loop *loop);

/* Stops accepting, closes what is idle, lets the others finish; what is still open at the
 * deadline (time_monotonic()) is closed. loop_run then returns. */
void loop_drain(struct loop *loop, int64_t deadline);

/* Connections that the drain's deadline cut off; once loop_run has returned. */
int loop_cut_count(const struct loop *loop);

/* Closes what is left; the workers must have ended. Accepts a pointer to NULL and leaves NULL. */
void loop_destroy(struct loop **loop);

#endif
