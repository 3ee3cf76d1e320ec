/*
 * incoming.h - a message that came in, on its way to become an e-mail. Private to this floor.
 *
 * A message is filed once in the organisation, whoever got it. So it can only be filed by who may
 * read every e-mail (the mail connector's role): whether another copy is there already is then no
 * secret from him.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef MAIL_INCOMING_H
#define MAIL_INCOMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/attributes.h"
#include "base/uuid.h"
#include "mail/tie.h"
#include "metadata/shape.h"
#include "metadata/value.h"

struct call;
struct entity;
struct error;
struct file;
struct map;
struct mime_message;
struct mime_source;
struct record;
struct write_outcome;

/* By what a message finds what it is about, in this order; clue.c has a row for each. */
enum mail_way {
    MAIL_BY_REFERENCES,   /* e-mails that it answers, refers to or reports on */
    MAIL_BY_TOKEN,        /* a token in its subject */
    MAIL_BY_PLUS_ADDRESS, /* a token in an address, or a number of a record of the sender's */
    MAIL_BY_ADDRESSES,    /* records that have an address: who takes part, not what it is about */
    MAIL_SMARTLY,         /* e-mails of the same topic among the same people */
    MAIL_WAYS
};

/* Which messages of a mailbox are filed: the numbers of Mailbox.filingPolicy and of
 * Queue.incomingFilter. */
enum mail_policy {
    MAIL_EVERYTHING,
    MAIL_REPLIES_ONLY,
    MAIL_KNOWN_PEOPLE,
    MAIL_ANY_RECORD,
    MAIL_NOTHING,
    MAIL_POLICIES
};

enum { MAIL_OWNERS = 2 };

/* How many merges are followed, from the record that was given up to the one that is left. */
enum { MAIL_MERGES = 8 };

/* Where a message came in: a mailbox, a queue by its own address, or a user whose address nobody
 * has made a mailbox of. */
struct mail_mailbox {
    struct reference holder;              /* a SystemUser or a Queue */
    struct reference owners[MAIL_OWNERS]; /* who may get what is made of it, the first that can;
                                             entity NULL: nobody */
    enum mail_policy policy;
    bool ways[MAIL_WAYS]; /* which are gone */
    bool opens_cases;
    bool is_admitting; /* its policy lets the message in */
};

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
    bool is_own;          /* of the house: of its domains, or of a mailbox, user, team or queue */
    struct mail_mailbox *mailbox; /* that has this address; NULL: none is set up */
    struct mail_address *bare; /* the same without what stands after a plus; NULL: nothing does */
    bool takes_part;           /* not only the bare one of another */
};

/* A record that the message may belong to, and why. */
struct mail_clue {
    struct reference record;
    const char *reason;  /* token of MailCandidate */
    const char *address; /* of a party */
    struct uuid email;   /* of an earlier e-mail; empty: none */
    bool is_about;       /* it would be filed under the record, if no other came first */
};

struct incoming_mail {
    const struct mime_message *message;
    struct file *source;        /* that it was read from */
    const char *mailbox;        /* NULL: not told */
    struct array envelope;      /* const char *: its recipients, the mailbox among them */
    struct map *addresses;      /* struct mail_address by folded address */
    struct array mailboxes;     /* struct mail_mailbox *: where it came in; none: not known */
    struct array clues;         /* struct mail_clue *, the likeliest first */
    bool is_answer;             /* it goes on from an e-mail or a record here */
    const char *token;          /* that it carries; NULL: none */
    struct reference regarding; /* entity NULL: nothing that it answers */

    struct mail_ties ties;    /* what belongs with it, as it was looked at */
    struct mail_ties held;    /* the same, until the end of the transaction */
    struct array strays;      /* struct uuid *: e-mails it names that are part of nothing yet */
    struct uuid conversation; /* that the e-mail is part of */
    bool has_kin;             /* others were part of it before */

    const char *reason; /* why it is filed, or not: a token of IncomingEmailCheck */
    bool is_unmatched;  /* it goes on from nothing, among nobody who is known */
    bool is_refused;    /* no mailbox lets it in */
    bool is_filed;
    bool is_decided; /* it is filed, and somebody has said what it is about, or about nothing */
    bool is_late;    /* a copy of what was filed long ago: it opens no case and lies in no queue */
    struct uuid filed_id;
    bool is_id_taken;        /* its Message-ID names another message: it is filed without */
    struct reference opened; /* the case that was opened for it, or opened again; entity NULL */

