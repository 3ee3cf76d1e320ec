/*
 * principal.h - business units, users, teams and roles are records with rules of their own.
 *
 *   units    a tree with one root and at most UNIT_LEVELS levels; each has a default team, made,
 *            renamed and deleted with it; a disabled one shuts its branch out
 *   users    may move to another unit, with all they own; managers make no ring
 *   teams    may move likewise; a default team stays what it is
 *   roles    take what they allow with them
 *
 * Changing who may what (unit, manager, disabled, user name, roles deleted) needs the task
 * manageSecurity, and nobody changes whoever may more than he does himself (security/delegate.h).
 * The last enabled administrator is always left (security/administrator.h).
 *
 * Every function answers true at once for other entities.
 */
#ifndef RECORD_PRINCIPAL_H
#define RECORD_PRINCIPAL_H

#include <stdbool.h>

#include "base/attributes.h"

struct error;
struct uuid;
struct work;
struct write;

/* Whether the record is one of these. */
bool principal_has_rules(const struct write *write);

/* Before references are checked: a new unit lies under the caller's, unless another is given. */
void principal_begin(struct write *write);

/* Before the row: whether the change may be at all. */
must_check bool principal_check(struct write *write, struct error *error);

/* After the row: what follows from the change, and is noted of it for the log of security. */
must_check bool principal_follow(struct write *write, struct error *error);

/* Before those that refer to a record to be deleted are looked at. */
must_check bool principal_begin_delete(struct write *write, const struct uuid *id,
                                       struct error *error);

/* After its row has gone. */
must_check bool principal_end_delete(struct write *write, const struct uuid *id,
                                     struct error *error);

/* Makes the default team of a unit. */
must_check bool principal_make_team(struct work *work, const struct uuid *unit_id, const char *name,
                                    const struct uuid *author, struct error *error);

#endif
