/*
 * party.h - who takes part in an activity that mail brings, as the value of a field. Private
 * to the files mail*.c.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef MAIL_PARTY_H
#define MAIL_PARTY_H

#include <stddef.h>

struct call;
struct incoming_mail;
struct mime_address;
struct party;
struct record;

/* A party list that grows; an address that is no record stays an address. */
struct mail_parties {
    struct call *call;
    const struct incoming_mail *mail; /* whose addresses are known */
    struct party *items;
    size_t count, capacity;
};

/* Adds one who takes part in another list. */
void mail_parties_add(struct mail_parties *parties, const struct party *party);

/* Adds every record that has the address. */
void mail_parties_add_all(struct mail_parties *parties, const struct mime_address *address);

/* Adds the one record that counts as the sender. */
void mail_parties_add_sender(struct mail_parties *parties, const struct mime_address *address);

/* Makes them the value of a field. */
void mail_parties_give(struct record *record, const char *name, const struct mail_parties *parties);

#endif
