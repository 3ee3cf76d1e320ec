/*
 * compile_aggregate.c - checks what an aggregate groups by, measures and orders by.
 */
#include "query/aggregate_tree.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/suggest.h"
#include "call/call.h"
#include "metadata/entity.h"
#include "query/compile.h"
#include "query/operator.h"
#include "query/request.h"

/* Engines compare longer texts by their beginning, when they group. */
enum { LONGEST_TEXT = 255 };

enum { AVERAGE_PLACES = 4 };

/* What one compilation works on. */
struct compiling_aggregate {
    struct compiling compiling;
    struct aggregate *aggregate;
};

/* ---- functions ---- */

enum { TAKES_NUMBERS = 1 << 0, TAKES_TIMES = 1 << 1, TAKES_KEYS = 1 << 2, TAKES_ALL = 1 << 3 };

static const struct function_row {
    const char *name;
    enum measure_function function;
    int takes;
    bool is_without_field; /* may be */
} functions[] = {
    {"count", MEASURE_COUNT, TAKES_ALL, true},
    {"countDistinct", MEASURE_COUNT_DISTINCT, TAKES_KEYS, false},
    {"sum", MEASURE_SUM, TAKES_NUMBERS, false},
    {"avg", MEASURE_AVERAGE, TAKES_NUMBERS, false},
    {"min", MEASURE_LEAST, TAKES_NUMBERS | TAKES_TIMES, false},
    {"max", MEASURE_GREATEST, TAKES_NUMBERS | TAKES_TIMES, false},
};

static const struct function_row *find_function(const char *name)
{
    for (size_t index = 0; index < sizeof(functions) / sizeof(functions[0]); index++) {
        if (strcmp(functions[index].name, name) == 0) {
            return &functions[index];
        }
    }
    return NULL;
}

static const char *const period_names[SUMMARY_PERIODS] = {
    [PERIOD_DAY] = "day",         [PERIOD_WEEK] = "week", [PERIOD_MONTH] = "month",
    [PERIOD_QUARTER] = "quarter", [PERIOD_YEAR] = "year",
};

static bool is_number(const struct field *field)
{
    return field->type == FIELD_INTEGER || field->type == FIELD_LONG ||
           field->type == FIELD_DECIMAL || field->type == FIELD_MONEY;
}

static bool is_time(const struct field *field)
{
    return field->type == FIELD_DATE || field->type == FIELD_DATE_TIME;
}

/* Whether equal values of the field can be put together. */
static bool is_groupable(const struct field *field)
{
    bool is_text = field_type_row(field->type)->column == COLUMN_TEXT;
    return field->type != FIELD_MEMO && (!is_text || field->length <= LONGEST_TEXT);
}

static bool takes(const struct function_row *row, const struct field *field)
{
    return field_is_filterable(field) && ((row->takes & TAKES_ALL) != 0 ||
                                          ((row->takes & TAKES_NUMBERS) != 0 && is_number(field)) ||
                                          ((row->takes & TAKES_TIMES) != 0 && is_time(field)) ||
                                          ((row->takes & TAKES_KEYS) != 0 && is_groupable(field)));
}

/* ---- names ---- */

static bool refuse(const struct compiling_aggregate *one, const char *subject, const char *message)
{
    return error_set_about(one->compiling.error, ERROR_QUERY_INVALID, one->compiling.entity->name,
                           subject, "%s", message);
}

/* The names so far, of keys and measures. */
static size_t list_names(const struct aggregate *aggregate, const char **names)
{
    size_t count = 0;
    for (size_t key = 0; key < aggregate->key_count; key++) {
        names[count++] = aggregate->keys[key].name;
    }
    for (size_t measure = 0; measure < aggregate->measure_count; measure++) {
        names[count++] = aggregate->measures[measure].name;
    }
    return count;
}

