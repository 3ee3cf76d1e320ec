/*
 * access.c - the rules of the model: by owner, by unit, by share, by parent.
 *
 * An owner reaches his own, at any depth; a manager what those own who report to him; a unit its
 * own and those below, as deep as the roles held in it; a share what it names; and what one owns or
 * was given reaches down, along relations that say so, at most three levels. A part of a record is
 * reached as the whole is.
 */
#include "security/access.h"

#include <stdlib.h>

#include "base/arena.h"
#include "metadata/record.h"
#include "security/identity.h"

enum { INHERITED_LEVELS = 3 };

/* What a scope is made of and for. */
struct making {
    struct arena *arena;
    const struct identity *identity;
    enum right right;
};

/* What reaches down to a child from those above it. */
enum descent {
    DESCENT_OWNER = 1 << 0,
    DESCENT_SHARE = 1 << 1,
};

/* ---- fields ---- */

const struct field *access_owner_field(const struct entity *entity)
{
    if (entity->owner != NULL) {
        return entity->owner;
    }
    /* A user or a team is its own. */
    return entity->is_principal ? entity->id : NULL;
}

const struct field *access_unit_field(const struct entity *entity)
{
    if (entity->owning_business_unit != NULL) {
        return entity->owning_business_unit;
    }
    return entity->ownership == OWNERSHIP_BUSINESS ? entity->id : NULL;
}

static bool can_be_shared(const struct entity *entity, enum right right)
{
    return entity->ownership == OWNERSHIP_USER && right != RIGHT_CREATE;
}

/* ---- rules ---- */

static struct access_scope *make_scope(const struct making *making, const struct entity *entity)
{
    struct access_scope *scope = arena_allocate(making->arena, sizeof(*scope));
    scope->entity = entity;
    scope->right = making->right;
    return scope;
}

static void add_rule(const struct making *making, struct access_scope *scope,
                     struct access_rule rule)
{
    size_t size = sizeof(rule);
    scope->rules = arena_grow(making->arena, scope->rules, scope->rule_count * size,
                              (scope->rule_count + 1) * size);
    scope->rules[scope->rule_count++] = rule;
}

static void add_owner(const struct making *making, struct access_scope *scope)
{
    if (access_owner_field(scope->entity) != NULL) {
        add_rule(making, scope,
                 (struct access_rule){.by = ACCESS_BY_OWNER,
                                      .ids = making->identity->principals,
                                      .id_count = making->identity->principal_count});
    }
}

/* A manager works with what his direct reports own, and reads what is below them. */
static void add_reports(const struct making *making, struct access_scope *scope)
{
    static const bool is_of_manager[RIGHT_COUNT] = {
        [RIGHT_READ] = true,
        [RIGHT_WRITE] = true,
        [RIGHT_APPEND] = true,
        [RIGHT_APPEND_TO] = true,
    };
    const struct identity *identity = making->identity;
    bool is_reading = making->right == RIGHT_READ;
    struct access_rule rule = {
        .by = ACCESS_BY_REPORT,
        .ids = is_reading ? identity->readable_reports : identity->reports,
        .id_count = is_reading ? identity->readable_report_count : identity->report_count,
    };
    if (scope->entity->owner != NULL && is_of_manager[making->right] && rule.id_count > 0) {
        add_rule(making, scope, rule);
    }
}

static void add_share(const struct making *making, struct access_scope *scope)
{
    if (can_be_shared(scope->entity, making->right)) {
        add_rule(making, scope,
                 (struct access_rule){.by = ACCESS_BY_SHARE,
                                      .right = making->right,
                                      .ids = making->identity->principals,
                                      .id_count = making->identity->principal_count});
    }
}

