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

struct admission *admission_make(struct arena *arena);

/* Lets a request of the user in, or fails with BUSY when he has as many running as limit says.
 * admission may be NULL: any number. */
must_check bool admission_enter(struct admission *admission, const struct uuid *user_id,
                                int64_t limit, struct error *error);

/* Must follow a successful enter. */
void admission_leave(struct admission *admission, const struct uuid *user_id);

#endif
