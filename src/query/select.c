/*
 * select.c - plans the cells of a SELECT, writes it, and makes records of its rows.
 */
#include "query/select.h"

#include <stdio.h>

#include "base/arena.h"
#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/name.h"
#include "query/party.h"
#include "query/reach.h"
#include "query/store.h"
#include "query/tables.h"
#include "security/access.h"

enum { ALIAS_SIZE = 12, ENTITY_NAME_LENGTH = 40 };

/* How the value of one field comes out of a row. */
struct selected {
    const struct field *field;
    size_t cell;        /* of the value itself */
    size_t entity_cell; /* LOOKUP of several targets */
    size_t file_cell;   /* FILE: the first of name, media type and size */
    size_t file_join;   /* FILE: number of its alias */
};

/* ---- planning ---- */

void selection_plan(struct selection *selection, struct call *call, const struct entity *entity,
                    const struct column_set *columns, bool has_names)
{
    *selection = (struct selection){.call = call, .entity = entity, .has_names = has_names};
    selection->items = arena_allocate_array(call->arena, columns->count, sizeof(struct selected));
    selection->item_count = columns->count;
    array_init(&selection->unnamed, call->arena);
    for (size_t index = 0; index < columns->count; index++) {
        selection->items[index].field = columns->fields[index];
        selection->has_parties |= columns->fields[index]->type == FIELD_PARTY_LIST;
    }
}

/* ---- writing ---- */

static const char *make_alias(char alias[ALIAS_SIZE], size_t number)
{
    snprintf(alias, ALIAS_SIZE, "j%u", (unsigned)number);
    return alias;
}

/* Adds a column of the SELECT and answers the number of its cell. */
static size_t add_cell(struct sql *sql, const char *alias, const char *column,
                       struct sql_column type)
{
    sql_add(sql, sql->column_count == 0 ? "" : ", ");
    sql_add_result(sql, alias, column, type);
    return sql->column_count - 1;
}

/* What is known of a file stands in a table of its own; a record about to be changed needs it not.
 */
static bool has_file_cells(const struct selection *selection, const struct selected *item)
{
    return selection->has_names && item->field->type == FIELD_FILE;
}

static void write_file_cells(struct selection *selection, struct sql *sql, struct selected *item)
{
    const struct sql_column text = {.type = COLUMN_TEXT, .length = FILE_NAME_LENGTH};
    char alias[ALIAS_SIZE];
    item->file_join = selection->join_count++;
    make_alias(alias, item->file_join);
    item->file_cell = add_cell(sql, alias, "name", text);
    add_cell(sql, alias, "media_type", text);
    add_cell(sql, alias, "size", (struct sql_column){.type = COLUMN_INTEGER});
}

static void write_item(struct selection *selection, struct sql *sql, struct selected *item)
{
    const struct field *field = item->field;
    if (field->column == NULL) {
        return;
    }
    item->cell = add_cell(sql, ROOT_ALIAS, field->column, store_column(field));
    if (field->entity_column != NULL) {
        item->entity_cell =
            add_cell(sql, ROOT_ALIAS, field->entity_column,
                     (struct sql_column){.type = COLUMN_TEXT, .length = ENTITY_NAME_LENGTH});
    }
    if (has_file_cells(selection, item)) {
        write_file_cells(selection, sql, item);
    }
}

static void write_join(struct sql *sql, const struct selected *item)
{
    char alias[ALIAS_SIZE];
    make_alias(alias, item->file_join);
    sql_add(sql, " LEFT JOIN ");
    sql_add_name(sql, file_table.name);
    sql_add(sql, " ");
    sql_add_name(sql, alias);
    sql_add(sql, " ON ");
    sql_add_column(sql, alias, "id");
    sql_add(sql, " = ");
    sql_add_column(sql, ROOT_ALIAS, item->field->column);
}

/* The cell of a field that is read anyway; false when it is not. */
static bool find_cell(const struct selection *selection, const struct field *field,
                      size_t *cell_out)
{
    for (size_t index = 0; index < selection->item_count; index++) {
        if (selection->items[index].field == field) {
            *cell_out = selection->items[index].cell;
            return true;
        }
    }
    return false;
}

/* A value that is read anyway is not read twice. */
static size_t write_order_cell(const struct selection *selection, struct sql *sql,
                               const struct query_order *order)
{
    size_t cell = 0;
    if (order->column == order->field->column && find_cell(selection, order->field, &cell)) {
        return cell;
    }
    return add_cell(
        sql, ROOT_ALIAS, order->column,
        (struct sql_column){.type = order->type, .scale = order->scale, .length = order->length});
}

static size_t write_fact_cell(const struct selection *selection, struct sql *sql,
                              const struct field *field)
{
    size_t cell = 0;
    if (field != NULL && !find_cell(selection, field, &cell)) {
        cell = add_cell(sql, ROOT_ALIAS, field->column, store_column(field));
    }
    return cell;
}

