/*
 * permit.c - asks security's rules about a write, and the database where they leave it open.
 */
#include "record/permit.h"

#include "base/arena.h"
#include "base/error.h"
#include "call/platform.h"
#include "metadata/catalog.h"
#include "query/access.h"
#include "record/write.h"
#include "security/access.h"
#include "security/authorise.h"
#include "security/identity.h"
#include "security/role.h"
#include "security/session.h"

/* ---- faults ---- */

bool permit_refuse_missing(const struct entity *entity, const struct uuid *id, struct error *error)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return error_set_about(error, ERROR_RECORD_NOT_FOUND, entity->name, NULL, "There is no %s %s",
                           entity->name, text);
}

bool permit_refuse_target(const struct field *field, const struct reference *reference,
                          struct error *error)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(&reference->id, id);
    return error_set_about(error, ERROR_REFERENCE_NOT_FOUND, field->entity->name, field->name,
                           "%s refers to %s %s, which does not exist", field->name,
                           reference->entity->name, id);
}

/* The privilege is there, but does not reach the record. */
static bool refuse_right(const struct entity *entity, enum right right, struct error *error)
{
    return error_set_about(error, ERROR_NOT_ALLOWED, entity->name, NULL,
                           "You do not have the right to %s this %s: your privilege to %s %s does "
                           "not reach it",
                           right_name(right), entity->name, right_name(right), entity->name);
}

static bool is_own_write(const struct write *write)
{
    return write->work->is_internal;
}

/* ---- one record ---- */

static bool ask(struct call *call, const struct record *record, enum right right,
                bool *is_allowed_out, struct error *error)
{
    const struct access_facts facts = access_facts_of(record);
    struct may asked = {.entity = record->entity, .id = facts.id, .right = right, .facts = &facts};
    bool is_done = query_may_all(call, &asked, 1, error);
    *is_allowed_out = asked.is_allowed;
    return is_done;
}

bool permit_read(struct call *call, const struct entity *entity, const struct uuid *id,
                 bool *is_allowed_out, struct error *error)
{
    return query_may(call, entity, id, RIGHT_READ, is_allowed_out, error);
}

/* Goes with the record that was named, which the caller knows; this one he may not know of. */
static bool is_deleted_along(const struct write *write, enum right right)
{
    return right == RIGHT_DELETE && write->work->deleted.count > 0;
}

bool permit_stored(const struct write *write, enum right right, struct error *error)
{
    const struct entity *entity = write->entity;
    const struct uuid *id = &record_value(write->before, write->entity->id)->uuid;
    struct call *call = write->call;
    bool is_allowed = true;
    bool is_readable = false;

    if (is_own_write(write)) {
        return true;
    }
    if (!ask(call, write->before, right, &is_allowed, error)) {
        return false;
    }
    if (is_allowed) {
        return true;
    }
    if (!ask(call, write->before, RIGHT_READ, &is_readable, error)) {
        return false;
    }
    if (!is_readable && !is_deleted_along(write, right)) {
        return permit_refuse_missing(entity, id, error);
    }
    return authorise_privilege(call->identity, entity, right, error) &&
           refuse_right(entity, right, error);
}

/* ---- the whole that a part is of, or comes to be of ---- */

static bool permit_whole(const struct write *write, enum right right, struct error *error)
{
    const struct field *parent = write->entity->parent;
    const struct reference *whole = &record_value(write->after, parent)->reference;
    bool is_allowed = false;

    if (!record_has(write->after, parent)) {
        return true; /* told as required */
    }
    if (!query_may(write->call, whole->entity, &whole->id, right, &is_allowed, error)) {
        return false;
    }
    return is_allowed || (authorise_privilege(write->call->identity, whole->entity, right, error) &&
                          refuse_right(whole->entity, right, error));
}

/* ---- update ---- */

/* Whether a field, besides the record's own name, is given what it has. */
static bool gives_what_is_there(const struct write *write)
{
    const struct entity *entity = write->entity;

    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        if (field != entity->id && field != entity->version && write_is_given(write, field) &&
            value_is_equal(field, record_value(write->before, field),
                           record_value(write->given, field))) {
            return true;
        }
    }
    return false;
}

bool permit_look(struct write *write, struct error *error)
{
    bool is_readable = true;

    if (is_own_write(write) || write->work->is_handing_over || !gives_what_is_there(write)) {
        return true;
    }
    if (!ask(write->call, write->before, RIGHT_READ, &is_readable, error)) {
        return false;
    }
    write->is_unseen = !is_readable;
    return true;
}

/* Who sends an owner alone wants to assign; with other fields he may send back the one that it has,
 * if he can know it. */
static bool is_assign(const struct write *write, bool is_writing)
{
    const struct field *owner = write->entity->owner;
    if (owner == NULL || !write_is_given(write, owner)) {
        return false;
    }
    return !is_writing || write->is_unseen ||
           !value_is_equal(owner, record_value(write->before, owner),
                           record_value(write->given, owner));
}

