/*
 * party.c - lists of those who take part.
 */
#include "mail/party.h"

#include "base/arena.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "metadata/entity.h"
#include "metadata/record.h"

enum { FIRST_CAPACITY = 8 };

void mail_parties_add(struct mail_parties *parties, const struct reference *record,
                      const char *address)
{
    if (parties->count == parties->capacity) {
        size_t capacity = parties->capacity == 0 ? FIRST_CAPACITY : 2 * parties->capacity;
        parties->items = arena_grow(parties->call->arena, parties->items,
                                    parties->capacity * sizeof(*parties->items),
                                    capacity * sizeof(*parties->items));
        parties->capacity = capacity;
    }
    parties->items[parties->count++] = (struct party){
        .reference = record == NULL ? (struct reference){.entity = NULL} : *record,
        .address = address,
    };
}

void mail_parties_add_all(struct mail_parties *parties, const char *written, const char *compared)
{
    const struct mail_address *address = mail_address_of(parties->call, parties->mail, compared);

    if (address == NULL || address->matches.count == 0) {
        mail_parties_add(parties, NULL, written);
        return;
    }
    for (size_t i = 0; i < address->matches.count; i++) {
        mail_parties_add(parties, &((const struct mail_match *)address->matches.items[i])->record,
                         written);
    }
}

void mail_parties_add_sender(struct mail_parties *parties, const char *written,
                             const char *compared)
{
    const struct mail_match *match =
        mail_sender_of(parties->mail, mail_address_of(parties->call, parties->mail, compared));
    mail_parties_add(parties, match == NULL ? NULL : &match->record, written);
}

void mail_parties_give(struct record *record, const char *name, const struct mail_parties *parties)
{
    struct value *value = record_value(record, entity_find_field(record->entity, name));
    *value = (struct value){.state = VALUE_SET};
    value->parties.items = parties->items;
    value->parties.count = parties->count;
}
