/*
 * run.c - lists records page by page, and counts when asked to.
 */
#include "query/query.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "metadata/entity.h"
#include "query/cookie.h"
#include "query/predicate.h"
#include "query/request.h"
#include "query/select.h"
#include "query/tree.h"
#include "security/authorise.h"

/* Conditions of one statement: what security leaves, the filter, the position. */
static void write_conditions(struct sql *sql, const struct query *query, enum access_scope scope,
                             const struct cell *position)
{
    const char *before = " WHERE ";
    if (scope == ACCESS_NONE) {
        sql_add(sql, " WHERE 1 = 0");
        before = " AND ";
    }
    if (!predicate_is_empty(query->filter)) {
        sql_add(sql, before);
        predicate_write_filter(sql, query->filter);
        before = " AND ";
    }
    if (position != NULL) {
        sql_add(sql, before);
        predicate_write_position(sql, query, position);
    }
}

/* Engines and drivers differ in how many values a statement may bind; ours is the least. */
static bool check_parameters(const struct call *call, const struct sql *sql, struct error *error)
{
    int64_t limit = call->platform->settings->limits.parameters;
    if ((int64_t)sql->parameter_count <= limit) {
        return true;
    }
    return error_set(error, ERROR_LIMIT_EXCEEDED, "filter",
                     "The query has %zu values; at most %lld are allowed (limits.parameters)",
                     sql->parameter_count, (long long)limit);
}

static struct cell keep_cell(struct arena *arena, const struct cell *cell)
{
    struct cell kept = *cell;
    if (!kept.is_null && kept.type == COLUMN_BYTES) {
        kept.bytes.data = arena_copy(arena, cell->bytes.data, cell->bytes.length);
    }
    return kept;
}

static void keep_position(const struct selection *selection, const struct query *query,
                          const struct result *result, struct cell *position)
{
    for (size_t index = 0; index < query->order_count; index++) {
        position[index] =
            keep_cell(selection->call->arena, result_cell(result, selection->first_order + index));
    }
}

/* Reads one row more than the page has, to know whether another follows. */
static bool read_rows(struct selection *selection, const struct query *query, const struct sql *sql,
                      struct array *records, struct page *page, struct cell *last,
                      struct error *error)
{
    struct result *result = NULL;
    bool has_row = false;
    bool done = false;

    if (!connection_select(selection->call->connection, sql, &result, error)) {
        goto finish;
    }
    do {
        if (!result_next(result, &has_row, error)) {
            goto finish;
        }
        page->has_more = has_row && (int64_t)records->count == query->page_size;
        if (has_row && !page->has_more) {
            array_add(records, selection_read(selection, result));
            if ((int64_t)records->count == query->page_size) {
                keep_position(selection, query, result, last);
            }
        }
    } while (has_row && !page->has_more);
    done = true;

finish:
    result_close(&result);
    return done;
}

static bool read_page(struct call *call, const struct query *query, enum access_scope scope,
                      const struct cell *position, struct page *page, struct error *error)
{
    struct selection selection;
    struct array records;
    struct sql sql;
    struct cell last[QUERY_ORDERS];

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    selection_plan(&selection, call, query->entity, &query->columns, true);
    selection_write(&selection, &sql, query->orders, query->order_count);
    write_conditions(&sql, query, scope, position);
    predicate_write_orders(&sql, query);
    sql_add_limit(&sql, query->page_size + 1);
    array_init(&records, call->arena);
    if (!check_parameters(call, &sql, error) ||
        !read_rows(&selection, query, &sql, &records, page, last, error)) {
        return false;
    }
    page->records = (struct record **)records.items;
    page->count = records.count;
    if (page->has_more) {
        page->next_cookie = cookie_write(call, query, last);
    }
    return selection_complete(&selection, page->records, page->count, error);
}

static bool count_records(struct call *call, const struct query *query, enum access_scope scope,
                          struct page *page, struct error *error)
{
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    sql_add(&sql, "SELECT COUNT(*) FROM ");
    sql_add_name(&sql, query->entity->table);
    sql_add(&sql, " ");
    sql_add_name(&sql, ROOT_ALIAS);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    write_conditions(&sql, query, scope, NULL);
    if (!check_parameters(call, &sql, error) ||
        !connection_select_row(call->connection, &sql, &cells, error)) {
        return false;
    }
    page->has_total = true;
    page->total = cells[0].integer;
    return true;
}

bool query_run(struct call *call, const struct entity *entity, const struct query_request *request,
               struct page *page_out, struct error *error)
{
    struct query query;
    struct page page = {0};
    struct cell position[QUERY_ORDERS];
    bool has_cookie = request->cookie != NULL && request->cookie[0] != '\0';

    if (!authorise_privilege(call->identity, entity, RIGHT_READ, error) ||
        !query_compile(call, entity, request, &query, error)) {
        return false;
    }
    if (has_cookie && !cookie_read(call, &query, request->cookie, position, error)) {
        return false;
    }
    enum access_scope scope = authorise_list(call->identity, entity, RIGHT_READ);
    if (!read_page(call, &query, scope, has_cookie ? position : NULL, &page, error)) {
        return false;
    }
    if (query.is_counted && !count_records(call, &query, scope, &page, error)) {
        return false;
    }
    *page_out = page;
    return true;
}
