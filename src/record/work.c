/*
 * work.c - what belongs together, and questions about one write.
 */
#include "record/write.h"
#include "security/field_access.h"

void work_begin(struct work *work, struct call *call)
{
    *work = (struct work){.call = call};
    array_init(&work->totals, call->arena);
    array_init(&work->deleted, call->arena);
    array_init(&work->notes, call->arena);
}

bool work_end(struct work *work, struct error *error)
{
    return total_settle(work, error) && note_write_all(work, error);
}

struct work_mark work_mark(const struct work *work)
{
    return (struct work_mark){.totals = work->totals.count, .notes = work->notes.count};
}

void work_go_back(struct work *work, struct work_mark mark)
{
    work->totals.count = mark.totals;
    work->notes.count = mark.notes;
}

bool write_is_given(const struct write *write, const struct field *field)
{
    return record_value(write->given, field)->state != VALUE_ABSENT;
}

bool write_is_changing(const struct write *write, const struct field *field)
{
    const struct value *after = record_value(write->after, field);
    if (write->before == NULL) {
        return after->state == VALUE_SET;
    }
    if (write_is_given(write, field) &&
        (write->is_unseen || !field_may(write->call->identity, field, FIELD_RIGHT_READ))) {
        return true; /* nobody learns by a version that stays what he may not read */
    }
    return after->state != VALUE_ABSENT &&
           !value_is_equal(field, record_value(write->before, field), after);
}
