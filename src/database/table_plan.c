/*
 * table_plan.c - compares two descriptions of tables and lists the steps from one to the other.
 *
 * Order: indexes that go, tables that come, columns and what is in them, indexes that come,
 * references. So an index finds its columns filled, and a reference its table and their types. A
 * key over columns that are filled goes and comes again: no row keeps another from being filled.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "database/dialect_driver.h"
#include "database/table.h"
#include "database/table_text.h"

/* What is compared, and where the steps go. */
struct comparison {
    struct arena *arena;
    const struct dialect *dialect;
    const struct table *const *old_tables;
    size_t old_count;
    const struct table *const *new_tables;
    size_t new_count;
    struct array *steps;
};

/* ---- finding by name ---- */

static const struct table *find_table(const struct table *const *tables, size_t count,
                                      const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(tables[i]->name, name) == 0) {
            return tables[i];
        }
    }
    return NULL;
}

static const struct table_column *find_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            return &table->columns[i];
        }
    }
    return NULL;
}

static bool is_same_list(const char *const left[TABLE_COLUMNS_IN_KEY],
                         const char *const right[TABLE_COLUMNS_IN_KEY])
{
    for (size_t i = 0; i < TABLE_COLUMNS_IN_KEY; i++) {
        const char *left_name = left[i];
        const char *right_name = right[i];

        if (!left_name || !right_name) {
            return left_name == right_name;
        }
        if (strcmp(left_name, right_name) != 0) {
            return false;
        }
    }
    return true;
}

/* Whether the engine sees no difference: not all know sparse ones. */
static bool is_same_index(const struct dialect *dialect, const struct table_index *left,
                          const struct table_index *right)
{
    return strcmp(left->name, right->name) == 0 && left->is_unique == right->is_unique &&
           (left->is_sparse == right->is_sparse || !dialect->has_partial_indexes) &&
           is_same_list(left->columns, right->columns);
}

/* table NULL: it has no index at all. */
static bool has_index(const struct dialect *dialect, const struct table *table,
                      const struct table_index *index)
{
    for (size_t i = 0; table && i < table->index_count; i++) {
        if (is_same_index(dialect, &table->indexes[i], index)) {
            return true;
        }
    }
    return false;
}

static void add_step(struct comparison *comparison, struct table_step step)
{
    array_add(comparison->steps, arena_copy(comparison->arena, &step, sizeof(step)));
}

/* ---- columns ---- */

static bool refuse(const struct table *table, const struct table_column *column, const char *why,
                   struct error *error)
{
    return error_set_about(error, ERROR_SCHEMA_MISMATCH, table->name, column->name,
                           "The column %s of the table %s %s", column->name, table->name, why);
}

static bool is_narrower(size_t new_length, size_t old_length)
{
    return new_length != 0 && (old_length == 0 || new_length < old_length);
}

static bool check_column_change(const struct table *table, const struct table_column *old_column,
                                const struct table_column *new_column, struct error *error)
{
    const char *old_target = old_column->references ? old_column->references : "";
    const char *new_target = new_column->references ? new_column->references : "";

    if (old_column->type != new_column->type || old_column->scale != new_column->scale) {
        return refuse(table, new_column, "cannot change its type", error);
    }
    if (is_narrower(new_column->length, old_column->length) ||
        new_column->precision < old_column->precision) {
        return refuse(table, new_column, "cannot become narrower", error);
    }
    if (new_column->is_required && !old_column->is_required) {
        return refuse(table, new_column, "cannot become required", error);
    }
    if (*old_target && strcmp(old_target, new_target) != 0) {
        return refuse(table, new_column, "cannot refer to another table", error);
    }
    return true;
}

/* Whether the engine itself sees a difference: on many, longer text is the same text. */
static bool is_changed(struct comparison *comparison, const struct table *old_table,
                       const struct table_column *old_column, const struct table *new_table,
                       const struct table_column *new_column)
{
    struct buffer old_type, new_type;

    buffer_init(&old_type, comparison->arena, 64);
    buffer_init(&new_type, comparison->arena, 64);
    comparison->dialect->write_type(&old_type, old_column,
                                    table_column_is_key(old_table, old_column));
    comparison->dialect->write_type(&new_type, new_column,
                                    table_column_is_key(new_table, new_column));
    return strcmp(old_type.bytes, new_type.bytes) != 0 ||
           old_column->is_required != new_column->is_required;
}

/* Whether it is made of another column and the old description does not vouch for that. */
static bool must_be_filled(const struct table_column *old_column,
                           const struct table_column *new_column)
{
    return new_column->making != MAKING_NONE &&
           (!old_column || old_column->making != new_column->making ||
            strcmp(old_column->made_from, new_column->made_from) != 0);
}

static void fill_columns(struct comparison *comparison, const struct table *old_table,
                         const struct table *new_table)
{
    const struct table_column **filled =
        arena_allocate_array(comparison->arena, new_table->column_count, sizeof(*filled));
    struct table_step step = {
        .kind = TABLE_STEP_FILL_COLUMNS, .table = new_table, .filled = filled};

    for (size_t i = 0; i < new_table->column_count; i++) {
        const struct table_column *column = &new_table->columns[i];

        if (must_be_filled(find_column(old_table, column->name), column)) {
            filled[step.filled_count++] = column;
        }
    }
    if (step.filled_count > 0) {
        add_step(comparison, step);
    }
}

