/*
 * tables.c - the columns of fields, and the table that an entity needs.
 *
 * Suffixes begin with an underscore, which no field name has, so they never meet another field.
 * Only what the platform itself always gives is required in the database: what people declare
 * required may change, and rows that were written before stay as they are.
 */
#include <string.h>

#include "base/arena.h"
#include "database/table.h"
#include "metadata/names.h"
#include "metadata/reader.h"
#include "xml/document.h"

enum { ENTITY_NAME_LENGTH = 40, INDEX_NAME_LIMIT = 60 };

/* ---- columns ---- */

static bool is_text_type(enum field_type type)
{
    return type == FIELD_STRING || type == FIELD_AUTO_NUMBER;
}

static bool has_many_targets(const struct field_draft *draft)
{
    return draft->group != GROUP_NONE || strchr(draft->target_names, ' ') != NULL;
}

static const char *with_suffix(struct reader *reader, const struct field *field, const char *suffix)
{
    return arena_format(reader->arena, "%s_%s", field->name, suffix);
}

static void name_column(struct reader *reader, const struct field_draft *draft)
{
    struct field *field = draft->field;
    if (field->type == FIELD_PARTY_LIST) {
        return;
    }
    field->column = field->name;
    if (strlen(field->name) + strlen("_entity") > COLUMN_NAME_LIMIT) {
        reader_problem(reader, draft->node, "\"%s\" is too long for the name of a column",
                       field->name);
    }
    if (field->type == FIELD_LOOKUP && has_many_targets(draft)) {
        field->entity_column = with_suffix(reader, field, "entity");
    }
    if (is_text_type(field->type) && draft->is_sortable) {
        field->sort_column = with_suffix(reader, field, "sort");
    }
    if (is_text_type(field->type) && field->is_searchable) {
        field->fold_column = with_suffix(reader, field, "fold");
    }
}

void tables_name_columns(struct reader *reader, struct entity_draft *draft)
{
    for (size_t i = 0; i < draft->fields.count; i++) {
        name_column(reader, draft->fields.items[i]);
    }
}

static const char *referenced_table(const struct field *field)
{
    return field_is_checked_by_engine(field) ? field->targets[0]->table : NULL;
}

static bool is_always_given(const struct entity *entity, const struct field *field)
{
    return field == entity->id || field == entity->version;
}

/* Adds the columns of a field; room for four. */
static size_t describe_columns(const struct field *field, struct table_column *columns)
{
    size_t count = 0;
    enum column_type type = field_type_row(field->type)->column;
    if (field->column == NULL) {
        return 0;
    }
    columns[count++] = (struct table_column){
        .name = field->column,
        .type = type,
        .length = field->type == FIELD_MEMO ? 0 : field->length,
        .precision = type == COLUMN_DECIMAL ? field->precision : 0,
        .scale = type == COLUMN_DECIMAL ? field->scale : 0,
        .is_required = is_always_given(field->entity, field),
        .references = referenced_table(field),
    };
    if (field->entity_column != NULL) {
        columns[count++] = (struct table_column){
            .name = field->entity_column, .type = COLUMN_TEXT, .length = ENTITY_NAME_LENGTH};
    }
    if (field->sort_column != NULL) {
        columns[count++] = (struct table_column){
            .name = field->sort_column,
            .type = COLUMN_BYTES,
            .length = FIELD_SORT_BYTES,
            .making = MAKING_SORT_KEY,
            .made_from = field->column,
        };
    }
    if (field->fold_column != NULL) {
        columns[count++] = (struct table_column){
            .name = field->fold_column,
            .type = COLUMN_TEXT,
            .length = field_fold_length(field),
            .making = MAKING_FOLD,
            .made_from = field->column,
        };
    }
    return count;
}

/* ---- indexes ---- */

static struct table_index *add_index(struct reader *reader, const struct entity *entity,
                                     struct array *indexes, const char *purpose, const char *name)
{
    struct table_index *index = arena_allocate(reader->arena, sizeof(*index));
    const char *whole = arena_format(reader->scratch, "%s_%s", purpose, name);
    index->name = name_join(reader->arena, entity->table, whole, INDEX_NAME_LIMIT);
    array_add(indexes, index);
    return index;
}

/* Rows without the field are looked for by no index: most fields are empty in most records, and
 * each row of each index is written with each record. System fields are always set; a key stays
 * whole, so that it can be changed without a moment in which nothing keeps it unique. */
static bool is_sparse_by(const struct field *field)
{
    return !field->is_system;
}

/* What equality is asked of: folded text where there is some. */
static const char *equality_column(const struct field *field)
{
    return field->fold_column != NULL ? field->fold_column : field->column;
}

static void index_keys(struct reader *reader, const struct entity *entity, struct array *indexes)
{
    for (size_t i = 0; i < entity->key_count; i++) {
        const struct key *key = entity->keys[i];
        struct table_index *index = add_index(reader, entity, indexes, "key", key->name);
        index->is_unique = true;
        for (size_t j = 0; j < key->field_count; j++) {
            index->columns[j] = equality_column(key->fields[j]);
        }
    }
}

static bool is_searched_by(const struct entity *entity, const struct field *field)
{
    return field->type == FIELD_LOOKUP &&
           (!field->is_system || field == entity->owner || field == entity->owning_business_unit);
}

