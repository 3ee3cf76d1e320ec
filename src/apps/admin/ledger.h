/*
 * ledger.h - what came of the rows of an import: counts, failures, and the ids of what it wrote.
 *
 * Memory: a ledger lives in the arena it was made in, which is then its own.
 * Threads: shared; it guards itself.
 */
#ifndef APPS_ADMIN_LEDGER_H
#define APPS_ADMIN_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"

struct arena;
struct client_error;
struct draft;
struct ledger;
struct pass;

enum row_outcome { ROW_CREATED, ROW_UPDATED, ROW_UNCHANGED, ROW_FAILED, ROW_OUTCOME_COUNT };

struct row_counts {
    size_t of[ROW_OUTCOME_COUNT];
};

struct failure {
    const struct pass *pass;
    long line;
    const char *const *cells;
    const char *column; /* or NULL */
    const char *code;   /* of the server, or NULL */
    const char *message;
};

struct ledger *ledger_make(struct arena *arena, size_t failure_limit);

/* Begins the counts of a pass. */
void ledger_begin_pass(struct ledger *ledger, const struct pass *pass, size_t cell_count);

/* What a row came to. */
void ledger_count(struct ledger *ledger, enum row_outcome outcome);

/* A row that the mapping refuses, and one that the server refuses. */
void ledger_fail_draft(struct ledger *ledger, const struct draft *draft);
void ledger_fail(struct ledger *ledger, const struct draft *draft,
                 const struct client_error *error);

/* Ends everything: the server cannot be reached, or refuses this client. */
void ledger_give_up(struct ledger *ledger, const struct client_error *error);

/* Whether no more should be sent: given up, or too many failures. */
bool ledger_is_stopped(struct ledger *ledger);

/* The reason for giving up, or NULL. */
const struct client_error *ledger_reason(const struct ledger *ledger);

struct row_counts ledger_counts(struct ledger *ledger);

/* Failures of the current pass, in the order of their lines; and of all passes. */
void ledger_failures_of_pass(struct ledger *ledger, struct array *failures);
const struct array *ledger_failures(const struct ledger *ledger);

/* Remembers the id of a record by an alternate key of one value, and finds it again; the text
 * found is copied to the arena. NULL when it is not known. */
void ledger_remember(struct ledger *ledger, const char *entity, const char *key, const char *value,
                     const char *id);
const char *ledger_recall(struct ledger *ledger, struct arena *arena, const char *entity,
                          const char *key, const char *value);

#endif
