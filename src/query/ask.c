/*
 * ask.c - conditions and filters made.
 */
#include "query/ask.h"

#include "base/arena.h"
#include "base/array.h"

struct condition_request *ask_condition(const char *field, const char *comparison,
                                        const struct array *values)
{
    struct condition_request *condition = arena_allocate(values->arena, sizeof(*condition));

    *condition = (struct condition_request){
        .field = field,
        .operator= comparison,
        .values = {.is_set = values->count > 0, .count = values->count, .items = values->items},
    };
    return condition;
}

static struct filter_request *filter_of(const char *type, const struct array *conditions)
{
    struct filter_request *filter = arena_allocate(conditions->arena, sizeof(*filter));

    *filter = (struct filter_request){
        .type = type,
        .conditions = {.is_set = true, .count = conditions->count, .items = conditions->items},
    };
    return filter;
}

struct filter_request *ask_all(const struct array *conditions)
{
    return filter_of("and", conditions);
}

struct filter_request *ask_either(const struct array *conditions)
{
    return filter_of("or", conditions);
}

struct filter_request *ask_any(const char *field, const struct array *values)
{
    struct array conditions;

    array_init(&conditions, values->arena);
    array_add(&conditions, ask_condition(field, "in", values));
    return ask_all(&conditions);
}

struct filter_request *ask_one(struct arena *arena, const char *field, const char *value)
{
    struct array values;

    array_init(&values, arena);
    array_add(&values, value);
    return ask_any(field, &values);
}
