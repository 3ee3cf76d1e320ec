/*
 * letters.h - messages of mail that come in to an office, and what becomes of them.
 *
 * Memory: everything lives until the office closes.
 */
#ifndef SUPPORT_LETTERS_H
#define SUPPORT_LETTERS_H

#include <stdint.h>

#include "generated/messages.h"
#include "metadata/value.h"
#include "support/office.h"

struct letter {
    struct file file;
    const char *bytes;
    size_t length, at;
};

/* The file of a request that brings these bytes. */
struct file *letter_put(struct letter *letter, const char *bytes, size_t length);

/* From, id and more header lines; to sales@svyaz.example, "Order", and the same text in all. */
const char *letters_write(struct office *office, const char *from, const char *id,
                          const char *more);

/* Delivers into a mailbox (NULL: not told). try: NULL with office->error when it fails. */
const struct delivered_email *letters_try(struct office *office, const char *text,
                                          const char *mailbox);
const struct delivered_email *letters_deliver(struct office *office, const char *text,
                                              const char *mailbox);

const struct incoming_email_check *letters_check(struct office *office, const char *text,
                                                 const char *mailbox);

/* Reads a record with the fields named, which NULL ends. */
const struct record *letters_retrieve(struct office *office, const char *entity,
                                      const struct uuid *id, ...);
const struct value *letters_value(const struct record *record, const char *field);

struct uuid letters_create(struct office *office, struct record *record);

/* Sets a lookup of a record that is to be written. */
void letters_refer(struct office *office, struct record *record, const char *field,
                   const char *entity, const struct uuid *id);

/* Updates the record of this id with a field set from its lexical form; NULL: made null. */
void letters_change(struct office *office, const char *entity, const struct uuid *id,
                    const char *field, const char *text);

/* A mailbox of a user or a queue with one field set from its lexical form, or NULL. */
struct uuid letters_add_mailbox(struct office *office, const char *address, const char *holder,
                                const struct uuid *holder_id, const char *field, const char *text);

/* A queue of a name, with its address and a field set, or NULL. */
struct uuid letters_add_queue(struct office *office, const char *name, const char *address,
                              const char *field, const char *text);

/* A user with an address. */
struct uuid letters_add_user(struct office *office, const char *name, const char *address,
                             const char *role);

/* Creates a Contact, Lead or Account of a name with an address. */
struct uuid letters_add(struct office *office, const char *entity, const char *name_field,
                        const char *name, const char *mail);

/* Opens an office to which the program "postman" brings mail, and in which the user "olga" works;
 * it has sent <offer@svyaz>, about the account that is answered. The caller is "postman". */
struct uuid letters_open_offer(struct office *office);

/* What an e-mail is about; NULL: nothing. */
void letters_expect_about(struct office *office, const struct uuid *email,
                          const struct uuid *record);

/* How many records of an entity there are. */
int64_t letters_count(struct office *office, const char *entity);

/* Whether the record lies in the queue of this name; how often. */
int64_t letters_lying(struct office *office, const char *queue, const struct uuid *item);

/* Takes the record out of the queue, in which it lies once. */
void letters_take_away(struct office *office, const char *queue, const struct uuid *item);

#endif
