/*
 * ids.h - lists of ids in a statement, filled up to few lengths so that few statements differ.
 */
#ifndef QUERY_IDS_H
#define QUERY_IDS_H

#include <stddef.h>

struct sql;
struct uuid;

/* The length that a list of count items is filled up to: the next power of two. */
size_t ids_fill_up(size_t count);

/* Writes " IN (?, ?, ...)"; at least one id. */
void ids_write(struct sql *sql, const struct uuid *ids, size_t count);

#endif
