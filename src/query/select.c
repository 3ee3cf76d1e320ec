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
#include "query/store.h"
#include "query/tables.h"
#include "security/authorise.h"

/* A lookup of more targets gets its names by a query for each target that occurs. */
enum { JOINED_TARGETS = 3, ALIAS_SIZE = 12, FILE_CELLS = 3, ENTITY_NAME_LENGTH = 40 };

/* How the value of one field comes out of a row. */
struct selected {
    const struct field *field;
    size_t cell;        /* of the value itself */
    size_t entity_cell; /* LOOKUP of several targets */
    size_t extra_cell;  /* the first name, or the first of the file's cells */
    size_t extra_count; /* names: one for each target that is joined */
    size_t first_join;  /* number of the first alias */
    bool is_named_later;
};

/* ---- planning ---- */

static bool is_readable(const struct selection *selection, const struct entity *entity)
{
    return entity->name_field != NULL &&
           authorise_list(selection->call->identity, entity, RIGHT_READ) == ACCESS_ALL;
}

static bool has_readable_target(const struct selection *selection, const struct field *field)
{
    for (size_t index = 0; index < field->target_count; index++) {
        if (is_readable(selection, field->targets[index])) {
            return true;
        }
    }
    return false;
}

static void plan_lookup(struct selection *selection, struct selected *item)
{
    const struct field *field = item->field;
    if (!selection->has_names || !has_readable_target(selection, field)) {
        return;
    }
    item->is_named_later = field->target_count > JOINED_TARGETS;
    if (!item->is_named_later) {
        item->extra_count = field->target_count;
    }
}

static void plan_item(struct selection *selection, struct selected *item)
{
    if (item->field->type == FIELD_LOOKUP) {
        plan_lookup(selection, item);
    } else if (item->field->type == FIELD_FILE && selection->has_names) {
        item->extra_count = FILE_CELLS;
    } else if (item->field->type == FIELD_PARTY_LIST) {
        selection->has_parties = true;
    }
}

void selection_plan(struct selection *selection, struct call *call, const struct entity *entity,
                    const struct column_set *columns, bool has_names)
{
    *selection = (struct selection){.call = call, .entity = entity, .has_names = has_names};
    selection->items = arena_allocate_array(call->arena, columns->count, sizeof(struct selected));
    selection->item_count = columns->count;
    array_init(&selection->unnamed, call->arena);
    for (size_t index = 0; index < columns->count; index++) {
        selection->items[index].field = columns->fields[index];
        plan_item(selection, &selection->items[index]);
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

static void write_names(struct selection *selection, struct sql *sql, struct selected *item)
{
    char alias[ALIAS_SIZE];
    item->first_join = selection->join_count;
    item->extra_cell = sql->column_count;
    for (size_t index = 0; index < item->extra_count; index++) {
        const struct entity *target = item->field->targets[index];
        make_alias(alias, selection->join_count++);
        if (is_readable(selection, target)) {
            add_cell(sql, alias, target->name_field->column, store_column(target->name_field));
        } else {
            sql_add(sql, ", NULL");
            sql_expect(sql, (struct sql_column){.type = COLUMN_TEXT, .length = 1});
        }
    }
}

static void write_file_cells(struct selection *selection, struct sql *sql, struct selected *item)
{
    const struct sql_column text = {.type = COLUMN_TEXT, .length = FILE_NAME_LENGTH};
    char alias[ALIAS_SIZE];
    item->first_join = selection->join_count;
    make_alias(alias, selection->join_count++);
    item->extra_cell = add_cell(sql, alias, "name", text);
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
    if (item->extra_count > 0 && field->type == FIELD_FILE) {
        write_file_cells(selection, sql, item);
    } else if (item->extra_count > 0) {
        write_names(selection, sql, item);
    }
}

static void write_join(struct sql *sql, size_t number, const char *table, const char *id,
                       const char *column)
{
    char alias[ALIAS_SIZE];
    make_alias(alias, number);
    sql_add(sql, " LEFT JOIN ");
    sql_add_name(sql, table);
    sql_add(sql, " ");
    sql_add_name(sql, alias);
    sql_add(sql, " ON ");
    sql_add_column(sql, alias, id);
    sql_add(sql, " = ");
    sql_add_column(sql, ROOT_ALIAS, column);
}

/* Ids are unique across entities, so the id alone finds the one target that has it. */
static void write_joins(const struct selection *selection, struct sql *sql)
{
    for (size_t index = 0; index < selection->item_count; index++) {
        const struct selected *item = &selection->items[index];
        const struct field *field = item->field;
        if (item->extra_count > 0 && field->type == FIELD_FILE) {
            write_join(sql, item->first_join, file_table.name, "id", field->column);
            continue;
        }
        for (size_t target = 0; target < item->extra_count; target++) {
            const struct entity *entity = field->targets[target];
            if (is_readable(selection, entity)) {
                write_join(sql, item->first_join + target, entity->table, entity->id->column,
                           field->column);
            }
        }
    }
}

void selection_write(struct selection *selection, struct sql *sql, const struct query_order *orders,
                     size_t order_count)
{
    sql_add(sql, "SELECT ");
    for (size_t index = 0; index < selection->item_count; index++) {
        write_item(selection, sql, &selection->items[index]);
    }
    selection->first_order = sql->column_count;
    for (size_t index = 0; index < order_count; index++) {
        add_cell(sql, ROOT_ALIAS, orders[index].column,
                 (struct sql_column){.type = orders[index].type,
                                     .scale = orders[index].scale,
                                     .length = orders[index].length});
    }
    sql_add(sql, " FROM ");
    sql_add_name(sql, selection->entity->table);
    sql_add(sql, " ");
    sql_add_name(sql, ROOT_ALIAS);
    write_joins(selection, sql);
}

/* ---- reading ---- */

static void read_names(struct selection *selection, const struct result *result,
                       const struct selected *item, struct reference *reference)
{
    for (size_t index = 0; index < item->extra_count && reference->name == NULL; index++) {
        const struct cell *cell = result_cell(result, item->extra_cell + index);
        if (!cell->is_null && item->field->targets[index] == reference->entity) {
            reference->name = arena_copy_text(selection->call->arena, cell->text);
        }
    }
    if (item->is_named_later && is_readable(selection, reference->entity)) {
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
    read_names(selection, result, item, &value->reference);
}

static void read_file(struct selection *selection, const struct result *result,
                      const struct selected *item, struct file *file)
{
    if (item->extra_count == 0 || result_cell(result, item->extra_cell + 2)->is_null) {
        return;
    }
    struct arena *arena = selection->call->arena;
    const struct cell *name = result_cell(result, item->extra_cell);
    const struct cell *media_type = result_cell(result, item->extra_cell + 1);
    file->name = name->is_null ? NULL : arena_copy_text(arena, name->text);
    file->media_type = media_type->is_null ? NULL : arena_copy_text(arena, media_type->text);
    file->size = result_cell(result, item->extra_cell + 2)->integer;
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

static void note_party_names(struct selection *selection, const struct value *value)
{
    for (size_t index = 0; index < value->parties.count; index++) {
        /* The list is ours until it is handed out. */
        struct reference *reference = (struct reference *)&value->parties.items[index].reference;
        if (reference->entity != NULL && is_readable(selection, reference->entity)) {
            array_add(&selection->unnamed, reference);
        }
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
        for (size_t row = 0; row < count && selection->has_names; row++) {
            note_party_names(selection, record_value(records[row], field));
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
