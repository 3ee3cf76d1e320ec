/*
 * mail.h - a message that came in, on its way to become an e-mail. Private to the files mail*.c.
 *
 * A message is filed once in the organisation, whoever got it. So it can only be filed by who may
 * read every e-mail (the mail connector's role): whether another copy is there already is then no
 * secret from him.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef SERVICE_MAIL_H
#define SERVICE_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/attributes.h"
#include "base/uuid.h"
#include "metadata/shape.h"
#include "metadata/value.h"

struct call;
struct error;
struct file;
struct map;
struct mime_message;
struct record;

/* A record that has an address. */
struct mail_match {
    struct reference record;
    struct uuid owner; /* empty: none */
    size_t rank;       /* of its entity: the first counts as the sender */
};

/* An address of the header or of the envelope, and who has it. */
struct mail_address {
    const char *address;
    const char *compared;
    struct array matches; /* struct mail_match *, by rank; those that the caller may read and
                             append to. Too many are none: they name nobody */
    bool is_crowded;      /* more records than are looked at have it */
};

/* A record that the message may belong to, and why. */
struct mail_clue {
    struct reference record;
    const char *reason;  /* token of MailCandidate */
    const char *address; /* of a party */
    struct uuid email;   /* of an earlier e-mail; empty: none */
};

struct incoming_mail {
    const struct mime_message *message;
    const char *mailbox;        /* NULL: not told */
    struct array envelope;      /* const char *: its recipients, the mailbox among them */
    struct map *addresses;      /* struct mail_address by folded address */
    struct array clues;         /* struct mail_clue *, the likeliest first */
    struct reference regarding; /* entity NULL: nothing that it answers */

    bool is_filed;
    struct uuid filed_id;
    bool is_id_taken; /* its Message-ID names another message: it is filed without */

    struct file *original; /* staged; NULL: was filed when it was prepared */
    struct file **files;   /* of the parts, staged; NULL for one that no field holds */
    bool has_lost_file;
};

/* mail_read.c: what a message may bring, by the settings. */
struct mime_limits;
struct mime_limits mail_limits(const struct call *call);

/* mail_read.c: reads the message of a request. The caller must be one who may read every e-mail:
 * NOT_ALLOWED. */
must_check bool mail_read(struct call *call, struct file *message,
                          const struct message_list *recipients, const char *mailbox,
                          struct incoming_mail **mail_out, struct error *error);

/* mail_read.c: the same for whoever has the message, without an envelope. */
must_check bool mail_parse(struct call *call, struct file *message, struct incoming_mail **mail_out,
                           struct error *error);

/* mail.c: the clues as they are told. */
struct message_list mail_tell_clues(struct call *call, const struct incoming_mail *mail);

/* mail_read.c: stores the original and the files that came with it, to be linked later. */
must_check bool mail_stage(struct call *call, struct incoming_mail *mail, struct file *message,
                           struct error *error);

/* mail_thread.c: finds the e-mail that the message was filed as, by its id or its content. */
must_check bool mail_find_filed(struct call *call, struct incoming_mail *mail, struct error *error);

/* mail_thread.c: finds what the e-mails are about that the message goes on from. */
must_check bool mail_find_thread(struct call *call, struct incoming_mail *mail,
                                 struct error *error);

/* mail_address.c: finds the records that have the addresses. */
must_check bool mail_find_parties(struct call *call, struct incoming_mail *mail,
                                  struct error *error);
const struct mail_address *mail_address_of(struct call *call, const struct incoming_mail *mail,
                                           const char *compared);

/* mail_address.c: who of them it is from: by the rank of entities, and before others of his entity
 * whoever belongs to the owner of the mailbox. NULL: nobody known. */
const struct mail_match *mail_sender_of(struct call *call, const struct incoming_mail *mail,
                                        const struct mail_address *address);

/* mail_address.c: notes who has the addresses among the clues. */
void mail_note_parties(struct call *call, struct incoming_mail *mail);

/* mail_file.c: creates the e-mail with its files. Fails with DATABASE_CONFLICT when another copy
 * was quicker. */
struct write_outcome;
must_check bool mail_file(struct call *call, const struct incoming_mail *mail,
                          struct write_outcome *outcome_out, struct error *error);

/* mail_file.c: makes those who got another copy participants of the e-mail that there is. */
must_check bool mail_join(struct call *call, const struct incoming_mail *mail,
                          struct write_outcome *outcome_out, struct error *error);

/* mail_file.c: sets a field to a text, as far as it holds it; to nothing where there is none. */
must_check bool mail_set_text(struct call *call, struct record *record, const char *name,
                              const char *text, struct error *error);

/* mail_file.c: sets a lookup; to nothing where the reference has no entity. */
void mail_set_reference(struct record *record, const char *name, const struct reference *reference);

/* mail_file.c: gives a record to the user of the mailbox, if he may own it and the caller may give
 * it to him. */
must_check bool mail_set_owner(struct call *call, const struct incoming_mail *mail,
                               struct record *record, struct error *error);

/* mail_calendar.c: what the calendars of the message say becomes of appointments; the message was
 * filed as the e-mail. What cannot be done of it is logged, and nothing of it is done. */
must_check bool mail_follow_calendars(struct call *call, const struct incoming_mail *mail,
                                      const struct uuid *email_id, struct error *error);

/* mail_file.c: the token of a message's kind. */
const char *mail_kind(const struct mime_message *message);

#endif
