/*
 * mail_office.h - an office that writes mail: its people, their drafts, what became of them.
 */
#ifndef SUPPORT_MAIL_OFFICE_H
#define SUPPORT_MAIL_OFFICE_H

#include <stdint.h>

#include "support/office.h"

struct file;
struct record;
struct uuid;

/* A user with a role and an address of mail. */
struct uuid mail_add_user(struct office *office, const char *name, const char *role,
                          const char *address);

/* A contact; address NULL: without. One more field may be set. */
struct uuid mail_add_contact(struct office *office, const char *name, const char *address,
                             const char *field, const char *text);

/* Creates a record; its id. */
struct uuid mail_create(struct office *office, struct record *record);

/* Changes one field of a record. */
void mail_change(struct office *office, const char *entity, const struct uuid *id,
                 const char *field, const char *text);

/* Adds a party to a list of an e-mail: a record (entity NULL: none), an address (or NULL). */
void mail_add_party(struct office *office, struct record *email, const char *list,
                    const char *entity, const struct uuid *id, const char *address);

/* Sets a lookup of a record. */
void mail_refer(struct office *office, struct record *record, const char *field, const char *entity,
                const struct uuid *id);

/* A draft to a contact. */
struct record *mail_draft(struct office *office, const char *subject, const struct uuid *contact);

/* Reads fields of a record, which NULL ends. */
const struct record *mail_read_record(struct office *office, const char *entity,
                                      const struct uuid *id, ...);
const struct value *mail_value(const struct record *record, const char *field);

/* The bytes of a stored file. */
const char *mail_bytes(struct office *office, const struct file *file);

/* A file of a request that holds a text. */
struct file *mail_file_of(struct office *office, const char *text);

/* How many records of an entity the caller may read. */
int64_t mail_count(struct office *office, const char *entity);

#endif
