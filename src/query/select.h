/*
 * select.h - a SELECT being written: which cell of a row becomes which value of a record.
 *
 * The table of the entity is aliased "r". Names of references are asked for afterwards, each once
 * and all together (measured: a dozen joins cost more than the second round trip, which is not
 * made where nothing is referred to); records that the caller may not read show none.
 *
 * Memory: a selection lives in the arena of its call.
 */
#ifndef QUERY_SELECT_H
#define QUERY_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "base/attributes.h"
#include "query/query.h"
#include "query/tree.h"

struct access_facts;
struct call;
struct error;
struct reach;
struct result;
struct sql;

#define ROOT_ALIAS "r"

struct selected;

struct selection {
    struct call *call;
    const struct entity *entity;
    const struct reach *reach; /* what of it is to be found; NULL: all */
    struct selected *items;
    size_t item_count;
    size_t order_cells[QUERY_ORDERS]; /* where the values lie that the rows are ordered by */
    size_t owner_cell, unit_cell;     /* what a right goes by */
    size_t join_count;
    bool has_facts;       /* those two are wanted */
    bool has_names;       /* names of references, and of files, are wanted */
    bool has_parties;     /* party lists are wanted */
    struct array unnamed; /* struct reference *: names to be asked for */
};

/* Plans the columns. */
void selection_plan(struct selection *selection, struct call *call, const struct entity *entity,
                    const struct column_set *columns, bool has_names);

/* Writes SELECT, columns, cells of the orders (there may be none), FROM and joins; before them
 * the lists of reach, whose condition is to follow. */
void selection_write(struct selection *selection, struct sql *sql, const struct query_order *orders,
                     size_t order_count);

/* What the current row says of who reaches the record; has_facts was set before writing. */
struct access_facts selection_facts(const struct selection *selection, const struct result *result);

/* Makes a record of the current row. */
struct record *selection_read(struct selection *selection, const struct result *result);

/* Brings what did not lie in the rows: parties and names. */
must_check bool selection_complete(struct selection *selection, struct record *const *records,
                                   size_t count, struct error *error);

#endif
