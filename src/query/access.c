/*
 * access.c - the rules of a scope as conditions: each a test of one row, cheapest first.
 *
 * Shares and parents are asked for row by row, by key, so that a list pays for the rows it looks
 * at and not for all that was ever shared.
 */
#include "query/access.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/expect.h"
#include "call/call.h"
#include "database/sql.h"
#include "database/table.h"
#include "security/access.h"
#include "security/share.h"

enum { ALIAS_SIZE = 16 };

/* ---- lists ---- */

void access_lists_begin(struct access_lists *lists, const struct call *call)
{
    *lists = (struct access_lists){.arena = call->arena};
}

static bool is_same(const struct access_list *list, const struct access_rule *rule)
{
    return list->count == rule->id_count &&
           (list->ids == rule->ids ||
            memcmp(list->ids, rule->ids, rule->id_count * sizeof(*rule->ids)) == 0);
}

/* The number of the list that a rule goes by. */
static size_t find_list(const struct access_lists *lists, const struct access_rule *rule)
{
    size_t number = 0;
    while (number < lists->count && !is_same(&lists->items[number], rule)) {
        number++;
    }
    return number;
}

static void add_list(struct access_lists *lists, const struct access_rule *rule)
{
    size_t size = sizeof(*lists->items);
    if (find_list(lists, rule) == lists->count) {
        lists->items =
            arena_grow(lists->arena, lists->items, lists->count * size, (lists->count + 1) * size);
        lists->items[lists->count++] =
            (struct access_list){.ids = rule->ids, .count = rule->id_count};
    }
}

static bool is_same_leg(const struct access_lists *lists, const struct access_leg *leg,
                        const struct access_scope *scope, const struct access_rule *rule)
{
    return leg->scope->entity == scope->entity && leg->rule->by == rule->by &&
           leg->rule->right == rule->right && find_list(lists, leg->rule) == find_list(lists, rule);
}

/* The number of the leg that finds what a rule reaches. */
static size_t find_leg(const struct access_lists *lists, const struct access_scope *scope,
                       const struct access_rule *rule)
{
    size_t number = 0;
    while (number < lists->leg_count && !is_same_leg(lists, &lists->legs[number], scope, rule)) {
        number++;
    }
    return number;
}

static void add_leg(struct access_lists *lists, const struct access_scope *scope,
                    const struct access_rule *rule)
{
    size_t size = sizeof(*lists->legs);
    if (find_leg(lists, scope, rule) == lists->leg_count) {
        lists->legs = arena_grow(lists->arena, lists->legs, lists->leg_count * size,
                                 (lists->leg_count + 1) * size);
        lists->legs[lists->leg_count++] = (struct access_leg){.scope = scope, .rule = rule};
    }
}

void access_lists_add(struct access_lists *lists, const struct access_scope *scope)
{
    for (size_t index = 0; index < scope->rule_count; index++) {
        const struct access_rule *rule = &scope->rules[index];
        if (rule->by == ACCESS_BY_PARENT) {
            access_lists_add(lists, rule->parent);
        } else {
            add_list(lists, rule);
            add_leg(lists, scope, rule);
        }
    }
}

static void write_numbered(struct sql *sql, const char *word, size_t number)
{
    char name[ALIAS_SIZE];
    snprintf(name, sizeof(name), "%s%u", word, (unsigned)number);
    sql_add_name(sql, name);
}

static void write_list_name(struct sql *sql, size_t number)
{
    write_numbered(sql, "ids", number);
}

static void write_leg_name(struct sql *sql, size_t number)
{
    write_numbered(sql, "leg", number);
}

static void write_lists(const struct access_lists *lists, struct sql *sql)
{
    for (size_t number = 0; number < lists->count; number++) {
        sql_add(sql, number == 0 ? "WITH " : ", ");
        write_list_name(sql, number);
        sql_add(sql, "(id) AS (");
        sql_add_ids(sql, lists->items[number].ids, lists->items[number].count);
        sql_add(sql, ")");
    }
}

void access_lists_write(const struct access_lists *lists, struct sql *sql)
{
    write_lists(lists, sql);
    sql_add(sql, lists->count > 0 ? " " : "");
}

/* ---- rules ---- */

/* What one scope is written with. */
struct writing {
    const struct access_lists *lists;
    struct sql *sql;
    unsigned *aliases; /* given so far */
    bool has_legs;     /* those of the lists stand before */
};