static bool check_name(const struct compiling_aggregate *one, const char *name)
{
    const char *names[AGGREGATE_KEYS + AGGREGATE_MEASURES];
    size_t count = list_names(one->aggregate, names);
    for (size_t index = 0; index < count; index++) {
        if (strcmp(names[index], name) == 0) {
            return error_set_about(one->compiling.error, ERROR_QUERY_INVALID,
                                   one->compiling.entity->name, "name",
                                   "Two keys or measures are called %s", name);
        }
    }
    return true;
}

/* "sumTotalAmount" */
static const char *make_name(struct arena *arena, const char *function, const struct field *field)
{
    char *name = arena_format(arena, "%s%s", function, field == NULL ? "" : field->name);
    if (field != NULL) {
        char *initial = name + strlen(function);
        *initial = (char)toupper((unsigned char)*initial);
    }
    return name;
}

/* ---- keys ---- */

static bool read_period(const struct compiling_aggregate *one, const struct group_request *request,
                        struct aggregate_group_key *key)
{
    if (request->by == NULL) {
        return true;
    }
    if (!is_time(key->field)) {
        return error_set_about(one->compiling.error, ERROR_FIELD_NOT_USABLE,
                               one->compiling.entity->name, key->field->name,
                               "%s is no date, so it cannot be grouped by %s", key->field->name,
                               request->by);
    }
    for (int period = 0; period < SUMMARY_PERIODS; period++) {
        if (strcmp(period_names[period], request->by) == 0) {
            key->is_period = true;
            key->period = (enum summary_period)period;
            return true;
        }
    }
    return error_set_about(one->compiling.error, ERROR_QUERY_INVALID, one->compiling.entity->name,
                           key->field->name, "There is no period %s", request->by);
}

static bool read_key(struct compiling_aggregate *one, const struct group_request *request)
{
    struct aggregate *aggregate = one->aggregate;
    struct aggregate_group_key key = {.name = request->name};
    if (aggregate->key_count == AGGREGATE_KEYS) {
        return error_set_about(one->compiling.error, ERROR_LIMIT_EXCEEDED,
                               one->compiling.entity->name, "groupBy",
                               "An aggregate may have at most %d keys", AGGREGATE_KEYS);
    }
    if (request->field == NULL) {
        return refuse(one, "groupBy", "A key needs a field");
    }
    if (!compile_field(&one->compiling, request->field, &key.field)) {
        return false;
    }
    if (!field_is_filterable(key.field) || !is_groupable(key.field)) {
        return error_set_about(one->compiling.error, ERROR_FIELD_NOT_USABLE,
                               one->compiling.entity->name, key.field->name,
                               "%s cannot be grouped by", key.field->name);
    }
    key.name = key.name == NULL ? key.field->name : key.name;
    if (!read_period(one, request, &key) || !check_name(one, key.name)) {
        return false;
    }
    aggregate->keys[aggregate->key_count++] = key;
    return true;
}

/* ---- measures ---- */

static uint8_t scale_of(const struct aggregate_measure *measure)
{
    const struct field *field = measure->field;
    bool is_decimal = field != NULL && field_type_row(field->type)->column == COLUMN_DECIMAL;
    uint8_t scale = is_decimal ? field->scale : 0;
    switch (measure->function) {
    case MEASURE_SUM:
        return scale;
    case MEASURE_AVERAGE:
        return scale < AVERAGE_PLACES ? AVERAGE_PLACES : scale;
    default:
        return 0;
    }
}

static bool read_measured_field(const struct compiling_aggregate *one,
                                const struct function_row *row,
                                const struct measure_request *request,
                                const struct field **field_out)
{
    if (request->field == NULL) {
        return row->is_without_field || refuse(one, "measures", "This function needs a field");
    }
    if (!compile_field(&one->compiling, request->field, field_out)) {
        return false;
    }
    return takes(row, *field_out) ||
           error_set_about(one->compiling.error, ERROR_FIELD_NOT_USABLE,
                           one->compiling.entity->name, request->field,
                           "%s cannot be measured with %s", request->field, row->name);
}

