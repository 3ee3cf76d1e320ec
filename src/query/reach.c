/*
 * reach.c - counts what somebody reaches, up to a bound, and chooses by it.
 */
#include "query/reach.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "crypto/digest.h"
#include "database/database.h"
#include "database/sql.h"
#include "database/table.h"
#include "query/link.h"
#include "query/operator.h"
#include "query/predicate.h"
#include "query/select.h"
#include "query/tree.h"
#include "security/access.h"
#include "security/identity.h"
#include "security/memory.h"

enum {
    REMEMBERED = 60000, /* ms */
    ALWAYS_FEW = 200,   /* gathering so many costs next to nothing */
};

/* What is remembered of one user and entity. */
struct measured {
    int64_t until; /* moment */
    int64_t count; /* records he reaches, as far as they were counted */
    int64_t bound; /* below it he reaches few */
};

struct memory *reach_memory_create(void)
{
    return memory_create(sizeof(struct measured));
}

static int64_t smaller(int64_t left, int64_t right)
{
    return left < right ? left : right;
}

/* ---- measuring ---- */

static void make_key(const struct call *call, const struct access_scope *scope,
                     uint8_t key[SHA256_SIZE])
{
    struct {
        struct uuid user;
        uint32_t entity, right;
    } source;
    memset(&source, 0, sizeof(source));
    source.user = call->identity->user_id;
    source.entity = (uint32_t)scope->entity->index;
    source.right = (uint32_t)scope->right;
    digest_sha256(&source, sizeof(source), key);
}

/* Looking through costs page * rows / count, gathering count: they are even at the root. */
static int64_t find_bound(int64_t most, int64_t page_size, int64_t rows)
{
    int64_t bound = ALWAYS_FEW;
    while (bound < most && bound * bound < page_size * rows) {
        bound += bound / 4;
    }
    return smaller(bound, most);
}

static void add_up(void *context, const struct result *result)
{
    *(int64_t *)context += result_cell(result, 0)->integer;
}

/* Adds up what the rules find. A record found by two of them counts twice: it costs twice. */
static bool count_found(struct call *call, const struct reach *reach, int64_t bound,
                        int64_t *count_out, struct error *error)
{
    struct sql sql;

    *count_out = 0;
    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    access_lists_write(&reach->lists, &sql);
    access_count(&reach->lists, &sql, reach->scope, bound);
    return connection_select_each(call->connection, &sql, add_up, count_out, error);
}

static bool measure(struct call *call, const struct reach *reach, int64_t page_size,
                    struct measured *measured_out, struct error *error)
{
    struct memory *memory = call->platform->reaches;
    int64_t most = call->settings->limits.gathered;
    struct measured measured = {0};
    uint8_t key[SHA256_SIZE];
    int64_t rows = 0;

    make_key(call, reach->scope, key);
    if (memory != NULL && memory_recall(memory, key, &measured) && measured.until > call->now) {
        *measured_out = measured;
        return true;
    }
    if (!table_estimate(call->connection, call->arena, reach->scope->entity->table, &rows, error)) {
        return false;
    }
    measured.until = call->now + REMEMBERED;
    measured.bound = find_bound(most, page_size, rows);
    if (!count_found(call, reach, measured.bound, &measured.count, error)) {
        return false;
    }
    if (memory != NULL) {
        memory_set(memory, key, &measured);
    }
    *measured_out = measured;
    return true;
}

/* ---- choosing ---- */

/* Whether an index that knows texts or keys finds what is asked for: few, most likely. */
static bool is_precise(const struct query_condition *condition)
{
    const struct field *field = condition->field;
    bool is_equality = condition->operator->form == OPERATOR_COMPARES && !condition->
                       operator->is_negated && !condition->
                       operator->needs_order;
    return is_equality && (field->fold_column != NULL || field == field->entity->id ||
                           (field->type == FIELD_LOOKUP && !field->is_system));
}