static void make_alias(const struct writing *writing, char alias[ALIAS_SIZE])
{
    snprintf(alias, ALIAS_SIZE, "access%u", (*writing->aliases)++);
}

static void write_among(const struct writing *writing, const char *alias, const char *column,
                        const struct access_rule *rule)
{
    size_t number = find_list(writing->lists, rule);
    expect(number < writing->lists->count);
    sql_add_column(writing->sql, alias, column);
    sql_add(writing->sql, " IN (SELECT id FROM ");
    write_list_name(writing->sql, number);
    sql_add(writing->sql, ")");
}

static void write_owner(const struct writing *writing, const struct access_scope *scope,
                        const struct access_rule *rule, const char *alias)
{
    write_among(writing, alias, access_owner_field(scope->entity)->column, rule);
}

static void write_unit(const struct writing *writing, const struct access_scope *scope,
                       const struct access_rule *rule, const char *alias)
{
    write_among(writing, alias, access_unit_field(scope->entity)->column, rule);
}

static void write_equal(const struct writing *writing, const char *left, const char *left_column,
                        const char *right, const char *right_column)
{
    sql_add_column(writing->sql, left, left_column);
    sql_add(writing->sql, " = ");
    sql_add_column(writing->sql, right, right_column);
}

/* The share is of a record of this entity, and has the right. */
static void write_grant(const struct writing *writing, const struct access_scope *scope,
                        const struct access_rule *rule, const char *share)
{
    struct sql *sql = writing->sql;
    sql_add_column(sql, share, "entity_name");
    sql_add(sql, " = ");
    sql_add_word(sql, scope->entity->name);
    sql_add(sql, " AND ");
    sql_add_column(sql, share, "rights");
    sql_add(sql, " & ");
    sql_add_number(sql, share_mask(rule->right));
    sql_add(sql, " <> 0");
}

static void write_share(const struct writing *writing, const struct access_scope *scope,
                        const struct access_rule *rule, const char *alias)
{
    struct sql *sql = writing->sql;
    char share[ALIAS_SIZE];
    make_alias(writing, share);
    sql_add(sql, "EXISTS (SELECT 1 FROM ");
    sql_add_name(sql, share_table.name);
    sql_add(sql, " ");
    sql_add_name(sql, share);
    sql_add(sql, " WHERE ");
    write_equal(writing, share, "record_id", alias, scope->entity->id->column);
    sql_add(sql, " AND ");
    write_among(writing, share, "principal_id", rule);
    sql_add(sql, " AND ");
    write_grant(writing, scope, rule, share);
    sql_add_fence(sql);
    sql_add(sql, ")");
}

/* ---- parents ---- */

/* A lookup of several targets refers to the parent's entity. */
static void write_target(const struct writing *writing, const struct access_rule *rule,
                         const char *alias)
{
    struct sql *sql = writing->sql;
    const struct field *lookup = rule->lookup;
    if (lookup->entity_column == NULL) {
        sql_add_column(sql, alias, lookup->column);
        sql_add(sql, " IS NOT NULL");
        return;
    }
    sql_add_column(sql, alias, lookup->entity_column);
    sql_add(sql, " = ");
    sql_add_word(sql, rule->parent->entity->name);
}

/* Which children a relation takes down with it. */
static void write_cascade(const struct writing *writing, const struct access_scope *scope,
                          const struct access_rule *rule, const char *alias, const char *parent)
{
    struct sql *sql = writing->sql;
    const struct field *state = scope->entity->state;
    if (rule->cascade == CASCADE_ACTIVE && state != NULL) {
        sql_add(sql, " AND ");
        sql_add_column(sql, alias, state->column);
        sql_add(sql, " = ");
        sql_add_number(sql, state->choices[0].value);
    } else if (rule->cascade == CASCADE_USER_OWNED) {
        sql_add(sql, " AND ");
        write_equal(writing, alias, access_owner_field(scope->entity)->column, parent,
                    access_owner_field(rule->parent->entity)->column);
    }
}

static void write_scope(const struct writing *writing, const struct access_scope *scope,
                        const char *alias);

