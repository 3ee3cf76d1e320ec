/*
 * progress.h - how far a pass is, as a bar on a terminal; silent elsewhere.
 */
#ifndef APPS_ADMIN_PROGRESS_H
#define APPS_ADMIN_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *name;
    bool is_shown;
    int64_t begun;   /* monotonic ms */
    int64_t updated; /* the same, of the last drawing */
};

void progress_begin(struct progress *progress, const char *name);

/* Draws it anew, at most some times a second. */
void progress_update(struct progress *progress, size_t rows, int64_t part, int64_t whole);

/* Takes it away. */
void progress_end(struct progress *progress);

#endif
