/*
 * tell_value.c - a value as text, reference or participants.
 */
#include "service/tell_value.h"

#include "base/arena.h"
#include "base/array.h"
#include "generated/messages.h"
#include "metadata/field.h"
#include "metadata/value.h"

static struct message_list tell_parties(struct arena *arena, const struct value *value)
{
    struct array parties;
    array_init(&parties, arena);
    for (size_t index = 0; index < value->parties.count; index++) {
        const struct party *party = &value->parties.items[index];
        struct party_then *told = arena_allocate(arena, sizeof(*told));
        bool is_record = party->reference.entity != NULL;
        told->participation = party->participation;
        told->party =
            is_record ? arena_copy(arena, &party->reference, sizeof(party->reference)) : NULL;
        told->address = party->address;
        array_add(&parties, told);
    }
    return (struct message_list){.is_set = true, .count = parties.count, .items = parties.items};
}

struct told_value tell_value(struct arena *arena, const struct field *field,
                             const struct value *value)
{
    struct told_value told = {.text = NULL};
    if (value->state != VALUE_SET) {
        return told;
    }
    if (field->type == FIELD_PARTY_LIST) {
        told.parties = tell_parties(arena, value);
        return told;
    }
    if (field->type == FIELD_FILE) {
        told.text = value->file->name == NULL ? "" : value->file->name;
        return told;
    }
    if (field->type == FIELD_LOOKUP) {
        told.reference = arena_copy(arena, &value->reference, sizeof(value->reference));
    }
    told.text = value_format(arena, field, value);
    return told;
}
