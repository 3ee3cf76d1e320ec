/*
 * authorise.h - the one authorisation point: may this person do this to that?
 *
 * Everything that reads or changes records passes here: the pipeline asks for the privilege of
 * the operation, the record engine for the right on the record, the query compiler for the
 * records it may list.
 */
#ifndef SECURITY_AUTHORISE_H
#define SECURITY_AUTHORISE_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "metadata/entity.h"

struct error;
struct identity;

/* What a decision on one record depends on. */
struct access_facts {
    const struct entity *entity;
    struct uuid id;
    struct uuid owner;                /* empty when the entity has none */
    struct uuid owning_business_unit; /* empty when the entity has none */
};

/* Whether the identity has the privilege at any depth. NOT_ALLOWED names the privilege. */
must_check bool authorise_privilege(const struct identity *identity, const struct entity *entity,
                                    enum right right, struct error *error);

/* Whether the identity has the right on this record. NOT_ALLOWED names privilege and right. */
must_check bool authorise_record(const struct identity *identity, const struct access_facts *facts,
                                 enum right right, struct error *error);

/* Whether the identity may administer the organisation: passwords, roles of users. */
must_check bool authorise_administration(const struct identity *identity, struct error *error);

/* What the query compiler narrows an entity to. */
enum access_scope {
    ACCESS_NONE, /* no row */
    ACCESS_ALL,  /* no condition */
};

enum access_scope authorise_list(const struct identity *identity, const struct entity *entity,
                                 enum right right);

#endif
