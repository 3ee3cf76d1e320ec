/*
 * import.h - runs a whole mapping through a client.
 */
#ifndef APPS_ADMIN_IMPORT_H
#define APPS_ADMIN_IMPORT_H

#include <stddef.h>

#include "apps/admin/print.h"
#include "apps/admin/verb.h"

struct arena;
struct client;

struct import_options {
    const char *mapping;
    const char *folder; /* NULL: beside the mapping */
    const char *errors; /* folder for rows that failed */
    size_t error_limit;
    size_t workers; /* 0: as the mapping says */
    enum print_format format;
};

/* Runs it; says what went wrong, prints the summary. */
enum exit_code import_run(struct arena *arena, struct client *client,
                          const struct import_options *options);

#endif
