/*
 * explain.h - by which rule a person has a right on a record, or why not.
 *
 * Walks the same tree of rules that lists and single decisions go by (security/access.h).
 */
#ifndef QUERY_EXPLAIN_H
#define QUERY_EXPLAIN_H

#include <stdbool.h>

#include "base/attributes.h"
#include "metadata/entity.h"

struct call;
struct error;
struct identity;
struct uuid;

struct access_reason {
    bool is_found; /* there is such a record */
    bool is_allowed;
    const char *rule;     /* organization owner unit report share inherited part; none; privilege */
    const char *depth;    /* of the privilege: none user unit unitAndBelow organization */
    const char *sentence; /* the same for people */
};

/* Explains the right of a person, who need not be the caller. */
must_check bool query_explain(struct call *call, const struct identity *identity,
                              const struct entity *entity, const struct uuid *id, enum right right,
                              struct access_reason *reason_out, struct error *error);

#endif
