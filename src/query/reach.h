/*
 * reach.h - how a list finds what a person reaches: all records in order, or only his.
 *
 * Who reaches many of an entity's records is served by looking through them in the order of the
 * list, each one tested, until the page is full. Who reaches few would wait for that to the last
 * row; his are gathered from the rules and ordered then. Both find the same. How many he
 * reaches is counted up to a bound, and remembered for a minute; only the speed depends on it.
 *
 * Memory: a reach lives in the arena of its call.
 */
#ifndef QUERY_REACH_H
#define QUERY_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "query/access.h"

struct access_scope;
struct call;
struct entity;
struct error;
struct query;
struct query_filter;
struct sql;

enum reach_way {
    REACH_ALL,    /* nothing is held back */
    REACH_NONE,   /* everything is */
    REACH_SCAN,   /* each row is tested */
    REACH_GATHER, /* the rows are found from the rules */
};

struct reach {
    const struct access_scope *scope;
    struct access_lists lists; /* of its own, and then of the links */
    size_t own_lists;
    const struct query_filter *filter; /* of the query; NULL: none */
    enum reach_way way;
};

/* What remembers how many records somebody reaches; shared by all calls (platform.reaches). */
struct memory *reach_memory_create(void);

/* Chooses how the caller's records of a query are found, and takes in what its links go by. */
must_check bool reach_choose(struct call *call, const struct query *query, struct reach *reach_out,
                             struct error *error);

/* Whether a statement binds no more values than one may: engines and drivers differ in that; ours
 * is the least. What security adds to the list itself is a handful, and free; what it adds to
 * links counts. LIMIT_EXCEEDED. */
must_check bool reach_check_values(const struct reach *reach, const struct call *call,
                                   const struct sql *sql, struct error *error);

/* Writes the lists, and the tables of links, before SELECT; the table as ROOT_ALIAS, after FROM;
 * and what security leaves, with the filter. What is answered stands before a further condition:
 * " WHERE " or " AND ". Of all records of an entity (REACH_ALL) reach NULL writes the table. */
void reach_write_lists(const struct reach *reach, struct sql *sql);
void reach_write_table(const struct reach *reach, struct sql *sql, const struct entity *entity);
const char *reach_write_conditions(const struct reach *reach, struct sql *sql);

#endif
