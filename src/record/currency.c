/*
 * currency.c - amounts and their twins in the base currency.
 *
 * The rate is that of the currency when the record got it, and stays until the currency is
 * changed: what was agreed does not move with the market. A rate says how many units of the
 * currency one unit of the base currency is.
 */
#include "base/error.h"
#include "record/write.h"

static bool has_value(const struct value *value)
{
    return value->state == VALUE_SET;
}

/* The currency that is known before others are asked: of a record that is part of none. */
void currency_begin(struct write *write)
{
    const struct entity *entity = write->entity;
    if (entity->currency == NULL || write->before != NULL || entity->parent != NULL) {
        return;
    }
    struct value *currency = record_value(write->after, entity->currency);
    if (!has_value(currency) && !uuid_is_empty(&write->call->platform->base_currency_id)) {
        currency->state = VALUE_SET;
        currency->reference = (struct reference){.entity = entity->currency->targets[0],
                                                 .id = write->call->platform->base_currency_id};
    }
}

static void take_from_parent(struct write *write)
{
    const struct entity *entity = write->entity;
    struct value *currency = record_value(write->after, entity->currency);
    if (has_value(currency)) {
        return;
    }
    *currency = write->facts.parent_currency;
    currency->state = has_value(currency) ? VALUE_SET : VALUE_ABSENT;
    write->facts.exchange_rate = write->facts.parent_rate;
    if (!has_value(currency) && !uuid_is_empty(&write->call->platform->base_currency_id)) {
        currency->state = VALUE_SET;
        currency->reference = (struct reference){.entity = entity->currency->targets[0],
                                                 .id = write->call->platform->base_currency_id};
    }
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

bool currency_settle(struct write *write, struct error *error)
{
    const struct entity *entity = write->entity;
    if (entity->currency == NULL) {
        return true;
    }
    if (write->before == NULL && entity->parent != NULL) {
        take_from_parent(write);
    }
    if (write_is_changing(write, entity->currency)) {
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