bool permit_update(const struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    bool is_writing = false;

    for (size_t index = 0; index < entity->field_count; index++) {
        const struct field *field = entity->fields[index];
        is_writing = is_writing || (field != entity->id && field != entity->owner &&
                                    write_is_given(write, field));
    }
    bool is_assigning = is_assign(write, is_writing);
    bool is_moving = entity->ownership == OWNERSHIP_PARENT &&
                     write->given->values[entity->parent->index].state != VALUE_ABSENT;
    if (is_own_write(write) || write->work->is_handing_over) {
        return true;
    }
    return (!is_assigning || permit_stored(write, RIGHT_ASSIGN, error)) &&
           ((is_assigning && !is_writing) || permit_stored(write, RIGHT_WRITE, error)) &&
           (!is_moving || permit_whole(write, RIGHT_WRITE, error));
}

/* ---- create ---- */

/* A new record is reached by its owner or its unit; shares and parents are still to come, and that
 * its owner reports to the caller is no cover. */
static bool cover(const struct write *write, enum right right, struct error *error)
{
    const struct identity *identity = write->call->identity;
    const struct access_scope *scope =
        access_scope_make(write->call->arena, identity, write->entity, right);
    const struct access_facts facts = access_facts_of(write->after);
    const struct access_rule *rule = NULL;
    bool is_reached = access_weigh(scope, &facts, &rule) == ACCESS_ALLOWED;
    return (is_reached && (rule == NULL || rule->by != ACCESS_BY_REPORT)) ||
           (authorise_privilege(identity, write->entity, right, error) &&
            refuse_right(write->entity, right, error));
}

bool permit_create(const struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    if (is_own_write(write)) {
        return true;
    }
    if (entity->ownership == OWNERSHIP_PARENT) {
        return permit_whole(write, RIGHT_WRITE, error);
    }
    if (!cover(write, RIGHT_CREATE, error)) {
        return false;
    }
    if (entity->owner == NULL) {
        return true;
    }
    const struct uuid owner = access_facts_of(write->after).owner;
    return identity_is_principal(write->call->identity, &owner) ||
           cover(write, RIGHT_ASSIGN, error);
}

/* ---- owner ---- */

static bool refuse_owner(const struct entity *entity, const struct reference *owner,
                         struct error *error)
{
    return error_set_about(error, ERROR_OWNER_CANNOT_READ, entity->name, entity->owner->name,
                           "The %s cannot own a %s: it has no privilege to read one",
                           owner->entity->name, entity->name);
}

/* Users are judged by all their seats, teams by the roles they hold themselves. */
static bool user_may_read(const struct write *write, const struct reference *owner,
                          bool *may_read_out, struct error *error)
{
    struct call *call = write->call;
    const struct identity *identity = call->identity;
    bool is_caller = uuid_is_equal(&owner->id, &identity->user_id);

    if (!is_caller && !session_identity(call->platform->sessions, call->arena, call->connection,
                                        call->catalog, &owner->id, &identity, error)) {
        if (error->code != ERROR_CREDENTIALS_INVALID) {
            return false;
        }
        error_clear(error); /* he is shut out */
        *may_read_out = false;
        return true;
    }
    *may_read_out = identity_depth(identity, write->entity, RIGHT_READ) > DEPTH_NONE;
    return true;
}

bool permit_owner(const struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    const struct call *call = write->call;
    bool may_read = false;

    if (is_own_write(write) || entity->owner == NULL || !write_is_changing(write, entity->owner) ||
        !record_has(write->after, entity->owner) || uuid_is_empty(&call->identity->user_id)) {
        return true;
    }
    const struct reference *owner = &record_value(write->after, entity->owner)->reference;
    bool is_user = owner->entity == entity->created_by->targets[0];
    bool is_done = is_user ? user_may_read(write, owner, &may_read, error)
                           : role_allows(call->connection, call->arena, &owner->id, entity,
                                         RIGHT_READ, &may_read, error);
    return is_done && (may_read || refuse_owner(entity, owner, error));
}

/* ---- what goes along to the owner ---- */

