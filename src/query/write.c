/*
 * write.c - rows inserted, one changed or deleted, with the columns beside their strings.
 */
#include "query/query.h"

#include "base/arena.h"
#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/held.h"
#include "query/store.h"

/* A column and its cell. */
struct column_cell {
    const char *column;
    struct cell cell;
};

/* A field's own; beside it the entity's name, or a sort key and a folded form. */
enum { COLUMNS_OF_FIELD = 4 };

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

/* ---- new rows ---- */

/* The columns that any of the rows has a value for, by field->index. */
static const bool *choose_fields(struct call *call, const struct row_change *const *changes,
                                 size_t count)
{
    const struct entity *entity = changes[0]->record->entity;
    bool *is_chosen = arena_allocate_array(call->arena, entity->field_count, sizeof(*is_chosen));
    for (size_t row = 0; row < count; row++) {
        const struct value *values = changes[row]->record->values;
        for (size_t index = 0; index < entity->field_count; index++) {
            is_chosen[index] |= is_written(entity->fields[index], &values[index]);
        }
    }
    return is_chosen;
}

/* The names in brackets; tells how many there are. */
static size_t write_names(struct sql *sql, const struct entity *entity, const bool *is_chosen)
{
    size_t count = 0;
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        const char *names[COLUMNS_OF_FIELD] = {field->column, field->entity_column,
                                               field->sort_column, field->fold_column};
        for (size_t name = 0; is_chosen[index] && name < COLUMNS_OF_FIELD; name++) {
            if (names[name] != NULL) {
                sql_add(sql, count++ == 0 ? " (" : ", ");
                sql_add_name(sql, names[name]);
            }
        }
    }
    sql_add(sql, ")");
    return count;
}

/* The values in brackets; a null for what the row has not. */
static void write_values(struct call *call, struct sql *sql, const struct record *record,
                         const bool *is_chosen)
{
    const struct entity *entity = record->entity;
    struct column_cell cells[COLUMNS_OF_FIELD];
    const char *before = "(";
    for (size_t index = 0; index < entity->field_count; index++) {
        if (!is_chosen[index]) {
            continue;
        }
        size_t count = make_cells(call, entity->fields[index], &record->values[index], cells);
        for (size_t column = 0; column < count; column++) {
            sql_add(sql, before);
            sql_add_cell(sql, cells[column].cell);
            before = ", ";
        }
    }
    sql_add(sql, ")");
}

static bool insert_some(struct call *call, const struct row_change *const *changes, size_t count,
                        size_t *done_out, struct error *error)
{
    const struct entity *entity = changes[0]->record->entity;
    const bool *is_chosen = choose_fields(call, changes, count);
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql_add(&sql, "INSERT INTO ");
    sql_add_name(&sql, entity->table);
    *done_out = sql_rows_at_once(count, write_names(&sql, entity, is_chosen));
    for (size_t row = 0; row < *done_out; row++) {
        sql_add(&sql, row == 0 ? " VALUES " : ", ");
        write_values(call, &sql, changes[row]->record, is_chosen);
    }
    return apply(call, changes[0], &sql, false, error);
}

bool query_insert_all(struct call *call, const struct row_change *const *changes, size_t count,
                      struct error *error)
{
    for (size_t done = 0, some = 0; done < count; done += some) {
        if (!insert_some(call, changes + done, count - done, &some, error)) {
            return false;
        }
    }
    return true;
}

bool query_insert(struct call *call, const struct row_change *change, struct error *error)
{
    if (call->held != NULL) {
        held_add_record(call, change);
        return true;
    }
    return query_insert_all(call, &change, 1, error);
}

/* ---- rows that are there ---- */

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

/* Whether a unique index may look at it. */
static bool changes_key(const struct record *record)
{
    const struct entity *entity = record->entity;
    for (size_t index = 0; index < entity->field_count; index++) {
        if (record->values[index].state != VALUE_ABSENT &&
            entity_has_in_key(entity, entity->fields[index])) {
            return true;
        }
    }
    return false;
}

/* What gives up a value of a key comes after new rows that have it: they must find it taken. */
static bool is_apart(const struct call *call, const struct record *record)
{
    const struct entity *entity = record->entity;
    return !changes_key(record) && !held_has(call, entity, &record_value(record, entity->id)->uuid);
}

bool query_update(struct call *call, const struct row_change *change, struct error *error)
{
    const struct record *record = change->record;
    const struct entity *entity = record->entity;
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql.is_apart = is_apart(call, record);
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
