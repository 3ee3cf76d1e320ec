/*
 * tree.h - a query that was checked: fields, operators and cells, ready to be written.
 *
 * Memory: a tree lives in the arena of its call.
 */
#ifndef QUERY_TREE_H
#define QUERY_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "database/cell.h"
#include "query/query.h"

struct access_scope;
struct call;
struct error;
struct operator_row;
struct query_request;

enum { QUERY_ORDERS = 9 }; /* the last is always the id */

struct query_filter;

/* A condition on one column. */
struct query_condition {
    const struct field *field;
    const struct operator_row *operator;
    const char *column;
    const struct cell *cells;
    size_t cell_count;
    const char *pattern; /* of a LIKE */
};

/* There is a record on the other side that the caller may read and that meets a filter; or there
 * is none. */
struct query_link {
    const struct field *lookup;
    const struct entity *target;       /* what the lookup refers to in this link */
    const struct entity *entity;       /* on the other side: the target, or whose lookup it is */
    bool is_back;                      /* the lookup is of the other side */
    bool is_none;                      /* there is no such record */
    const struct query_filter *filter; /* on the other side; NULL: none */
    const struct access_scope *scope;  /* what the caller may read of the other side */
    unsigned number;                   /* within the query */
};

/* All or one of the conditions, groups and links; one that is empty holds nothing back. */
struct query_filter {
    bool is_any;
    const struct query_condition *conditions;
    size_t condition_count;
    const struct query_filter **groups;
    size_t group_count;
    const struct query_link *links;
    size_t link_count;
};

struct query_order {
    const struct field *field;
    const char *column;
    enum column_type type;
    uint8_t scale;
    size_t length;
    bool is_descending;
    bool is_nullable;
};

struct query {
    const struct entity *entity;
    struct column_set columns;
    const struct query_filter *filter; /* NULL: none */
    struct query_order orders[QUERY_ORDERS];
    size_t order_count;
    int64_t page_size;
    bool is_counted;
};

/* Checks a request against the catalog. */
must_check bool query_compile(struct call *call, const struct entity *entity,
                              const struct query_request *request, struct query *query_out,
                              struct error *error);

#endif
