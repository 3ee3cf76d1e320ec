/*
 * outbox.h - messages that wait to be sent, and who has taken them.
 *
 * The outbox is the platform's own: what an e-mail says of itself puts nothing into it. Messages of
 * one sender go out in the order in which they came; one that must be tried again lets the others
 * pass. Whoever takes messages of a sender has a claim on the sender: nobody else gets any of his
 * until all are reported, or the claim ends by the database's clock.
 *
 * A message is sent at least once: who dies between the mail server's yes and his report leaves it
 * to the next, with the same bytes and the same Message-ID. No claim makes that impossible, since
 * two machines must agree; so it is kept short, and what was taken and reported sent is never
 * offered again, whoever has the claim by then.
 *
 * Memory: what is read lives in the arena of the call.
 * Threads: every function belongs into a write transaction. The mailbox is locked first.
 */
#ifndef MAIL_OUTBOX_H
#define MAIL_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/uuid.h"

struct call;
struct error;

struct outbox_mail {
    int64_t number; /* grows: the order */
    struct uuid email_id;
    const char *mailbox;    /* the sender, as addresses are compared */
    const char *sender;     /* as it stands in the envelope */
    const char *recipients; /* likewise, a line each */
    const char *message_id;
    int64_t size;
    bool is_receipt_wanted;
    int64_t put_at;   /* by the database's clock */
    int64_t attempts; /* times that it was taken */
    struct uuid claim_id;
};

struct outbox_claim {
    struct uuid id;      /* empty: nothing waits */
    const char *mailbox; /* or NULL */
    struct outbox_mail *mails;
    size_t count;
};

/* Puts a message at the end of the queue. */
must_check bool outbox_put(struct call *call, const struct outbox_mail *mail, struct error *error);

/* Takes at most so many messages of the sender who has waited longest. */
must_check bool outbox_claim(struct call *call, int64_t limit, struct outbox_claim *claim_out,
                             struct error *error);

/* The message of an e-mail, its mailbox locked; NULL: it is not there. */
must_check bool outbox_find(struct call *call, const struct uuid *email_id,
                            struct outbox_mail **mail_out, struct error *error);

/* Whether a message was taken by this claim and by no other since. */
bool outbox_is_held(const struct outbox_mail *mail, const struct uuid *claim_id);

/* It is sent, or never will be; or there is no such e-mail any more. */
must_check bool outbox_remove(struct call *call, const struct outbox_mail *mail,
                              struct error *error);

/* It is offered again after so many milliseconds; how long it has waited in all. */
must_check bool outbox_defer(struct call *call, const struct outbox_mail *mail,
                             int64_t milliseconds, struct error *error);
must_check bool outbox_age(struct call *call, const struct outbox_mail *mail, int64_t *age_out,
                           struct error *error);

#endif
