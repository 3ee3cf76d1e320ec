/*
 * write.c - one row inserted, changed or deleted, with the columns beside its strings.
 */
#include "query/query.h"

#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/store.h"

/* A column and its cell; a field has at most three. */
struct column_cell {
    const char *column;
    struct cell cell;
};

enum { COLUMNS_OF_FIELD = 3 };

static size_t make_cells(struct call *call, const struct field *field, const struct value *value,
                         struct column_cell cells[COLUMNS_OF_FIELD])
{
    size_t count = 0;
    bool is_set = value->state == VALUE_SET;
    cells[count++] = (struct column_cell){field->column, store_cell(field, value)};
    if (field->entity_column != NULL) {
        const char *name = is_set ? value->reference.entity->name : NULL;
        cells[count++] = (struct column_cell){field->entity_column, cell_text(name)};
    }
    const char *text =
        is_set && (field->sort_column != NULL || field->fold_column != NULL) ? value->text : NULL;
    if (field->sort_column != NULL) {
        cells[count++] = (struct column_cell){field->sort_column, store_sort_cell(call, text)};
    }
    if (field->fold_column != NULL) {
        cells[count++] =
            (struct column_cell){field->fold_column, store_fold_cell(call, field, text)};
    }
    return count;
}

static bool is_written(const struct field *field, const struct value *value)
{
    return field->column != NULL && value->state == VALUE_SET;
}

static bool apply(struct call *call, const struct row_change *change, const struct sql *sql,
                  bool must_find, struct error *error)
{
    return connection_apply(call->connection,
                            &(struct change){.sql = *sql,
                                             .is_last = change->is_last,
                                             .must_find = must_find,
                                             .explain = change->explain,
                                             .context = change->context},
                            error);
}

/* Names first; the cells are kept meanwhile in the order of the names. */
bool query_insert(struct call *call, const struct row_change *change, struct error *error)
{
    const struct record *record = change->record;
    const struct entity *entity = record->entity;
    struct column_cell cells[COLUMNS_OF_FIELD];
    struct sql sql;
    struct sql values;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql_begin(&values, call->arena, connection_dialect(call->connection));
    sql_add(&sql, "INSERT INTO ");
    sql_add_name(&sql, entity->table);
    bool is_first = true;
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        if (!is_written(field, &record->values[index])) {
            continue;
        }
        size_t count = make_cells(call, field, &record->values[index], cells);
        for (size_t column = 0; column < count; column++) {
            sql_add(&sql, is_first ? " (" : ", ");
            sql_add_name(&sql, cells[column].column);
            sql_add(&values, is_first ? "" : ", ");
            sql_add_cell(&values, cells[column].cell);
            is_first = false;
        }
    }
    sql_add(&sql, ") VALUES (");
    buffer_add(&sql.text, values.text.bytes, values.text.length);
    sql_add(&sql, ")");
    sql.parameters = values.parameters;
    sql.parameter_count = values.parameter_count;
    sql.parameter_capacity = values.parameter_capacity;
    return apply(call, change, &sql, false, error);
}

static void write_assignments(struct call *call, struct sql *sql, const struct record *record)
{
    const struct entity *entity = record->entity;
    struct column_cell cells[COLUMNS_OF_FIELD];
    bool is_first = true;
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        const struct value *value = &record->values[index];
        if (field == entity->id || field->column == NULL || value->state == VALUE_ABSENT) {
            continue;
        }
        size_t count = make_cells(call, field, value, cells);
        for (size_t column = 0; column < count; column++) {
            sql_add(sql, is_first ? " SET " : ", ");
            sql_add_name(sql, cells[column].column);
            sql_add(sql, " = ");
            sql_add_cell(sql, cells[column].cell);
            is_first = false;
        }
    }
}

static void write_equal(struct sql *sql, const char *before, const struct field *field,
                        struct cell cell)
{
    sql_add(sql, before);
    sql_add_name(sql, field->column);
    sql_add(sql, " = ");
    sql_add_cell(sql, cell);
}

bool query_update(struct call *call, const struct row_change *change, struct error *error)
{
    const struct record *record = change->record;
    const struct entity *entity = record->entity;
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql_add(&sql, "UPDATE ");
    sql_add_name(&sql, entity->table);
    write_assignments(call, &sql, record);
    write_equal(&sql, " WHERE ", entity->id, cell_uuid(&record_value(record, entity->id)->uuid));
    write_equal(&sql, " AND ", entity->version, cell_integer(change->expected_version));
    return apply(call, change, &sql, true, error);
}

bool query_delete(struct call *call, const struct entity *entity, const struct uuid *id,
                  struct error *error)
{
    struct sql sql;
    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql_add(&sql, "DELETE FROM ");
    sql_add_name(&sql, entity->table);
    write_equal(&sql, " WHERE ", entity->id, cell_uuid(id));
    return connection_change(call->connection, &sql, NULL, error);
}
