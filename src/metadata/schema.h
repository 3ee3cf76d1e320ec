/*
 * schema.h - brings the database to the tables that the catalog wants.
 *
 * The description that was last reached and the plan under way are kept in the database, each
 * step marked when done. An interrupted run goes on where it stopped, on any node; one node at
 * a time holds the lease. A server that is older than the schema refuses it.
 */
#ifndef METADATA_SCHEMA_H
#define METADATA_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct catalog;
struct database;
struct error;
struct log;
struct table;

/* Compares, plans, runs. platform_tables are those of other floors (sessions, files ...).
 * Does nothing when the database is up to date. Fails with SCHEMA_MISMATCH on a database made
 * by a newer release or a change that would lose data. */
must_check bool schema_bring_up_to_date(struct database *database, const struct catalog *catalog,
                                        const struct table *const *platform_tables,
                                        size_t platform_table_count, const struct log *log,
                                        struct error *error);

/* Says whether something is left to do, without doing it. */
must_check bool schema_check(struct database *database, const struct catalog *catalog,
                             const struct table *const *platform_tables,
                             size_t platform_table_count, bool *is_up_to_date_out,
                             struct error *error);

#endif
