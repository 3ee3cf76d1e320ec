/*
 * owner.c - whose a record is.
 */
#include "metadata/catalog.h"
#include "record/write.h"
#include "security/identity.h"

static void set_reference(struct value *value, const struct entity *entity, struct uuid id)
{
    value->state = VALUE_SET;
    value->reference = (struct reference){.entity = entity, .id = id};
}

static bool is_caller(const struct write *write, const struct reference *owner)
{
    return uuid_is_equal(&owner->id, &write->call->identity->user_id);
}

static void begin_owned(struct write *write)
{
    struct value *owner = record_value(write->after, write->entity->owner);
    if (write->before == NULL && owner->state == VALUE_ABSENT) {
        set_reference(owner, catalog_find_entity(write->call->catalog, "SystemUser"),
                      write->call->identity->user_id);
    }
}

/* A record of a business unit is in the caller's, unless another is given. */
static void begin_in_unit(struct write *write)
{
    struct value *unit = record_value(write->after, write->entity->owning_business_unit);
    if (write->before == NULL && unit->state == VALUE_ABSENT) {
        set_reference(unit, write->entity->owning_business_unit->targets[0],
                      write->call->identity->business_unit_id);
    }
}

void owner_begin(struct write *write)
{
    if (write->entity->owner != NULL) {
        begin_owned(write);
    } else if (write->entity->owning_business_unit != NULL) {
        begin_in_unit(write);
    }
}

void owner_settle(struct write *write)
{
    const struct entity *entity = write->entity;
    if (entity->owner == NULL || !write_is_changing(write, entity->owner)) {
        return;
    }
    struct value *unit = record_value(write->after, entity->owning_business_unit);
    const struct value *owner = record_value(write->after, entity->owner);
    if (write->facts.owner_unit.state == VALUE_SET) {
        *unit = write->facts.owner_unit;
    } else if (owner->state == VALUE_SET && is_caller(write, &owner->reference)) {
        set_reference(unit, entity->owning_business_unit->targets[0],
                      write->call->identity->business_unit_id);
    }
}
