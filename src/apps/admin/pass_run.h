/*
 * pass_run.h - one pass: rows read, turned into drafts, and sent by workers.
 *
 * The result does not depend on how the workers come along: rows of one key keep their order,
 * and passes follow one another.
 */
#ifndef APPS_ADMIN_PASS_RUN_H
#define APPS_ADMIN_PASS_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct client;
struct client_error;
struct error;
struct ledger;
struct mapping;
struct pass;

struct pass_run {
    struct client *client; /* connected; workers open others beside it */
    struct ledger *ledger;
    const struct mapping *mapping;
    size_t workers; /* 0: as the pass says */
};

/* Runs a pass. Failures of rows are in the ledger. Fails when the mapping does not fit the
 * server or the file (error), or the server refuses (client_error, and error has no code). */
must_check bool pass_run(const struct pass_run *run, struct pass *pass,
                         struct client_error *client_error, struct error *error);

#endif