static bool read_measure(struct compiling_aggregate *one, const struct measure_request *request)
{
    struct aggregate *aggregate = one->aggregate;
    struct aggregate_measure measure = {.name = request->name};
    if (aggregate->measure_count == AGGREGATE_MEASURES) {
        return error_set_about(one->compiling.error, ERROR_LIMIT_EXCEEDED,
                               one->compiling.entity->name, "measures",
                               "An aggregate may have at most %d measures", AGGREGATE_MEASURES);
    }
    if (request->function == NULL) {
        return refuse(one, "measures", "A measure needs a function");
    }
    const struct function_row *row = find_function(request->function);
    if (row == NULL) {
        return error_set_about(one->compiling.error, ERROR_QUERY_INVALID,
                               one->compiling.entity->name, "measures", "There is no function %s",
                               request->function);
    }
    if (!read_measured_field(one, row, request, &measure.field)) {
        return false;
    }
    measure.function = row->function;
    measure.scale = scale_of(&measure);
    if (measure.name == NULL) {
        measure.name = make_name(one->compiling.call->arena, row->name, measure.field);
    }
    if (!check_name(one, measure.name)) {
        return false;
    }
    aggregate->measures[aggregate->measure_count++] = measure;
    return true;
}

/* ---- currencies ---- */

/* Whether all that is summed up has one currency: by a key, or by a condition that must hold. */
static bool has_one_currency(const struct aggregate *aggregate)
{
    const struct field *currency = aggregate->query.entity->currency;
    const struct query_filter *filter = aggregate->query.filter;
    for (size_t key = 0; key < aggregate->key_count; key++) {
        if (aggregate->keys[key].field == currency) {
            return true;
        }
    }
    for (size_t index = 0; filter != NULL && index < filter->condition_count; index++) {
        const struct query_condition *condition = &filter->conditions[index];
        bool is_only = !filter->is_any ||
                       filter->condition_count + filter->group_count + filter->link_count == 1;
        if (is_only && condition->field == currency &&
            strcmp(condition->operator->name, "eq") == 0) {
            return true;
        }
    }
    return false;
}

static const struct field *find_base(const struct field *amount)
{
    const struct entity *entity = amount->entity;
    for (size_t index = 0; index < entity->field_count; index++) {
        if (entity->fields[index]->base_of == amount) {
            return entity->fields[index];
        }
    }
    return NULL;
}

static bool check_amount(const struct compiling_aggregate *one, const struct field *field)
{
    if (field == NULL || field->type != FIELD_MONEY || field->base_of != NULL) {
        return true;
    }
    const struct field *base = find_base(field);
    return error_set_about(one->compiling.error, ERROR_FIELD_NOT_USABLE,
                           one->compiling.entity->name, field->name,
                           "%s may be in several currencies; group by the currency too, filter by "
                           "one, or take %s",
                           field->name, base == NULL ? "another field" : base->name);
}

static bool check_currencies(const struct compiling_aggregate *one)
{
    const struct aggregate *aggregate = one->aggregate;
    if (has_one_currency(aggregate)) {
        return true;
    }
    for (size_t key = 0; key < aggregate->key_count; key++) {
        if (!check_amount(one, aggregate->keys[key].field)) {
            return false;
        }
    }
    for (size_t index = 0; index < aggregate->measure_count; index++) {
        const struct aggregate_measure *measure = &aggregate->measures[index];
        if (measure->function != MEASURE_COUNT && !check_amount(one, measure->field)) {
            return false;
        }
    }
    return true;
}

/* ---- orders ---- */

