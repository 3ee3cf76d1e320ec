/*
 * aggregate_tree.h - an aggregate that was checked, and the groups it forms.
 *
 * Memory: both live in the arena of the call.
 */
#ifndef QUERY_AGGREGATE_TREE_H
#define QUERY_AGGREGATE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/wide.h"
#include "database/cell.h"
#include "database/summary.h"
#include "query/tree.h"

struct aggregate_request;
struct call;
struct error;

enum { AGGREGATE_KEYS = 8, AGGREGATE_MEASURES = 16, AGGREGATE_ORDERS = 8 };

struct aggregate_group_key {
    const char *name;
    const struct field *field;
    bool is_period;
    enum summary_period period;
};

enum measure_function {
    MEASURE_COUNT, /* of records, or of those that have the field */
    MEASURE_COUNT_DISTINCT,
    MEASURE_SUM,
    MEASURE_AVERAGE,
    MEASURE_LEAST,
    MEASURE_GREATEST,
};

struct aggregate_measure {
    const char *name;
    enum measure_function function;
    const struct field *field; /* NULL: the records are counted */
    uint8_t scale;             /* of the answer, where it is a number */
};

/* By a key or by a measure. */
struct aggregate_order {
    bool is_measure;
    size_t place;
    bool is_descending;
};

struct aggregate {
    struct query query; /* which records */
    struct aggregate_group_key keys[AGGREGATE_KEYS];
    size_t key_count;
    struct aggregate_measure measures[AGGREGATE_MEASURES];
    size_t measure_count;
    struct aggregate_order orders[AGGREGATE_ORDERS];
    size_t order_count;
    int64_t limit;
};

/* Checks a request against the catalog. */
must_check bool aggregate_compile(struct call *call, const struct entity *entity,
                                  const struct aggregate_request *request,
                                  struct aggregate *aggregate_out, struct error *error);

/* The value of one key: the cell, the entity of a reference, the sort key of a text. */
struct group_key_value {
    struct cell cell;
    const char *entity;
    struct cell sort;
};

/* The value of one measure. */
struct group_measured {
    bool is_null;
    bool is_number;
    struct wide number; /* counts, sums, averages; of the measure's scale */
    struct cell cell;   /* LEAST, GREATEST */
};

struct aggregate_group {
    const struct aggregate *aggregate;
    struct group_key_value *keys;
    struct group_measured *measured;
};

/* Sorts by the orders, and then by the keys; nulls are the smallest. */
void aggregate_sort(struct aggregate_group *groups, size_t count);

#endif
