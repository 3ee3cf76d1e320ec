/*
 * party.c - lists of those who take part.
 */
#include "mail/party.h"

#include "base/arena.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/tables.h"
#include "text/utf8.h"

enum { FIRST_CAPACITY = 8 };

void mail_parties_add(struct mail_parties *parties, const struct party *party)
{
    if (parties->count == parties->capacity) {
        size_t capacity = parties->capacity == 0 ? FIRST_CAPACITY : 2 * parties->capacity;
        parties->items = arena_grow(parties->call->arena, parties->items,
                                    parties->capacity * sizeof(*parties->items),
                                    capacity * sizeof(*parties->items));
        parties->capacity = capacity;
    }
    parties->items[parties->count++] = *party;
}

/* One of a message; match NULL: nobody known. */
static void add(struct mail_parties *parties, const struct mail_match *match,
                const struct mime_address *address)
{
    const char *name = address->name == NULL ? "" : address->name;
    size_t length = text_length_of(name, PARTY_NAME_LENGTH);
    const struct party party = {
        .reference = match == NULL ? (struct reference){.entity = NULL} : match->record,
        .address = address->address,
        .name = length == 0 ? NULL : arena_copy_part(parties->call->arena, name, length),
    };

    mail_parties_add(parties, &party);
}

void mail_parties_add_all(struct mail_parties *parties, const struct mime_address *address)
{
    const struct mail_address *known =
        mail_address_of(parties->call, parties->mail, address->compared);

    if (known == NULL || known->matches.count == 0) {
        add(parties, NULL, address);
        return;
    }
    for (size_t i = 0; i < known->matches.count; i++) {
        add(parties, known->matches.items[i], address);
    }
}

void mail_parties_add_sender(struct mail_parties *parties, const struct mime_address *address)
{
    const struct mail_address *known =
        mail_address_of(parties->call, parties->mail, address->compared);

    add(parties, mail_sender_of(parties->mail, known), address);
}

void mail_parties_give(struct record *record, const char *name, const struct mail_parties *parties)
{
    struct value *value = record_value(record, entity_find_field(record->entity, name));
    *value = (struct value){.state = VALUE_SET};
    value->parties.items = parties->items;
    value->parties.count = parties->count;
}
