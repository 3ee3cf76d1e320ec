/*
 * security_directory.c - the operations that say which groups of the directory give which roles.
 */
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "call/platform.h"
#include "change/event.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "security/authorise.h"
#include "security/directory.h"
#include "security/directory_link.h"
#include "service/security.h"

/* A rule as it is asked for; the group in the form in which groups are compared. */
static bool read_rule(struct call *call, const char *group, const struct uuid *role_id,
                      struct directory_rule *rule_out, struct error *error)
{
    const char *key = directory_group_key(call->arena, call->platform->text_rules, group);

    if (key == NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "group",
                         "A group is a DN such as cn=sales,ou=groups,dc=example,dc=com, or a name");
    }
    *rule_out = (struct directory_rule){.key = key, .name = group, .role_id = *role_id};
    return true;
}

static bool has_rule(struct call *call, const struct directory_rule *rule, bool *has_out,
                     struct error *error)
{
    const struct directory_rule *rules = NULL;
    size_t count = 0;

    if (!directory_rule_list(call->connection, call->arena, &rules, &count, error)) {
        return false;
    }
    *has_out = false;
    for (size_t index = 0; index < count; index++) {
        *has_out |= strcmp(rules[index].key, rule->key) == 0 &&
                    uuid_is_equal(&rules[index].role_id, &rule->role_id);
    }
    return true;
}

static bool note_rule(struct call *call, enum event_kind kind, const struct directory_rule *rule,
                      struct error *error)
{
    bool is_there = kind == EVENT_GROUP_ROLE_ADDED;
    const struct event_detail detail = {.name = "group",
                                        .old_value = is_there ? NULL : rule->name,
                                        .new_value = is_there ? rule->name : NULL};
    const struct event event = {.kind = kind,
                                .about = event_record_of(call, "Role", &rule->role_id),
                                .details = &detail,
                                .detail_count = 1};

    return event_note(call, &event, error);
}

bool service_add_directory_group_role(struct call *call, const struct operation *operation,
                                      const void *request, void *response, struct error *error)
{
    const struct add_directory_group_role_request *asked = request;
    struct directory_rule rule;
    bool has = false;

    (void)operation;
    (void)response;
    return authorise_administration(call->identity, error) &&
           security_check_exists(call, "Role", &asked->role_id.value, error) &&
           read_rule(call, asked->group, &asked->role_id.value, &rule, error) &&
           has_rule(call, &rule, &has, error) &&
           directory_rule_add(call->connection, call->arena, &rule, error) &&
           (has || note_rule(call, EVENT_GROUP_ROLE_ADDED, &rule, error));
}

bool service_remove_directory_group_role(struct call *call, const struct operation *operation,
                                         const void *request, void *response, struct error *error)
{
    const struct remove_directory_group_role_request *asked = request;
    struct directory_rule rule;
    bool has = false;

    (void)operation;
    (void)response;
    return authorise_administration(call->identity, error) &&
           read_rule(call, asked->group, &asked->role_id.value, &rule, error) &&
           has_rule(call, &rule, &has, error) &&
           directory_rule_remove(call->connection, call->arena, &rule, error) &&
           (!has || note_rule(call, EVENT_GROUP_ROLE_REMOVED, &rule, error));
}

bool service_retrieve_directory_group_roles(struct call *call, const struct operation *operation,
                                            const void *request, void *response,
                                            struct error *error)
{
    struct retrieve_directory_group_roles_response *answer = response;
    const struct directory_rule *rules = NULL;
    size_t count = 0;

    (void)operation;
    (void)request;
    if (!authorise_administration(call->identity, error) ||
        !directory_rule_list(call->connection, call->arena, &rules, &count, error)) {
        return false;
    }
    struct array items;
    array_init(&items, call->arena);
    for (size_t index = 0; index < count; index++) {
        struct directory_group_role *item = arena_allocate(call->arena, sizeof(*item));
        item->group = rules[index].name;
        item->role_id = (struct message_uuid){.is_set = true, .value = rules[index].role_id};
        array_add(&items, item);
    }
    call->row_count = (int64_t)count;
    answer->group_roles =
        (struct message_list){.is_set = true, .count = items.count, .items = items.items};
    return true;
}
