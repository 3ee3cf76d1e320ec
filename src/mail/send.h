/*
 * send.h - an e-mail on its way out: who sends it to whom, and the message it becomes.
 * Private to the files of mail that go out.
 *
 * A message is composed and its file stored before the transaction that puts it into the outbox;
 * the e-mail must still have the version that was composed.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef MAIL_SEND_H
#define MAIL_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"
#include "metadata/value.h"
#include "mime/compose.h"

struct call;
struct error;
struct file;
struct record;
struct sent_email;
struct write_outcome;

struct outgoing_mail {
    const struct record *record; /* the e-mail, stored or about to be */
    struct uuid id;              /* empty: it is not stored yet */
    int64_t version;
    bool is_bulk;            /* one of many: who wants none of those gets none */
    bool is_within;          /* it is made within the transaction */
    struct party from;       /* a user or a queue */
    struct mime_draft draft; /* as far as it is known */
    const char *token;       /* that the subject bears */
    const char *mailbox;     /* address of the sender, as addresses are compared */
    const char *recipients;  /* of the envelope, a line each */
    struct file *file;       /* the message, staged */
    const char *digest;      /* of its content, as of any message */
};

/* The columns of an e-mail that a message is made of. */
must_check bool mail_read_draft(struct call *call, const struct uuid *id,
                                struct outgoing_mail *mail, struct error *error);

/* sender.c: who sends it: the caller, a queue that he works with, from the address of a
 * mailbox that the queue holds, or whoever else when he may send as others (sendAsUser); never from
 * the address of a mailbox that another holds. Fails with NOT_ALLOWED, with RULE_BROKEN for a
 * sender without an address, or from whom nothing is sent (outgoingDelivery), with VALUE_INVALID
 * for what can be no sender. */
must_check bool mail_find_sender(struct call *call, struct outgoing_mail *mail,
                                 struct error *error);

/* recipient.c: everybody's address. Fails with FIELD_REQUIRED where there is nobody, with
 * RULE_BROKEN for somebody without an address, or who wants no mail, with REFERENCE_NOT_FOUND for
 * whom the caller may not read. */
must_check bool mail_find_recipients(struct call *call, struct outgoing_mail *mail,
                                     struct error *error);

/* compose.c: makes the message and stores its file. */
must_check bool mail_compose(struct call *call, struct outgoing_mail *mail, struct error *error);

/* All three of them. */
must_check bool mail_make_message(struct call *call, struct outgoing_mail *mail,
                                  struct error *error);

/* enqueue.c: what the e-mail says from now on, and its place in the outbox. An e-mail that is
 * not stored yet is created. */
must_check bool mail_enqueue(struct call *call, const struct outgoing_mail *mail,
                             struct write_outcome *outcome_out, struct error *error);

/* send.c: what is told of an e-mail that waits in the outbox; it counts as one row. */
struct sent_email *mail_tell_sent(struct call *call, const struct outgoing_mail *mail,
                                  const struct write_outcome *outcome);

#endif