void selection_write(struct selection *selection, struct sql *sql, const struct query_order *orders,
                     size_t order_count)
{
    reach_write_lists(selection->reach, sql);
    sql_add(sql, "SELECT ");
    sql_begin_row(sql);
    for (size_t index = 0; index < selection->item_count; index++) {
        write_item(selection, sql, &selection->items[index]);
    }
    for (size_t index = 0; index < order_count; index++) {
        selection->order_cells[index] = write_order_cell(selection, sql, &orders[index]);
    }
    if (selection->has_facts) {
        const struct entity *entity = selection->entity;
        selection->owner_cell = write_fact_cell(selection, sql, access_owner_field(entity));
        selection->unit_cell = write_fact_cell(selection, sql, access_unit_field(entity));
    }
    sql_end_row(sql);
    sql_add(sql, " FROM ");
    reach_write_table(selection->reach, sql, selection->entity);
    for (size_t index = 0; index < selection->item_count; index++) {
        if (has_file_cells(selection, &selection->items[index])) {
            write_join(sql, &selection->items[index]);
        }
    }
}

/* ---- reading ---- */

static struct uuid read_fact(const struct result *result, const struct field *field, size_t cell)
{
    bool is_there = field != NULL && !result_cell(result, cell)->is_null;
    return is_there ? result_cell(result, cell)->uuid : (struct uuid){{0}};
}

struct access_facts selection_facts(const struct selection *selection, const struct result *result)
{
    const struct entity *entity = selection->entity;
    return (struct access_facts){
        .owner = read_fact(result, access_owner_field(entity), selection->owner_cell),
        .unit = read_fact(result, access_unit_field(entity), selection->unit_cell),
    };
}

/* Notes a reference whose name is wanted. */
static void want_name(struct selection *selection, struct reference *reference)
{
    if (selection->has_names && reference->entity != NULL &&
        reference->entity->name_field != NULL) {
        array_add(&selection->unnamed, reference);
    }
}

/* A reference whose entity is gone from the catalog is none. */
static void read_lookup(struct selection *selection, const struct result *result,
                        const struct selected *item, struct value *value)
{
    if (item->field->entity_column != NULL) {
        const struct cell *cell = result_cell(result, item->entity_cell);
        value->reference.entity =
            cell->is_null ? NULL : catalog_find_entity(selection->call->catalog, cell->text);
    }
    if (value->reference.entity == NULL) {
        value->state = VALUE_NULL;
        return;
    }
    want_name(selection, &value->reference);
}

static void read_file(struct selection *selection, const struct result *result,
                      const struct selected *item, struct file *file)
{
    if (!has_file_cells(selection, item) || result_cell(result, item->file_cell + 2)->is_null) {
        return;
    }
    struct arena *arena = selection->call->arena;
    const struct cell *name = result_cell(result, item->file_cell);
    const struct cell *media_type = result_cell(result, item->file_cell + 1);
    file->name = name->is_null ? NULL : arena_copy_text(arena, name->text);
    file->media_type = media_type->is_null ? NULL : arena_copy_text(arena, media_type->text);
    file->size = result_cell(result, item->file_cell + 2)->integer;
}

struct record *selection_read(struct selection *selection, const struct result *result)
{
    struct record *record = record_make(selection->call->arena, selection->entity);
    for (size_t index = 0; index < selection->item_count; index++) {
        const struct selected *item = &selection->items[index];
        struct value *value = record_value(record, item->field);
        if (item->field->column == NULL) {
            continue;
        }
        store_read(selection->call, item->field, result_cell(result, item->cell), value);
        if (value->state != VALUE_SET) {
            continue;
        }
        if (item->field->type == FIELD_LOOKUP) {
            read_lookup(selection, result, item, value);
        } else if (item->field->type == FIELD_FILE) {
            read_file(selection, result, item, value->file);
        }
    }
    return record;
}

/* ---- completing ---- */

static void want_party_names(struct selection *selection, const struct value *value)
{
    for (size_t index = 0; index < value->parties.count; index++) {
        /* The list is ours until it is handed out. */
        want_name(selection, (struct reference *)&value->parties.items[index].reference);
    }
}

static bool read_parties(struct selection *selection, struct record *const *records, size_t count,
                         struct error *error)
{
    for (size_t index = 0; index < selection->item_count; index++) {
        const struct field *field = selection->items[index].field;
        if (field->type != FIELD_PARTY_LIST) {
            continue;
        }
        if (!party_read(selection->call, field, records, count, error)) {
            return false;
        }
        for (size_t row = 0; row < count; row++) {
            want_party_names(selection, record_value(records[row], field));
        }
    }
    return true;
}

bool selection_complete(struct selection *selection, struct record *const *records, size_t count,
                        struct error *error)
{
    if (selection->has_parties && !read_parties(selection, records, count, error)) {
        return false;
    }
    return selection->unnamed.count == 0 ||
           name_references(selection->call, (struct reference *const *)selection->unnamed.items,
                           selection->unnamed.count, error);
}
