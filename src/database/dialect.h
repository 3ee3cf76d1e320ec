/*
 * dialect.h - the ways in which engines differ, as far as writers of SQL ask.
 *
 * Memory: dialects are constant.
 * Threads: any.
 */
#ifndef DATABASE_DIALECT_H
#define DATABASE_DIALECT_H

#include <stdbool.h>

struct dialect;

/* The dialect of an engine by what it calls itself, or NULL. */
const struct dialect *dialect_find(const char *engine);

/* "SQLite", "PostgreSQL", "MariaDB". */
const char *dialect_name(const struct dialect *dialect);

/* Whether an index serves a comparison of rows, (a, b) > (?, ?). Where not, it serves the same
 * written with AND and OR. */
bool dialect_seeks_by_row(const struct dialect *dialect);

/* Whether rows can be locked, and need be: not where a writer is alone. */
bool dialect_locks_rows(const struct dialect *dialect);

/* Sets the variables that drivers read; only the first call writes to the environment, and it
 * must come before the program has threads. */
void dialect_set_variables(void);

#endif
