/*
 * table.h - tables as data, and the steps that make and change them.
 *
 * The catalog describes the tables it wants; `table_plan` compares two descriptions and lists
 * the steps from one to the other; `table_step_run` runs one. Each step is done or not done and
 * may be run twice, so a plan interrupted anywhere goes on where it stopped.
 *
 * A column added to a table of rows may be required only when its type has a zero: existing
 * rows get it ("" 0 false). Steps run outside any transaction and may take their time.
 *
 * What a column holds that is made of another one, the plan only says has to be set right: how is
 * known above (metadata/schema_fill.h).
 *
 * Memory: descriptions are borrowed and must outlive the plan.
 */
#ifndef DATABASE_TABLE_H
#define DATABASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/attributes.h"
#include "database/cell.h"

struct arena;
struct connection;
struct dialect;
struct error;

enum { TABLE_COLUMNS_IN_KEY = 8 };

/* What a column holds that is made of the text in another one (text/fold.h). */
enum column_making { MAKING_NONE, MAKING_FOLD, MAKING_SORT_KEY };

struct table_column {
    const char *name;
    enum column_type type;
    size_t length; /* TEXT in characters, BYTES in bytes; 0: of any length (never indexed) */
    uint8_t precision, scale; /* DECIMAL */
    bool is_required;
    bool is_counted;           /* INTEGER, alone in the primary key: the engine numbers new rows */
    const char *references;    /* table whose id this is, or NULL; RESTRICT on delete */
    enum column_making making; /* of made_from, a column of the same table: TEXT or BYTES */
    const char *made_from;
};

struct table_index {
    const char *name;
    const char *columns[TABLE_COLUMNS_IN_KEY]; /* ends with NULL when shorter */
    bool is_unique;
    bool is_sparse; /* rows without the first column may be left out: nobody looks for them here */
};

struct table {
    const char *name;
    const struct table_column *columns;
    size_t column_count;
    const char *primary_key[TABLE_COLUMNS_IN_KEY];
    const struct table_index *indexes;
    size_t index_count;
};

enum table_step_kind {
    TABLE_STEP_CREATE_TABLE,
    TABLE_STEP_ADD_COLUMN,
    TABLE_STEP_WIDEN_COLUMN,
    TABLE_STEP_FILL_COLUMNS,
    TABLE_STEP_CREATE_INDEX,
    TABLE_STEP_DROP_INDEX,
    TABLE_STEP_ADD_REFERENCE,
};

struct table_step {
    enum table_step_kind kind;
    const struct table *table;
    const struct table_column *column;        /* ADD_COLUMN, WIDEN_COLUMN, ADD_REFERENCE */
    const struct table_column *const *filled; /* FILL_COLUMNS */
    size_t filled_count;
    const struct table_index *index; /* CREATE_INDEX, DROP_INDEX */
    const struct table *referred;    /* ADD_REFERENCE: the table that the column refers to */
};

/* Lists the steps from the old tables to the new, in an order that can run; adds struct
 * table_step to steps. Fails with SCHEMA_MISMATCH on a change that would lose data (a column
 * narrowed or retyped). Columns and tables no longer wanted are left. A column that is made of
 * another is filled where the old description does not say that it was; a unique index over it is
 * dropped before and made after, so that rows which break a key fail at its CREATE_INDEX. */
must_check bool table_plan(struct arena *arena, const struct dialect *dialect,
                           const struct table *const *old_tables, size_t old_count,
                           const struct table *const *new_tables, size_t new_count,
                           struct array *steps, struct error *error);

/* Describes a step for the journal and for people: "create index account_name on account". */
char *table_step_describe(struct arena *arena, const struct table_step *step);

/* Runs one step, of any kind but FILL_COLUMNS; true also when it had already been done. */
must_check bool table_step_run(struct connection *connection, const struct table_step *step,
                               struct error *error);

/* About how many rows a table has, as the engine remembers it; 0 when it does not know. */
must_check bool table_estimate(struct connection *connection, struct arena *arena, const char *name,
                               int64_t *rows_out, struct error *error);

/* Whether the engine has the table. */
must_check bool table_exists(struct connection *connection, const char *name, bool *exists_out,
                             struct error *error);

#endif
