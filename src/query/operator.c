/*
 * operator.c - the table of operators.
 *
 * A negation finds exactly what its plain twin does not: who has no city is not in Moscow. So
 * ne, notLike, notIn and notBetween find nulls too, as in the classic model and unlike SQL.
 */
#include "query/operator.h"

#include <stdint.h>
#include <string.h>

static const struct operator_row operators[] = {
    {.name = "eq",
     .form = OPERATOR_COMPARES,
     .text = " = ",
     .minimum_values = 1,
     .maximum_values = 1},
    {.name = "ne",
     .is_negated = true,
     .form = OPERATOR_COMPARES,
     .text = " <> ",
     .minimum_values = 1,
     .maximum_values = 1},
    {.name = "lt",
     .form = OPERATOR_COMPARES,
     .needs_order = true,
     .text = " < ",
     .minimum_values = 1,
     .maximum_values = 1},
    {.name = "le",
     .form = OPERATOR_COMPARES,
     .needs_order = true,
     .text = " <= ",
     .minimum_values = 1,
     .maximum_values = 1},
    {.name = "gt",
     .form = OPERATOR_COMPARES,
     .needs_order = true,
     .text = " > ",
     .minimum_values = 1,
     .maximum_values = 1},
    {.name = "ge",
     .form = OPERATOR_COMPARES,
     .needs_order = true,
     .text = " >= ",
     .minimum_values = 1,
     .maximum_values = 1},
    {.name = "like", .form = OPERATOR_MATCHES, .minimum_values = 1, .maximum_values = 1},
    {.name = "notLike",
     .is_negated = true,
     .form = OPERATOR_MATCHES,
     .minimum_values = 1,
     .maximum_values = 1},
    {.name = "in",
     .form = OPERATOR_LISTS,
     .text = " IN (",
     .minimum_values = 1,
     .maximum_values = SIZE_MAX},
    {.name = "notIn",
     .is_negated = true,
     .form = OPERATOR_LISTS,
     .text = " NOT IN (",
     .minimum_values = 1,
     .maximum_values = SIZE_MAX},
    {.name = "between",
     .form = OPERATOR_SPANS,
     .needs_order = true,
     .text = " BETWEEN ",
     .minimum_values = 2,
     .maximum_values = 2},
    {.name = "notBetween",
     .is_negated = true,
     .form = OPERATOR_SPANS,
     .needs_order = true,
     .text = " NOT BETWEEN ",
     .minimum_values = 2,
     .maximum_values = 2},
    {.name = "null", .form = OPERATOR_TESTS, .text = " IS NULL"},
    {.name = "notNull", .form = OPERATOR_TESTS, .text = " IS NOT NULL"},
};

const struct operator_row *operator_find(const char *name)
{
    for (size_t index = 0; index < sizeof(operators) / sizeof(operators[0]); index++) {
        if (strcmp(operators[index].name, name) == 0) {
            return &operators[index];
        }
    }
    return NULL;
}
