/*
 * authorise.c - the decisions, in one place and in one form.
 *
 * A right reaches all records of the organisation or none. Depths between the two are stored
 * and shown, but until ownership, units and shares are weighed they open nothing: a record and
 * a list must never answer differently.
 */
#include "security/authorise.h"

#include "base/error.h"
#include "security/identity.h"

static bool refuse(const struct entity *entity, enum right right, struct error *error)
{
    return error_set_about(error, ERROR_NOT_ALLOWED, entity->name, NULL,
                           "You do not have the privilege to %s %s", right_name(right),
                           entity->name);
}

bool authorise_privilege(const struct identity *identity, const struct entity *entity,
                         enum right right, struct error *error)
{
    return identity_depth(identity, entity, right) == DEPTH_ORGANIZATION ||
           refuse(entity, right, error);
}

bool authorise_record(const struct identity *identity, const struct access_facts *facts,
                      enum right right, struct error *error)
{
    return authorise_privilege(identity, facts->entity, right, error);
}

bool authorise_administration(const struct identity *identity, struct error *error)
{
    return identity->is_administrator ||
           error_set(error, ERROR_NOT_ALLOWED, NULL, "Only a system administrator may do this");
}

enum access_scope authorise_list(const struct identity *identity, const struct entity *entity,
                                 enum right right)
{
    return identity_depth(identity, entity, right) == DEPTH_ORGANIZATION ? ACCESS_ALL : ACCESS_NONE;
}
