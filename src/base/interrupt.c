/*
 * interrupt.c - what CRM_INTERRUPT says, for builds that are tested.
 */
#include "base/interrupt.h"

#ifdef INTERRUPTIBLE

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { WISH_SIZE = 100 };

/* How a place fails. */
static const struct way {
    const char *name;
    enum error_code code;
} ways[] = {
    {"fail", ERROR_INTERNAL},
    {"late", ERROR_DATABASE_TIMEOUT},
    {"lost", ERROR_DATABASE_UNAVAILABLE},
    {"met", ERROR_DATABASE_CONFLICT},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static char last_wish[WISH_SIZE];
static int times; /* that somebody came to the place of the last wish */

/* The text after the name and its colon, or NULL when it is about another place. */
static const char *wish_for(const char *place)
{
    const char *text = getenv("CRM_INTERRUPT");
    size_t length = strlen(place);

    return text != NULL && strncmp(text, place, length) == 0 && text[length] == ':'
               ? text + length + 1
               : NULL;
}

/* Counts who comes; a wish that is another one begins anew. */
static int count_for(const char *wish)
{
    pthread_mutex_lock(&lock);
    if (strncmp(last_wish, wish, sizeof(last_wish) - 1) != 0) {
        snprintf(last_wish, sizeof(last_wish), "%s", wish);
        times = 0;
    }
    int count = ++times;
    pthread_mutex_unlock(&lock);
    return count;
}

bool interrupt_at(const char *place, struct error *error)
{
    const char *wish = wish_for(place);
    const char *number = wish == NULL ? NULL : strchr(wish, ':');
    enum error_code code = ERROR_INTERNAL;

    if (wish == NULL || count_for(wish) != (number == NULL ? 1 : atoi(number + 1))) {
        return true;
    }
    if (strncmp(wish, "kill", strlen("kill")) == 0) {
        raise(SIGKILL);
    }
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        code = strncmp(wish, ways[i].name, strlen(ways[i].name)) == 0 ? ways[i].code : code;
    }
    return error_set(error, code, NULL, "Interrupted before the step %s", place);
}

int interrupt_count(void)
{
    pthread_mutex_lock(&lock);
    int count = times;
    pthread_mutex_unlock(&lock);
    return count;
}

#endif
