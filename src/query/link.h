/*
 * link.h - links of a checked query, written as SQL: there is, or is not, a record on the other
 * side that the caller may read and that meets a filter of its own.
 *
 * What is on the other side of each link is a table of its own, before the SELECT, so that links
 * within links do not lie within each other in the text: parsers of SQL have no great depth. Each
 * is named once and looked into by a subquery; so links stand among conditions in any group, and
 * a record that meets a link in many ways is listed once.
 */
#ifndef QUERY_LINK_H
#define QUERY_LINK_H

struct access_lists;
struct query_filter;
struct query_link;
struct sql;

/* Takes in what the links of a filter go by, those within links included. */
void link_add_lists(struct access_lists *lists, const struct query_filter *filter);

/* Writes the tables of a filter's links, which the lists have taken in. before is what stands
 * before the first, "WITH " or ", "; answers what stands before a further one. */
const char *link_write_tables(struct sql *sql, const struct query_filter *filter,
                              const struct access_lists *lists, const char *before);

/* Writes a link as a condition on the record of alias. Its table was written. */
void link_write(struct sql *sql, const struct query_link *link, const char *alias);

#endif
