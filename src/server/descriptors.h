/*
 * descriptors.h - how many descriptors the process may hold.
 */
#ifndef SERVER_DESCRIPTORS_H
#define SERVER_DESCRIPTORS_H

#include <stdint.h>

/* Raises the limit as far as wanted, where the system lets us. Returns what holds then. */
int64_t descriptors_raise(int64_t wanted);

#endif
