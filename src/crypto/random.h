/*
 * random.h - unpredictable bytes from the operating system.
 *
 * Threads: any thread.
 */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <stddef.h>

/* Fills bytes; aborts the process when the system has no randomness to give. */
void random_bytes(void *bytes, size_t length);

#endif