    struct file *original; /* staged; NULL: was filed when it was prepared */
    struct file **files;   /* of the parts, staged; NULL for one that no field holds */
    bool has_lost_file;
};

/* read.c: reads a message within the bounds of the settings, in a process of its own if there are
 * readers. */
must_check bool mail_parse_source(struct call *call, const struct mime_source *source,
                                  struct mime_message **message_out, struct error *error);

/* parsed.c: the message of a request, as it came or put together from what was taken apart. Fails
 * with PARAMETER_REQUIRED unless there is one of them, with VALUE_INVALID for an address that is
 * none, with LIMIT_EXCEEDED for too many of anything. */
struct parsed_email;
must_check bool mail_take_message(struct call *call, struct file *message,
                                  const struct parsed_email *parsed, struct file **message_out,
                                  struct error *error);

/* read.c: reads the message of a request. The caller must be one who may read every e-mail:
 * NOT_ALLOWED. */
must_check bool mail_read(struct call *call, struct file *message,
                          const struct parsed_email *parsed, const struct message_list *recipients,
                          const char *mailbox, struct incoming_mail **mail_out,
                          struct error *error);

/* read.c: the same for whoever has the message, without an envelope. */
must_check bool mail_parse(struct call *call, struct file *message, struct incoming_mail **mail_out,
                           struct error *error);

/* incoming.c: a reference as it is told; NULL for one without an entity. */
struct reference *mail_tell_reference(struct call *call, const struct reference *reference);

/* incoming.c: how many files came to be with the e-mail; none with a copy of what is filed. */
size_t mail_count_files(const struct incoming_mail *mail);

/* incoming.c: the clues as they are told. */
struct message_list mail_tell_clues(struct call *call, const struct incoming_mail *mail);

/* read.c: stores the original and the files that came with it, to be linked later. */
must_check bool mail_stage(struct call *call, struct incoming_mail *mail, struct file *message,
                           struct error *error);

/* thread.c: finds the e-mail that the message was filed as, by its id or its content. */
must_check bool mail_find_filed(struct call *call, struct incoming_mail *mail, struct error *error);

/* address.c: finds the records that have the addresses. */
must_check bool mail_find_parties(struct call *call, struct incoming_mail *mail,
                                  struct error *error);
struct mail_address *mail_address_of(struct call *call, const struct incoming_mail *mail,
                                     const char *compared);

/* address.c: adds the forms in which somebody may have written an address down, as it is compared:
 * its domain in letters, or as it goes over wires. */
void mail_add_forms(struct call *call, struct array *values, const char *compared);

/* address.c: who of them it is from: by the rank of entities, and before others of his entity
 * whoever belongs to the user of the mailbox. NULL: nobody known. */
const struct mail_match *mail_sender_of(const struct incoming_mail *mail,
                                        const struct mail_address *address);

/* address.c: whether a record is one of those who work here: a user, a team, a queue. */
bool mail_is_of_the_house(const struct reference *record);

/* mailbox.c: finds the mailboxes that it came into, and which of the addresses are of the
 * house; these are nobody else's. In the name of the platform: who delivers has no say in it. */
must_check bool mail_find_mailboxes(struct call *call, struct incoming_mail *mail,
                                    struct error *error);

/* mailbox.c: whether a way is gone: by the organisation, and by one of the mailboxes. */
bool mail_goes_by(const struct call *call, const struct incoming_mail *mail, enum mail_way way);

/* mailbox.c: who is to own a record that is made of the message: of the first mailbox that
 * lets it in; entity NULL: the caller. He may own such records, and the caller give him some. */
must_check bool mail_owner_of(struct call *call, const struct incoming_mail *mail,
                              const struct entity *entity, struct reference *owner_out,
                              struct error *error);

/* clue.c: finds what the message may be about, and who takes part. */
must_check bool mail_find_clues(struct call *call, struct incoming_mail *mail, struct error *error);

/* clue.c: notes a clue, unless the record is one already. */
void mail_note_clue(struct call *call, struct incoming_mail *mail, const struct mail_clue *clue);

/* The ways, each in a file of its own: they note clues, the likeliest first. */
must_check bool mail_find_thread(struct call *call, struct incoming_mail *mail,
                                 struct error *error); /* thread.c */
