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
#include "query/reach.h"
#include "query/request.h"
#include "query/select.h"
#include "query/tree.h"
#include "security/authorise.h"

/* What every statement of one run shares. */
struct run {
    struct call *call;
    const struct query *query;
    struct reach reach;          /* what of it the caller may read */
    const struct cell *position; /* where the page before ended, or NULL */
    struct selection selection;
    struct array records;
    size_t arena_before; /* bytes of the arena before the first record */
    struct page page;
    struct cell last[QUERY_ORDERS]; /* of the last record of the page */
};

static struct cell keep_cell(struct arena *arena, const struct cell *cell)
{
    struct cell kept = *cell;
    if (!kept.is_null && kept.type == COLUMN_BYTES) {
        kept.bytes.data = arena_copy(arena, cell->bytes.data, cell->bytes.length);
    }
    return kept;
}

static void keep_position(struct run *run, const struct result *result)
{
    for (size_t index = 0; index < run->query->order_count; index++) {
        run->last[index] =
            keep_cell(run->call->arena, result_cell(result, run->selection.order_cells[index]));
    }
}

/* A page of long texts is full before it has all the records that were asked for. */
static bool is_full(const struct run *run)
{
    const struct call *call = run->call;
    size_t memory = arena_size(call->arena) - run->arena_before;
    return (int64_t)run->records.count == run->query->page_size ||
           memory >= (size_t)call->settings->limits.page_memory;
}

/* Reads one row more than the page has, to know whether another follows. */
static bool read_rows(struct run *run, const struct sql *sql, struct error *error)
{
    struct result *result = NULL;
    bool has_row = false;
    bool done = false;

    if (!connection_select(run->call->connection, sql, &result, error)) {
        goto finish;
    }
    do {
        if (!result_next(result, &has_row, error)) {
            goto finish;
        }
        run->page.has_more = has_row && run->records.count > 0 && is_full(run);
        if (has_row && !run->page.has_more) {
            array_add(&run->records, selection_read(&run->selection, result));
            if (is_full(run)) {
                keep_position(run, result);
            }
        }
    } while (has_row && !run->page.has_more);
    done = true;

finish:
    result_close(&result);
    return done;
}

static bool read_part(struct run *run, enum position_part part, struct error *error)
{
    const struct query *query = run->query;
    struct call *call = run->call;
    struct sql sql;

    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    selection_plan(&run->selection, call, query->entity, &query->columns, true);
    run->selection.reach = &run->reach;
    selection_write(&run->selection, &sql, query->orders, query->order_count);
    const char *before = reach_write_conditions(&run->reach, &sql);
    if (run->position != NULL) {
        sql_add(&sql, before);
        predicate_write_position(&sql, query, run->position, part);
    }
    predicate_write_orders(&sql, query);
    sql_add_limit(&sql, query->page_size + 1 - (int64_t)run->records.count);
    size_t count = run->records.count;
    if (!reach_check_values(&run->reach, run->call, &sql, error) || !read_rows(run, &sql, error)) {
        return false;
    }
    return run->records.count == count ||
           selection_complete(&run->selection, (struct record **)run->records.items + count,
                              run->records.count - count, error);
}

static bool read_page(struct run *run, struct error *error)
{
    const struct dialect *dialect = connection_dialect(run->call->connection);
    enum position_part parts[2];

    array_init(&run->records, run->call->arena);
    run->arena_before = arena_size(run->call->arena);
    size_t count = predicate_split_position(dialect, run->query, run->position, parts);
    for (size_t part = 0; part < count && !run->page.has_more; part++) {
        if (!read_part(run, parts[part], error)) {
            return false;
        }
    }
    run->page.records = (struct record **)run->records.items;
    run->page.count = run->records.count;
    if (run->page.has_more) {
        run->page.next_cookie = cookie_write(run->call, run->query, run->last);
    }
    return true;
}

static bool count_records(struct run *run, struct error *error)
{
    const struct cell *cells = NULL;
    struct sql sql;

    sql_begin(&sql, run->call->arena, connection_dialect(run->call->connection));
    reach_write_lists(&run->reach, &sql);
    sql_add(&sql, "SELECT COUNT(*) FROM ");
    reach_write_table(&run->reach, &sql, run->query->entity);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_INTEGER});
    (void)reach_write_conditions(&run->reach, &sql);
    if (!reach_check_values(&run->reach, run->call, &sql, error) ||
        !connection_select_row(run->call->connection, &sql, &cells, error)) {
        return false;
    }
    run->page.has_total = true;
    run->page.total = cells[0].integer;
    return true;
}

bool query_run(struct call *call, const struct entity *entity, const struct query_request *request,
               struct page *page_out, struct error *error)
{
    struct query query;
    struct cell position[QUERY_ORDERS];
    bool has_cookie = request->cookie != NULL && request->cookie[0] != '\0';

    if (!authorise_privilege(call->identity, entity, RIGHT_READ, error) ||
        !query_compile(call, entity, request, &query, error)) {
        return false;
    }
    if (has_cookie && !cookie_read(call, &query, request->cookie, position, error)) {
        return false;
    }
    struct run run = {
        .call = call,
        .query = &query,
        .position = has_cookie ? position : NULL,
    };
    if (!reach_choose(call, &query, &run.reach, error) || !read_page(&run, error) ||
        (query.is_counted && !count_records(&run, error))) {
        return false;
    }
    *page_out = run.page;
    return true;
}
