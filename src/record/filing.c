/*
 * filing.c - whether somebody decided what an e-mail is about.
 *
 * Rules file mail, and people file it elsewhere, or nowhere. What a client says counts as decided,
 * whichever operation he says it by; what the platform finds out itself does not.
 */
#include <string.h>

#include "metadata/entity.h"
#include "metadata/record.h"
#include "record/write.h"

const struct field *filing_mark(const struct entity *entity)
{
    return strcmp(entity->name, "Email") == 0 ? entity_find_field(entity, "isFiledByHand") : NULL;
}

void filing_settle(struct write *write)
{
    const struct field *mark = filing_mark(write->entity);
    if (mark == NULL || write->work->is_internal || write->call->is_filing_by_rule) {
        return;
    }
    const struct field *regarding = entity_find_field(write->entity, "regarding");
    if (write_is_given(write, regarding) && write_is_changing(write, regarding)) {
        struct value *value = record_value(write->after, mark);
        value->state = VALUE_SET;
        value->boolean = true;
    }
}
