/*
 * security_privilege.c - operations of the Security service: what roles allow, and what that
 * makes of a user.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/event.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/name.h"
#include "record/own.h"
#include "record/write.h"
#include "security/authorise.h"
#include "security/delegate.h"
#include "security/identity.h"
#include "security/role.h"
#include "security/tables.h"
#include "security/task.h"
#include "security/team.h"
#include "security/user.h"
#include "service/security.h"

static bool is_task(const struct role_grant *grant)
{
    return strcmp(grant->entity, PRIVILEGE_TASK) == 0;
}

static int compare_grants(const void *left, const void *right)
{
    const struct role_grant *first = left;
    const struct role_grant *second = right;
    int order = strcmp(first->entity, second->entity);
    return order != 0 ? order : strcmp(first->right, second->right);
}

/* What a role allows, in the order of compare_grants. */
struct allowed {
    struct role_grant *grants;
    size_t count;
};

static bool read_allowed(struct call *call, const struct uuid *role_id, struct allowed *allowed_out,
                         struct error *error)
{
    if (!role_read_grants(call->arena, call->connection, role_id, 1, &allowed_out->grants,
                          &allowed_out->count, error)) {
        return false;
    }
    if (allowed_out->count > 0) {
        qsort(allowed_out->grants, allowed_out->count, sizeof(*allowed_out->grants),
              compare_grants);
    }
    return true;
}

/* ---- answering ---- */

static const char *depth_text(const struct role_grant *grant)
{
    bool is_known = grant->depth >= DEPTH_NONE && grant->depth <= DEPTH_ORGANIZATION;
    return depth_name(is_known ? (enum depth)grant->depth : DEPTH_NONE);
}

static struct message_list list_of(const struct array *array)
{
    return (struct message_list){.is_set = true, .count = array->count, .items = array->items};
}

static struct role_privileges *answer_of(struct arena *arena, const struct role_grant *grants,
                                         size_t count)
{
    struct role_privileges *answer = arena_allocate(arena, sizeof(*answer));
    struct array privileges;
    struct array tasks;

    array_init(&privileges, arena);
    array_init(&tasks, arena);
    for (size_t index = 0; index < count; index++) {
        const struct role_grant *grant = &grants[index];
        if (is_task(grant)) {
            array_add(&tasks, (void *)(uintptr_t)grant->right);
            continue;
        }
        struct privilege *privilege = arena_allocate(arena, sizeof(*privilege));
        *privilege = (struct privilege){
            .entity = grant->entity, .right = grant->right, .depth = depth_text(grant)};
        array_add(&privileges, privilege);
    }
    answer->privileges = list_of(&privileges);
    answer->tasks = list_of(&tasks);
    return answer;
}

bool service_retrieve_role_privileges(struct call *call, const struct operation *operation,
                                      const void *request, void *response, struct error *error)
{
    const struct retrieve_role_privileges_request *asked = request;
    struct retrieve_role_privileges_response *answer = response;
    struct allowed allowed;

    (void)operation;
    if (!security_may_manage(call, "Role", &asked->role_id.value, error) ||
        !read_allowed(call, &asked->role_id.value, &allowed, error)) {
        return false;
    }
    answer->result = answer_of(call->arena, allowed.grants, allowed.count);
    return true;
}

/* ---- setting ---- */

/* What a role is to allow: a depth for each right on each entity, the last row on every one. */
struct wanted {
    struct call *call;
    uint8_t *depths;
    bool is_administrator;
};

static void want(struct wanted *wanted, const struct entity *entity, enum right right,
                 enum depth depth)
{
    bool is_of_owner = right == RIGHT_ASSIGN || right == RIGHT_SHARE;
    size_t row = entity == NULL ? wanted->call->catalog->entity_count : entity->index;
    uint8_t *place = &wanted->depths[row * RIGHT_COUNT + (size_t)right];
    if (is_of_owner && entity != NULL && entity->ownership != OWNERSHIP_USER) {
        return;
    }
    *place = depth > *place ? (uint8_t)depth : *place;
}

static bool add_wanted(struct wanted *wanted, const struct privilege *privilege,
                       struct error *error)
{
    const struct entity *entity = catalog_find_entity(wanted->call->catalog, privilege->entity);
    bool is_any_entity = strcmp(privilege->entity, PRIVILEGE_ANY) == 0;
    bool is_any_right = strcmp(privilege->right, PRIVILEGE_ANY) == 0;
    enum right right = RIGHT_COUNT;
    enum depth depth = DEPTH_NONE;
    if (entity == NULL && !is_any_entity) {
        return error_set(error, ERROR_VALUE_INVALID, "privileges", "There is no entity %s",
                         privilege->entity);
    }
    if (!is_any_right && !right_parse(privilege->right, &right)) {
        return error_set(error, ERROR_VALUE_INVALID, "privileges", "There is no right %s",
                         privilege->right);
    }
    if (!depth_parse(privilege->depth, &depth)) {
        return error_set(error, ERROR_VALUE_INVALID, "privileges", "There is no depth %s",
                         privilege->depth);
    }
    wanted->is_administrator =
        wanted->is_administrator || (is_any_entity && is_any_right && depth == DEPTH_ORGANIZATION);
    for (int each = 0; each < RIGHT_COUNT; each++) {
        if (is_any_right || each == (int)right) {
            want(wanted, entity, (enum right)each, depth);
        }
    }
    return true;
}

