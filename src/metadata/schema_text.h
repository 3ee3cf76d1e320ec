/*
 * schema_text.h - the description of a table as text, to be kept in the database.
 *
 * One line a column, then the primary key and the indexes:
 *
 *   column name text 160 0 0 optional -
 *   column owner uuid 0 0 0 optional system_user
 *   column name_fold text 320 0 0 optional - fold name
 *   primary id
 *   index account_key_externalId unique externalId_fold
 *
 * Memory: results live in the arena given.
 */
#ifndef METADATA_SCHEMA_TEXT_H
#define METADATA_SCHEMA_TEXT_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct error;
struct table;

/* The same table always gives the same text. */
char *schema_text_write(struct arena *arena, const struct table *table);

/* Fails with SCHEMA_MISMATCH on what schema_text_write of this release could not have written. */
must_check bool schema_text_read(struct arena *arena, const char *name, const char *text,
                                 const struct table **table_out, struct error *error);

/* The table wanted, with the columns that only the present one has: they are left in the
 * database, so they stay in its description, which no longer vouches for what is in those that
 * are made of others. present may be NULL. */
const struct table *schema_merge_table(struct arena *arena, const struct table *present,
                                       const struct table *wanted);

#endif
