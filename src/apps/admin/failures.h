/*
 * failures.h - rows that failed: said line by line, and written so that they can be corrected
 * and imported again.
 */
#ifndef APPS_ADMIN_FAILURES_H
#define APPS_ADMIN_FAILURES_H

#include <stdbool.h>

#include "base/attributes.h"

struct array;
struct arena;
struct error;
struct mapping;

/* Says `file:line: column: sentence` for each, on standard error. */
void failures_say(const struct array *failures);

/* Writes the rows into folder, each file under the name of its source, with its columns and a
 * last one that says why. A row that failed in several passes is there once. */
must_check bool failures_write(struct arena *arena, const struct mapping *mapping,
                               const struct array *failures, const char *folder,
                               struct error *error);

#endif