static bool compare_columns(struct comparison *comparison, const struct table *old_table,
                            const struct table *new_table, struct error *error)
{
    for (size_t i = 0; i < new_table->column_count; i++) {
        const struct table_column *new_column = &new_table->columns[i];
        const struct table_column *old_column = find_column(old_table, new_column->name);
        struct table_step step = {.table = new_table, .column = new_column};

        if (!old_column) {
            if (new_column->is_required && !table_zero_of(new_column->type)) {
                return refuse(new_table, new_column, "cannot be required in existing rows", error);
            }
            step.kind = TABLE_STEP_ADD_COLUMN;
            add_step(comparison, step);
            continue;
        }
        if (!check_column_change(new_table, old_column, new_column, error)) {
            return false;
        }
        if (is_changed(comparison, old_table, old_column, new_table, new_column)) {
            step.kind = TABLE_STEP_WIDEN_COLUMN;
            add_step(comparison, step);
        }
    }
    fill_columns(comparison, old_table, new_table);
    return true;
}

/* ---- the five passes ---- */

static bool is_over_filled(const struct table *old_table, const struct table *new_table,
                           const struct table_index *index)
{
    for (size_t i = 0; i < TABLE_COLUMNS_IN_KEY && index->columns[i]; i++) {
        const struct table_column *column = find_column(new_table, index->columns[i]);

        if (column && must_be_filled(find_column(old_table, column->name), column)) {
            return true;
        }
    }
    return false;
}

/* Whether both have it, and it may stand while columns are filled: a key would compare rows that
 * are filled with rows that are not yet. old_table NULL: new. */
static bool stays(const struct comparison *comparison, const struct table *old_table,
                  const struct table *new_table, const struct table_index *index)
{
    return has_index(comparison->dialect, old_table, index) &&
           has_index(comparison->dialect, new_table, index) &&
           !(index->is_unique && is_over_filled(old_table, new_table, index));
}

static void drop_indexes(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->old_count; i++) {
        const struct table *old_table = comparison->old_tables[i];
        const struct table *new_table =
            find_table(comparison->new_tables, comparison->new_count, old_table->name);

        for (size_t j = 0; new_table && j < old_table->index_count; j++) {
            if (!stays(comparison, old_table, new_table, &old_table->indexes[j])) {
                add_step(comparison, (struct table_step){.kind = TABLE_STEP_DROP_INDEX,
                                                         .table = old_table,
                                                         .index = &old_table->indexes[j]});
            }
        }
    }
}

static bool make_tables_and_columns(struct comparison *comparison, struct error *error)
{
    for (size_t i = 0; i < comparison->new_count; i++) {
        const struct table *new_table = comparison->new_tables[i];
        const struct table *old_table =
            find_table(comparison->old_tables, comparison->old_count, new_table->name);

        if (!old_table) {
            add_step(comparison,
                     (struct table_step){.kind = TABLE_STEP_CREATE_TABLE, .table = new_table});
        } else if (!is_same_list(old_table->primary_key, new_table->primary_key)) {
            return error_set_about(error, ERROR_SCHEMA_MISMATCH, new_table->name, NULL,
                                   "The primary key of the table %s cannot change",
                                   new_table->name);
        } else if (!compare_columns(comparison, old_table, new_table, error)) {
            return false;
        }
    }
    return true;
}

static void make_indexes(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->new_count; i++) {
        const struct table *new_table = comparison->new_tables[i];
        const struct table *old_table =
            find_table(comparison->old_tables, comparison->old_count, new_table->name);

        for (size_t j = 0; j < new_table->index_count; j++) {
            if (!stays(comparison, old_table, new_table, &new_table->indexes[j])) {
                add_step(comparison, (struct table_step){.kind = TABLE_STEP_CREATE_INDEX,
                                                         .table = new_table,
                                                         .index = &new_table->indexes[j]});
            }
        }
    }
}

/* The reference is not there yet: its table or column is new, or it had none. */
static bool is_new_reference(const struct table *old_table, const struct table_column *column)
{
    const struct table_column *old_column = old_table ? find_column(old_table, column->name) : NULL;

    return column->references && (!old_column || !old_column->references);
}

static bool make_references(struct comparison *comparison, struct error *error)
{
    for (size_t i = 0; i < comparison->new_count; i++) {
        const struct table *table = comparison->new_tables[i];
        const struct table *old_table =
            find_table(comparison->old_tables, comparison->old_count, table->name);

        for (size_t j = 0; j < table->column_count; j++) {
            const struct table_column *column = &table->columns[j];
            struct table_step step = {
                .kind = TABLE_STEP_ADD_REFERENCE, .table = table, .column = column};

            if (!is_new_reference(old_table, column)) {
                continue;
            }
            step.referred =
                find_table(comparison->new_tables, comparison->new_count, column->references);
            if (!step.referred) {
                return refuse(table, column, "refers to a table that is not described", error);
            }
            /* An inline reference came with its new column. */
            if (!comparison->dialect->has_inline_references ||
                (old_table && find_column(old_table, column->name))) {
                add_step(comparison, step);
            }
        }
    }
    return true;
}

bool table_plan(struct arena *arena, const struct dialect *dialect,
                const struct table *const *old_tables, size_t old_count,
                const struct table *const *new_tables, size_t new_count, struct array *steps,
                struct error *error)
{
    struct comparison comparison = {
        .arena = arena,
        .dialect = dialect,
        .old_tables = old_tables,
        .old_count = old_count,
        .new_tables = new_tables,
        .new_count = new_count,
        .steps = steps,
    };

    drop_indexes(&comparison);
    if (!make_tables_and_columns(&comparison, error)) {
        return false;
    }
    make_indexes(&comparison);
    return make_references(&comparison, error);
}
