/*
 * field_security.c - the operations on field security profiles: what they allow, who has them.
 */
#include <stddef.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "change/event.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/catalog.h"
#include "record/engine.h"
#include "security/authorise.h"
#include "security/delegate.h"
#include "security/field_access.h"
#include "service/named_entity.h"
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
    const struct entity *entity = NULL;

    if (!named_entity(call, "entityName", asked->entity_name, &entity, error)) {
        return false;
    }
    const struct field *field = entity_find_field(entity, asked->field_name);
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

/* "read create update", of those that are there; NULL: none. */
static const char *rights_text(struct arena *arena, uint8_t rights)
{
    const char *text = arena_format(arena, "%s%s%s", (rights & FIELD_RIGHT_READ) ? " read" : "",
                                    (rights & FIELD_RIGHT_CREATE) ? " create" : "",
                                    (rights & FIELD_RIGHT_UPDATE) ? " update" : "");

    return *text == '\0' ? NULL : text + 1;
}

static uint8_t rights_on(const struct field *field, const struct field_grant *grants, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (grants[index].field == field) {
            return grants[index].rights;
        }
    }
    return 0;
}

/* What a profile allowed, and allows from now on. */
struct permissions {
    const struct field_grant *before, *after;
    size_t before_count, after_count;
};

static bool note_permissions(struct call *call, const struct uuid *profile_id,
                             const struct permissions *permissions, struct error *error)
{
    size_t most = permissions->before_count + permissions->after_count;
    struct event_detail *details = arena_allocate_array(call->arena, most, sizeof(*details));
    struct event event = {.kind = EVENT_FIELD_PERMISSIONS_CHANGED,
                          .about = event_record_of(call, profile_entity, profile_id),
                          .details = details};

    for (size_t index = 0; index < most; index++) {
        bool is_new = index >= permissions->before_count;
        const struct field *field =
            is_new ? permissions->after[index - permissions->before_count].field
                   : permissions->before[index].field;
        uint8_t was = rights_on(field, permissions->before, permissions->before_count);
        uint8_t is = rights_on(field, permissions->after, permissions->after_count);
        /* What was there before was met already. */
        if (was != is && !(is_new && was != 0)) {
            details[event.detail_count++] = (struct event_detail){
                .name = arena_format(call->arena, "%s.%s", field->entity->name, field->name),
                .old_value = rights_text(call->arena, was),
                .new_value = rights_text(call->arena, is)};
        }
    }
    return event.detail_count == 0 || event_note(call, &event, error);
}

bool service_set_field_permissions(struct call *call, const struct operation *operation,
                                   const void *request, void *response, struct error *error)
{
    const struct set_field_permissions_request *asked = request;
    size_t count = asked->permissions.count;
    struct field_grant *grants = arena_allocate_array(call->arena, count, sizeof(*grants));
    struct field_grant *before = NULL;
    size_t before_count = 0;
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
    if (!delegate_fields(&delegation, grants, count, error) ||
        !field_permissions_read(call->connection, call->arena, call->catalog,
                                &asked->profile_id.value, &before, &before_count, error)) {
        return false;
    }
    const struct permissions permissions = {before, grants, before_count, count};
    return field_permissions_set(call->connection, call->arena, &asked->profile_id.value, grants,
                                 count, error) &&
           note_permissions(call, &asked->profile_id.value, &permissions, error) &&
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

static bool has_profile(struct call *call, const struct uuid *principal_id,
                        const struct uuid *profile_id, bool *has_out, struct error *error)
{
    struct uuid *ids = NULL;
    size_t count = 0;

    if (!profile_list(call->connection, call->arena, principal_id, &ids, &count, error)) {
        return false;
    }
    *has_out = false;
    for (size_t index = 0; index < count; index++) {
        *has_out |= uuid_is_equal(&ids[index], profile_id);
    }
    return true;
}

/* What is so already is not noted. */
static bool change_profile(struct call *call, const struct reference *asked,
                           const struct uuid *profile_id, profile_change change,
                           enum event_kind kind, struct error *error)
{
    struct delegation delegation;
    struct uuid principal_id;
    bool has = false;

    return security_may_manage(call, profile_entity, profile_id, error) &&
           security_begin_change(call, &delegation, error) &&
           find_principal(call, asked, &principal_id, error) &&
           delegate_profile(&delegation, profile_id, error) &&
           has_profile(call, &principal_id, profile_id, &has, error) &&
           change(call->connection, call->arena, &principal_id, profile_id, error) &&
           (has == (kind == EVENT_PROFILE_GIVEN) ||
            event_note_pair(call, kind, asked->entity->name, &principal_id, profile_entity,
                            profile_id, error)) &&
           security_end_change(call, error);
}

bool service_add_principal_profile(struct call *call, const struct operation *operation,
                                   const void *request, void *response, struct error *error)
{
    const struct add_principal_profile_request *asked = request;

    (void)operation;
    (void)response;
    return change_profile(call, asked->principal, &asked->profile_id.value, profile_give,
                          EVENT_PROFILE_GIVEN, error);
}

bool service_remove_principal_profile(struct call *call, const struct operation *operation,
                                      const void *request, void *response, struct error *error)
{
    const struct remove_principal_profile_request *asked = request;

    (void)operation;
    (void)response;
    return change_profile(call, asked->principal, &asked->profile_id.value, profile_take,
                          EVENT_PROFILE_TAKEN, error);
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
