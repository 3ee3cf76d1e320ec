/*
 * compile.c - checks a request against the catalog, so that only what exists and may be used
 * reaches the writer of SQL.
 */
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/suggest.h"
#include "call/call.h"
#include "metadata/catalog.h"
#include "query/operator.h"
#include "query/pattern.h"
#include "query/request.h"
#include "query/store.h"
#include "query/tree.h"
#include "security/field_access.h"
#include "text/utf8.h"

/* What the parts of one compilation share. */
struct compiling {
    struct call *call;
    const struct entity *entity;
    const struct settings_limits *limits;
    int64_t conditions; /* so far */
    struct error *error;
};

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

/* The field that a condition or an order names; it may not tell what the caller may not read. */
static bool find_usable(const struct compiling *compiling, const char *name,
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

/* ---- conditions ---- */

static bool refuse_operator(const struct compiling *compiling, const struct field *field,
                            const char *operator)
{
    return error_set_about(compiling->error, ERROR_FIELD_NOT_USABLE, compiling->entity->name,
                           field->name, "%s cannot be filtered with %s", field->name, operator);
}

static bool is_text(const struct field *field)
{
    return field_type_row(field->type)->column == COLUMN_TEXT;
}

/* The column that answers the operator: the text itself, its folded form or its sort key. */
static const char *choose_column(const struct field *field, const struct operator_row *operator)
{
    if (!is_text(field) || operator->form == OPERATOR_TESTS) {
        return field->column;
    }
    if (operator->needs_order) {
        return field->sort_column;
    }
    return field->fold_column != NULL ? field->fold_column : field->column;
}

static bool read_id(const struct compiling *compiling, const struct field *field, const char *text,
                    struct cell *cell_out)
{
    struct uuid id;
    if (!uuid_parse(text, &id)) {
        return error_set_about(compiling->error, ERROR_VALUE_INVALID, compiling->entity->name,
                               field->name, "%s is compared with the id of a record", field->name);
    }
    *cell_out = cell_uuid(&id);
    return true;
}

/* Reads a value as the field's type. Its bounds do not matter: one may look beyond them. */
static bool read_cell(const struct compiling *compiling, const struct query_condition *condition,
                      const char *text, struct cell *cell_out)
{
    const struct field *field = condition->field;
    struct call *call = compiling->call;
    struct field unbounded = *field;
    struct value value;

    if (field_type_row(field->type)->column == COLUMN_UUID) {
        return read_id(compiling, field, text, cell_out);
    }
    unbounded.has_minimum = false;
    unbounded.has_maximum = false;
    unbounded.length = 0;
    if (!value_parse(call->arena, &unbounded, text, call->zone, &value, compiling->error)) {
        return false;
    }
    if (condition->column == field->sort_column && is_text(field)) {
        *cell_out = store_sort_cell(call, value.text);
    } else if (condition->column == field->fold_column && is_text(field)) {
        *cell_out = store_fold_cell(call, field, value.text);
    } else {
        *cell_out = store_cell(field, &value);
    }
    return true;
}

static bool read_pattern(const struct compiling *compiling, struct query_condition *condition,
                         const char *text)
{
    const struct field *field = condition->field;
    if (!text_is_valid_utf8(text, strlen(text))) {
        return error_set_about(compiling->error, ERROR_VALUE_INVALID, compiling->entity->name,
                               field->name, "%s is compared with UTF-8 text", field->name);
    }
    condition->pattern =
        pattern_make(compiling->call, text, condition->column == field->fold_column);
    return strlen(condition->pattern) <= PATTERN_BYTES_MOST ||
           error_set_about(compiling->error, ERROR_LIMIT_EXCEEDED, compiling->entity->name,
                           field->name, "A pattern may have at most %d bytes",
                           (int)PATTERN_BYTES_MOST);
}

static bool read_values(struct compiling *compiling, const struct condition_request *request,
                        struct query_condition *condition)
{
    size_t count = request->values.count;
    const struct operator_row *operator= condition->operator;
    if (count < operator->minimum_values || count> operator->maximum_values) {
        return error_set_about(compiling->error, ERROR_QUERY_INVALID, compiling->entity->name,
                               condition->field->name,
                               "The operator %s on %s cannot take %zu values", operator->name,
                               condition->field->name, count);
    }
    if (count > (size_t)compiling->limits->parameters) {
        return error_set_about(compiling->error, ERROR_LIMIT_EXCEEDED, compiling->entity->name,
                               condition->field->name,
                               "A condition may list at most %lld values (limits.parameters)",
                               (long long)compiling->limits->parameters);
    }
    if (operator->form == OPERATOR_MATCHES) {
        return read_pattern(compiling, condition, request->values.items[0]);
    }
    struct cell *cells = arena_allocate_array(compiling->call->arena, count, sizeof(*cells));
    for (size_t index = 0; index < count; index++) {
        if (!read_cell(compiling, condition, request->values.items[index], &cells[index])) {
            return false;
        }
    }
    condition->cells = cells;
    condition->cell_count = count;
    return true;
}

static bool compile_condition(struct compiling *compiling, const struct condition_request *request,
                              struct query_condition *condition)
{
    struct error *error = compiling->error;
    const struct entity *entity = compiling->entity;
    if (++compiling->conditions > compiling->limits->conditions) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, "filter",
                         "A query may have at most %lld conditions (limits.conditions)",
                         (long long)compiling->limits->conditions);
    }
    if (request->field == NULL || request->operator== NULL) {
        return error_set_about(error, ERROR_QUERY_INVALID, entity->name, "filter",
                               "A condition needs a field and an operator");
    }
    const struct field *field = NULL;
    if (!find_usable(compiling, request->field, &field)) {
        return false;
    }
    const struct operator_row *operator= operator_find(request->operator);
    if (operator== NULL) {
        return error_set_about(error, ERROR_QUERY_INVALID, entity->name, field->name,
                               "There is no operator %s", request->operator);
    }
    bool is_match = operator->form == OPERATOR_MATCHES;
    bool is_comparable = !operator->needs_order || field_type_row(field->type)->is_ordered;
    const char *column =
        field_is_filterable(field) && is_comparable && (!is_match || is_text(field))
            ? choose_column(field, operator)
            : NULL;
    if (column == NULL) {
        return refuse_operator(compiling, field, operator->name);
    }
    *condition = (struct query_condition){.field = field, .operator= operator, .column = column };
    return read_values(compiling, request, condition);
}