must_check bool mail_find_token(struct call *call, struct incoming_mail *mail,
                                struct error *error); /* carried.c */
must_check bool mail_find_plus_address(struct call *call, struct incoming_mail *mail,
                                       struct error *error); /* carried.c */
must_check bool mail_note_parties(struct call *call, struct incoming_mail *mail,
                                  struct error *error); /* address.c */
must_check bool mail_find_similar(struct call *call, struct incoming_mail *mail,
                                  struct error *error); /* topic.c */

/* kin.c: what the other e-mails of its conversation are about, whether it names them or they name
 * it. */
must_check bool mail_find_kin(struct call *call, struct incoming_mail *mail, struct error *error);

/* kin.c: holds what belongs with it until the transaction ends; whether that is not what was found
 * before. */
must_check bool mail_hold_ties(struct call *call, struct incoming_mail *mail, bool *is_changed_out,
                               struct error *error);

/* kin.c: makes all that belongs with it one conversation. */
must_check bool mail_join_ties(struct call *call, struct incoming_mail *mail, struct error *error);

/* kin.c: files with the e-mail those of its conversation that came before and are about nothing. */
must_check bool mail_take_along(struct call *call, struct incoming_mail *mail,
                                struct write_outcome *outcome, struct error *error);

/* topic.c: a subject without what mail programs put before it, and without tokens; "" where
 * nothing is left. */
const char *mail_topic_of(struct call *call, const char *subject);

/* policy.c: whether a mailbox lets the message in, and why. */
void mail_judge(struct call *call, struct incoming_mail *mail);

/* case.c: where a mailbox opens cases, opens one for a message that is about nothing, or again
 * that which it answers; the message is about it then. A late copy does neither. */
must_check bool mail_open_case(struct call *call, struct incoming_mail *mail, struct error *error);

/* queue.c: lays the e-mail, or the case that was opened for it, into the queues of the
 * mailboxes; what matches nothing into that of unsorted mail, which is made when it is missing. A
 * late copy lies where the first was laid. */
must_check bool mail_lay_into_queues(struct call *call, const struct incoming_mail *mail,
                                     const struct uuid *email_id, struct error *error);

/* queue.c: takes an e-mail out of the queue of unsorted mail: it has found its place. Whoever
 * asks; nothing happens when it is not there. */
must_check bool mail_leave_unsorted(struct call *call, const struct uuid *email_id,
                                    struct error *error);

/* file.c: creates the e-mail with its files. Fails with DATABASE_CONFLICT when another copy
 * was quicker. */
must_check bool mail_file(struct call *call, const struct incoming_mail *mail,
                          struct write_outcome *outcome_out, struct error *error);

/* file.c: what the e-mail that there is is about already, and whether this copy of it is late;
 * locked, so that of two who join neither is forgotten. */
must_check bool mail_find_there(struct call *call, struct incoming_mail *mail, struct error *error);

/* file.c: makes those who got another copy participants of the e-mail that there is, and
 * files it under the case that was opened. */
must_check bool mail_join(struct call *call, const struct incoming_mail *mail,
                          struct write_outcome *outcome_out, struct error *error);

/* file.c: sets a field to a text, as far as it holds it; to nothing where there is none. */
must_check bool mail_set_text(struct call *call, struct record *record, const char *name,
                              const char *text, struct error *error);

/* file.c: sets a lookup; to nothing where the reference has no entity. */
void mail_set_reference(struct record *record, const char *name, const struct reference *reference);

/* file.c: gives a record to whom mail_owner_of says. */
must_check bool mail_set_owner(struct call *call, const struct incoming_mail *mail,
                               struct record *record, struct error *error);

/* calendar.c: whether the caller may follow whatever calendars say, whosever appointments they
 * are about: who delivers mail for others must. */
bool mail_may_follow_all(const struct call *call);

/* calendar.c: what the calendars of the message say becomes of appointments, with the rights of
 * the caller; the message was filed as the e-mail. What cannot be done of it, or what he may not
 * do, is logged, and nothing of it is done. */
must_check bool mail_follow_calendars(struct call *call, const struct incoming_mail *mail,
                                      const struct uuid *email_id, struct error *error);

/* file.c: the token of a message's kind. */
const char *mail_kind(const struct mime_message *message);

#endif