static void write_parent(const struct writing *writing, const struct access_scope *scope,
                         const struct access_rule *rule, const char *alias)
{
    struct sql *sql = writing->sql;
    const struct entity *entity = rule->parent->entity;
    char parent[ALIAS_SIZE];

    sql_add(sql, "(");
    write_target(writing, rule, alias);
    if (!rule->parent->is_everything) {
        make_alias(writing, parent);
        sql_add(sql, " AND EXISTS (SELECT 1 FROM ");
        sql_add_name(sql, entity->table);
        sql_add(sql, " ");
        sql_add_name(sql, parent);
        sql_add(sql, " WHERE ");
        write_equal(writing, parent, entity->id->column, alias, rule->lookup->column);
        write_cascade(writing, scope, rule, alias, parent);
        sql_add(sql, " AND ");
        write_scope(writing, rule->parent, parent);
        sql_add_fence(sql);
        sql_add(sql, ")");
    }
    sql_add(sql, ")");
}

/* ---- scopes ---- */

typedef void (*rule_writer)(const struct writing *writing, const struct access_scope *scope,
                            const struct access_rule *rule, const char *alias);

static const rule_writer writers[] = {
    [ACCESS_BY_OWNER] = write_owner,   [ACCESS_BY_UNIT] = write_unit,
    [ACCESS_BY_REPORT] = write_owner,  [ACCESS_BY_SHARE] = write_share,
    [ACCESS_BY_PARENT] = write_parent,
};

static void write_scope(const struct writing *writing, const struct access_scope *scope,
                        const char *alias)
{
    sql_add(writing->sql, "(");
    for (size_t index = 0; index < scope->rule_count; index++) {
        const struct access_rule *rule = &scope->rules[index];
        sql_add(writing->sql, index == 0 ? "" : " OR ");
        writers[rule->by](writing, scope, rule, alias);
    }
    sql_add(writing->sql, ")");
}

void access_write(const struct access_lists *lists, struct sql *sql,
                  const struct access_scope *scope, const char *alias)
{
    unsigned aliases = 0;
    const struct writing writing = {.lists = lists, .sql = sql, .aliases = &aliases};
    expect(!scope->is_everything && scope->rule_count > 0);
    write_scope(&writing, scope, alias);
}

/* ---- gathering ---- */

bool access_can_gather(const struct access_scope *scope)
{
    bool can = !scope->is_everything;
    for (size_t index = 0; index < scope->rule_count && can; index++) {
        const struct access_rule *rule = &scope->rules[index];
        can = rule->by != ACCESS_BY_PARENT || access_can_gather(rule->parent);
    }
    return can;
}

/* "FROM ids0 access0 JOIN account access1 ON ...": the rows of a table by a column, for each id of
 * the rule's list. */
static void write_rows_of_list(const struct writing *writing, const struct access_rule *rule,
                               const char *table, const char *column, const char *alias)
{
    char list[ALIAS_SIZE];
    make_alias(writing, list);
    sql_add(writing->sql, " FROM ");
    write_list_name(writing->sql, find_list(writing->lists, rule));
    sql_add(writing->sql, " ");
    sql_add_name(writing->sql, list);
    sql_add_seek_join(writing->sql, table, alias, column, list, "id");
}

static void gather_by_column(const struct writing *writing, const struct access_scope *scope,
                             const struct access_rule *rule, const char *column)
{
    struct sql *sql = writing->sql;
    char row[ALIAS_SIZE];
    make_alias(writing, row);
    sql_add(sql, "SELECT ");
    sql_add_column(sql, row, scope->entity->id->column);
    sql_add(sql, " AS id");
    write_rows_of_list(writing, rule, scope->entity->table, column, row);
}

static void gather_owner(const struct writing *writing, const struct access_scope *scope,
                         const struct access_rule *rule)
{
    gather_by_column(writing, scope, rule, access_owner_field(scope->entity)->column);
}

static void gather_unit(const struct writing *writing, const struct access_scope *scope,
                        const struct access_rule *rule)
{
    gather_by_column(writing, scope, rule, access_unit_field(scope->entity)->column);
}

/* With the record itself: a share may outlive it. */
static void gather_share(const struct writing *writing, const struct access_scope *scope,
                         const struct access_rule *rule)
{
    struct sql *sql = writing->sql;
    char share[ALIAS_SIZE];
    char row[ALIAS_SIZE];
    make_alias(writing, share);
    make_alias(writing, row);
    sql_add(sql, "SELECT ");
    sql_add_column(sql, row, scope->entity->id->column);
    sql_add(sql, " AS id");
    write_rows_of_list(writing, rule, share_table.name, "principal_id", share);
    sql_add_seek_join(sql, scope->entity->table, row, scope->entity->id->column, share,
                      "record_id");
    sql_add(sql, " WHERE ");
    write_grant(writing, scope, rule, share);
}

