/*
 * reference.c - what a record refers to: found by key, allowed, there, and readable.
 *
 * All that a write has to know of other records it asks in one round trip: that they exist, the
 * business unit of the owner, the rate of the currency. What the engine does not guard by itself
 * is locked by the question: it stays until the reference to it is there to be found. The record
 * that the new one is part of is locked for change, since its totals follow: were it done later,
 * two who add lines would each wait for the other to let go of it.
 */
#include "base/arena.h"
#include "base/error.h"
#include "metadata/catalog.h"
#include "query/query.h"
#include "record/permit.h"
#include "record/write.h"
#include "security/identity.h"

/* ---- resolving ---- */

static bool refuse_target(const struct field *field, const struct entity *target,
                          struct error *error)
{
    return error_set_about(error, ERROR_VALUE_INVALID, field->entity->name, field->name,
                           "%s cannot refer to a %s", field->name,
                           target == NULL ? "record without an entity" : target->name);
}

/* The fault is about the field that refers, whatever went wrong on the way. */
static bool resolve(struct call *call, const struct field *field, struct reference *reference,
                    struct error *error)
{
    if (reference->entity == NULL && field->target_count == 1) {
        reference->entity = field->targets[0];
    }
    if (reference->entity == NULL || !field_may_refer_to(field, reference->entity)) {
        return refuse_target(field, reference->entity, error);
    }
    if (reference->alternate_key == NULL) {
        return true;
    }
    if (!record_resolve(call, reference, &reference->id, error)) {
        if (error->code == ERROR_REFERENCE_NOT_FOUND) {
            error_set_about(error, ERROR_REFERENCE_NOT_FOUND, field->entity->name, field->name,
                            "%s refers to a %s that does not exist: there is none with this %s",
                            field->name, reference->entity->name, reference->alternate_key->name);
        }
        return false;
    }
    reference->alternate_key = NULL;
    return true;
}

static bool resolve_parties(struct call *call, const struct field *field, struct value *value,
                            struct error *error)
{
    struct party *parties =
        arena_copy(call->arena, value->parties.items, value->parties.count * sizeof(struct party));
    for (size_t index = 0; index < value->parties.count; index++) {
        struct party *party = &parties[index];
        bool is_record = party->reference.entity != NULL || party->reference.alternate_key != NULL;
        if (is_record && !resolve(call, field, &party->reference, error)) {
            return false;
        }
        if (!is_record && party->address == NULL) {
            return error_set_about(error, ERROR_VALUE_INVALID, field->entity->name, field->name,
                                   "Each party is a record, or has an address");
        }
        party->participation = field->participation;
    }
    value->parties.items = parties;
    return true;
}

bool reference_resolve(struct write *write, struct error *error)
{
    for (size_t index = 0; index < write->entity->field_count; index++) {
        const struct field *field = write->entity->fields[index];
        struct value *value = &write->given->values[index];
        if (field->type == FIELD_PARTY_LIST && value->state == VALUE_NULL) {
            *value = (struct value){.state = VALUE_SET}; /* nobody takes part */
        }
        if (value->state != VALUE_SET) {
            continue;
        }
        if (field->type == FIELD_LOOKUP && !resolve(write->call, field, &value->reference, error)) {
            return false;
        }
        if (field->type == FIELD_PARTY_LIST && !resolve_parties(write->call, field, value, error)) {
            return false;
        }
    }
    return true;
}

/* ---- asking ---- */

struct questions {
    struct probe *probes;
    struct permit_target *asked; /* without a field: a fact alone is wanted */
    size_t count;
};

/* A fact that is asked about the target of a reference. */
struct fact {
    const struct field *field;
    enum row_lock lock;
    struct value *value;
};

static void ask(struct questions *questions, const struct field *field,
                const struct reference *reference, const struct fact *fact)
{
    questions->asked[questions->count] =
        (struct permit_target){.field = field, .reference = reference};
    questions->probes[questions->count++] = (struct probe){.entity = reference->entity,
                                                           .id = reference->id,
                                                           .field = fact->field,
                                                           .lock = fact->lock,
                                                           .value = fact->value};
}

static enum row_lock lock_for(const struct field *field)
{
    bool has_currency = field == field->entity->parent && field->entity->currency != NULL;
    if (has_currency || total_is_link(field)) {
        return ROW_LOCK_CHANGE;
    }
    return field_is_checked_by_engine(field) ? ROW_LOCK_NONE : ROW_LOCK_KEEP;
}

