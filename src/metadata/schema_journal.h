/*
 * schema_journal.h - what the database knows of its own schema: reached, planned, done.
 *
 *   svyaz_schema        a description of each table as it is (reached) and, while a plan is
 *                       under way, as it shall be (planned); and the release that wrote them
 *   svyaz_schema_step   the steps of that plan, each marked when done
 *
 * Memory: what is read lives in the arena given.
 */
#ifndef METADATA_SCHEMA_JOURNAL_H
#define METADATA_SCHEMA_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;
struct array;
struct connection;
struct error;

enum schema_kind { SCHEMA_REACHED, SCHEMA_PLANNED };

/* Makes the tables of the journal where they are missing. */
must_check bool schema_journal_prepare(struct connection *connection, struct error *error);

/* Whether they are there. */
must_check bool schema_journal_exists(struct connection *connection, bool *exists_out,
                                      struct error *error);

/* Adds the tables of a kind, in the order of their names. */
must_check bool schema_journal_read(struct connection *connection, struct arena *arena,
                                    enum schema_kind kind, struct array *tables,
                                    struct error *error);

/* The release that wrote the schema last; 0 when none did. */
must_check bool schema_journal_release(struct connection *connection, struct arena *arena,
                                       int64_t *release_out, struct error *error);

/* Writes down what shall be and by which steps, in one transaction. */
must_check bool schema_journal_plan(struct connection *connection, struct arena *arena,
                                    const struct array *tables, const struct array *steps,
                                    int64_t release, struct error *error);

/* How many steps, from the first, are marked as done. */
must_check bool schema_journal_count_done(struct connection *connection, struct arena *arena,
                                          size_t *count_out, struct error *error);

must_check bool schema_journal_mark_done(struct connection *connection, struct arena *arena,
                                         size_t position, struct error *error);

/* What was planned is reached: in one transaction, and the plan goes. */
must_check bool schema_journal_finish(struct connection *connection, struct arena *arena,
                                      struct error *error);

#endif
