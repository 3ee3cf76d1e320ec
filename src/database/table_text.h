/*
 * table_text.h - the words of table changes, shared by the plan and the steps.
 */
#ifndef DATABASE_TABLE_TEXT_H
#define DATABASE_TABLE_TEXT_H

#include <stdbool.h>

#include "database/table.h"

struct arena;
struct sql;

/* Whether a column is part of the primary key, of an index or of a reference. */
bool table_column_is_key(const struct table *table, const struct table_column *column);

/* The literal for "nothing yet" of a type, or NULL when the type has none. */
const char *table_zero_of(enum column_type type);

/* The name of the constraint behind a reference; the same every time, 60 bytes at most. */
char *table_reference_name(struct arena *arena, const struct table *table,
                           const struct table_column *column);

/* Writes a column as CREATE TABLE has it. */
void table_column_write(struct sql *sql, const struct table *table,
                        const struct table_column *column);

/* Writes the statement of a step. */
void table_step_write(struct sql *sql, const struct table_step *step);

#endif
