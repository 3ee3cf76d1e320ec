/*
 * security_team.c - operations of the Security service: who is in which team.
 *
 * The members of a default team are the users of its unit: they are read like others, and
 * change by moving.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/event.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "generated/settings.h"
#include "metadata/catalog.h"
#include "security/delegate.h"
#include "security/identity.h"
#include "security/team.h"
#include "security/user.h"
#include "service/security.h"

static bool find_team(struct call *call, const struct uuid *team_id, struct team *team_out,
                      struct error *error)
{
    bool is_found = false;
    return team_read(call->arena, call->connection, call->catalog, team_id, team_out, &is_found,
                     error) &&
           (is_found ||
            error_set(error, ERROR_RECORD_NOT_FOUND, "teamId", "There is no such team"));
}

/* The ids of a list, each of a user whom the caller may read. */
static bool parse_users(struct call *call, const struct message_list *texts, struct uuid **ids_out,
                        size_t *count_out, struct error *error)
{
    struct uuid *ids = arena_allocate_array(call->arena, texts->count, sizeof(*ids));
    for (size_t index = 0; index < texts->count; index++) {
        if (!uuid_parse(texts->items[index], &ids[index])) {
            return error_set(error, ERROR_VALUE_INVALID, "userIds", "An id is no UUID");
        }
        if (!security_check_exists(call, "SystemUser", &ids[index], error)) {
            return false;
        }
    }
    *count_out = uuid_sort_unique(ids, texts->count);
    *ids_out = ids;
    return true;
}

/* A membership gives what the team holds: nobody gives or takes more than he has himself. */
static bool begin_change(struct call *call, const struct uuid *team_id, struct team *team_out,
                         struct error *error)
{
    struct delegation delegation;
    if (!security_may_manage(call, "Team", team_id, error) ||
        !security_begin_change(call, &delegation, error) ||
        !find_team(call, team_id, team_out, error)) {
        return false;
    }
    if (team_out->is_default) {
        return error_set_about(error, ERROR_RULE_BROKEN, "Team", NULL,
                               "The members of a default team are the users of its unit");
    }
    return delegate_holdings(&delegation, team_id, &team_out->unit_id, error);
}

/* How many teams a user is in besides the default one and this one, and whether he is in this. */
static bool count_others(struct call *call, const struct uuid *user_id, const struct uuid *team_id,
                         int64_t *count_out, bool *is_member_out, struct error *error)
{
    static const struct uuid no_unit;
    struct team *teams = NULL;
    size_t count = 0;
    if (!team_read_of_user(call->arena, call->connection, call->catalog, user_id, &no_unit, &teams,
                           &count, error)) {
        return false;
    }
    *count_out = 0;
    *is_member_out = false;
    for (size_t index = 0; index < count; index++) {
        bool is_this = uuid_is_equal(&teams[index].id, team_id);
        *count_out += is_this ? 0 : 1;
        *is_member_out |= is_this;
    }
    return true;
}

static bool note(struct call *call, enum event_kind kind, const struct uuid *team_id,
                 const struct uuid *user_id, struct error *error)
{
    return event_note_pair(call, kind, "Team", team_id, "SystemUser", user_id, error);
}

static bool add_member(struct call *call, const struct uuid *team_id, const struct uuid *user_id,
                       struct error *error)
{
    int64_t limit = call->settings->security.teams_per_user;
    int64_t others = 0;
    bool is_member = false;
    if (!count_others(call, user_id, team_id, &others, &is_member, error)) {
        return false;
    }
    if (others >= limit) {
        return error_set(error, ERROR_LIMIT_EXCEEDED, "userIds",
                         "A user is a member of at most %lld teams", (long long)limit);
    }
    return team_add_member(call->arena, call->connection, team_id, user_id, error) &&
           (is_member || note(call, EVENT_MEMBER_ADDED, team_id, user_id, error));
}

static bool remove_member(struct call *call, const struct uuid *team_id, const struct uuid *user_id,
                          struct error *error)
{
    int64_t others = 0;
    bool is_member = false;
    return count_others(call, user_id, team_id, &others, &is_member, error) &&
           team_remove_member(call->arena, call->connection, team_id, user_id, error) &&
           (!is_member || note(call, EVENT_MEMBER_REMOVED, team_id, user_id, error));
}

static bool change_members(struct call *call, const struct uuid *team_id,
                           const struct message_list *texts,
                           bool (*change)(struct call *call, const struct uuid *team_id,
                                          const struct uuid *user_id, struct error *error),
                           struct error *error)
{
    struct team team;
    struct uuid *ids = NULL;
    size_t count = 0;
    if (!begin_change(call, team_id, &team, error) ||
        !parse_users(call, texts, &ids, &count, error)) {
        return false;
    }
    for (size_t index = 0; index < count; index++) {
        if (!change(call, team_id, &ids[index], error)) {
            return false;
        }
    }
    return security_end_change(call, error);
}

bool service_add_team_members(struct call *call, const struct operation *operation,
                              const void *request, void *response, struct error *error)
{
    const struct add_team_members_request *asked = request;

    (void)operation;
    (void)response;
    return change_members(call, &asked->team_id.value, &asked->user_ids, add_member, error);
}

bool service_remove_team_members(struct call *call, const struct operation *operation,
                                 const void *request, void *response, struct error *error)
{
    const struct remove_team_members_request *asked = request;

    (void)operation;
    (void)response;
    return change_members(call, &asked->team_id.value, &asked->user_ids, remove_member, error);
}

/* Whoever is in a team may see who else is. */
static bool may_see_team(struct call *call, const struct uuid *team_id, struct error *error)
{
    return identity_is_principal(call->identity, team_id) ||
           security_may_manage(call, "Team", team_id, error);
}

bool service_retrieve_team_members(struct call *call, const struct operation *operation,
                                   const void *request, void *response, struct error *error)
{
    const struct retrieve_team_members_request *asked = request;
    struct retrieve_team_members_response *answer = response;
    struct team team;
    struct uuid *ids = NULL;
    size_t count = 0;

    (void)operation;
    return may_see_team(call, &asked->team_id.value, error) &&
           find_team(call, &asked->team_id.value, &team, error) &&
           team_read_members(call->arena, call->connection, call->catalog, &team, &ids, &count,
                             error) &&
           security_refer(call, "SystemUser", ids, count, &answer->members, error);
}

bool service_retrieve_user_teams(struct call *call, const struct operation *operation,
                                 const void *request, void *response, struct error *error)
{
    const struct retrieve_user_teams_request *asked = request;
    struct retrieve_user_teams_response *answer = response;
    const struct uuid *user_id = &asked->user_id.value;
    struct team *teams = NULL;
    struct user user;
    size_t count = 0;
    bool is_found = false;

    (void)operation;
    if (!security_may_see_user(call, user_id, error) ||
        !user_read(call->arena, call->connection, call->catalog, user_id, &user, &is_found,
                   error)) {
        return false;
    }
    if (!is_found) {
        return error_set(error, ERROR_RECORD_NOT_FOUND, "userId", "There is no such user");
    }
    if (!team_read_of_user(call->arena, call->connection, call->catalog, user_id,
                           &user.business_unit_id, &teams, &count, error)) {
        return false;
    }
    struct uuid *ids = arena_allocate_array(call->arena, count, sizeof(*ids));
    for (size_t index = 0; index < count; index++) {
        ids[index] = teams[index].id;
    }
    return security_refer(call, "Team", ids, count, &answer->teams, error);
}
