/*
 * interrupt.h - named places where a test makes the server end, or an operation fail.
 *
 * A build with -DINTERRUPTIBLE (build/check) looks at CRM_INTERRUPT in its environment:
 *
 *   CRM_INTERRUPT=commit:kill      the process ends by SIGKILL when it comes to `commit`
 *   CRM_INTERRUPT=commit:fail:3    the third who comes there fails with INTERNAL
 *   CRM_INTERRUPT=statement:late:7 the seventh statement of the database fails with
 *                                  DATABASE_TIMEOUT; `lost`: with DATABASE_UNAVAILABLE;
 *                                  `met`: with DATABASE_CONFLICT
 *
 * Who comes is counted from when CRM_INTERRUPT was set, or came to say something else. In any other
 * build nothing of this exists.
 *
 * Threads: any.
 */
#ifndef BASE_INTERRUPT_H
#define BASE_INTERRUPT_H

#include <stdbool.h>

#include "base/attributes.h"

struct error;

#ifdef INTERRUPTIBLE

/* Comes to a place; false when it fails there. */
must_check bool interrupt_at(const char *place, struct error *error);

/* How many have come to the place that CRM_INTERRUPT names. */
int interrupt_count(void);

#else

static inline bool interrupt_at(const char *place, struct error *error)
{
    (void)place;
    (void)error;
    return true;
}

static inline int interrupt_count(void)
{
    return 0;
}

#endif

#endif
