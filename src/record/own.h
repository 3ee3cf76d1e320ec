/*
 * own.h - records that the platform itself writes: those of a new organisation, and those that
 * follow from others, whatever the caller may do himself.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef RECORD_OWN_H
#define RECORD_OWN_H

#include <stdbool.h>

#include "base/attributes.h"

struct call;
struct error;
struct field;
struct record;
struct uuid;
struct work;
struct write_outcome;

/* An empty record of an entity that the standard metadata gives. */
struct record *own_record(struct call *call, const char *entity);

/* Sets a field by its lexical form; one that the catalog lacks, or a text NULL, is left out. */
must_check bool own_set(struct call *call, struct record *record, const char *name,
                        const char *text, struct error *error);

/* Sets a lookup that has one target; NULL: nothing happens. */
void own_refer(struct record *record, const struct field *field, const struct uuid *id);

void own_set_id(struct record *record, const struct uuid *id);

/* Creates the record as part of a piece of work (NULL: of one of its own), with this author. */
must_check bool own_create(struct call *call, struct work *work, struct record *record,
                           const struct uuid *author, struct uuid *id_out, struct error *error);

/* Changes a record in the caller's name, as a piece of work of its own. */
must_check bool own_change(struct call *call, struct record *record, const struct uuid *id,
                           struct write_outcome *outcome_out, struct error *error);

/* Changes or deletes a record as part of a piece of work, in the caller's name. */
must_check bool own_update(struct work *work, struct record *record, const struct uuid *id,
                           struct error *error);
must_check bool own_delete(struct work *work, const char *entity, const struct uuid *id,
                           struct error *error);

#endif