static void gather_scope(const struct writing *writing, const struct access_scope *scope,
                         const char *between);

static void gather_parent(const struct writing *writing, const struct access_scope *scope,
                          const struct access_rule *rule)
{
    struct sql *sql = writing->sql;
    const struct entity *entity = rule->parent->entity;
    char found[ALIAS_SIZE];
    char parent[ALIAS_SIZE];
    char child[ALIAS_SIZE];
    make_alias(writing, found);
    make_alias(writing, parent);
    make_alias(writing, child);
    sql_add(sql, "SELECT ");
    sql_add_column(sql, child, scope->entity->id->column);
    sql_add(sql, " AS id FROM (");
    gather_scope(writing, rule->parent, " UNION ALL ");
    sql_add(sql, ") ");
    sql_add_name(sql, found);
    if (rule->cascade == CASCADE_USER_OWNED) {
        sql_add_seek_join(sql, entity->table, parent, entity->id->column, found, "id");
    }
    sql_add_seek_join(sql, scope->entity->table, child, rule->lookup->column, found, "id");
    sql_add(sql, " WHERE ");
    write_target(writing, rule, child);
    write_cascade(writing, scope, rule, child, parent);
}

typedef void (*rule_gatherer)(const struct writing *writing, const struct access_scope *scope,
                              const struct access_rule *rule);

static const rule_gatherer gatherers[] = {
    [ACCESS_BY_OWNER] = gather_owner,   [ACCESS_BY_UNIT] = gather_unit,
    [ACCESS_BY_REPORT] = gather_owner,  [ACCESS_BY_SHARE] = gather_share,
    [ACCESS_BY_PARENT] = gather_parent,
};

static void gather_rule(const struct writing *writing, const struct access_scope *scope,
                        const struct access_rule *rule)
{
    if (writing->has_legs && rule->by != ACCESS_BY_PARENT) {
        sql_add(writing->sql, "SELECT id FROM ");
        write_leg_name(writing->sql, find_leg(writing->lists, scope, rule));
    } else {
        gatherers[rule->by](writing, scope, rule);
    }
}

static void gather_scope(const struct writing *writing, const struct access_scope *scope,
                         const char *between)
{
    for (size_t index = 0; index < scope->rule_count; index++) {
        sql_add(writing->sql, index == 0 ? "" : between);
        gather_rule(writing, scope, &scope->rules[index]);
    }
}

void access_legs_write(const struct access_lists *lists, struct sql *sql)
{
    unsigned aliases = 0;
    const struct writing writing = {.lists = lists, .sql = sql, .aliases = &aliases};
    write_lists(lists, sql);
    for (size_t number = 0; number < lists->leg_count; number++) {
        const struct access_leg *leg = &lists->legs[number];
        sql_add(sql, ", ");
        write_leg_name(sql, number);
        sql_add(sql, "(id) AS (");
        gatherers[leg->rule->by](&writing, leg->scope, leg->rule);
        sql_add(sql, ")");
    }
    sql_add(sql, " ");
}

void access_gather(const struct access_lists *lists, struct sql *sql,
                   const struct access_scope *scope)
{
    unsigned aliases = 0;
    const struct writing writing = {
        .lists = lists, .sql = sql, .aliases = &aliases, .has_legs = true};
    /* A union leaves each record once; one rule alone may find a record on several ways. */
    bool is_alone = scope->rule_count == 1;
    sql_add(sql, is_alone ? "SELECT DISTINCT id FROM (" : "");
    gather_scope(&writing, scope, " UNION ");
    sql_add(sql, is_alone ? ") alone" : "");
}

void access_count(const struct access_lists *lists, struct sql *sql,
                  const struct access_scope *scope, int64_t most)
{
    unsigned aliases = 0;
    const struct writing writing = {.lists = lists, .sql = sql, .aliases = &aliases};
    for (size_t index = 0; index < scope->rule_count; index++) {
        const struct access_rule *rule = &scope->rules[index];
        char counted[ALIAS_SIZE];
        make_alias(&writing, counted);
        sql_add(sql, index == 0 ? "SELECT COUNT(*) FROM (" : " UNION ALL SELECT COUNT(*) FROM (");
        gatherers[rule->by](&writing, scope, rule);
        sql_add_limit(sql, most);
        sql_add(sql, ") ");
        sql_add_name(sql, counted);
    }
    sql_expect(sql, (struct sql_column){.type = COLUMN_INTEGER});
}
