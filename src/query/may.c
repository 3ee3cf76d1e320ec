/*
 * may.c - rights on records by id: what the scope says, then the facts, then the database.
 *
 * Owner and unit decide nearly always, so they are read first and weighed here; only who reaches
 * a record by a share or through its parents, or not at all, costs the second statement.
 */
#include "base/arena.h"
#include "base/array.h"
#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "query/access.h"
#include "query/held.h"
#include "query/ids.h"
#include "query/select.h"
#include "security/access.h"

enum { IDS_AT_ONCE = 256 };

enum { CELL_SCOPE, CELL_ID, CELL_OWNER, CELL_UNIT };

/* What is still to be found out. */
enum stage { STAGE_DONE, STAGE_FACTS, STAGE_RULES };

/* One right on one record. */
struct question {
    struct may *may;
    size_t scope;
    enum stage stage;
    bool is_asked_now; /* by the statement being written */
};

struct asking {
    struct call *call;
    struct array scopes; /* const struct access_scope *, one for each entity and right */
    struct question *questions;
    size_t count;
    enum stage stage;
};

static const struct access_scope *scope_at(const struct asking *asking, size_t index)
{
    return asking->scopes.items[index];
}

/* ---- before the database ---- */

static size_t find_scope(struct asking *asking, const struct may *may)
{
    struct call *call = asking->call;
    size_t index = 0;
    while (index < asking->scopes.count && (scope_at(asking, index)->entity != may->entity ||
                                            scope_at(asking, index)->right != may->right)) {
        index++;
    }
    if (index == asking->scopes.count) {
        array_add(&asking->scopes,
                  access_scope_make(call->arena, call->identity, may->entity, may->right));
    }
    return index;
}

static void weigh(const struct access_scope *scope, struct question *question,
                  const struct access_facts *facts)
{
    enum access_answer answer = access_weigh(scope, facts, NULL);
    question->may->is_allowed = answer == ACCESS_ALLOWED;
    question->stage = answer == ACCESS_UNDECIDED ? STAGE_RULES : STAGE_DONE;
}

/* Decides what needs no facts, or has them. */
static void begin_question(struct asking *asking, struct question *question, struct may *may)
{
    question->may = may;
    question->scope = find_scope(asking, may);
    const struct access_scope *scope = scope_at(asking, question->scope);
    bool has_facts =
        may->facts != NULL || scope->is_everything || access_is_nothing(scope) ||
        (access_owner_field(may->entity) == NULL && access_unit_field(may->entity) == NULL);
    may->is_allowed = false;
    question->stage = STAGE_FACTS;
    if (has_facts) {
        const struct access_facts none = {.id = may->id};
        weigh(scope, question, may->facts != NULL ? may->facts : &none);
    }
}

/* ---- asking ---- */

static void begin_select(struct sql *sql, size_t scope)
{
    sql_add(sql, sql->column_count == 0 ? "SELECT " : " UNION ALL SELECT ");
    sql_add_number(sql, (int64_t)scope);
}

/* The type of a column is told once, with the first SELECT. */
static void write_cell(struct sql *sql, const struct field *field)
{
    sql_add(sql, ", ");
    sql_add_column(sql, ROOT_ALIAS, field->column);
}

/* An id in place of what the entity has not; facts_of knows. */
static void write_fact(struct sql *sql, const struct entity *entity, const struct field *field)
{
    write_cell(sql, field != NULL ? field : entity->id);
}

static void expect_columns(struct sql *sql, enum stage stage)
{
    int ids = stage == STAGE_FACTS ? CELL_UNIT - CELL_SCOPE : 1;
    sql_expect(sql, (struct sql_column){.type = COLUMN_INTEGER});
    for (int index = 0; index < ids; index++) {
        sql_expect(sql, (struct sql_column){.type = COLUMN_UUID});
    }
}

/* One SELECT for all records that are asked now about one scope. */
static void write_scope(const struct asking *asking, struct sql *sql,
                        const struct access_lists *lists, size_t number, enum stage stage)
{
    const struct access_scope *scope = scope_at(asking, number);
    const struct entity *entity = scope->entity;
    struct uuid ids[IDS_AT_ONCE];
    size_t count = 0;
    for (size_t index = 0; index < asking->count; index++) {
        const struct question *question = &asking->questions[index];
        if (question->is_asked_now && question->scope == number) {
            ids[count++] = question->may->id;
        }
    }
    if (count == 0) {
        return;
    }
    begin_select(sql, number);
    write_cell(sql, entity->id);
    if (stage == STAGE_FACTS) {
        write_fact(sql, entity, access_owner_field(entity));
        write_fact(sql, entity, access_unit_field(entity));
    }
    if (sql->column_count == 0) {
        expect_columns(sql, stage);
    }
    sql_add(sql, " FROM ");
    sql_add_name(sql, entity->table);
    sql_add(sql, " ");
    sql_add_name(sql, ROOT_ALIAS);
    sql_add(sql, " WHERE ");
    sql_add_column(sql, ROOT_ALIAS, entity->id->column);
    ids_write(sql, ids, count);
    if (stage == STAGE_RULES) {
        sql_add(sql, " AND ");
        access_write(lists, sql, scope, ROOT_ALIAS);
    }
}

/* Chooses as many questions of a stage as one statement takes. */
static size_t choose(struct asking *asking, enum stage stage)
{
    size_t count = 0;
    for (size_t index = 0; index < asking->count; index++) {
        struct question *question = &asking->questions[index];
        question->is_asked_now = question->stage == stage && count < IDS_AT_ONCE;
        if (question->is_asked_now) {
            question->stage = STAGE_DONE; /* refused, unless a row says more */
            count++;
        }
    }
    return count;
}

