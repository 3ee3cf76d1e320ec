/*
 * security_place.c - operations of the Security service: who is let in, who stands where.
 *
 * Each writes one field of a record: the rules are those of record/principal.h, whoever writes.
 */
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "record/engine.h"
#include "security/authorise.h"
#include "service/security.h"

/* Writes one field; a value that is there already is no change. */
static bool write_field(struct call *call, const char *entity_name, const struct uuid *id,
                        const char *field_name, struct value value, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, entity_name);
    struct record *record = record_make(call->arena, entity);
    struct write_outcome outcome;
    struct value *id_value = record_value(record, entity->id);

    id_value->state = VALUE_SET;
    id_value->uuid = *id;
    *record_value(record, entity_find_field(entity, field_name)) = value;
    return authorise_administration(call->identity, error) &&
           record_update(call, record, NULL, &outcome, error);
}

static bool write_disabled(struct call *call, const char *entity, const struct uuid *id,
                           bool is_disabled, struct error *error)
{
    return write_field(call, entity, id, "isDisabled",
                       (struct value){.state = VALUE_SET, .boolean = is_disabled}, error);
}

/* Absent: the lookup is cleared. */
static bool write_lookup(struct call *call, const char *entity, const struct uuid *id,
                         const char *field, const char *target, const struct message_uuid *to,
                         struct error *error)
{
    struct value value = {.state = VALUE_NULL};
    if (to->is_set) {
        value.state = VALUE_SET;
        value.reference = (struct reference){.entity = catalog_find_entity(call->catalog, target),
                                             .id = to->value};
    }
    return write_field(call, entity, id, field, value, error);
}

bool service_enable_user(struct call *call, const struct operation *operation, const void *request,
                         void *response, struct error *error)
{
    const struct enable_user_request *asked = request;

    (void)operation;
    (void)response;
    return write_disabled(call, "SystemUser", &asked->user_id.value, false, error);
}

bool service_disable_user(struct call *call, const struct operation *operation, const void *request,
                          void *response, struct error *error)
{
    const struct disable_user_request *asked = request;

    (void)operation;
    (void)response;
    return write_disabled(call, "SystemUser", &asked->user_id.value, true, error);
}

bool service_move_user(struct call *call, const struct operation *operation, const void *request,
                       void *response, struct error *error)
{
    const struct move_user_request *asked = request;

    (void)operation;
    (void)response;
    return write_lookup(call, "SystemUser", &asked->user_id.value, "businessUnit", "BusinessUnit",
                        &asked->business_unit_id, error);
}

bool service_set_user_manager(struct call *call, const struct operation *operation,
                              const void *request, void *response, struct error *error)
{
    const struct set_user_manager_request *asked = request;

    (void)operation;
    (void)response;
    return write_lookup(call, "SystemUser", &asked->user_id.value, "manager", "SystemUser",
                        &asked->manager_id, error);
}

bool service_enable_business_unit(struct call *call, const struct operation *operation,
                                  const void *request, void *response, struct error *error)
{
    const struct enable_business_unit_request *asked = request;

    (void)operation;
    (void)response;
    return write_disabled(call, "BusinessUnit", &asked->unit_id.value, false, error);
}

bool service_disable_business_unit(struct call *call, const struct operation *operation,
                                   const void *request, void *response, struct error *error)
{
    const struct disable_business_unit_request *asked = request;

    (void)operation;
    (void)response;
    return write_disabled(call, "BusinessUnit", &asked->unit_id.value, true, error);
}

bool service_move_business_unit(struct call *call, const struct operation *operation,
                                const void *request, void *response, struct error *error)
{
    const struct move_business_unit_request *asked = request;

    (void)operation;
    (void)response;
    return write_lookup(call, "BusinessUnit", &asked->unit_id.value, "parentBusinessUnit",
                        "BusinessUnit", &asked->parent_id, error);
}
