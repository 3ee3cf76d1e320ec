/*
 * descriptor.h - open files handed from one process to another, beside a few bytes.
 *
 * Of sockets that keep messages apart (SOCK_SEQPACKET): one message is sent or comes whole.
 *
 * Threads: any thread; a socket belongs to one at a time.
 * Specifications: unix(7), cmsg(3).
 */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct arena;

enum { DESCRIPTORS_MOST = 3 /* in one message */ };

/* Sends the bytes as one message with these descriptors, which stay open here too. False when the
 * other side has gone, with errno set. */
must_check bool descriptors_send(int socket, const void *bytes, size_t length,
                                 const int *descriptors, size_t count);

/* Waits for a message of exactly so many bytes and descriptors; they are closed on exec, and are
 * the caller's. False when the other side has gone, or has sent anything else. */
must_check bool descriptors_receive(int socket, void *bytes, size_t length, int *descriptors,
                                    size_t count);

/* The same with as many descriptors as came: none where this process may open no more files. */
must_check bool descriptors_receive_some(int socket, void *bytes, size_t length,
                                         int descriptors[DESCRIPTORS_MOST], size_t *count_out);

void descriptors_close(const int *descriptors, size_t count);

/* Has the arena close a descriptor. */
void descriptor_close_with(struct arena *arena, int descriptor);

#endif
