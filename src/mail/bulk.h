/*
 * bulk.h - mail to many: rows of a job, each an e-mail of a template to one record.
 *
 * Such rows are of the platform's own making: SendBulkMail makes them, and no client can send one.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef MAIL_BULK_H
#define MAIL_BULK_H

#include <stdbool.h>

#include "base/attributes.h"

struct arena;
struct batch_row;
struct call;
struct error;
struct reference;
struct write_outcome;

/* What stands in the place of a row's operation. */
#define MAIL_ROW "sendBulkMail"

/* What all rows of one mail have in common. Both are named by their ids. */
struct mail_to_many {
    const struct reference *template;
    const struct reference *sender; /* or NULL */
};

/* A row that sends it to one reader, who is named by his id. It has no tag. */
struct batch_row *mail_make_row(struct arena *arena, const struct mail_to_many *mail,
                                const struct reference *recipient);

/* Makes the e-mail of a row, within the transaction, and sends it. Fails with RULE_BROKEN for a
 * reader who wants no mail to many, and as SendEmailFromTemplate does. */
must_check bool mail_send_row(struct call *call, const struct batch_row *row,
                              struct write_outcome *outcome_out, struct error *error);

#endif
