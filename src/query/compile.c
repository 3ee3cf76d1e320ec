/*
 * compile.c - checks a request against the catalog, so that only what exists and may be used
 * reaches the writer of SQL.
 */
#include "query/compile.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/suggest.h"
#include "call/call.h"
#include "metadata/catalog.h"
#include "query/request.h"
#include "query/store.h"
#include "query/tree.h"
#include "security/field_access.h"

struct compiling compile_begin(struct call *call, const struct entity *entity, struct error *error)
{
    return (struct compiling){
        .call = call,
        .entity = entity,
        .limits = &call->settings->limits,
        .error = error,
    };
}

/* ---- names ---- */

static bool refuse_name(const struct entity *entity, const char *name, struct arena *arena,
                        struct error *error)
{
    const char **names = arena_allocate_array(arena, entity->field_count + 1, sizeof(*names));
    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        names[index] = field->is_secret ? NULL : field->name;
    }
    const char *nearest = suggest_word(name, names, entity->field_count);
    if (nearest != NULL) {
        return error_set_about(error, ERROR_FIELD_UNKNOWN, entity->name, name,
                               "%s has no field %s; did you mean %s?", entity->name, name, nearest);
    }
    return error_set_about(error, ERROR_FIELD_UNKNOWN, entity->name, name, "%s has no field %s",
                           entity->name, name);
}

/* A secret field is as good as none. */
static const struct field *find_field(const struct entity *entity, const char *name)
{
    const struct field *field = entity_find_field(entity, name);
    return field == NULL || field->is_secret ? NULL : field;
}

bool compile_field(const struct compiling *compiling, const char *name,
                   const struct field **field_out)
{
    const struct field *field = find_field(compiling->entity, name);
    if (field == NULL) {
        return refuse_name(compiling->entity, name, compiling->call->arena, compiling->error);
    }
    *field_out = field;
    return field_authorise(compiling->call->identity, field, FIELD_RIGHT_READ, compiling->error);
}

/* ---- columns ---- */

static bool is_read_unasked(const struct field *field)
{
    return field->type != FIELD_MEMO && field->type != FIELD_FILE &&
           field->type != FIELD_PARTY_LIST && !field->is_secret;
}

static void take_default_columns(const struct call *call, const struct entity *entity,
                                 struct column_set *columns)
{
    columns->fields =
        arena_allocate_array(call->arena, entity->field_count, sizeof(*columns->fields));
    for (size_t index = 0; index < entity->field_count; index++) {
        if (is_read_unasked(entity->fields[index]) &&
            field_may(call->identity, entity->fields[index], FIELD_RIGHT_READ)) {
            columns->fields[columns->count++] = entity->fields[index];
        }
    }
}

/* Marks the fields first, so that one named twice is read once, in the order of the schema. */
bool query_columns(struct call *call, const struct entity *entity, const char *const *names,
                   size_t count, bool is_absent, struct column_set *columns_out,
                   struct error *error)
{
    struct column_set columns = {0};
    if (is_absent) {
        take_default_columns(call, entity, &columns);
        *columns_out = columns;
        return true;
    }
    bool *is_asked = arena_allocate_array(call->arena, entity->field_count, sizeof(*is_asked));
    is_asked[entity->id->index] = true;
    is_asked[entity->version->index] = true;
    for (size_t index = 0; index < count; index++) {
        const struct field *field = find_field(entity, names[index]);
        if (field == NULL) {
            return refuse_name(entity, names[index], call->arena, error);
        }
        is_asked[field->index] = field_may(call->identity, field, FIELD_RIGHT_READ);
    }
    columns.fields =
        arena_allocate_array(call->arena, entity->field_count, sizeof(*columns.fields));
    for (size_t index = 0; index < entity->field_count; index++) {
        if (is_asked[index]) {
            columns.fields[columns.count++] = entity->fields[index];
        }
    }
    *columns_out = columns;
    return true;
}

/* ---- orders ---- */

/* What people declare required may be missing in records that are older than the declaration;
 * only what the platform itself gives is always there. */