bool permit_along(const struct write *write, struct error *error)
{
    struct arena *arena = write->call->arena;
    size_t count = write->along.count;
    struct may *asked = arena_allocate_array(arena, count, sizeof(*asked));
    struct access_facts *facts = arena_allocate_array(arena, count, sizeof(*facts));

    if (is_own_write(write)) {
        return true;
    }
    for (size_t index = 0; index < count; index++) {
        const struct record *record = write->along.items[index];
        facts[index] = access_facts_of(record);
        asked[index] = (struct may){.entity = record->entity,
                                    .id = facts[index].id,
                                    .right = RIGHT_ASSIGN,
                                    .facts = &facts[index]};
    }
    if (!query_may_all(write->call, asked, count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (!asked[index].is_allowed) {
            return authorise_privilege(write->call->identity, asked[index].entity, RIGHT_ASSIGN,
                                       error) &&
                   refuse_right(asked[index].entity, RIGHT_ASSIGN, error);
        }
    }
    return true;
}

/* ---- merges ---- */

/* Which is out of sight is told before anything else of either. */
bool permit_merge(struct call *call, const struct record *master, const struct record *subordinate,
                  struct error *error)
{
    static const enum right rights[] = {RIGHT_READ, RIGHT_WRITE, RIGHT_APPEND, RIGHT_APPEND_TO,
                                        RIGHT_SHARE};
    enum { COUNT = sizeof(rights) / sizeof(rights[0]) };
    const struct access_facts facts[] = {access_facts_of(master), access_facts_of(subordinate)};
    struct may asked[2 * COUNT];

    for (size_t index = 0; index < 2 * COUNT; index++) {
        asked[index] = (struct may){.entity = master->entity,
                                    .id = facts[index % 2].id,
                                    .right = rights[index / 2],
                                    .facts = &facts[index % 2]};
    }
    if (!query_may_all(call, asked, 2 * COUNT, error)) {
        return false;
    }
    for (size_t index = 0; index < 2 * COUNT; index++) {
        const struct may *answer = &asked[index];
        if (!answer->is_allowed && answer->right == RIGHT_READ) {
            return permit_refuse_missing(answer->entity, &answer->id, error);
        }
        if (!answer->is_allowed) {
            return authorise_privilege(call->identity, answer->entity, answer->right, error) &&
                   refuse_right(answer->entity, answer->right, error);
        }
    }
    return true;
}

/* ---- targets ---- */

/* The lookups by which records are related; those that every record has say who made it. */
static bool is_append(const struct write *write, const struct field *field)
{
    return !field->is_system && field != write->entity->parent;
}

/* What is asked, and which target it is about. */
struct asking {
    struct may *questions;
    size_t *places;
    size_t count;
};

static void add_question(struct asking *asking, const struct permit_target *target, size_t place,
                         enum right right)
{
    asking->places[asking->count] = place;
    asking->questions[asking->count++] = (struct may){
        .entity = target->reference->entity, .id = target->reference->id, .right = right};
}

/* Oneself and one's teams need not be looked up to own something. */
static bool is_known_owner(const struct write *write, const struct permit_target *target)
{
    return target->field == write->entity->owner &&
           identity_is_principal(write->call->identity, &target->reference->id);
}

static void add_questions(const struct write *write, struct asking *asking,
                          const struct permit_target *target, size_t place)
{
    if (target->is_missing || is_own_write(write)) {
        return;
    }
    if (!is_known_owner(write, target)) {
        add_question(asking, target, place, RIGHT_READ);
    }
    if (is_append(write, target->field)) {
        add_question(asking, target, place, RIGHT_APPEND_TO);
    }
}

bool permit_targets(const struct write *write, struct permit_target *targets, size_t count,
                    struct error *error)
{
    struct arena *arena = write->call->arena;
    struct asking asking = {
        .questions = arena_allocate_array(arena, 2 * count, sizeof(*asking.questions)),
        .places = arena_allocate_array(arena, 2 * count, sizeof(*asking.places)),
    };
    for (size_t place = 0; place < count; place++) {
        add_questions(write, &asking, &targets[place], place);
    }
    if (!query_may_all(write->call, asking.questions, asking.count, error)) {
        return false;
    }
    for (size_t index = 0; index < asking.count; index++) {
        struct permit_target *target = &targets[asking.places[index]];
        const struct may *answer = &asking.questions[index];
        target->is_missing |= answer->right == RIGHT_READ && !answer->is_allowed;
        target->may_be_appended_to |= answer->right == RIGHT_APPEND_TO && answer->is_allowed;
    }
    for (size_t place = 0; place < count; place++) {
        if (targets[place].is_missing) {
            return permit_refuse_target(targets[place].field, targets[place].reference, error);
        }
    }
    return true;
}

static bool refuse_append_to(const struct write *write, const struct permit_target *target,
                             struct error *error)
{
    const struct entity *entity = target->reference->entity;
    return authorise_privilege(write->call->identity, entity, RIGHT_APPEND_TO, error) &&
           error_set_about(error, ERROR_NOT_ALLOWED, write->entity->name, target->field->name,
                           "You do not have the right to append to the %s that %s refers to",
                           entity->name, target->field->name);
}

/* The record's own side; a new one is reached by its owner or its unit. */
static bool permit_own_side(const struct write *write, struct error *error)
{
    if (write->before != NULL) {
        return permit_stored(write, RIGHT_APPEND, error);
    }
    if (write->entity->ownership == OWNERSHIP_PARENT) {
        return authorise_privilege(write->call->identity, write->entity, RIGHT_APPEND, error) &&
               permit_whole(write, RIGHT_APPEND, error);
    }
    return cover(write, RIGHT_APPEND, error);
}

bool permit_append(const struct write *write, const struct permit_target *targets, size_t count,
                   struct error *error)
{
    bool is_appending = false;
    if (is_own_write(write)) {
        return true;
    }
    for (size_t place = 0; place < count; place++) {
        bool is_asked = is_append(write, targets[place].field);
        is_appending = is_appending || is_asked;
        if (is_asked && !targets[place].may_be_appended_to) {
            return refuse_append_to(write, &targets[place], error);
        }
    }
    return !is_appending || permit_own_side(write, error);
}