/* What is asked of a target: the one fact that the field needs, or that it is there. */
static void ask_about(struct write *write, struct questions *questions, const struct field *field,
                      const struct reference *reference)
{
    const struct entity *target = reference->entity;
    struct fact fact = {.field = target->id, .lock = lock_for(field)};
    const struct field *rate = NULL;
    if (field == write->entity->owner && target->owning_business_unit != NULL) {
        fact.field = target->owning_business_unit;
        fact.value = &write->facts.owner_unit;
    } else if (field == write->entity->currency &&
               (rate = entity_find_field(target, "exchangeRate")) != NULL) {
        fact.field = rate;
        fact.value = &write->facts.exchange_rate;
    } else {
        fact.value = arena_allocate(write->call->arena, sizeof(*fact.value));
    }
    ask(questions, field, reference, &fact);
}

static bool is_known(const struct write *write, const struct field *field,
                     const struct reference *reference)
{
    const struct call *call = write->call;
    bool is_stamp = field == write->entity->created_by || field == write->entity->modified_by;
    return write->work->is_internal || (is_stamp && !write_is_given(write, field)) ||
           (field == write->entity->owner &&
            uuid_is_equal(&reference->id, &call->identity->user_id)) ||
           (field == write->entity->owning_business_unit &&
            uuid_is_equal(&reference->id, &call->identity->business_unit_id)) ||
           (field == write->entity->currency &&
            uuid_is_equal(&reference->id, &call->platform->base_currency_id));
}

static void ask_parties(struct write *write, struct questions *questions, const struct field *field,
                        const struct value *value)
{
    for (size_t index = 0; index < value->parties.count; index++) {
        const struct reference *reference = &value->parties.items[index].reference;
        if (reference->entity != NULL) {
            ask_about(write, questions, field, reference);
        }
    }
}

static void ask_field(struct write *write, struct questions *questions, const struct field *field)
{
    const struct value *value = record_value(write->after, field);
    if (value->state != VALUE_SET || !write_is_changing(write, field)) {
        return;
    }
    if (field->type == FIELD_PARTY_LIST) {
        ask_parties(write, questions, field, value);
    } else if (field->type == FIELD_LOOKUP && !is_known(write, field, &value->reference)) {
        ask_about(write, questions, field, &value->reference);
    }
}

/* A part of a record is in its currency and at its rate. */
static void ask_parent(struct write *write, struct questions *questions)
{
    const struct entity *entity = write->entity;
    if (entity->parent == NULL || entity->currency == NULL ||
        (!write_is_changing(write, entity->currency) &&
         !write_is_changing(write, entity->parent))) {
        return;
    }
    const struct value *parent = record_value(write->after, entity->parent);
    if (parent->state != VALUE_SET || parent->reference.entity->currency == NULL) {
        return;
    }
    const struct entity *target = parent->reference.entity;
    ask(questions, NULL, &parent->reference,
        &(struct fact){target->currency, lock_for(entity->parent), &write->facts.parent_currency});
    ask(questions, NULL, &parent->reference,
        &(struct fact){target->exchange_rate, lock_for(entity->parent), &write->facts.parent_rate});
}

static size_t count_questions(const struct write *write)
{
    enum { FOR_PARENT = 2 };
    size_t count = FOR_PARENT;
    for (size_t index = 0; index < write->entity->field_count; index++) {
        const struct value *value = &write->after->values[index];
        const struct field *field = write->entity->fields[index];
        bool is_list = field->type == FIELD_PARTY_LIST && value->state == VALUE_SET;
        count += is_list ? value->parties.count : field->type == FIELD_LOOKUP;
    }
    return count;
}

bool reference_ask(struct write *write, struct error *error)
{
    struct arena *arena = write->call->arena;
    size_t capacity = count_questions(write);
    struct questions questions = {
        .probes = arena_allocate_array(arena, capacity, sizeof(struct probe)),
        .asked = arena_allocate_array(arena, capacity, sizeof(struct permit_target)),
    };
    for (size_t index = 0; index < write->entity->field_count; index++) {
        ask_field(write, &questions, write->entity->fields[index]);
    }
    ask_parent(write, &questions);
    if (!query_probe(write->call, questions.probes, questions.count, error)) {
        return false;
    }
    size_t target_count = 0;
    for (size_t index = 0; index < questions.count; index++) {
        struct permit_target target = questions.asked[index];
        target.is_missing = questions.probes[index].value->state == VALUE_ABSENT;
        if (target.field != NULL) {
            questions.asked[target_count++] = target;
        }
    }
    write->targets = questions.asked;
    write->target_count = target_count;
    return permit_targets(write, questions.asked, target_count, error);
}

bool reference_permit(const struct write *write, struct error *error)
{
    return permit_append(write, write->targets, write->target_count, error);
}
