/*
 * engine.h - create, retrieve, update, upsert and delete one record of any entity.
 *
 * Every change passes here, whoever asks: references are resolved and checked, rules applied,
 * numbers drawn, computed fields computed, totals of parents brought up to date, cascades run.
 * A write that changes no value writes nothing and keeps the version.
 *
 * Memory: whatever is returned lives in the call's arena.
 * Threads: a call belongs to one thread. The caller holds a write transaction.
 */
#ifndef RECORD_ENGINE_H
#define RECORD_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct call;
struct column_set;
struct entity;
struct error;
struct key;
struct record;
struct reference;
struct table;

struct write_outcome {
    struct uuid id;
    int64_t version;
    bool is_created;
};

/* Stores a new record, with its children. An id given by the client is kept. */
must_check bool record_create(struct call *call, struct record *record,
                              struct write_outcome *outcome_out, struct error *error);

/* Changes the fields that the record has values for; null clears. The record is named by its
 * id, or, when it has none, by key (may be NULL: the one key whose fields are all set). Owner
 * and state may be changed with the rest. Honours call->expected_version. */
must_check bool record_update(struct call *call, struct record *record, const struct key *key,
                              struct write_outcome *outcome_out, struct error *error);

/* Updates the record with the key values in record, or creates it. */
must_check bool record_upsert(struct call *call, struct record *record, const struct key *key,
                              struct write_outcome *outcome_out, struct error *error);

/* Deletes a record, with what its relations say of those that refer to it. */
must_check bool record_delete(struct call *call, const struct entity *entity, const struct uuid *id,
                              struct error *error);

/* Reads one record the caller may read; RECORD_NOT_FOUND both for none and for forbidden. */
must_check bool record_retrieve(struct call *call, const struct entity *entity,
                                const struct uuid *id, const struct column_set *columns,
                                struct record **record_out, struct error *error);

/* Which record is given up for which, and what the one that stays is to have. */
struct merge {
    const struct entity *entity; /* one that can be merged */
    struct uuid master_id, subordinate_id;
    bool has_subordinate_version;
    int64_t subordinate_version;
    const struct record *fields; /* an update of the master; NULL: none */
    bool checks_parents;         /* refuses when they are below different records */
};

/* Joins two records into one. Update rights on both, and TASK_MERGE; record/README.md says what
 * moves. Honours call->expected_version, of the master. RECORD_NOT_FOUND, NOT_ALLOWED;
 * STATE_INVALID when the master is not active or either was merged; RULE_BROKEN for different
 * parents; HIERARCHY_CYCLE when the master would come to be below itself. */
must_check bool record_merge(struct call *call, const struct merge *merge,
                             struct write_outcome *outcome_out, struct error *error);

enum share_change { SHARE_GRANT, SHARE_MODIFY, SHARE_REVOKE };

/* Grants a user or team rights on one record, beside those it has (GRANT) or in their place
 * (MODIFY), or takes all away (REVOKE). Needs the right to share the record; what is granted the
 * caller must have himself. One's own share one may always give back. */
must_check bool record_share(struct call *call, const struct reference *record,
                             const struct reference *principal, int64_t rights,
                             enum share_change change, struct error *error);

/* Turns a reference by alternate key into one by id. REFERENCE_NOT_FOUND. */
must_check bool record_resolve(struct call *call, const struct reference *reference,
                               struct uuid *id_out, struct error *error);

/* Tables of this floor: parties, files and their pieces, auto-number counters. */
const struct table *const *record_tables(int *count_out);

#endif
