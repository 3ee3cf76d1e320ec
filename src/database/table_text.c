/*
 * table_text.c - writes the statements that make and change tables.
 */
#include "database/table_text.h"

#include <string.h>

#include "base/arena.h"
#include "database/dialect_driver.h"
#include "database/sql.h"

/* PostgreSQL cuts names at 63 bytes. */
enum { NAME_LIMIT = 60, NAME_KEPT = 50 };

static const char *const zeros[COLUMN_TYPES] = {
    [COLUMN_TEXT] = "''",
    [COLUMN_INTEGER] = "0",
    [COLUMN_DECIMAL] = "0",
    [COLUMN_BOOLEAN] = "FALSE",
};

static bool has_name(const char *const names[TABLE_COLUMNS_IN_KEY], const char *name)
{
    for (size_t i = 0; i < TABLE_COLUMNS_IN_KEY && names[i]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

bool table_column_is_key(const struct table *table, const struct table_column *column)
{
    if (column->references || has_name(table->primary_key, column->name)) {
        return true;
    }
    for (size_t i = 0; i < table->index_count; i++) {
        if (has_name(table->indexes[i].columns, column->name)) {
            return true;
        }
    }
    return false;
}

const char *table_zero_of(enum column_type type)
{
    return zeros[type];
}

char *table_reference_name(struct arena *arena, const struct table *table,
                           const struct table_column *column)
{
    char *name = arena_format(arena, "%s_%s_to", table->name, column->name);
    unsigned hash = 2166136261u;

    if (strlen(name) <= NAME_LIMIT) {
        return name;
    }
    for (const char *character = name; *character; character++) {
        hash = (hash ^ (unsigned char)*character) * 16777619u;
    }
    return arena_format(arena, "%.*s_%08x", NAME_KEPT, name, hash);
}

static void write_names(struct sql *sql, const char *const names[TABLE_COLUMNS_IN_KEY])
{
    for (size_t i = 0; i < TABLE_COLUMNS_IN_KEY && names[i]; i++) {
        sql_add(sql, i > 0 ? ", " : "(");
        sql_add_name(sql, names[i]);
    }
    sql_add(sql, ")");
}

static void write_reference(struct sql *sql, const char *table)
{
    sql_add(sql, " REFERENCES ");
    sql_add_name(sql, table);
}

void table_column_write(struct sql *sql, const struct table *table,
                        const struct table_column *column)
{
    sql_add_name(sql, column->name);
    sql_add(sql, " ");
    sql->dialect->write_type(&sql->text, column, table_column_is_key(table, column));
    if (column->is_counted) {
        sql_add(sql, sql->dialect->counted);
    }
    if (column->is_required || has_name(table->primary_key, column->name)) {
        sql_add(sql, " NOT NULL");
    }
    if (column->references && sql->dialect->has_inline_references) {
        write_reference(sql, column->references);
        sql_add(sql, " ON DELETE RESTRICT");
    }
}

static void write_create_table(struct sql *sql, const struct table_step *step)
{
    const struct table *table = step->table;

    sql_add(sql, "CREATE TABLE ");
    sql_add_name(sql, table->name);
    for (size_t i = 0; i < table->column_count; i++) {
        sql_add(sql, i > 0 ? ", " : " (");
        table_column_write(sql, table, &table->columns[i]);
    }
    sql_add(sql, ", PRIMARY KEY ");
    write_names(sql, table->primary_key);
    sql_add(sql, ")");
    sql_add(sql, sql->dialect->table_options);
}

static void write_alter_table(struct sql *sql, const struct table_step *step)
{
    sql_add(sql, "ALTER TABLE ");
    sql_add_name(sql, step->table->name);
}

static void write_add_column(struct sql *sql, const struct table_step *step)
{
    write_alter_table(sql, step);
    sql_add(sql, " ADD COLUMN ");
    table_column_write(sql, step->table, step->column);
    if (step->column->is_required) {
        sql_add(sql, " DEFAULT ");
        sql_add(sql, table_zero_of(step->column->type));
    }
}

static void write_widen_column(struct sql *sql, const struct table_step *step)
{
    write_alter_table(sql, step);
    sql->dialect->write_change(sql, step->column, table_column_is_key(step->table, step->column));
}

static bool is_nullable(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            return !table->columns[i].is_required;
        }
    }
    return false;
}

/* In the order that queries ask for, where nulls are the smallest. */
static void write_indexed(struct sql *sql, const struct table_step *step)
{
    const char *const *names = step->index->columns;

    for (size_t i = 0; i < TABLE_COLUMNS_IN_KEY && names[i]; i++) {
        sql_add(sql, i > 0 ? ", " : "(");
        sql_add_name(sql, names[i]);
        sql_add_direction(sql, false, is_nullable(step->table, names[i]));
    }
    sql_add(sql, ")");
}

static void write_create_index(struct sql *sql, const struct table_step *step)
{
    sql_add(sql, step->index->is_unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    sql_add_name(sql, step->index->name);
    sql_add(sql, " ON ");
    sql_add_name(sql, step->table->name);
    sql_add(sql, " ");
    write_indexed(sql, step);
    if (step->index->is_sparse && sql->dialect->has_partial_indexes) {
        sql_add(sql, " WHERE ");
        sql_add_name(sql, step->index->columns[0]);
        sql_add(sql, " IS NOT NULL");
    }
}

static const struct table_column *find_reference(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            return table->columns[i].references ? &table->columns[i] : NULL;
        }
    }
    return NULL;
}

/* The reference of the index's first column gets an index of its own before this one goes. */
static void write_drop_needed_index(struct sql *sql, const struct table_step *step)
{
    const struct table_column *column = find_reference(step->table, step->index->columns[0]);

    write_alter_table(sql, step);
    if (column) {
        sql_add(sql, " ADD INDEX IF NOT EXISTS ");
        sql_add_name(sql, table_reference_name(sql->arena, step->table, column));
        sql_add(sql, " (");
        sql_add_name(sql, column->name);
        sql_add(sql, "),");
    }
    sql_add(sql, " DROP INDEX ");
    sql_add_name(sql, step->index->name);
}

static void write_drop_index(struct sql *sql, const struct table_step *step)
{
    if (sql->dialect->needs_reference_index) {
        write_drop_needed_index(sql, step);
    } else {
        sql_add(sql, "DROP INDEX ");
        sql_add_name(sql, step->index->name);
    }
}

static void write_add_reference(struct sql *sql, const struct table_step *step)
{
    write_alter_table(sql, step);
    sql_add(sql, " ADD CONSTRAINT ");
    sql_add_name(sql, table_reference_name(sql->arena, step->table, step->column));
    sql_add(sql, " FOREIGN KEY (");
    sql_add_name(sql, step->column->name);
    sql_add(sql, ")");
    write_reference(sql, step->referred->name);
    sql_add(sql, " ");
    write_names(sql, step->referred->primary_key);
    sql_add(sql, " ON DELETE RESTRICT");
}

void table_step_write(struct sql *sql, const struct table_step *step)
{
    static void (*const writers[])(struct sql *, const struct table_step *) = {
        [TABLE_STEP_CREATE_TABLE] = write_create_table,
        [TABLE_STEP_ADD_COLUMN] = write_add_column,
        [TABLE_STEP_WIDEN_COLUMN] = write_widen_column,
        [TABLE_STEP_CREATE_INDEX] = write_create_index,
        [TABLE_STEP_DROP_INDEX] = write_drop_index,
        [TABLE_STEP_ADD_REFERENCE] = write_add_reference,
    };

    writers[step->kind](sql, step);
}
