/*
 * access.h - how many connections each source address has, so that none has too many.
 *
 * An IPv6 source counts by its /64: whoever has one address there has them all.
 *
 * Memory: the table lives in the arena given, sized once for all connections.
 * Threads: belongs to the event loop.
 */
#ifndef SERVER_ACCESS_H
#define SERVER_ACCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct access;
struct arena;

/* The number under which a source is counted. */
struct access_source {
    uint64_t high;
    uint64_t low;
};

struct access *access_create(struct arena *arena, int connections);

struct access_source access_source_of(const struct sockaddr_storage *address);

/* Counts one more; false, and not counted, when the source has as many as most already. */
bool access_enter(struct access *access, struct access_source source, int most);

/* Counts one less. */
void access_leave(struct access *access, struct access_source source);

#endif
