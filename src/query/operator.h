/*
 * operator.h - the operators of conditions: what they are called, what they take.
 *
 * Threads: immutable.
 */
#ifndef QUERY_OPERATOR_H
#define QUERY_OPERATOR_H

#include <stdbool.h>
#include <stddef.h>

/* How an operator is written around its column. */
enum operator_form {
    OPERATOR_COMPARES, /* column text ? */
    OPERATOR_MATCHES,  /* column LIKE ? */
    OPERATOR_LISTS,    /* column text (?, ?, ...) */
    OPERATOR_SPANS,    /* column text ? AND ? */
    OPERATOR_TESTS,    /* column text */
};

struct operator_row {
    const char *name;
    enum operator_form form;
    bool is_negated;  /* finds what its plain twin does not, nulls among it */
    bool needs_order; /* less and more mean something for the type */
    const char *text;
    size_t minimum_values;
    size_t maximum_values;
};

/* The operator of this name (exact), or NULL. */
const struct operator_row *operator_find(const char *name);

#endif