static bool find_ordered(const struct compiling_aggregate *one, const char *name,
                         struct aggregate_order *order)
{
    const char *names[AGGREGATE_KEYS + AGGREGATE_MEASURES];
    const struct aggregate *aggregate = one->aggregate;
    size_t count = list_names(aggregate, names);
    for (size_t index = 0; index < count; index++) {
        if (strcmp(names[index], name) == 0) {
            order->is_measure = index >= aggregate->key_count;
            order->place = order->is_measure ? index - aggregate->key_count : index;
            return true;
        }
    }
    const char *nearest = suggest_word(name, names, count);
    return error_set_about(one->compiling.error, ERROR_QUERY_INVALID, one->compiling.entity->name,
                           "orders", "No key and no measure is called %s%s%s%s", name,
                           nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest,
                           nearest == NULL ? "" : "?");
}

static bool read_order(struct compiling_aggregate *one, const struct order_request *request)
{
    struct aggregate *aggregate = one->aggregate;
    struct aggregate_order order = {
        .is_descending = request->descending.is_set && request->descending.value,
    };
    if (aggregate->order_count == AGGREGATE_ORDERS) {
        return error_set_about(one->compiling.error, ERROR_LIMIT_EXCEEDED,
                               one->compiling.entity->name, "orders",
                               "An aggregate may have at most %d orders", AGGREGATE_ORDERS);
    }
    if (request->field == NULL) {
        return refuse(one, "orders", "An order needs the name of a key or of a measure");
    }
    if (!find_ordered(one, request->field, &order)) {
        return false;
    }
    if (!order.is_measure && aggregate->keys[order.place].field->type == FIELD_LOOKUP) {
        const char *name = aggregate->keys[order.place].field->name;
        return error_set_about(one->compiling.error, ERROR_FIELD_NOT_USABLE,
                               one->compiling.entity->name, name, "%s cannot be ordered by", name);
    }
    aggregate->orders[aggregate->order_count++] = order;
    return true;
}

/* ---- the whole ---- */

static bool read_limit(const struct compiling_aggregate *one,
                       const struct aggregate_request *request)
{
    const struct settings_limits *limits = one->compiling.limits;
    struct aggregate *aggregate = one->aggregate;
    aggregate->limit = request->limit.is_set ? request->limit.value : limits->page_default;
    if (aggregate->limit < 1) {
        return refuse(one, "limit", "An aggregate answers at least one row");
    }
    return aggregate->limit <= limits->page ||
           error_set(one->compiling.error, ERROR_LIMIT_EXCEEDED, "limit",
                     "An aggregate may answer at most %lld rows (limits.page)",
                     (long long)limits->page);
}

static bool read_lists(struct compiling_aggregate *one, const struct aggregate_request *request)
{
    for (size_t index = 0; index < request->groups.count; index++) {
        if (!read_key(one, request->groups.items[index])) {
            return false;
        }
    }
    for (size_t index = 0; index < request->measures.count; index++) {
        if (!read_measure(one, request->measures.items[index])) {
            return false;
        }
    }
    for (size_t index = 0; index < request->orders.count; index++) {
        if (!read_order(one, request->orders.items[index])) {
            return false;
        }
    }
    return request->groups.count + request->measures.count > 0 ||
           refuse(one, "measures", "An aggregate needs a key or a measure");
}

bool aggregate_compile(struct call *call, const struct entity *entity,
                       const struct aggregate_request *request, struct aggregate *aggregate_out,
                       struct error *error)
{
    struct aggregate aggregate = {.query = {.entity = entity}};
    struct compiling_aggregate one = {
        .compiling = compile_begin(call, entity, error),
        .aggregate = &aggregate,
    };
    /* All that is read goes into the groups, so gathering is judged as for the longest page. */
    aggregate.query.page_size = one.compiling.limits->page;
    if (request->filter != NULL &&
        !compile_filter(&one.compiling, request->filter, &aggregate.query.filter)) {
        return false;
    }
    if (!read_lists(&one, request) || !check_currencies(&one) || !read_limit(&one, request)) {
        return false;
    }
    *aggregate_out = aggregate;
    return true;
}
