/*
 * reader_start.h - the parent of the readers as the server has it: started, watched, ended.
 * Private to this floor.
 *
 * It is the program itself, started anew: so it is small, has one thread and nothing of the
 * server's memory, whenever it is started. Of the environment it has what a loader needs, of the
 * open files standard error and its socket. It ends when the other side of that socket has gone.
 *
 * Memory: plain; a parent that was started has two descriptors until it is let go.
 * Threads: one at a time.
 * Specifications: posix_spawn(3), pidfd_open(2).
 */
#ifndef MIME_READER_START_H
#define MIME_READER_START_H

#include <stdbool.h>

#include "base/attributes.h"

struct mime_parent {
    int orders;  /* the socket to it; -1: there is none */
    int process; /* a pidfd */
};

/* Starts one. False when the system gives no process, with errno set. */
must_check bool mime_parent_start(struct mime_parent *parent_out);

/* Whether it has ended, or never was. */
bool mime_parent_has_gone(const struct mime_parent *parent);

/* Kills it, and so its readers, and waits until it has ended. One that has gone is fine. */
void mime_parent_end(struct mime_parent *parent);

#endif
