/*
 * interrupt.c - what CRM_INTERRUPT says, for builds that are tested.
 */
#include "base/interrupt.h"

#ifdef INTERRUPTIBLE

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* The text after the name and its colon, or NULL when it is about another place. */
static const char *wish_for(const char *place)
{
    const char *text = getenv("CRM_INTERRUPT");
    size_t length = strlen(place);

    return text != NULL && strncmp(text, place, length) == 0 && text[length] == ':'
               ? text + length + 1
               : NULL;
}

bool interrupt_at(const char *place, struct error *error)
{
    static atomic_int times; /* that somebody came to the place */
    const char *wish = wish_for(place);
    const char *number = wish == NULL ? NULL : strchr(wish, ':');

    if (wish == NULL ||
        atomic_fetch_add(&times, 1) + 1 != (number == NULL ? 1 : atoi(number + 1))) {
        return true;
    }
    if (strncmp(wish, "kill", strlen("kill")) == 0) {
        raise(SIGKILL);
    }
    return error_set(error, ERROR_INTERNAL, NULL, "Interrupted before the step %s", place);
}

#endif
