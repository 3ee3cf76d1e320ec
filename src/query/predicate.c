/*
 * predicate.c - filters, positions and orders.
 *
 * A position is "(a, b, id) after (x, y, z)". Where all orders go one way and no null is in
 * play it is written as a comparison of rows on engines whose indexes serve that; else with AND
 * and OR, led by a bound on the first column, which every index serves. Nulls are the smallest.
 */
#include "query/predicate.h"

#include "database/dialect.h"
#include "database/sql.h"
#include "query/link.h"
#include "query/operator.h"
#include "query/select.h"

/* Lists are filled up to a few lengths, so that few statements differ. */
enum { FILLED_LENGTH = 64 };

/* ---- filters ---- */

bool predicate_is_empty(const struct query_filter *filter)
{
    if (filter == NULL) {
        return true;
    }
    for (size_t index = 0; index < filter->group_count; index++) {
        if (!predicate_is_empty(filter->groups[index])) {
            return false;
        }
    }
    return filter->condition_count == 0 && filter->link_count == 0;
}

static size_t fill_up(size_t count)
{
    size_t length = 1;
    while (length < count) {
        length *= 2;
    }
    return length <= FILLED_LENGTH ? length : count;
}

static void write_list(struct sql *sql, const struct query_condition *condition)
{
    size_t length = fill_up(condition->cell_count);
    for (size_t index = 0; index < length; index++) {
        size_t place = index < condition->cell_count ? index : condition->cell_count - 1;
        sql_add(sql, index == 0 ? "" : ", ");
        sql_add_cell(sql, condition->cells[place]);
    }
    sql_add(sql, ")");
}

static void write_test(struct sql *sql, const struct query_condition *condition, const char *alias)
{
    const struct operator_row *operator= condition->operator;
    if (operator->form == OPERATOR_MATCHES) {
        sql_add(sql, operator->is_negated ? "NOT " : "");
        sql_add_like(sql, alias, condition->column, condition->pattern);
        return;
    }
    sql_add_column(sql, alias, condition->column);
    sql_add(sql, operator->text);
    switch (operator->form) {
    case OPERATOR_COMPARES:
        sql_add_cell(sql, condition->cells[0]);
        break;
    case OPERATOR_LISTS:
        write_list(sql, condition);
        break;
    case OPERATOR_SPANS:
        sql_add_cell(sql, condition->cells[0]);
        sql_add(sql, " AND ");
        sql_add_cell(sql, condition->cells[1]);
        break;
    case OPERATOR_MATCHES:
    case OPERATOR_TESTS:
        break;
    }
}

static void write_condition(struct sql *sql, const struct query_condition *condition,
                            const char *alias)
{
    bool is_negated = condition->operator->is_negated;
    sql_add(sql, is_negated ? "(" : "");
    write_test(sql, condition, alias);
    if (is_negated) {
        sql_add(sql, " OR ");
        sql_add_column(sql, alias, condition->column);
        sql_add(sql, " IS NULL)");
    }
}

/* What stands before the next of them. */
static const char *next_separator(const struct query_filter *filter, bool *is_first)
{
    const char *separator = *is_first ? "" : filter->is_any ? " OR " : " AND ";
    *is_first = false;
    return separator;
}

void predicate_write_filter(struct sql *sql, const struct query_filter *filter, const char *alias)
{
    bool is_first = true;
    sql_add(sql, "(");
    for (size_t index = 0; index < filter->condition_count; index++) {
        sql_add(sql, next_separator(filter, &is_first));
        write_condition(sql, &filter->conditions[index], alias);
    }
    for (size_t index = 0; index < filter->group_count; index++) {
        if (!predicate_is_empty(filter->groups[index])) {
            sql_add(sql, next_separator(filter, &is_first));
            predicate_write_filter(sql, filter->groups[index], alias);
        }
    }
    for (size_t index = 0; index < filter->link_count; index++) {
        sql_add(sql, next_separator(filter, &is_first));
        link_write(sql, &filter->links[index], alias);
    }
    sql_add(sql, ")");
}

/* ---- positions ---- */

/* One comparison of rows finds all that follows, nulls of the first order aside. */
static bool is_one_range(const struct query *query, const struct cell *cells)
{
    for (size_t index = 0; index < query->order_count; index++) {
        const struct query_order *order = &query->orders[index];
        bool has_nulls_after = index > 0 && order->is_descending && order->is_nullable;
        if (cells[index].is_null || has_nulls_after ||
            order->is_descending != query->orders[0].is_descending) {
            return false;
        }
    }
    return true;
}

