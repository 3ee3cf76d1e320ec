/*
 * compile_filter.c - checks conditions, and the groups they stand in.
 */
#include "query/compile.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "metadata/value.h"
#include "query/operator.h"
#include "query/pattern.h"
#include "query/request.h"
#include "query/store.h"
#include "query/tree.h"
#include "text/utf8.h"

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

static bool read_condition(struct compiling *compiling, const struct condition_request *request,
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
    if (!compile_field(compiling, request->field, &field)) {
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

static bool read_conditions(struct compiling *compiling, const struct filter_request *request,
                            struct query_filter *filter)
{
    size_t count = request->conditions.count;
    struct query_condition *conditions =
        arena_allocate_array(compiling->call->arena, count, sizeof(*conditions));
    for (size_t index = 0; index < count; index++) {
        if (!read_condition(compiling, request->conditions.items[index], &conditions[index])) {
            return false;
        }
    }
    filter->conditions = conditions;
    filter->condition_count = count;
    return true;
}

static bool read_groups(struct compiling *compiling, const struct filter_request *request,
                        struct query_filter *filter)
{
    size_t count = request->filters.count;
    filter->groups = arena_allocate_array(compiling->call->arena, count, sizeof(*filter->groups));
    for (size_t index = 0; index < count; index++) {
        if (!compile_filter(compiling, request->filters.items[index], &filter->groups[index])) {
            return false;
        }
    }
    filter->group_count = count;
    return true;
}

static bool read_links(struct compiling *compiling, const struct filter_request *request,
                       struct query_filter *filter)
{
    size_t count = request->links.count;
    struct query_link *links = arena_allocate_array(compiling->call->arena, count, sizeof(*links));
    for (size_t index = 0; index < count; index++) {
        if (!compile_link(compiling, request->links.items[index], &links[index])) {
            return false;
        }
    }
    filter->links = links;
    filter->link_count = count;
    return true;
}

bool compile_filter(struct compiling *compiling, const struct filter_request *request,
                    const struct query_filter **filter_out)
{
    struct query_filter *filter = arena_allocate(compiling->call->arena, sizeof(*filter));
    if (compiling->filter_depth == compiling->limits->filter_depth) {
        return error_set(compiling->error, ERROR_LIMIT_EXCEEDED, "filter",
                         "Filters may lie at most %lld deep (limits.filter_depth)",
                         (long long)compiling->limits->filter_depth);
    }
    compiling->filter_depth++;
    if (!read_filter_type(compiling, request->type, &filter->is_any) ||
        !read_conditions(compiling, request, filter) || !read_groups(compiling, request, filter) ||
        !read_links(compiling, request, filter)) {
        return false;
    }
    compiling->filter_depth--;
    *filter_out = filter;
    return true;
}
