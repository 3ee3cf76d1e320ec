/*
 * permit.h - the rights that a write needs, each asked in one place.
 *
 * What security's rules decide from the facts at hand costs nothing; for shares and parents the
 * database is asked (query/access.h). The platform's own writes need no right.
 *
 * Faults: RECORD_NOT_FOUND for a record that the caller may not read, as if there were none;
 * NOT_ALLOWED names the privilege or the right that is missing.
 */
#ifndef RECORD_PERMIT_H
#define RECORD_PERMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "metadata/entity.h"

struct call;
struct error;
struct field;
struct record;
struct reference;
struct uuid;
struct write;

/* The right on the record as it is stored. */
must_check bool permit_stored(const struct write *write, enum right right, struct error *error);

/* Finds out whether the caller sees what he changes (write->is_unseen), where that matters. */
must_check bool permit_look(struct write *write, struct error *error);

/* What an update is given: another owner by assign, all else by write; the whole that a part moves
 * to. */
must_check bool permit_update(const struct write *write, struct error *error);

/* A new record, whose owner and unit are known by now. */
must_check bool permit_create(const struct write *write, struct error *error);

/* Whoever is to own the record may read such records. */
must_check bool permit_owner(const struct write *write, struct error *error);

/* The right to assign all that goes along to a new owner (write->along). Which of them is out of
 * reach is not told: the caller may not know of it. */
must_check bool permit_along(const struct write *write, struct error *error);

/* Both records of a merge, as they are: read, written, appended, appended to and shared by the
 * caller. What refers to the one given up moves by these rights, whoever may write it. */
must_check bool permit_merge(struct call *call, const struct record *master,
                             const struct record *subordinate, struct error *error);

/* A target that a changing lookup or party list refers to. */
struct permit_target {
    const struct field *field;
    const struct reference *reference;
    bool is_missing;         /* there is no such record */
    bool may_be_appended_to; /* found out by permit_targets, where it matters */
};

/* Each target is there and the caller may read it: REFERENCE_NOT_FOUND for the first of which that
 * is not so, with the same words for both. As an owner he knows himself and his teams anyway. Finds
 * out as well, since it costs nothing more, whether he may append to it. */
must_check bool permit_targets(const struct write *write, struct permit_target *targets,
                               size_t count, struct error *error);

/* The caller may append to each target, and append the record. */
must_check bool permit_append(const struct write *write, const struct permit_target *targets,
                              size_t count, struct error *error);

/* Whether the caller may read a record; for what is found by a key. */
must_check bool permit_read(struct call *call, const struct entity *entity, const struct uuid *id,
                            bool *is_allowed_out, struct error *error);

/* Tells that there is no such record. Returns false. */
bool permit_refuse_missing(const struct entity *entity, const struct uuid *id, struct error *error);

/* Tells that a lookup refers to nothing. Returns false. */
bool permit_refuse_target(const struct field *field, const struct reference *reference,
                          struct error *error);

#endif
