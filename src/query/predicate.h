/*
 * predicate.h - conditions and orders of a checked query, written as SQL.
 */
#ifndef QUERY_PREDICATE_H
#define QUERY_PREDICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "query/tree.h"

struct cell;
struct dialect;
struct sql;

/* Whether the filter holds nothing back. */
bool predicate_is_empty(const struct query_filter *filter);

/* Writes a filter that is not empty, on the record of alias, in brackets. The tables of its links
 * stand before (link.h). */
void predicate_write_filter(struct sql *sql, const struct query_filter *filter, const char *alias);

/* What comes after a position, as far as one statement finds it. */
enum position_part {
    POSITION_WHOLE,
    POSITION_VALUES, /* what has a value in the first order */
    POSITION_NULLS,  /* what has none; follows the values */
};

/* The parts in which to ask, in order, so that an index serves each; answers their number. */
size_t predicate_split_position(const struct dialect *dialect, const struct query *query,
                                const struct cell *cells, enum position_part parts[2]);

/* Writes "comes after the record with these cells, one for each order", in brackets. */
void predicate_write_position(struct sql *sql, const struct query *query, const struct cell *cells,
                              enum position_part part);

/* Writes ORDER BY. */
void predicate_write_orders(struct sql *sql, const struct query *query);

#endif
