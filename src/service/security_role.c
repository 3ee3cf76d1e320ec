/*
 * security_role.c - operations of the Security service: roles of users and teams.
 */
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/event.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "generated/settings.h"
#include "metadata/catalog.h"
#include "security/administrator.h"
#include "security/delegate.h"
#include "security/role.h"
#include "security/team.h"
#include "security/user.h"
#include "service/security.h"

/* A user or team whose roles are asked about, and the unit in which it holds them. */
struct holder {
    const char *entity;
    struct uuid id;
    struct uuid unit_id;
};

static bool find_user(struct call *call, struct holder *holder, struct error *error)
{
    struct user user;
    bool is_found = false;
    if (!user_read(call->arena, call->connection, call->catalog, &holder->id, &user, &is_found,
                   error)) {
        return false;
    }
    holder->unit_id = user.business_unit_id;
    return is_found || error_set(error, ERROR_RECORD_NOT_FOUND, "userId", "There is no such user");
}

static bool find_team(struct call *call, struct holder *holder, struct error *error)
{
    struct team team;
    bool is_found = false;
    if (!team_read(call->arena, call->connection, call->catalog, &holder->id, &team, &is_found,
                   error)) {
        return false;
    }
    holder->unit_id = team.unit_id;
    return is_found || error_set(error, ERROR_RECORD_NOT_FOUND, "teamId", "There is no such team");
}

typedef bool (*finder)(struct call *call, struct holder *holder, struct error *error);

static bool holds(const struct uuid *role_ids, size_t count, const struct uuid *role_id)
{
    for (size_t index = 0; index < count; index++) {
        if (uuid_is_equal(&role_ids[index], role_id)) {
            return true;
        }
    }
    return false;
}

/* Whether he has the role already, and how many he has. */
static bool read_held(struct call *call, const struct holder *holder, const struct uuid *role_id,
                      bool *is_held_out, int64_t *count_out, struct error *error)
{
    struct uuid *role_ids = NULL;
    size_t count = 0;
    if (!role_read_of_principal(call->arena, call->connection, &holder->id, &role_ids, &count,
                                error)) {
        return false;
    }
    *is_held_out = holds(role_ids, count, role_id);
    *count_out = (int64_t)count;
    return true;
}

static bool check_limit(const struct call *call, const struct holder *holder, int64_t count,
                        struct error *error)
{
    int64_t limit = call->settings->security.roles_per_principal;
    return count < limit ||
           error_set(error, ERROR_LIMIT_EXCEEDED, "roleId", "A %s holds at most %lld roles",
                     holder->entity, (long long)limit);
}

/* Nobody gives or takes a role that allows more than he has himself. */
static bool begin_change(struct call *call, struct holder *holder, const struct uuid *role_id,
                         finder find, struct error *error)
{
    struct delegation delegation;
    return security_may_manage(call, holder->entity, &holder->id, error) &&
           security_check_exists(call, "Role", role_id, error) &&
           security_begin_change(call, &delegation, error) && find(call, holder, error) &&
           delegate_role(&delegation, role_id, &holder->unit_id, error);
}

static bool note(struct call *call, enum event_kind kind, const struct holder *holder,
                 const struct uuid *role_id, struct error *error)
{
    return event_note_pair(call, kind, holder->entity, &holder->id, "Role", role_id, error);
}

static bool add_role(struct call *call, struct holder holder, const struct uuid *role_id,
                     finder find, struct error *error)
{
    bool is_held = false;
    int64_t count = 0;
    return begin_change(call, &holder, role_id, find, error) &&
           read_held(call, &holder, role_id, &is_held, &count, error) &&
           (is_held || check_limit(call, &holder, count, error)) &&
           role_give(call->connection, call->arena, &holder.id, role_id, error) &&
           (is_held || note(call, EVENT_ROLE_GIVEN, &holder, role_id, error)) &&
           security_end_change(call, error);
}

static bool remove_role(struct call *call, struct holder holder, const struct uuid *role_id,
                        finder find, struct error *error)
{
    bool is_held = false;
    int64_t count = 0;
    return begin_change(call, &holder, role_id, find, error) &&
           read_held(call, &holder, role_id, &is_held, &count, error) &&
           role_take(call->connection, call->arena, &holder.id, role_id, error) &&
           (!is_held || note(call, EVENT_ROLE_TAKEN, &holder, role_id, error)) &&
           security_end_change(call, error);
}

static bool retrieve_roles(struct call *call, const struct uuid *principal_id,
                           struct message_list *list_out, struct error *error)
{
    struct uuid *role_ids = NULL;
    size_t count = 0;
    return role_read_of_principal(call->arena, call->connection, principal_id, &role_ids, &count,
                                  error) &&
           security_refer(call, "Role", role_ids, count, list_out, error);
}

bool service_add_user_role(struct call *call, const struct operation *operation,
                           const void *request, void *response, struct error *error)
{
    const struct add_user_role_request *asked = request;

    (void)operation;
    (void)response;
    return add_role(call, (struct holder){.entity = "SystemUser", .id = asked->user_id.value},
                    &asked->role_id.value, find_user, error);
}

bool service_remove_user_role(struct call *call, const struct operation *operation,
                              const void *request, void *response, struct error *error)
{
    const struct remove_user_role_request *asked = request;

    (void)operation;
    (void)response;
    return remove_role(call, (struct holder){.entity = "SystemUser", .id = asked->user_id.value},
                       &asked->role_id.value, find_user, error);
}

bool service_add_team_role(struct call *call, const struct operation *operation,
                           const void *request, void *response, struct error *error)
{
    const struct add_team_role_request *asked = request;

    (void)operation;
    (void)response;
    return add_role(call, (struct holder){.entity = "Team", .id = asked->team_id.value},
                    &asked->role_id.value, find_team, error);
}

bool service_remove_team_role(struct call *call, const struct operation *operation,
                              const void *request, void *response, struct error *error)
{
    const struct remove_team_role_request *asked = request;

    (void)operation;
    (void)response;
    return remove_role(call, (struct holder){.entity = "Team", .id = asked->team_id.value},
                       &asked->role_id.value, find_team, error);
}

bool service_retrieve_user_roles(struct call *call, const struct operation *operation,
                                 const void *request, void *response, struct error *error)
{
    const struct retrieve_user_roles_request *asked = request;
    struct retrieve_user_roles_response *answer = response;

    (void)operation;
    return security_may_see_user(call, &asked->user_id.value, error) &&
           retrieve_roles(call, &asked->user_id.value, &answer->roles, error);
}

bool service_retrieve_team_roles(struct call *call, const struct operation *operation,
                                 const void *request, void *response, struct error *error)
{
    const struct retrieve_team_roles_request *asked = request;
    struct retrieve_team_roles_response *answer = response;

    (void)operation;
    return security_may_manage(call, "Team", &asked->team_id.value, error) &&
           retrieve_roles(call, &asked->team_id.value, &answer->roles, error);
}
