/*
 * total.c - totals of parents, in the transaction of the write that moves them.
 *
 * A write notes which parents it touches; at the end of the work each is locked, summed anew
 * over its children and written if a value differs, with what is computed from it. That may
 * touch a parent in turn: those come after. The lock comes before the sum, so of two writers
 * the second sums what the first wrote. It comes before any lock of a child, too, so that of
 * two writers the second waits: were it the other way round, each might have what the other needs.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "query/query.h"
#include "record/save.h"
#include "record/write.h"

/* Totals of totals of totals: deeper than any catalog is a ring. */
enum { TOTALS_LIMIT = 100000 };

struct pending_total {
    const struct field *link; /* of the child */
    const struct entity *parent;
    struct uuid parent_id;
};

bool total_is_link(const struct field *link)
{
    const struct entity *child = link->entity;
    for (size_t index = 0; index < child->total_count; index++) {
        if (child->totals[index]->computed.child_link == link) {
            return true;
        }
    }
    return false;
}

/* ---- noting ---- */

static bool is_link_noted_before(const struct entity *child, size_t index)
{
    const struct field *link = child->totals[index]->computed.child_link;
    for (size_t before = 0; before < index; before++) {
        if (child->totals[before]->computed.child_link == link) {
            return true;
        }
    }
    return false;
}

static void note_parent(struct work *work, const struct field *link, const struct value *value)
{
    if (value->state != VALUE_SET) {
        return;
    }
    for (size_t index = 0; index < work->totals.count; index++) {
        const struct pending_total *noted = work->totals.items[index];
        if (noted->link == link && uuid_is_equal(&noted->parent_id, &value->reference.id)) {
            return;
        }
    }
    struct pending_total *pending = arena_allocate(work->call->arena, sizeof(*pending));
    *pending = (struct pending_total){
        .link = link, .parent = value->reference.entity, .parent_id = value->reference.id};
    array_add(&work->totals, pending);
}

static bool differs(const struct field *field, const struct record *before,
                    const struct record *after)
{
    return before == NULL || after == NULL ||
           !value_is_equal(field, record_value(before, field), record_value(after, field));
}

/* Whether a change of the child changes any total over this link. */
static bool moves_totals(const struct field *link, const struct record *before,
                         const struct record *after)
{
    const struct entity *child = link->entity;
    for (size_t index = 0; index < child->total_count; index++) {
        const struct computed *computed = &child->totals[index]->computed;
        if (computed->child_link == link && differs(computed->terms[0].field, before, after)) {
            return true;
        }
    }
    return differs(link, before, after);
}

/* Of the record that the operation is about only: what follows from it comes after its own lock. */
bool total_lock_parents(struct work *work, const struct entity *entity, const struct uuid *id,
                        struct error *error)
{
    for (size_t index = 0; index < entity->total_count; index++) {
        const struct field *link = entity->totals[index]->computed.child_link;
        if (!is_link_noted_before(entity, index) && link->target_count == 1 &&
            !query_lock_target(work->call, link, id, error)) {
            return false;
        }
    }
    return true;
}

void total_note(struct work *work, const struct record *before, const struct record *after)
{
    const struct entity *child = before != NULL ? before->entity : after->entity;
    for (size_t index = 0; index < child->total_count; index++) {
        const struct field *link = child->totals[index]->computed.child_link;
        if (is_link_noted_before(child, index) || !moves_totals(link, before, after)) {
            continue;
        }
        if (before != NULL) {
            note_parent(work, link, record_value(before, link));
        }
        if (after != NULL) {
            note_parent(work, link, record_value(after, link));
        }
    }
}

/* ---- settling ---- */

/* The totals of the parent over one link, and the fields of the child that they sum. */
struct summed {
    const struct field **totals;
    const struct field **terms;
    struct decimal *sums;
    size_t count;
};

static struct summed find_summed(struct arena *arena, const struct pending_total *pending)
{
    const struct entity *child = pending->link->entity;
    struct summed summed = {
        .totals = arena_allocate_array(arena, child->total_count, sizeof(*summed.totals)),
        .terms = arena_allocate_array(arena, child->total_count, sizeof(*summed.terms)),
        .sums = arena_allocate_array(arena, child->total_count, sizeof(*summed.sums)),
    };
    for (size_t index = 0; index < child->total_count; index++) {
        const struct field *total = child->totals[index];
        if (total->entity == pending->parent && total->computed.child_link == pending->link) {
            summed.totals[summed.count] = total;
            summed.terms[summed.count++] = total->computed.terms[0].field;
        }
    }
    return summed;
}

static bool set_total(const struct field *total, struct decimal sum, struct value *value,
                      struct error *error)
{
    bool is_whole = total->type == FIELD_INTEGER || total->type == FIELD_LONG;
    if (!decimal_rescale(sum, is_whole ? 0 : total->scale, &sum)) {
        return error_set_about(error, ERROR_VALUE_OUT_OF_RANGE, total->entity->name, total->name,
                               "%s would become too large", total->name);
    }
    value->state = VALUE_SET;
    if (is_whole) {
        value->integer = sum.digits;
    } else {
        value->decimal = sum;
    }
    return true;
}

/* Sums under the parent's lock and lets the parent's own fields follow. */
static bool settle_parent(struct work *work, const struct pending_total *pending,
                          struct error *error)
{
    struct call *call = work->call;
    struct summed summed = find_summed(call->arena, pending);
    struct write write = {.work = work, .call = call, .entity = pending->parent};
    if (summed.count == 0) {
        return true;
    }
    write.given = record_make(call->arena, pending->parent);
    for (size_t index = 0; index < summed.count; index++) {
        /* Marks the field as one that this write is about, so that it is read. */
        record_value(write.given, summed.totals[index])->state = VALUE_NULL;
    }
    struct record *before = NULL;
    if (!save_read(&write, &pending->parent_id, ROW_LOCK_CHANGE, &before, error)) {
        return false;
    }
    if (before == NULL) {
        return true; /* deleted in this very work */
    }
    if (!query_totals(call, pending->link, summed.terms, summed.count, &pending->parent_id,
                      summed.sums, error)) {
        return false;
    }
    for (size_t index = 0; index < summed.count; index++) {
        if (!set_total(summed.totals[index], summed.sums[index],
                       record_value(write.after, summed.totals[index]), error)) {
            return false;
        }
    }
    struct write_outcome outcome;
    return computed_settle(&write, error) && currency_settle(&write, error) &&
           save_changes(&write, &outcome, error);
}

bool total_settle(struct work *work, struct error *error)
{
    for (size_t index = 0; index < work->totals.count; index++) {
        if (index == TOTALS_LIMIT) {
            return error_set(error, ERROR_LIMIT_EXCEEDED, NULL,
                             "The change touches the totals of more than %d records", TOTALS_LIMIT);
        }
        /* Once begun it is no longer pending: what touches it from here on notes it again. */
        struct pending_total pending = *(const struct pending_total *)work->totals.items[index];
        ((struct pending_total *)work->totals.items[index])->link = NULL;
        if (!settle_parent(work, &pending, error)) {
            return false;
        }
    }
    work->totals.count = 0;
    return true;
}