static bool is_always_given(const struct field *field)
{
    const struct entity *entity = field->entity;
    return field == entity->id || field == entity->version || field == entity->created_on ||
           field == entity->modified_on;
}

static struct query_order make_order(const struct field *field, bool is_descending)
{
    struct sql_column stored = store_column(field);
    struct query_order order = {
        .field = field,
        .column = field->column,
        .type = stored.type,
        .scale = stored.scale,
        .length = stored.length,
        .is_descending = is_descending,
        .is_nullable = !is_always_given(field),
    };
    if (field_type_row(field->type)->column == COLUMN_TEXT) {
        order.column = field->sort_column;
        order.type = COLUMN_BYTES;
        order.length = FIELD_SORT_BYTES;
    }
    return order;
}

static bool compile_order(const struct compiling *compiling, const struct order_request *request,
                          struct query *query)
{
    struct error *error = compiling->error;
    const struct entity *entity = compiling->entity;
    if (query->order_count == QUERY_ORDERS - 1) {
        return error_set_about(error, ERROR_LIMIT_EXCEEDED, entity->name, "orders",
                               "A query may have at most %d orders", QUERY_ORDERS - 1);
    }
    if (request->field == NULL) {
        return error_set_about(error, ERROR_QUERY_INVALID, entity->name, "orders",
                               "An order needs a field");
    }
    const struct field *field = NULL;
    if (!compile_field(compiling, request->field, &field)) {
        return false;
    }
    if (!field_is_sortable(field) || field->type == FIELD_LOOKUP) {
        return error_set_about(error, ERROR_FIELD_NOT_USABLE, entity->name, field->name,
                               "%s cannot be ordered by", field->name);
    }
    for (size_t index = 0; index < query->order_count; index++) {
        if (query->orders[index].field == field) {
            return error_set_about(error, ERROR_QUERY_INVALID, entity->name, field->name,
                                   "%s is ordered by twice", field->name);
        }
    }
    query->orders[query->order_count++] =
        make_order(field, request->descending.is_set && request->descending.value);
    return true;
}

/* The id at the end makes the order total, so that a page can go on after any record. */
static bool compile_orders(const struct compiling *compiling, const struct query_request *request,
                           struct query *query)
{
    for (size_t index = 0; index < request->orders.count; index++) {
        if (!compile_order(compiling, request->orders.items[index], query)) {
            return false;
        }
        if (query->orders[query->order_count - 1].field == query->entity->id) {
            return true;
        }
    }
    /* In the direction of the last order, so that an index may be read backwards. */
    bool is_descending =
        query->order_count > 0 && query->orders[query->order_count - 1].is_descending;
    query->orders[query->order_count++] = make_order(query->entity->id, is_descending);
    return true;
}

/* ---- the whole ---- */

static bool compile_page_size(const struct compiling *compiling,
                              const struct query_request *request, struct query *query)
{
    query->page_size = compiling->limits->page_default;
    if (!request->page_size.is_set) {
        return true;
    }
    query->page_size = request->page_size.value;
    if (query->page_size < 1) {
        return error_set(compiling->error, ERROR_QUERY_INVALID, "pageSize",
                         "A page has at least one record");
    }
    if (query->page_size > compiling->limits->page) {
        return error_set(compiling->error, ERROR_LIMIT_EXCEEDED, "pageSize",
                         "A page may have at most %lld records (limits.page)",
                         (long long)compiling->limits->page);
    }
    return true;
}

bool query_compile(struct call *call, const struct entity *entity,
                   const struct query_request *request, struct query *query_out,
                   struct error *error)
{
    struct compiling compiling = compile_begin(call, entity, error);
    struct query query = {.entity = entity};
    if (!query_columns(call, entity, (const char *const *)request->columns.items,
                       request->columns.count, !request->columns.is_set, &query.columns, error)) {
        return false;
    }
    if (request->filter != NULL && !compile_filter(&compiling, request->filter, &query.filter)) {
        return false;
    }
    if (!compile_orders(&compiling, request, &query) ||
        !compile_page_size(&compiling, request, &query)) {
        return false;
    }
    query.is_counted = request->count.is_set && request->count.value;
    *query_out = query;
    return true;
}
