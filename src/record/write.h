/*
 * write.h - one write of one record, as the files of this floor hand it on.
 *
 * A write starts with what the client gave and what was stored before; each step adds to what
 * will be stored after. Only what differs between before and after is written. Writes that
 * follow from one another (children, cascades, totals of parents) share one piece of work.
 *
 * Memory: everything lives in the call's arena.
 */
#ifndef RECORD_WRITE_H
#define RECORD_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/attributes.h"
#include "call/call.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "record/engine.h"

struct column_set;
struct error;
struct permit_target;

/* What the operation asked for began, and what follows from it. */
struct work {
    struct call *call;
    bool is_internal;     /* the platform's own write: fields that clients may not set are open */
    bool is_handing_over; /* what goes along to a new owner, which was asked about before */
    bool is_undoing;      /* nothing goes along: what did has changes of its own, to be undone */
    struct uuid root_id;  /* the record that the operation is about */
    int64_t root_version; /* its version, also when its totals changed afterwards */
    struct array totals;  /* struct pending_total *: parents to be brought up to date */
    struct array deleted; /* struct uuid *: gone, or about to */
    struct uuid deleting; /* the record whose deletion takes others along, or empty */
    struct array notes;   /* struct change_note *: what became of which record */
};

/* What others than the record itself say about it. */
struct write_facts {
    struct value owner_unit;      /* business unit of the owner */
    struct value exchange_rate;   /* of the currency */
    struct value parent_currency; /* of the record it is part of */
    struct value parent_rate;
};

struct write {
    struct work *work;
    struct call *call;
    const struct entity *entity;
    struct record *given;        /* by the client; absent: left alone */
    const struct record *before; /* as stored, as far as it was read; NULL in a create */
    struct record *after;        /* as it will be */
    bool is_restored;            /* it was deleted, and comes back with the files that it had */
    bool is_unseen; /* the caller may not read what he changes: what he gives counts as a change,
                       lest he learn by trying what it holds */
    struct write_facts facts;
    const struct permit_target *targets; /* what changing lookups and parties refer to */
    size_t target_count;
    struct array along; /* struct record *: those that go with it to its new owner, as they were */
};

void work_begin(struct work *work, struct call *call);

/* Brings totals up to date, and writes what was noted: the last thing of a work. */
must_check bool work_end(struct work *work, struct error *error);

/* What was noted of a work so far, to go back to when a savepoint is undone. */
struct work_mark {
    size_t totals, notes;
};

struct work_mark work_mark(const struct work *work);
void work_go_back(struct work *work, struct work_mark mark);

/* ---- questions about a write ---- */

bool write_is_given(const struct write *write, const struct field *field);

/* Whether the field will have another value than before. */
bool write_is_changing(const struct write *write, const struct field *field);

/* ---- steps, in their order ---- */

/* rule.c: the version that the caller expects; fields that a client may not set; required ones
 * that are empty. */
must_check bool rule_check_version(const struct write *write, struct error *error);
must_check bool rule_check_given(const struct write *write, struct error *error);
must_check bool rule_check_required(const struct write *write, struct error *error);
must_check bool rule_add_defaults(struct write *write, struct error *error);

/* state.c: state and status reason agree. */
must_check bool state_settle(struct write *write, struct error *error);

/* reference.c: alternate keys become ids; what is referred to is there and may be read; and, once
 * the owner is known, the record may be appended to it. */
must_check bool reference_resolve(struct write *write, struct error *error);
must_check bool reference_ask(struct write *write, struct error *error);
must_check bool reference_permit(const struct write *write, struct error *error);

/* owner.c: a new record is its creator's; the business unit follows the owner. */
void owner_begin(struct write *write);
void owner_settle(struct write *write);

/* number.c: draws the auto-numbers that were not given. */
must_check bool number_draw(struct write *write, struct error *error);

/* currency.c: currency, its rate, and the twins of amounts in the base currency. */
void currency_begin(struct write *write);
must_check bool currency_settle(struct write *write, struct error *error);

/* filing.c: the field that says whether somebody decided what a record is about; NULL for entities
 * without one. A decision is noted in it. */
const struct field *filing_mark(const struct entity *entity);
void filing_settle(struct write *write);

/* computed.c: what is made of the other fields. */
must_check bool computed_settle(struct write *write, struct error *error);

/* ---- after the row ---- */

/* child.c: a record that is sent with its parent is a part of it already, if it was there. */
must_check bool child_check_parent(const struct write *write, struct error *error);

/* child.c: the records sent with their parent, once the parent's own write came out so: those to
 * delete, then the others. */
must_check bool child_write_all(struct work *work, struct record *given,
                                const struct write_outcome *outcome, struct error *error);

/* assign.c: the children that go with a record to its new owner. They are found, and the right on
 * each is asked about, before the row is written. */
must_check bool assign_find(struct write *write, struct error *error);
must_check bool assign_follow(const struct write *write, struct error *error);

/* total.c: locks the parents whose totals may follow from what becomes of a record, before the
 * record itself is; notes those that a write touches; brings them up to date at the end. */
bool total_is_link(const struct field *link); /* whether the target has totals over it */
must_check bool total_lock_parents(struct work *work, const struct entity *entity,
                                   const struct uuid *id, struct error *error);
void total_note(struct work *work, const struct record *before, const struct record *after);
must_check bool total_settle(struct work *work, struct error *error);

/* note.c: what became of the record; what was turned to another with many has no write. Of a
 * deleted one before anything of it is gone; of those that move to another unit with their owner
 * before they do. */
void note_created(const struct write *write);
void note_changed(const struct write *write);
void note_turned(struct work *work, const struct record *before, const struct record *after);
bool bin_takes(const struct write *write); /* whether it can be restored; record/bin.h says what */
must_check bool note_deleted(const struct write *write, struct error *error);
must_check bool note_moved(struct work *work, const struct uuid *principal_id,
                           const struct uuid *unit_id, struct error *error);
must_check bool note_write_all(struct work *work, struct error *error); /* noted so far */

/* ---- whole writes, by the work they are part of ---- */

must_check bool create_in(struct work *work, struct record *given,
                          struct write_outcome *outcome_out, struct error *error);
must_check bool update_in(struct work *work, struct record *given, const struct uuid *id,
                          bool has_expected_version, struct write_outcome *outcome_out,
                          struct error *error);
must_check bool upsert_in(struct work *work, struct record *given, const struct key *key,
                          struct write_outcome *outcome_out, struct error *error);
must_check bool delete_in(struct work *work, const struct entity *entity, const struct uuid *id,
                          bool has_expected_version, struct error *error);

/* ---- keys ---- */

/* Whether the record has a value for each field of the key. */
bool key_is_given(const struct record *record, const struct key *key);

/* The record's id by the key; found false when there is none. References are resolved. */
must_check bool key_find(struct call *call, struct record *given, const struct key *key,
                         struct uuid *id_out, bool *is_found_out, struct error *error);

/* The one key that the record has all values of; fails when there is none, or several. */
must_check bool key_choose(const struct record *given, const struct key **key_out,
                           struct error *error);

/* Says in our words which key, or which reference, the database would not take. Returns false. */
bool key_explain(struct call *call, const struct entity *entity, struct error *error);

#endif
