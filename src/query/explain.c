/*
 * explain.c - asks rule after rule of a scope, until one holds.
 */
#include "query/explain.h"

#include "base/arena.h"
#include "call/call.h"
#include "database/database.h"
#include "database/sql.h"
#include "metadata/record.h"
#include "query/access.h"
#include "query/query.h"
#include "query/select.h"
#include "security/access.h"
#include "security/identity.h"

static const char *const depth_names[] = {"none", "user", "unit", "unitAndBelow", "organization"};

/* The names of the rules, and what each means. */
static const struct rule_row {
    const char *name, *meaning;
} rows[] = {
    [ACCESS_BY_OWNER] = {"owner", "the owner is the user himself or a team of his"},
    [ACCESS_BY_UNIT] = {"unit", "the record belongs to a business unit that a role of his reaches"},
    [ACCESS_BY_REPORT] = {"report", "the owner reports to him"},
    [ACCESS_BY_SHARE] = {"share", "the record was shared with him or a team of his"},
    [ACCESS_BY_PARENT] = {"inherited", "a record above it is his own or was shared with him"},
};

/* Whether one rule alone allows; a whole that is reached in every case needs no question. */
static bool ask_rule(struct call *call, const struct access_scope *scope,
                     const struct access_rule *rule, const struct access_facts *facts,
                     bool *holds_out, struct error *error)
{
    struct access_rule alone = *rule;
    const struct access_scope one = {
        .entity = scope->entity, .right = scope->right, .rules = &alone, .rule_count = 1};
    enum access_answer answer = access_weigh(&one, facts, NULL);
    *holds_out = answer == ACCESS_ALLOWED;
    return answer != ACCESS_UNDECIDED || query_in_scope(call, &one, &facts->id, holds_out, error);
}

static bool read_facts(struct call *call, const struct entity *entity, const struct uuid *id,
                       struct access_facts *facts_out, bool *is_found_out, struct error *error)
{
    const struct field *owner = access_owner_field(entity);
    const struct field *unit = access_unit_field(entity);
    const struct field *fields[3] = {entity->id};
    struct column_set columns = {.fields = fields, .count = 1};
    struct record *record = NULL;

    if (owner != NULL && owner != entity->id) {
        fields[columns.count++] = owner;
    }
    if (unit != NULL && unit != entity->id) {
        fields[columns.count++] = unit;
    }
    if (!query_find(call, entity, id, &columns, ROW_LOCK_NONE, &record, error)) {
        return false;
    }
    *is_found_out = record != NULL;
    if (record != NULL) {
        *facts_out = access_facts_of(record);
    }
    return true;
}

static void say(struct call *call, struct access_reason *explanation, const char *rule,
                bool is_allowed, const char *reason)
{
    explanation->rule = rule;
    explanation->is_allowed = is_allowed;
    explanation->sentence =
        arena_format(call->arena, "%s: %s", is_allowed ? "Allowed" : "Refused", reason);
}

bool query_explain(struct call *call, const struct identity *identity, const struct entity *entity,
                   const struct uuid *id, enum right right, struct access_reason *reason_out,
                   struct error *error)
{
    const struct access_scope *scope = access_scope_make(call->arena, identity, entity, right);
    enum depth depth = identity_depth(identity, entity, right);
    struct access_reason explanation = {.depth = depth_names[depth]};
    struct access_facts facts = {{{0}}, {{0}}, {{0}}};
    bool is_part = entity->ownership == OWNERSHIP_PARENT;
    bool is_held = false;

    if (!read_facts(call, entity, id, &facts, &explanation.is_found, error)) {
        return false;
    }
    say(call, &explanation, "none", false, "no rule reaches the record");
    if (depth == DEPTH_NONE) {
        say(call, &explanation, "privilege", false, "no role has the privilege");
    } else if (scope->is_everything) {
        say(call, &explanation, is_part ? "part" : "organization", true,
            "the privilege reaches every record");
    }
    for (size_t index = 0;
         index < scope->rule_count && explanation.is_found && !scope->is_everything && !is_held;
         index++) {
        const struct access_rule *rule = &scope->rules[index];
        if (!ask_rule(call, scope, rule, &facts, &is_held, error)) {
            return false;
        }
        if (is_held) {
            say(call, &explanation, is_part ? "part" : rows[rule->by].name, true,
                is_part ? "the record it is part of is reached" : rows[rule->by].meaning);
        }
    }
    *reason_out = explanation;
    return true;
}
