/*
 * currency.c - amounts and their twins in the base currency.
 *
 * The rate is that of the currency when the record got it, and stays until the currency is
 * changed: what was agreed does not move with the market. A rate says how many units of the
 * currency one unit of the base currency is. The parts of a record are in its currency.
 */
#include "base/error.h"
#include "query/query.h"
#include "record/write.h"

static bool has_value(const struct value *value)
{
    return value->state == VALUE_SET;
}

static void take_base(struct write *write)
{
    const struct field *field = write->entity->currency;
    struct value *currency = record_value(write->after, field);
    if (!has_value(currency) && !uuid_is_empty(&write->call->platform->base_currency_id)) {
        currency->state = VALUE_SET;
        currency->reference = (struct reference){.entity = field->targets[0],
                                                 .id = write->call->platform->base_currency_id};
    }
}

/* A part of a record is in its currency and at its rate: else their sum would mean nothing. The
 * parent's are known when the part is new, moves, or changes its currency. */
static bool follow_parent(struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    const struct value *wanted = &write->facts.parent_currency;
    struct value *currency = record_value(write->after, entity->currency);
    if (!has_value(wanted)) {
        return true;
    }
    if (has_value(currency) && !uuid_is_equal(&currency->reference.id, &wanted->reference.id)) {
        return error_set_about(error, ERROR_RULE_BROKEN, entity->name, entity->currency->name,
                               "%s must be that of the %s it is part of, or left out",
                               entity->currency->name, entity->parent->name);
    }
    *currency = *wanted;
    write->facts.exchange_rate = write->facts.parent_rate;
    return true;
}

/* What was agreed in one currency is not the same number of another: as in the classic model,
 * the parts go first. Their parent is locked, so none comes meanwhile. */
static bool check_parts(struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    const struct uuid *id = &record_value(write->before, entity->id)->uuid;
    for (size_t index = 0; index < entity->referrer_count; index++) {
        const struct field *lookup = entity->referrers[index];
        const struct entity *part = lookup->entity;
        struct uuid *ids = NULL;
        size_t count = 0;
        if (part->parent != lookup || part->currency == NULL) {
            continue;
        }
        if (!query_referrers(write->call, lookup, id, 1, &ids, &count, error)) {
            return false;
        }
        if (count > 0) {
            return error_set_about(error, ERROR_RULE_BROKEN, entity->name, entity->currency->name,
                                   "The currency of a %s cannot be changed while it has a %s in it",
                                   entity->name, part->name);
        }
    }
    return true;
}

/* The base currency is counted in itself. */
static void set_rate(struct write *write)
{
    const struct entity *entity = write->entity;
    const struct value *currency = record_value(write->after, entity->currency);
    struct value *rate = record_value(write->after, entity->exchange_rate);
    rate->state = VALUE_NULL;
    if (has_value(&write->facts.exchange_rate)) {
        *rate = write->facts.exchange_rate;
    } else if (has_value(currency) &&
               uuid_is_equal(&currency->reference.id, &write->call->platform->base_currency_id)) {
        rate->state = VALUE_SET;
        rate->decimal = (struct decimal){.digits = 1};
    }
    struct decimal scaled;
    if (has_value(rate) && decimal_rescale(rate->decimal, entity->exchange_rate->scale, &scaled)) {
        rate->decimal = scaled;
    }
}

static bool set_twin(struct write *write, const struct field *twin, struct error *error)
{
    const struct value *amount = record_value(write->after, twin->base_of);
    const struct value *rate = record_value(write->after, write->entity->exchange_rate);
    struct value *value = record_value(write->after, twin);
    if (amount->state == VALUE_ABSENT) {
        return true;
    }
    value->state = VALUE_NULL;
    if (!has_value(amount) || !has_value(rate) || rate->decimal.digits == 0) {
        return true;
    }
    if (!decimal_divide(amount->decimal, rate->decimal, twin->scale, &value->decimal)) {
        return error_set_about(error, ERROR_VALUE_OUT_OF_RANGE, write->entity->name, twin->name,
                               "%s would become too large", twin->name);
    }
    value->state = VALUE_SET;
    return true;
}

/* The currency that is known before others are asked: of a record that is part of none. */
void currency_begin(struct write *write)
{
    const struct entity *entity = write->entity;
    if (entity->currency != NULL && write->before == NULL && entity->parent == NULL) {
        take_base(write);
    }
}

bool currency_settle(struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    if (entity->currency == NULL) {
        return true;
    }
    if (entity->parent != NULL && !follow_parent(write, error)) {
        return false;
    }
    if (write->before == NULL && entity->parent != NULL) {
        take_base(write);
    }
    if (write->before != NULL && write_is_changing(write, entity->currency) &&
        !check_parts(write, error)) {
        return false;
    }
    if (write_is_changing(write, entity->currency) || has_value(&write->facts.parent_currency)) {
        set_rate(write);
    }
    for (size_t index = 0; index < entity->field_count; index++) {
        if (entity->fields[index]->base_of != NULL &&
            !set_twin(write, entity->fields[index], error)) {
            return false;
        }
    }
    return true;
}