static void add_units(const struct making *making, struct access_scope *scope)
{
    const struct identity *identity = making->identity;
    size_t capacity = identity->seat_count;
    for (size_t seat = 0; seat < identity->seat_count; seat++) {
        capacity += identity->seats[seat].unit_count;
    }
    struct uuid *ids = arena_allocate_array(making->arena, capacity, sizeof(*ids));
    struct access_rule rule = {.by = ACCESS_BY_UNIT, .ids = ids};

    for (size_t index = 0; index < identity->seat_count; index++) {
        const struct seat *seat = &identity->seats[index];
        enum depth depth = identity_depth_in(identity, scope->entity, making->right, index);
        if (depth == DEPTH_UNIT) {
            ids[rule.id_count++] = seat->unit_id;
        } else if (depth == DEPTH_UNIT_AND_BELOW) {
            for (size_t below = 0; below < seat->unit_count; below++) {
                ids[rule.id_count++] = seat->units[below];
            }
        }
    }
    rule.id_count = uuid_sort_unique(ids, rule.id_count);
    if (rule.id_count > 0 && access_unit_field(scope->entity) != NULL) {
        add_rule(making, scope, rule);
    }
}

/* ---- what comes down from above ---- */

static void add_inherited(const struct making *making, struct access_scope *scope,
                          unsigned descents, int levels);

/* What of a record above reaches down: that one owns it, or was given the right on it. */
static const struct access_scope *make_inherited(const struct making *making,
                                                 const struct entity *entity, unsigned descents,
                                                 int levels)
{
    struct access_scope *scope = make_scope(making, entity);
    if ((descents & DESCENT_OWNER) != 0) {
        add_owner(making, scope);
    }
    if ((descents & DESCENT_SHARE) != 0) {
        add_share(making, scope);
    }
    add_inherited(making, scope, descents, levels - 1);
    return scope;
}

static void add_parent(const struct making *making, struct access_scope *scope,
                       const struct field *lookup, enum cascade cascade,
                       const struct access_scope *parent)
{
    if (parent->is_everything || parent->rule_count > 0) {
        add_rule(
            making, scope,
            (struct access_rule){
                .by = ACCESS_BY_PARENT, .lookup = lookup, .parent = parent, .cascade = cascade});
    }
}

/* One rule for both descents where they follow the same children. */
static void add_inherited_along(const struct making *making, struct access_scope *scope,
                                const struct field *lookup, const struct entity *target,
                                unsigned descents, int levels)
{
    const struct relation *relation = lookup->relation;
    enum cascade by_owner = (descents & DESCENT_OWNER) != 0 ? relation->on_reparent : CASCADE_NONE;
    enum cascade by_share = (descents & DESCENT_SHARE) != 0 ? relation->on_share : CASCADE_NONE;

    if (by_owner != CASCADE_NONE && by_owner == by_share) {
        add_parent(making, scope, lookup, by_owner,
                   make_inherited(making, target, DESCENT_OWNER | DESCENT_SHARE, levels));
        return;
    }
    if (by_owner != CASCADE_NONE) {
        add_parent(making, scope, lookup, by_owner,
                   make_inherited(making, target, DESCENT_OWNER, levels));
    }
    if (by_share != CASCADE_NONE) {
        add_parent(making, scope, lookup, by_share,
                   make_inherited(making, target, DESCENT_SHARE, levels));
    }
}

static void add_inherited(const struct making *making, struct access_scope *scope,
                          unsigned descents, int levels)
{
    const struct entity *entity = scope->entity;
    for (size_t index = 0; index < entity->field_count && levels > 0; index++) {
        const struct field *field = entity->fields[index];
        if (field->type != FIELD_LOOKUP || field->relation == NULL) {
            continue;
        }
        for (size_t target = 0; target < field->target_count; target++) {
            if (field->targets[target]->ownership == OWNERSHIP_USER) {
                add_inherited_along(making, scope, field, field->targets[target], descents, levels);
            }
        }
    }
}

/* ---- parts ---- */

bool access_map_right(enum right right, enum right *mapped_out)
{
    static const enum right mapped[RIGHT_COUNT] = {
        [RIGHT_CREATE] = RIGHT_WRITE,  [RIGHT_READ] = RIGHT_READ,
        [RIGHT_WRITE] = RIGHT_WRITE,   [RIGHT_DELETE] = RIGHT_WRITE,
        [RIGHT_APPEND] = RIGHT_APPEND, [RIGHT_APPEND_TO] = RIGHT_APPEND_TO,
    };
    *mapped_out = mapped[right];
    return right != RIGHT_ASSIGN && right != RIGHT_SHARE;
}

