/*
 * confine.h - a process that gives up everything but to compute, and to read and write what it has
 * open.
 *
 * The kernel then has few system calls left for it. What would open a file or ask about one fails
 * with EACCES, since libraries try and do without; anything else that is not on the list ends the
 * process: to make sockets, processes or threads, to run a program, to signal or trace others, or
 * to change their bounds. What a library wants to have open or loaded is to be so before.
 *
 * Threads: for a process that has one.
 * Specifications: seccomp(2), prctl(2).
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>

#include "base/attributes.h"

/* Confines this process and whatever comes of it, for good. False, with errno set and nothing
 * changed but that it gains no rights by programs that it runs, where the system does not let a
 * process do so. */
must_check bool confine_process(void);

#endif
