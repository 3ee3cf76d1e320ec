/*
 * from_template.h - an e-mail made of a template, on its way out.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef MAIL_FROM_TEMPLATE_H
#define MAIL_FROM_TEMPLATE_H

#include "mail/send.h"

/* Which template, filled from what, to whom. */
struct template_order {
    struct uuid template_id;
    struct reference record; /* whose fields it is filled with, and what the e-mail is about */
    const struct reference *recipients;
    size_t recipient_count;
    struct reference sender; /* entity NULL: the caller */
    bool is_bulk;            /* one of many of its kind, made within the transaction */
};

/* Makes the e-mail and its message. Fails as the template, and as sending does. */
must_check bool mail_from_template(struct call *call, const struct template_order *order,
                                   struct outgoing_mail **mail_out, struct error *error);

#endif
