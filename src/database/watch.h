/*
 * watch.h - cancels statements that run too long, for engines that cannot do it themselves.
 *
 * A watch belongs to a connection and knows what runs there and until when; one watcher
 * thread looks at all of them a few times a second.
 *
 * Threads: begin and end are called by the connection's thread, the rest by any.
 */
#ifndef DATABASE_WATCH_H
#define DATABASE_WATCH_H

#include <sql.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct watch;
struct watcher;

/* Starts the thread. NULL when the system refuses one. */
struct watcher *watcher_start(struct arena *arena, int64_t limit);

/* Ends the thread; no watch may be left. */
void watcher_stop(struct watcher *watcher);

/* Makes the watch of one connection. */
struct watch *watch_create(struct arena *arena, struct watcher *watcher);
void watch_destroy(struct watch *watch);

/* The statement begins, and has ended; false when it was cancelled meanwhile. */
void watch_begin(struct watch *watch, SQLHSTMT statement);
bool watch_end(struct watch *watch);

#endif
