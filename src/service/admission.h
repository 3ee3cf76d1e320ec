/*
 * admission.h - how many requests one user may have running at once.
 *
 * Memory: lives in the arena of the program.
 * Threads: shared; it guards itself.
 */
#ifndef SERVICE_ADMISSION_H
#define SERVICE_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct admission;
struct arena;
struct error;
struct uuid;

/* limit is the number of requests that a user may have running. */
struct admission *admission_make(struct arena *arena, int64_t limit);

/* Lets a request of the user in, or fails with BUSY. admission may be NULL: no limit. */
must_check bool admission_enter(struct admission *admission, const struct uuid *user_id,
                                struct error *error);

/* Must follow a successful enter. */
void admission_leave(struct admission *admission, const struct uuid *user_id);

#endif
