/*
 * authorise.c - the decisions, in one place and in one form.
 */
#include "security/authorise.h"

#include "base/error.h"
#include "security/identity.h"
#include "security/scope.h"

static bool refuse(const struct entity *entity, enum right right, struct error *error)
{
    return error_set_about(error, ERROR_NOT_ALLOWED, entity->name, NULL,
                           "You do not have the privilege to %s %s", right_name(right),
                           entity->name);
}

bool authorise_privilege(const struct identity *identity, const struct entity *entity,
                         enum right right, struct error *error)
{
    return identity_depth(identity, entity, right) > DEPTH_NONE || refuse(entity, right, error);
}

bool authorise_all(const struct identity *identity, const struct entity *entity, enum right right)
{
    return identity_depth(identity, entity, right) == DEPTH_ORGANIZATION;
}

bool authorise_record(const struct identity *identity, const struct entity *entity,
                      enum right right, struct error *error)
{
    return authorise_all(identity, entity, right) || refuse(entity, right, error);
}

bool authorise_task(const struct identity *identity, enum task task, struct error *error)
{
    bool may = identity->is_administrator || (identity->tasks & UINT32_C(1) << task) != 0;
    return may ||
           error_set(error, ERROR_NOT_ALLOWED, NULL, "You do not have the privilege %s: to %s",
                     task_name(task), task_meaning(task));
}

bool authorise_administration(const struct identity *identity, struct error *error)
{
    return authorise_task(identity, TASK_MANAGE_SECURITY, error);
}

bool authorise_operation(const struct identity *identity, const char *operation,
                         struct error *error)
{
    return identity->scope == NULL || scope_has(identity->scope->operations, operation) ||
           error_set(error, ERROR_NOT_ALLOWED, NULL, "The scope of the session leaves out %s",
                     operation);
}

bool authorise_credentials(const struct identity *identity, struct error *error)
{
    return identity->scope == NULL ||
           error_set(error, ERROR_NOT_ALLOWED, NULL,
                     "A session with a scope may not change passwords, secrets or certificates");
}
