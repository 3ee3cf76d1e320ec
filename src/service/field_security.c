/*
 * field_security.c - the operations on field security profiles: what they allow, who has them.
 */
#include <stddef.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/catalog.h"
#include "record/engine.h"
#include "security/authorise.h"
#include "security/delegate.h"
#include "security/field_access.h"
#include "service/security.h"

static const char profile_entity[] = "FieldSecurityProfile";

/* A user or a team, whom the caller may read. */
static bool find_principal(struct call *call, const struct reference *asked, struct uuid *id_out,
                           struct error *error)
{
    if (asked->entity == NULL || !asked->entity->is_principal) {
        return error_set(error, ERROR_VALUE_INVALID, "principal",
                         "principal must be a SystemUser or a Team");
    }
    return record_resolve(call, asked, id_out, error) &&
           security_check_exists(call, asked->entity->name, id_out, error);
}

/* ---- permissions ---- */

static bool read_grant(struct call *call, const struct field_permission *asked,
                       struct field_grant *grant_out, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, asked->entity_name);
    const struct field *field =
        entity == NULL ? NULL : entity_find_field(entity, asked->field_name);

    if (entity == NULL) {
        return error_set(error, ERROR_ENTITY_UNKNOWN, "entityName", "There is no entity %s",
                         asked->entity_name);
    }
    if (field == NULL) {
        return error_set_about(error, ERROR_FIELD_UNKNOWN, entity->name, asked->field_name,
                               "%s has no field %s", entity->name, asked->field_name);
    }
    if (!field->is_secured) {
        return error_set_about(error, ERROR_FIELD_NOT_USABLE, entity->name, field->name,
                               "%s of %s is not secured: everybody may use it who may use the "
                               "record",
                               field->name, entity->name);
    }
    if (field->base_of != NULL) {
        return error_set_about(error, ERROR_FIELD_NOT_USABLE, entity->name, field->name,
                               "%s is %s in the base currency: whoever may read that may read it",
                               field->name, field->base_of->name);
    }
    grant_out->field = field;
    grant_out->rights = (uint8_t)((asked->can_read.value ? FIELD_RIGHT_READ : 0) |
                                  (asked->can_create.value ? FIELD_RIGHT_CREATE : 0) |
                                  (asked->can_update.value ? FIELD_RIGHT_UPDATE : 0));
    return true;
}

/* What is said twice of one field has no one meaning. */
static bool check_once(const struct field_grant *grants, size_t count, struct error *error)
{
    for (size_t index = 0; index < count; index++) {
        if (grants[index].field == grants[count].field) {
            return error_set_about(error, ERROR_PARAMETER_REPEATED,
                                   grants[count].field->entity->name, grants[count].field->name,
                                   "%s is named twice", grants[count].field->name);
        }
    }
    return true;
}

bool service_set_field_permissions(struct call *call, const struct operation *operation,
                                   const void *request, void *response, struct error *error)
{
    const struct set_field_permissions_request *asked = request;
    size_t count = asked->permissions.count;
    struct field_grant *grants = arena_allocate_array(call->arena, count, sizeof(*grants));
    struct delegation delegation;

    (void)operation;
    (void)response;
    if (!security_may_manage(call, profile_entity, &asked->profile_id.value, error) ||
        !security_begin_change(call, &delegation, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (!read_grant(call, asked->permissions.items[index], &grants[index], error) ||
            !check_once(grants, index, error)) {
            return false;
        }
    }
    return delegate_fields(&delegation, grants, count, error) &&
           field_permissions_set(call->connection, call->arena, &asked->profile_id.value, grants,
                                 count, error) &&
           security_end_change(call, error);
}

static struct message_boolean truth(bool value)
{
    return (struct message_boolean){.is_set = true, .value = value};
}

bool service_retrieve_field_permissions(struct call *call, const struct operation *operation,
                                        const void *request, void *response, struct error *error)
{
    const struct retrieve_field_permissions_request *asked = request;
    struct retrieve_field_permissions_response *answer = response;
    struct field_grant *grants = NULL;
    struct array items;
    size_t count = 0;

    (void)operation;
    array_init(&items, call->arena);
    if (!security_may_manage(call, profile_entity, &asked->profile_id.value, error) ||
        !field_permissions_read(call->connection, call->arena, call->catalog,
                                &asked->profile_id.value, &grants, &count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        struct field_permission *item = arena_allocate(call->arena, sizeof(*item));
        item->entity_name = grants[index].field->entity->name;
        item->field_name = grants[index].field->name;
        item->can_read = truth((grants[index].rights & FIELD_RIGHT_READ) != 0);
        item->can_create = truth((grants[index].rights & FIELD_RIGHT_CREATE) != 0);
        item->can_update = truth((grants[index].rights & FIELD_RIGHT_UPDATE) != 0);
        array_add(&items, item);
    }
    answer->permissions =
        (struct message_list){.is_set = true, .count = items.count, .items = items.items};
    return true;
}

/* ---- who has them ---- */

typedef bool (*profile_change)(struct connection *connection, struct arena *arena,
                               const struct uuid *principal_id, const struct uuid *profile_id,
                               struct error *error);

static bool change_profile(struct call *call, const struct reference *asked,
                           const struct uuid *profile_id, profile_change change,
                           struct error *error)
{
    struct delegation delegation;
    struct uuid principal_id;

    return security_may_manage(call, profile_entity, profile_id, error) &&
           security_begin_change(call, &delegation, error) &&
           find_principal(call, asked, &principal_id, error) &&
           delegate_profile(&delegation, profile_id, error) &&
           change(call->connection, call->arena, &principal_id, profile_id, error) &&
           security_end_change(call, error);
}

bool service_add_principal_profile(struct call *call, const struct operation *operation,
                                   const void *request, void *response, struct error *error)
{
    const struct add_principal_profile_request *asked = request;

    (void)operation;
    (void)response;
    return change_profile(call, asked->principal, &asked->profile_id.value, profile_give, error);
}

bool service_remove_principal_profile(struct call *call, const struct operation *operation,
                                      const void *request, void *response, struct error *error)
{
    const struct remove_principal_profile_request *asked = request;

    (void)operation;
    (void)response;
    return change_profile(call, asked->principal, &asked->profile_id.value, profile_take, error);
}

bool service_retrieve_principal_profiles(struct call *call, const struct operation *operation,
                                         const void *request, void *response, struct error *error)
{
    const struct retrieve_principal_profiles_request *asked = request;
    struct retrieve_principal_profiles_response *answer = response;
    struct uuid principal_id;
    struct uuid *ids = NULL;
    size_t count = 0;

    (void)operation;
    return authorise_administration(call->identity, error) &&
           find_principal(call, asked->principal, &principal_id, error) &&
           profile_list(call->connection, call->arena, &principal_id, &ids, &count, error) &&
           security_refer(call, profile_entity, ids, count, &answer->profiles, error);
}
