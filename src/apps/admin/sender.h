/*
 * sender.h - sends the drafts of a chunk: learns the versions that are there, upserts, compares.
 *
 * "Unchanged" costs one request a chunk: before it is sent, id and version of the records with
 * its key values are read; a record whose version an upsert left as it was has not changed.
 *
 * References to records that this import wrote go by their ids, others by alternate key.
 *
 * Threads: a sender belongs to one worker.
 */
#ifndef APPS_ADMIN_SENDER_H
#define APPS_ADMIN_SENDER_H

struct chunk;
struct client;
struct ledger;
struct pass;
struct target;

struct sender {
    struct client *client;
    struct ledger *ledger;
    const struct pass *pass;
    const struct target *target;
};

/* Sends a chunk; what becomes of each draft goes to the ledger. */
void sender_send(const struct sender *sender, const struct chunk *chunk);

#endif
