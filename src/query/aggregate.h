/*
 * aggregate.h - sums up the records that the caller may read, group by group.
 *
 * Groups are formed by the values of fields, dates and moments also by the period they lie in; a
 * null is a group of its own. Texts that differ in case alone are one group where filters do not
 * tell them apart either (searchable ones); the key is the spelling that comes first. A moment
 * lies in the day that it is in the zone of the request, or in UTC when that has none.
 *
 * Sums are exact however long they get. An average has the places of its field, four at least,
 * and is rounded half away from zero. Nulls are left out of every measure; a sum, an average, a
 * least or a greatest of nothing is null. Amounts of several currencies are never put together:
 * a measure of money wants the currency as a key or in the filter, or the amount in the base
 * currency in its place.
 *
 * These structs are also the wire types of the answer (services/aggregate.xml).
 *
 * Memory: everything answered lives in the call's arena.
 */
#ifndef QUERY_AGGREGATE_H
#define QUERY_AGGREGATE_H

#include "base/attributes.h"
#include "metadata/shape.h"

struct aggregate_request;
struct call;
struct entity;
struct error;

/* A key or a measure, and how its texts are to be read. */
struct aggregate_column {
    const char *name;
    const char *type;  /* local name of an XSD type */
    const char *field; /* NULL: the records are counted */
};

struct aggregate_key {
    const char *name;
    const char *value; /* in the lexical form of the field; a period as its first day; NULL: none */
    const char *entity; /* of a record that is referred to */
    const char *label;  /* its name, if the caller may read it; of a choice what people see */
};

struct aggregate_value {
    const char *name;
    const char *value; /* NULL: nothing to be measured */
};

struct aggregate_row {
    struct message_list keys;   /* struct aggregate_key * */
    struct message_list values; /* struct aggregate_value * */
};

struct aggregate_table {
    struct message_list columns; /* struct aggregate_column *: keys, then measures */
    struct message_list rows;    /* struct aggregate_row * */
    struct message_boolean more; /* there are groups beyond the limit */
    const char *time_zone;       /* in which moments were put into periods */
};

/* Needs the privilege to read; a caller without it gets NOT_ALLOWED. LIMIT_EXCEEDED when there are
 * more groups than limits.groups. */
must_check bool query_aggregate(struct call *call, const struct entity *entity,
                                const struct aggregate_request *request,
                                struct aggregate_table **table_out, struct error *error);

#endif