/* Whether any record that is asked now is held back yet. */
static bool asks_for_held(const struct asking *asking)
{
    bool is_held = false;
    for (size_t index = 0; index < asking->count && !is_held; index++) {
        const struct question *question = &asking->questions[index];
        is_held = question->is_asked_now &&
                  held_has(asking->call, question->may->entity, &question->may->id);
    }
    return is_held;
}

static void write_statement(struct asking *asking, struct sql *sql, enum stage stage)
{
    struct call *call = asking->call;
    struct access_lists lists;

    access_lists_begin(&lists, call);
    for (size_t index = 0; index < asking->count && stage == STAGE_RULES; index++) {
        if (asking->questions[index].is_asked_now) {
            access_lists_add(&lists, scope_at(asking, asking->questions[index].scope));
        }
    }
    sql_begin(sql, call->arena, connection_dialect(call->connection));
    sql->is_apart = stage == STAGE_FACTS && !asks_for_held(asking);
    access_lists_write(&lists, sql);
    for (size_t number = 0; number < asking->scopes.count; number++) {
        write_scope(asking, sql, &lists, number, stage);
    }
}

/* ---- answers ---- */

static struct uuid fact_of(const struct result *result, size_t cell, const struct field *field)
{
    const struct cell *found = result_cell(result, cell);
    return field == NULL || found->is_null ? (struct uuid){{0}} : found->uuid;
}

static void take_answer(const struct access_scope *scope, struct question *question,
                        const struct result *result, enum stage stage)
{
    if (stage == STAGE_RULES) {
        question->may->is_allowed = true;
        return;
    }
    const struct access_facts facts = {
        .id = question->may->id,
        .owner = fact_of(result, CELL_OWNER, access_owner_field(scope->entity)),
        .unit = fact_of(result, CELL_UNIT, access_unit_field(scope->entity)),
    };
    weigh(scope, question, &facts);
}

static void take_row(void *context, const struct result *result)
{
    const struct asking *asking = context;
    size_t number = (size_t)result_cell(result, CELL_SCOPE)->integer;
    const struct uuid *id = &result_cell(result, CELL_ID)->uuid;
    for (size_t index = 0; index < asking->count; index++) {
        struct question *question = &asking->questions[index];
        if (question->is_asked_now && question->scope == number &&
            uuid_is_equal(&question->may->id, id)) {
            take_answer(scope_at(asking, number), question, result, asking->stage);
        }
    }
}

static bool ask_some(struct asking *asking, enum stage stage, struct error *error)
{
    struct sql sql;

    asking->stage = stage;
    write_statement(asking, &sql, stage);
    return connection_select_each(asking->call->connection, &sql, take_row, asking, error);
}

bool query_may_all(struct call *call, struct may *asked, size_t count, struct error *error)
{
    static const enum stage stages[] = {STAGE_FACTS, STAGE_RULES};
    struct asking asking = {
        .call = call,
        .questions = arena_allocate_array(call->arena, count, sizeof(struct question)),
        .count = count,
    };
    array_init(&asking.scopes, call->arena);
    for (size_t index = 0; index < count; index++) {
        begin_question(&asking, &asking.questions[index], &asked[index]);
    }
    for (size_t stage = 0; stage < sizeof(stages) / sizeof(stages[0]); stage++) {
        while (choose(&asking, stages[stage]) > 0) {
            if (!ask_some(&asking, stages[stage], error)) {
                return false;
            }
        }
    }
    return true;
}

bool query_in_scope(struct call *call, const struct access_scope *scope, const struct uuid *id,
                    bool *is_in_out, struct error *error)
{
    const struct entity *entity = scope->entity;
    const struct cell *cells = NULL;
    struct access_lists lists;
    struct sql sql;

    *is_in_out = false;
    if (access_is_nothing(scope)) {
        return true;
    }
    access_lists_begin(&lists, call);
    access_lists_add(&lists, scope);
    sql_begin(&sql, call->arena, connection_dialect(call->connection));
    access_lists_write(&lists, &sql);
    sql_add(&sql, "SELECT ");
    sql_add_column(&sql, ROOT_ALIAS, entity->id->column);
    sql_expect(&sql, (struct sql_column){.type = COLUMN_UUID});
    sql_add(&sql, " FROM ");
    sql_add_name(&sql, entity->table);
    sql_add(&sql, " ");
    sql_add_name(&sql, ROOT_ALIAS);
    sql_add(&sql, " WHERE ");
    sql_add_column(&sql, ROOT_ALIAS, entity->id->column);
    sql_add(&sql, " = ");
    sql_add_cell(&sql, cell_uuid(id));
    if (!scope->is_everything) {
        sql_add(&sql, " AND ");
        access_write(&lists, &sql, scope, ROOT_ALIAS);
    }
    if (!connection_select_row(call->connection, &sql, &cells, error)) {
        return false;
    }
    *is_in_out = cells != NULL;
    return true;
}

bool query_may(struct call *call, const struct entity *entity, const struct uuid *id,
               enum right right, bool *is_allowed_out, struct error *error)
{
    struct may may = {.entity = entity, .id = *id, .right = right};
    if (!query_may_all(call, &may, 1, error)) {
        return false;
    }
    *is_allowed_out = may.is_allowed;
    return true;
}