static bool check_tasks(const struct message_list *tasks, struct error *error)
{
    for (size_t index = 0; index < tasks->count; index++) {
        enum task task;
        if (!task_parse(tasks->items[index], &task)) {
            return error_set(error, ERROR_VALUE_INVALID, "tasks", "There is no task %s",
                             (const char *)tasks->items[index]);
        }
    }
    return true;
}

/* The role as it would stand in metadata/roles. */
static bool make_template(struct call *call, const struct set_role_privileges_request *asked,
                          struct role_template *template_out, struct error *error)
{
    const struct catalog *catalog = call->catalog;
    size_t places = (catalog->entity_count + 1) * RIGHT_COUNT;
    struct wanted wanted = {.call = call,
                            .depths = arena_allocate_array(call->arena, places, sizeof(uint8_t))};
    struct role_privilege *privileges =
        arena_allocate_array(call->arena, places, sizeof(*privileges));
    size_t count = 0;

    for (size_t index = 0; index < asked->privileges.count; index++) {
        if (!add_wanted(&wanted, asked->privileges.items[index], error)) {
            return false;
        }
    }
    for (size_t place = 0; place < places; place++) {
        size_t row = place / RIGHT_COUNT;
        if (wanted.depths[place] != DEPTH_NONE) {
            privileges[count++] = (struct role_privilege){
                .entity = row == catalog->entity_count ? NULL : catalog->entities[row],
                .right = (enum right)(place % RIGHT_COUNT),
                .depth = wanted.depths[place],
            };
        }
    }
    *template_out = (struct role_template){
        .is_administrator = wanted.is_administrator,
        .privileges = privileges,
        .privilege_count = count,
        .tasks = (const char *const *)asked->tasks.items,
        .task_count = asked->tasks.count,
    };
    return check_tasks(&asked->tasks, error);
}

/* The record says whether its role is an administrator's. */
static bool mark_role(struct call *call, const struct uuid *role_id, bool is_administrator,
                      struct error *error)
{
    struct record *role = own_record(call, "Role");
    struct work work;
    work_begin(&work, call);
    return own_set(call, role, "isAdministrator", is_administrator ? "true" : "false", error) &&
           own_update(&work, role, role_id, error) && work_end(&work, error);
}

/* ---- what is noted of it ---- */

/* A grant that there is on either side alone has NULL on the other. */
static struct event_detail tell_grant(struct arena *arena, const struct role_grant *before,
                                      const struct role_grant *after)
{
    const struct role_grant *either = before != NULL ? before : after;
    bool is_of_task = is_task(either);
    return (struct event_detail){
        .name = arena_format(arena, "%s.%s", is_of_task ? "task" : either->entity, either->right),
        .old_value = before == NULL ? NULL
                     : is_of_task   ? "allowed"
                                    : depth_text(before),
        .new_value = after == NULL ? NULL
                     : is_of_task  ? "allowed"
                                   : depth_text(after),
    };
}

static size_t compare_allowed(struct arena *arena, const struct allowed *before,
                              const struct allowed *after, struct event_detail *details)
{
    size_t old = 0, new = 0, count = 0;
    while (old < before->count || new < after->count) {
        int order = old == before->count ? 1
                    : new == after->count
                        ? -1
                        : compare_grants(&before->grants[old], &after->grants[new]);
        const struct role_grant *was = order <= 0 ? &before->grants[old++] : NULL;
        const struct role_grant *is = order >= 0 ? &after->grants[new ++] : NULL;
        if (was == NULL || is == NULL || was->depth != is->depth) {
            details[count++] = tell_grant(arena, was, is);
        }
    }
    return count;
}

static bool note_privileges(struct call *call, const struct uuid *role_id,
                            const struct allowed *before, struct error *error)
{
    struct allowed after;
    struct event event = {.kind = EVENT_PRIVILEGES_CHANGED,
                          .about = event_record_of(call, "Role", role_id)};
    if (!read_allowed(call, role_id, &after, error)) {
        return false;
    }
    struct event_detail *details =
        arena_allocate_array(call->arena, before->count + after.count, sizeof(*details));
    event.details = details;
    event.detail_count = compare_allowed(call->arena, before, &after, details);
    return event.detail_count == 0 || event_note(call, &event, error);
}

/* Nobody takes from a role, or adds to it, what he could not give: it is weighed before and after
 * the change. */
