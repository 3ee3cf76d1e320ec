/*
 * authorise.h - the one authorisation point: may this person do this at all?
 *
 * Everything that reads or changes records passes here: the pipeline asks for the privilege of
 * the operation. Which records a privilege reaches, access.h says.
 */
#ifndef SECURITY_AUTHORISE_H
#define SECURITY_AUTHORISE_H

#include <stdbool.h>

#include "base/attributes.h"
#include "metadata/entity.h"
#include "security/task.h"

struct error;
struct identity;

/* Whether the identity has the privilege at any depth. NOT_ALLOWED names the privilege. */
must_check bool authorise_privilege(const struct identity *identity, const struct entity *entity,
                                    enum right right, struct error *error);

/* Whether the identity's right reaches every record of the entity. */
bool authorise_all(const struct identity *identity, const struct entity *entity, enum right right);

/* Whether the identity has the right on every record. NOT_ALLOWED names the privilege. */
must_check bool authorise_record(const struct identity *identity, const struct entity *entity,
                                 enum right right, struct error *error);

/* Whether the identity may do a task. NOT_ALLOWED names it. */
must_check bool authorise_task(const struct identity *identity, enum task task,
                               struct error *error);

/* Whether the identity may administer the organisation: passwords, roles of users. */
must_check bool authorise_administration(const struct identity *identity, struct error *error);

/* Whether the scope of the session, if it has one, leaves the operation in. */
must_check bool authorise_operation(const struct identity *identity, const char *operation,
                                    struct error *error);

/* Whether the identity may change what somebody proves himself with: nobody with a scope may,
 * since what he sets would open more than he has. */
must_check bool authorise_credentials(const struct identity *identity, struct error *error);

#endif
