/*
 * predicate.h - conditions and orders of a checked query, written as SQL.
 */
#ifndef QUERY_PREDICATE_H
#define QUERY_PREDICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "query/tree.h"

struct cell;
struct sql;

/* Whether the filter holds nothing back. */
bool predicate_is_empty(const struct query_filter *filter);

/* Writes a filter that is not empty, in brackets. */
void predicate_write_filter(struct sql *sql, const struct query_filter *filter);

/* Writes "comes after the record with these cells, one for each order", in brackets. */
void predicate_write_position(struct sql *sql, const struct query *query, const struct cell *cells);

/* Writes ORDER BY. */
void predicate_write_orders(struct sql *sql, const struct query *query);

#endif