bool service_set_role_privileges(struct call *call, const struct operation *operation,
                                 const void *request, void *response, struct error *error)
{
    const struct set_role_privileges_request *asked = request;
    const struct uuid *role_id = &asked->role_id.value;
    struct role_template template;
    struct delegation delegation;
    struct allowed before;

    (void)operation;
    (void)response;
    return security_may_manage(call, "Role", role_id, error) &&
           make_template(call, asked, &template, error) &&
           security_begin_change(call, &delegation, error) &&
           read_allowed(call, role_id, &before, error) &&
           delegate_role_everywhere(&delegation, role_id, error) &&
           role_set_privileges(call->connection, call->arena, role_id, &template, error) &&
           delegate_role_everywhere(&delegation, role_id, error) &&
           mark_role(call, role_id, template.is_administrator, error) &&
           note_privileges(call, role_id, &before, error) && security_end_change(call, error);
}

/* ---- what a user may ---- */

/* A user or team, the unit of its seat, and the roles it holds. */
struct holder {
    const struct entity *entity;
    struct uuid id;
    struct uuid unit_id;
};

static struct reference *refer(struct call *call, const struct entity *entity,
                               const struct uuid *id, struct array *references)
{
    struct reference *reference = arena_allocate(call->arena, sizeof(*reference));
    *reference = (struct reference){.entity = entity, .id = *id};
    if (authorise_all(call->identity, entity, RIGHT_READ)) {
        array_add(references, reference);
    }
    return reference;
}

static void add_item(struct call *call, const struct holder *holder, const struct role_grant *grant,
                     struct array *items, struct array *references)
{
    const struct catalog *catalog = call->catalog;
    struct user_privilege *item = arena_allocate(call->arena, sizeof(*item));
    *item = (struct user_privilege){
        .entity = is_task(grant) ? NULL : grant->entity,
        .right = grant->right,
        .depth = is_task(grant) ? NULL : depth_text(grant),
        .role = refer(call, catalog_find_entity(catalog, "Role"), &grant->role_id, references),
        .principal = refer(call, holder->entity, &holder->id, references),
        .seat =
            refer(call, catalog_find_entity(catalog, "BusinessUnit"), &holder->unit_id, references),
    };
    array_add(items, item);
}

static bool add_holder(struct call *call, const struct holder *holder, struct array *items,
                       struct array *references, struct error *error)
{
    struct uuid *role_ids = NULL;
    struct role_grant *grants = NULL;
    size_t role_count = 0;
    size_t count = 0;
    if (!role_read_of_principal(call->arena, call->connection, &holder->id, &role_ids, &role_count,
                                error) ||
        !role_read_grants(call->arena, call->connection, role_ids, role_count, &grants, &count,
                          error)) {
        return false;
    }
    if (count > 0) {
        qsort(grants, count, sizeof(*grants), compare_grants);
    }
    for (size_t index = 0; index < count; index++) {
        add_item(call, holder, &grants[index], items, references);
    }
    return true;
}

static bool add_holders(struct call *call, const struct user *user, struct array *items,
                        struct array *references, struct error *error)
{
    struct holder holder = {.entity = catalog_find_entity(call->catalog, "SystemUser"),
                            .id = user->id,
                            .unit_id = user->business_unit_id};
    struct team *teams = NULL;
    size_t count = 0;
    if (!add_holder(call, &holder, items, references, error) ||
        !team_read_of_user(call->arena, call->connection, call->catalog, &user->id,
                           &user->business_unit_id, &teams, &count, error)) {
        return false;
    }
    holder.entity = catalog_find_entity(call->catalog, "Team");
    for (size_t index = 0; index < count; index++) {
        holder.id = teams[index].id;
        holder.unit_id = teams[index].unit_id;
        if (!add_holder(call, &holder, items, references, error)) {
            return false;
        }
    }
    return true;
}

bool service_retrieve_user_privileges(struct call *call, const struct operation *operation,
                                      const void *request, void *response, struct error *error)
{
    const struct retrieve_user_privileges_request *asked = request;
    struct retrieve_user_privileges_response *answer = response;
    struct array items;
    struct array references;
    struct user user;
    bool is_found = false;

    (void)operation;
    array_init(&items, call->arena);
    array_init(&references, call->arena);
    if (!security_may_see_user(call, &asked->user_id.value, error) ||
        !user_read(call->arena, call->connection, call->catalog, &asked->user_id.value, &user,
                   &is_found, error)) {
        return false;
    }
    if (!is_found) {
        return error_set(error, ERROR_RECORD_NOT_FOUND, "userId", "There is no such user");
    }
    if (!add_holders(call, &user, &items, &references, error) ||
        !name_references(call, (struct reference *const *)references.items, references.count,
                         error)) {
        return false;
    }
    answer->user_privileges = list_of(&items);
    call->row_count = (int64_t)items.count;
    return true;
}