/* Everything, when the whole of every kind is; else each by its whole. */
static void add_wholes(const struct making *making, struct access_scope *scope)
{
    const struct field *lookup = scope->entity->parent;
    enum right right;
    bool is_everything = access_map_right(scope->right, &right);
    size_t count = is_everything ? lookup->target_count : 0;
    for (size_t index = 0; index < count; index++) {
        const struct access_scope *whole =
            access_scope_make(making->arena, making->identity, lookup->targets[index], right);
        is_everything = is_everything && whole->is_everything;
        add_parent(making, scope, lookup, CASCADE_ALL, whole);
    }
    scope->is_everything = is_everything;
}

/* ---- scopes ---- */

const struct access_scope *access_scope_make(struct arena *arena, const struct identity *identity,
                                             const struct entity *entity, enum right right)
{
    const struct making making = {.arena = arena, .identity = identity, .right = right};
    struct access_scope *scope = make_scope(&making, entity);
    enum depth depth = identity_depth(identity, entity, right);

    if (depth == DEPTH_NONE) {
        return scope;
    }
    if (entity->ownership == OWNERSHIP_PARENT) {
        add_wholes(&making, scope);
        return scope;
    }
    scope->is_everything = depth == DEPTH_ORGANIZATION;
    if (!scope->is_everything) {
        add_owner(&making, scope);
        add_units(&making, scope);
        add_reports(&making, scope);
        add_share(&making, scope);
        if (can_be_shared(entity, right)) {
            add_inherited(&making, scope, DESCENT_OWNER | DESCENT_SHARE, INHERITED_LEVELS);
        }
    }
    return scope;
}

const struct access_scope *access_scope_of_children(struct arena *arena,
                                                    const struct identity *identity,
                                                    const struct entity *entity, enum right right)
{
    const struct making making = {.arena = arena, .identity = identity, .right = right};
    return make_inherited(&making, entity, DESCENT_OWNER | DESCENT_SHARE, INHERITED_LEVELS);
}

bool access_descends(const struct field *lookup)
{
    const struct relation *relation = lookup->relation;
    return lookup->type == FIELD_LOOKUP &&
           (lookup == lookup->entity->parent ||
            (relation != NULL &&
             (relation->on_reparent != CASCADE_NONE || relation->on_share != CASCADE_NONE)));
}

bool access_is_nothing(const struct access_scope *scope)
{
    return !scope->is_everything && scope->rule_count == 0;
}

/* ---- facts ---- */

/* An entity that is its own owner or unit is told by its id. */
static struct uuid id_in(const struct record *record, const struct field *field)
{
    if (field == NULL || !record_has(record, field)) {
        return (struct uuid){{0}};
    }
    const struct value *value = record_value(record, field);
    return field->type == FIELD_LOOKUP ? value->reference.id : value->uuid;
}

struct access_facts access_facts_of(const struct record *record)
{
    const struct entity *entity = record->entity;
    return (struct access_facts){
        .id = id_in(record, entity->id),
        .owner = id_in(record, access_owner_field(entity)),
        .unit = id_in(record, access_unit_field(entity)),
    };
}

bool access_is_among(const struct access_rule *rule, const struct uuid *id)
{
    return !uuid_is_empty(id) &&
           bsearch(id, rule->ids, rule->id_count, sizeof(*rule->ids), uuid_compare) != NULL;
}

enum access_answer access_weigh(const struct access_scope *scope, const struct access_facts *facts,
                                const struct access_rule **rule_out)
{
    enum access_answer answer = ACCESS_REFUSED;
    const struct access_rule *found = NULL;

    for (size_t index = 0; index < scope->rule_count && found == NULL; index++) {
        const struct access_rule *rule = &scope->rules[index];
        bool needs_database = rule->by == ACCESS_BY_SHARE || rule->by == ACCESS_BY_PARENT;
        const struct uuid *id = rule->by == ACCESS_BY_UNIT ? &facts->unit : &facts->owner;
        if (needs_database) {
            answer = ACCESS_UNDECIDED;
        } else if (access_is_among(rule, id)) {
            found = rule;
        }
    }
    if (rule_out != NULL) {
        *rule_out = found;
    }
    return scope->is_everything || found != NULL ? ACCESS_ALLOWED : answer;
}