static void index_lookups(struct reader *reader, const struct entity *entity, struct array *indexes)
{
    for (size_t i = 0; i < entity->field_count; i++) {
        const struct field *field = entity->fields[i];
        if (is_searched_by(entity, field)) {
            struct table_index *index = add_index(reader, entity, indexes, "of", field->name);
            index->columns[0] = field->column;
            index->is_sparse = is_sparse_by(field);
        }
    }
}

/* Lists are read in the order of the name, and page by page: hence the id. */
static void index_name(struct reader *reader, const struct entity *entity, struct array *indexes)
{
    const struct field *name = entity->name_field;
    if (name == NULL) {
        return;
    }
    struct table_index *by_order = add_index(reader, entity, indexes, "by", name->name);
    by_order->columns[0] = name->sort_column;
    by_order->columns[1] = entity->id->column;
    struct table_index *by_text = add_index(reader, entity, indexes, "find", name->name);
    by_text->columns[0] = name->fold_column;
    by_text->is_sparse = is_sparse_by(name);
}

/* Two indexes of one name would be one in the database. */
static bool has_index(const struct array *indexes, const char *name)
{
    for (size_t i = 0; i + 1 < indexes->count; i++) {
        if (strcmp(((const struct table_index *)indexes->items[i])->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The name of a declared index: all its fields, and the order. */
static const char *join_names(struct reader *reader, const char *fields, const char *order)
{
    char *joined = order == NULL ? arena_copy_text(reader->scratch, fields)
                                 : arena_format(reader->scratch, "%s_by_%s", fields, order);
    for (char *at = strchr(joined, ' '); at != NULL; at = strchr(at, ' ')) {
        *at = '_';
    }
    return joined;
}

/* Adds the columns that lists are ordered by: the field's, and the id that makes them total. */
static void index_order(struct reader *reader, const struct entity_draft *draft,
                        const struct xml_node *node, const char *order, const char **columns)
{
    const struct field_draft *field = entity_draft_find(draft, order);
    if (field == NULL || !field_is_sortable(field->field)) {
        reader_problem(reader, node, "\"%s\" is no field that can be ordered by", order);
        return;
    }
    columns[0] =
        field->field->sort_column != NULL ? field->field->sort_column : field->field->column;
    columns[1] = draft->entity->id->column;
}

static void index_declared(struct reader *reader, const struct entity_draft *draft,
                           const struct xml_node *node, struct array *indexes)
{
    const char *fields = xml_attribute_or(node, "fields", "");
    const char *order = xml_attribute_or(node, "order", NULL);
    char *names = arena_copy_text(reader->scratch, fields);
    char *rest = NULL;
    size_t count = 0;
    struct table_index *index =
        add_index(reader, draft->entity, indexes, "find", join_names(reader, fields, order));
    if (has_index(indexes, index->name)) {
        reader_problem(reader, node, "\"%s\" is already indexed", fields);
    }
    for (char *name = strtok_r(names, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        const struct field_draft *field = entity_draft_find(draft, name);
        if (field == NULL || field->field->column == NULL || field->field->type == FIELD_MEMO) {
            reader_problem(reader, node, "\"%s\" is no field that can be indexed", name);
        } else if (count == KEY_FIELDS) {
            reader_problem(reader, node, "an index has at most %d fields", KEY_FIELDS);
            return;
        } else {
            index->is_sparse |= count == 0 && is_sparse_by(field->field);
            index->columns[count++] = equality_column(field->field);
        }
    }
    if (order != NULL) {
        index_order(reader, draft, node, order, index->columns + count);
    }
}

static void describe_indexes(struct reader *reader, const struct entity_draft *draft,
                             struct table *table)
{
    struct array indexes;
    array_init(&indexes, reader->scratch);
    index_keys(reader, draft->entity, &indexes);
    index_lookups(reader, draft->entity, &indexes);
    index_name(reader, draft->entity, &indexes);
    for (const struct xml_node *at = xml_child(draft->node, "index"); at != NULL;
         at = xml_next(at)) {
        index_declared(reader, draft, at, &indexes);
    }
    struct table_index *copies =
        arena_allocate_array(reader->arena, indexes.count, sizeof(*copies));
    for (size_t i = 0; i < indexes.count; i++) {
        copies[i] = *(const struct table_index *)indexes.items[i];
    }
    table->indexes = copies;
    table->index_count = indexes.count;
}

const struct table *tables_describe(struct reader *reader, const struct entity_draft *draft)
{
    enum { COLUMNS_OF_A_FIELD = 4 };
    const struct entity *entity = draft->entity;
    struct table *table = arena_allocate(reader->arena, sizeof(*table));
    struct table_column *columns = arena_allocate_array(
        reader->arena, entity->field_count * COLUMNS_OF_A_FIELD, sizeof(*columns));
    for (size_t i = 0; i < entity->field_count; i++) {
        table->column_count += describe_columns(entity->fields[i], columns + table->column_count);
    }
    table->name = entity->table;
    table->columns = columns;
    table->primary_key[0] = entity->id->column;
    describe_indexes(reader, draft, table);
    return table;
}