static bool has_precise_filter(const struct query_filter *filter)
{
    if (filter == NULL || filter->is_any) {
        return false;
    }
    for (size_t index = 0; index < filter->condition_count; index++) {
        if (is_precise(&filter->conditions[index])) {
            return true;
        }
    }
    for (size_t index = 0; index < filter->group_count; index++) {
        if (has_precise_filter(filter->groups[index])) {
            return true;
        }
    }
    return false;
}

static bool choose_way(struct call *call, const struct query *query, struct reach *reach,
                       struct error *error)
{
    struct measured measured;
    reach->way = REACH_SCAN;
    if (!access_can_gather(reach->scope)) {
        return true;
    }
    if (!measure(call, reach, query->page_size, &measured, error)) {
        return false;
    }
    bool is_precise_anyway = has_precise_filter(query->filter);
    int64_t few = is_precise_anyway ? smaller(ALWAYS_FEW, measured.bound) : measured.bound;
    reach->way = measured.count < few ? REACH_GATHER : REACH_SCAN;
    return true;
}

bool reach_choose(struct call *call, const struct query *query, struct reach *reach_out,
                  struct error *error)
{
    struct reach reach = {.filter = query->filter};

    reach.scope = access_scope_make(call->arena, call->identity, query->entity, RIGHT_READ);
    access_lists_begin(&reach.lists, call);
    if (reach.scope->is_everything || access_is_nothing(reach.scope)) {
        reach.way = reach.scope->is_everything ? REACH_ALL : REACH_NONE;
    } else {
        access_lists_add(&reach.lists, reach.scope);
        if (!choose_way(call, query, &reach, error)) {
            return false;
        }
    }
    reach.own_lists = reach.lists.count;
    link_add_lists(&reach.lists, query->filter);
    *reach_out = reach;
    return true;
}

/* ---- values ---- */

bool reach_check_values(const struct reach *reach, const struct call *call, const struct sql *sql,
                        struct error *error)
{
    int64_t limit = call->settings->limits.parameters;
    size_t count = sql->parameter_count - reach->own_lists;
    if ((int64_t)count <= limit) {
        return true;
    }
    return error_set(error, ERROR_LIMIT_EXCEEDED, "filter",
                     "The query has %zu values; at most %lld are allowed (limits.parameters)",
                     count, (long long)limit);
}

/* ---- writing ---- */

void reach_write_lists(const struct reach *reach, struct sql *sql)
{
    if (reach == NULL) {
        return;
    }
    if (reach->way == REACH_GATHER) {
        access_legs_write(&reach->lists, sql);
    } else {
        access_lists_write(&reach->lists, sql);
    }
    const char *before = reach->lists.count > 0 ? ", " : "WITH ";
    (void)link_write_tables(sql, reach->filter, &reach->lists, before);
    sql_add(sql, " ");
}

void reach_write_table(const struct reach *reach, struct sql *sql, const struct entity *entity)
{
    if (reach == NULL || reach->way != REACH_GATHER) {
        sql_add_name(sql, entity->table);
        sql_add(sql, " ");
        sql_add_name(sql, ROOT_ALIAS);
        return;
    }
    sql_add(sql, "(");
    access_gather(&reach->lists, sql, reach->scope);
    sql_add(sql, ") reached");
    sql_add_seek_join(sql, entity->table, ROOT_ALIAS, entity->id->column, "reached", "id");
}

/* What security leaves; answers what stands before a further condition. */
static const char *write_reached(const struct reach *reach, struct sql *sql)
{
    if (reach->way == REACH_ALL || reach->way == REACH_GATHER) {
        return " WHERE ";
    }
    sql_add(sql, " WHERE ");
    if (reach->way == REACH_NONE) {
        sql_add(sql, "1 = 0");
    } else {
        access_write(&reach->lists, sql, reach->scope, ROOT_ALIAS);
    }
    return " AND ";
}

const char *reach_write_conditions(const struct reach *reach, struct sql *sql)
{
    const char *before = write_reached(reach, sql);
    if (!predicate_is_empty(reach->filter)) {
        sql_add(sql, before);
        predicate_write_filter(sql, reach->filter, ROOT_ALIAS);
        before = " AND ";
    }
    return before;
}
