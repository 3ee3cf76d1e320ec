/*
 * request.h - a query as the client wrote it: names and texts, checked later.
 *
 * These structs are also the wire types Query, Filter, Condition, Link and Order
 * (services/types.xml), and Aggregate, Group and Measure (services/aggregate.xml).
 */
#ifndef QUERY_REQUEST_H
#define QUERY_REQUEST_H

#include "metadata/shape.h"

/* Field, operator and values: {"creditLimit", "ge", ["1000.00"]}. */
struct condition_request {
    const char *field;
    const char *operator;
    struct message_list values; /* const char * */
};

struct filter_request;

/* There is a record on the other side that meets the filter, or there is none. */
struct link_request {
    const char *field;             /* a lookup of this entity ... */
    const char *relation;          /* ... or a relation by which others refer to it */
    const char *entity;            /* on the other side; only where the lookup leaves a choice */
    const char *matches;           /* "any" or "none"; absent: any */
    struct filter_request *filter; /* of the other side; absent: any record */
};

/* All ("and") or one ("or") of the conditions, groups and links. */
struct filter_request {
    const char *type;               /* "and" or "or"; absent: and */
    struct message_list conditions; /* struct condition_request * */
    struct message_list filters;    /* struct filter_request * */
    struct message_list links;      /* struct link_request * */
};

struct order_request {
    const char *field;
    struct message_boolean descending;
};

struct query_request {
    struct message_list columns; /* const char *; absent: all but memo, file and parties */
    struct filter_request *filter;
    struct message_list orders; /* struct order_request * */
    struct message_integer page_size;
    const char *cookie;
    struct message_boolean count; /* the total is counted only when true */
};

/* What records are put together by. */
struct group_request {
    const char *name; /* of the key in the answer; absent: the field's */
    const char *field;
    const char *by; /* dates and moments: "day", "week", "month", "quarter", "year" */
};

struct measure_request {
    const char *name; /* of the value in the answer; absent: made of function and field */
    const char *function;
    const char *field; /* absent: the records are counted */
};

struct aggregate_request {
    struct filter_request *filter;
    struct message_list groups;   /* struct group_request * */
    struct message_list measures; /* struct measure_request * */
    struct message_list orders;   /* struct order_request *: of keys and measures, by name */
    struct message_integer limit;
};

#endif