/* "Less than, or null" is no range of an index, but each of the two is. */
size_t predicate_split_position(const struct dialect *dialect, const struct query *query,
                                const struct cell *cells, enum position_part parts[2])
{
    const struct query_order *first = &query->orders[0];
    if (cells != NULL && first->is_descending && first->is_nullable &&
        dialect_seeks_by_row(dialect) && is_one_range(query, cells)) {
        parts[0] = POSITION_VALUES;
        parts[1] = POSITION_NULLS;
        return 2;
    }
    parts[0] = POSITION_WHOLE;
    return 1;
}

static void write_range(struct sql *sql, const struct query *query, const struct cell *cells)
{
    for (size_t index = 0; index < query->order_count; index++) {
        sql_add(sql, index == 0 ? "((" : ", ");
        sql_add_column(sql, ROOT_ALIAS, query->orders[index].column);
    }
    sql_add(sql, query->orders[0].is_descending ? ") < (" : ") > (");
    for (size_t index = 0; index < query->order_count; index++) {
        sql_add(sql, index == 0 ? "" : ", ");
        sql_add_cell(sql, cells[index]);
    }
    sql_add(sql, "))");
}

static void write_equal(struct sql *sql, const struct query_order *order, const struct cell *cell)
{
    sql_add_column(sql, ROOT_ALIAS, order->column);
    if (cell->is_null) {
        sql_add(sql, " IS NULL");
        return;
    }
    sql_add(sql, " = ");
    sql_add_cell(sql, *cell);
}

static void write_after(struct sql *sql, const struct query_order *order, const struct cell *cell)
{
    if (cell->is_null) {
        /* Ascending, all that is not null follows; descending, nothing. */
        sql_add_column(sql, ROOT_ALIAS, order->column);
        sql_add(sql, order->is_descending ? " IS NULL AND 1 = 0" : " IS NOT NULL");
        return;
    }
    sql_add(sql, "(");
    sql_add_column(sql, ROOT_ALIAS, order->column);
    sql_add(sql, order->is_descending ? " < " : " > ");
    sql_add_cell(sql, *cell);
    if (order->is_descending && order->is_nullable) {
        sql_add(sql, " OR ");
        sql_add_column(sql, ROOT_ALIAS, order->column);
        sql_add(sql, " IS NULL");
    }
    sql_add(sql, ")");
}

/* A bound on the first column alone, where nulls do not spoil it. */
static void write_lead(struct sql *sql, const struct query_order *order, const struct cell *cell)
{
    if (cell->is_null || (order->is_descending && order->is_nullable)) {
        return;
    }
    sql_add_column(sql, ROOT_ALIAS, order->column);
    sql_add(sql, order->is_descending ? " <= " : " >= ");
    sql_add_cell(sql, *cell);
    sql_add(sql, " AND ");
}

static void write_steps(struct sql *sql, const struct query *query, const struct cell *cells)
{
    sql_add(sql, "(");
    write_lead(sql, &query->orders[0], &cells[0]);
    for (size_t step = 0; step < query->order_count; step++) {
        sql_add(sql, step == 0 ? "((" : " OR (");
        for (size_t index = 0; index < step; index++) {
            write_equal(sql, &query->orders[index], &cells[index]);
            sql_add(sql, " AND ");
        }
        write_after(sql, &query->orders[step], &cells[step]);
        sql_add(sql, ")");
    }
    sql_add(sql, "))");
}

void predicate_write_position(struct sql *sql, const struct query *query, const struct cell *cells,
                              enum position_part part)
{
    const struct query_order *first = &query->orders[0];
    bool has_nulls_after = first->is_descending && first->is_nullable;
    if (part == POSITION_NULLS) {
        sql_add_column(sql, ROOT_ALIAS, first->column);
        sql_add(sql, " IS NULL");
    } else if (dialect_seeks_by_row(sql->dialect) && is_one_range(query, cells) &&
               (part == POSITION_VALUES || !has_nulls_after)) {
        write_range(sql, query, cells);
    } else {
        write_steps(sql, query, cells);
    }
}

/* ---- orders ---- */

void predicate_write_orders(struct sql *sql, const struct query *query)
{
    for (size_t index = 0; index < query->order_count; index++) {
        const struct query_order *order = &query->orders[index];
        sql_add(sql, index == 0 ? " ORDER BY " : ", ");
        sql_add_column(sql, ROOT_ALIAS, order->column);
        sql_add_direction(sql, order->is_descending, order->is_nullable);
    }
}
