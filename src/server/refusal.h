/*
 * refusal.h - why a request is refused before any handler sees it.
 *
 * A refusal becomes a short answer with its status, a log line and a count. It ends the
 * connection, since nobody can be sure where the next request begins; unless the request had
 * been read whole.
 */
#ifndef SERVER_REFUSAL_H
#define SERVER_REFUSAL_H

#include <stdbool.h>

#define REFUSAL(name, status, word, sentence) REFUSAL_##name,
enum refusal {
    REFUSAL_NONE,
#include "server/refusal.def"
    REFUSAL_COUNT
};
#undef REFUSAL

struct refusal_kind {
    int status;
    const char *word;     /* for the log and the metrics */
    const char *sentence; /* for the client */
};

/* The row of a refusal other than REFUSAL_NONE. */
const struct refusal_kind *refusal_kind(enum refusal refusal);

#endif
