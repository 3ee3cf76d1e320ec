/*
 * link.c - links as EXISTS, narrowed by what the caller reads of the other entity.
 *
 * The engine is left to choose where it begins: with the record, or with what is linked.
 */
#include "query/link.h"

#include <stdio.h>

#include "database/sql.h"
#include "metadata/entity.h"
#include "query/access.h"
#include "query/predicate.h"
#include "query/tree.h"
#include "security/access.h"

#define LINKED_ALIAS "l"

void link_add_lists(struct access_lists *lists, const struct query_filter *filter)
{
    if (filter == NULL) {
        return;
    }
    for (size_t index = 0; index < filter->link_count; index++) {
        access_lists_add(lists, filter->links[index].scope);
        link_add_lists(lists, filter->links[index].filter);
    }
    for (size_t index = 0; index < filter->group_count; index++) {
        link_add_lists(lists, filter->groups[index]);
    }
}

/* ---- tables ---- */

static void write_name(struct sql *sql, const struct query_link *link)
{
    char name[16];
    snprintf(name, sizeof(name), "link%u", link->number);
    sql_add_name(sql, name);
}

/* The column of the other side by which the two are linked. */
static const char *linked_column(const struct query_link *link)
{
    return link->is_back ? link->lookup->column : link->entity->id->column;
}

/* Of a lookup of several targets: it refers to the one that is meant. */
static void write_target(struct sql *sql, const struct query_link *link, const char *alias)
{
    sql_add_column(sql, alias, link->lookup->entity_column);
    sql_add(sql, " = ");
    sql_add_word(sql, link->target->name);
}

static void write_scope(struct sql *sql, const struct query_link *link,
                        const struct access_lists *lists)
{
    if (link->scope->is_everything) {
        return;
    }
    sql_add(sql, " AND ");
    if (access_is_nothing(link->scope)) {
        sql_add(sql, "1 = 0");
    } else {
        access_write(lists, sql, link->scope, LINKED_ALIAS);
    }
}

static void write_table(struct sql *sql, const struct query_link *link,
                        const struct access_lists *lists)
{
    write_name(sql, link);
    sql_add(sql, "(linked) AS (SELECT ");
    sql_add_column(sql, LINKED_ALIAS, linked_column(link));
    sql_add(sql, " FROM ");
    sql_add_name(sql, link->entity->table);
    sql_add(sql, " " LINKED_ALIAS " WHERE ");
    if (link->is_back && link->lookup->entity_column != NULL) {
        write_target(sql, link, LINKED_ALIAS);
    } else {
        sql_add_column(sql, LINKED_ALIAS, linked_column(link));
        sql_add(sql, " IS NOT NULL");
    }
    write_scope(sql, link, lists);
    if (!predicate_is_empty(link->filter)) {
        sql_add(sql, " AND ");
        predicate_write_filter(sql, link->filter, LINKED_ALIAS);
    }
    sql_add(sql, ")");
}

const char *link_write_tables(struct sql *sql, const struct query_filter *filter,
                              const struct access_lists *lists, const char *before)
{
    if (filter == NULL) {
        return before;
    }
    for (size_t index = 0; index < filter->link_count; index++) {
        before = link_write_tables(sql, filter->links[index].filter, lists, before);
        sql_add(sql, before);
        write_table(sql, &filter->links[index], lists);
        before = ", ";
    }
    for (size_t index = 0; index < filter->group_count; index++) {
        before = link_write_tables(sql, filter->groups[index], lists, before);
    }
    return before;
}

/* ---- conditions ---- */

void link_write(struct sql *sql, const struct query_link *link, const char *alias)
{
    const char *column = link->is_back ? link->target->id->column : link->lookup->column;
    sql_add(sql, link->is_none ? "NOT EXISTS (SELECT 1 FROM " : "EXISTS (SELECT 1 FROM ");
    write_name(sql, link);
    sql_add(sql, " WHERE linked = ");
    sql_add_column(sql, alias, column);
    if (!link->is_back && link->lookup->entity_column != NULL) {
        sql_add(sql, " AND ");
        write_target(sql, link, alias);
    }
    sql_add(sql, ")");
}
