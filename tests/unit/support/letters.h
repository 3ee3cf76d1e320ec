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

/* Creates a Contact, Lead or Account of a name with an address. */
struct uuid letters_add(struct office *office, const char *entity, const char *name_field,
                        const char *name, const char *mail);

/* How many records of an entity there are. */
int64_t letters_count(struct office *office, const char *entity);

#endif
