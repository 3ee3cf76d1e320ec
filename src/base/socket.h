/*
 * socket.h - sockets that a program listens on.
 *
 * Threads: any thread.
 */
#ifndef BASE_SOCKET_H
#define BASE_SOCKET_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/attributes.h"

struct arena;
struct error;

/* Whether "host:port" can be meant. Fails with SETTING_INVALID. */
must_check bool socket_check(const char *address, struct error *error);

/* Listens on "host:port" or "[::1]:port"; port 0 takes a free one. name_out gets the address with
 * the port really bound. The descriptor does not block. Fails with SETTING_INVALID. */
must_check bool socket_listen(struct arena *arena, const char *address, int *descriptor_out,
                              const char **name_out, struct error *error);

/* Listens on a path, from where the socket of a program that has ended is removed. Fails with
 * SETTING_INVALID. */
must_check bool socket_listen_on_path(const char *path, int *descriptor_out, struct error *error);

/* The next connection, non-blocking and closed on exec; -1 when none waits. Sets errno. */
int socket_accept(int listener, struct sockaddr_storage *peer_out);

#endif