/* ---- filters ---- */

static bool read_filter_type(const struct compiling *compiling, const char *type, bool *is_any)
{
    *is_any = type != NULL && strcmp(type, "or") == 0;
    if (type == NULL || *is_any || strcmp(type, "and") == 0) {
        return true;
    }
    return error_set_about(compiling->error, ERROR_QUERY_INVALID, compiling->entity->name, "filter",
                           "A filter is of type and or or, not %s", type);
}

static bool compile_filter(struct compiling *compiling, const struct filter_request *request,
                           int64_t depth, const struct query_filter **filter_out)
{
    struct arena *arena = compiling->call->arena;
    struct query_filter *filter = arena_allocate(arena, sizeof(*filter));
    if (depth > compiling->limits->filter_depth) {
        return error_set(compiling->error, ERROR_LIMIT_EXCEEDED, "filter",
                         "Filters may lie at most %lld deep (limits.filter_depth)",
                         (long long)compiling->limits->filter_depth);
    }
    if (!read_filter_type(compiling, request->type, &filter->is_any)) {
        return false;
    }
    struct query_condition *conditions =
        arena_allocate_array(arena, request->conditions.count, sizeof(*conditions));
    for (size_t index = 0; index < request->conditions.count; index++) {
        if (!compile_condition(compiling, request->conditions.items[index], &conditions[index])) {
            return false;
        }
    }
    filter->conditions = conditions;
    filter->condition_count = request->conditions.count;
    filter->groups = arena_allocate_array(arena, request->filters.count, sizeof(*filter->groups));
    for (size_t index = 0; index < request->filters.count; index++) {
        if (!compile_filter(compiling, request->filters.items[index], depth + 1,
                            &filter->groups[index])) {
            return false;
        }
    }
    filter->group_count = request->filters.count;
    *filter_out = filter;
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
    if (is_text(field)) {
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
    if (!find_usable(compiling, request->field, &field)) {
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
    struct compiling compiling = {
        .call = call,
        .entity = entity,
        .limits = &call->platform->settings->limits,
        .error = error,
    };
    struct query query = {.entity = entity};
    if (!query_columns(call, entity, (const char *const *)request->columns.items,
                       request->columns.count, !request->columns.is_set, &query.columns, error)) {
        return false;
    }
    if (request->filter != NULL && !compile_filter(&compiling, request->filter, 1, &query.filter)) {
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
