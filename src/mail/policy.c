/*
 * policy.c - which messages the mailboxes let in.
 *
 * Of several mailboxes one is enough: the message is one e-mail. What no mailbox lets in is not
 * kept here; the mail server has it. Where nobody has set a mailbox up, everything comes in.
 */
#include <assert.h>
#include <string.h>

#include "call/call.h"
#include "mail/incoming.h"
#include "metadata/entity.h"
#include "mime/mime.h"

/* ---- what there is to go by ---- */

static bool has_clue(const struct incoming_mail *mail, const char *reason,
                     bool (*fits)(const struct reference *record))
{
    for (size_t i = 0; i < mail->clues.count; i++) {
        const struct mail_clue *clue = mail->clues.items[i];
        if (strcmp(clue->reason, reason) == 0 && fits(&clue->record)) {
            return true;
        }
    }
    return false;
}

static bool is_anybody(const struct reference *record)
{
    return record->entity != NULL;
}

static bool is_outside(const struct reference *record)
{
    return !mail_is_of_the_house(record);
}

static bool is_customer(const struct reference *record)
{
    static const char *const names[] = {"Lead", "Contact", "Account"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(record->entity->name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool are_own(struct call *call, const struct incoming_mail *mail,
                    const struct mime_addresses *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct mail_address *address = mail_address_of(call, mail, list->items[i].compared);
        if (address == NULL || !address->is_own) {
            return false;
        }
    }
    return true;
}

static bool is_from_the_house(struct call *call, const struct incoming_mail *mail)
{
    return mail->message->from.count > 0 && are_own(call, mail, &mail->message->from);
}

/* Between colleagues only. */
static bool is_internal(struct call *call, const struct incoming_mail *mail)
{
    const struct mime_message *message = mail->message;

    for (size_t i = 0; i < mail->envelope.count; i++) {
        const struct mail_address *address = mail_address_of(
            call, mail, mime_compared_address(call->arena, mail->envelope.items[i]));
        if (address == NULL || !address->is_own) {
            return false;
        }
    }
    return is_from_the_house(call, mail) && are_own(call, mail, &message->to) &&
           are_own(call, mail, &message->cc) && are_own(call, mail, &message->bcc);
}

/* ---- policies ---- */

static bool admits_all(struct call *call, const struct incoming_mail *mail)
{
    (void)call;
    (void)mail;
    return true;
}

static bool admits_none(struct call *call, const struct incoming_mail *mail)
{
    (void)call;
    (void)mail;
    return false;
}

static bool admits_replies(struct call *call, const struct incoming_mail *mail)
{
    (void)call;
    return mail->is_answer;
}

/* Of what a colleague wrote the recipients decide. */
static bool admits_customers(struct call *call, const struct incoming_mail *mail)
{
    return mail->is_answer ||
           has_clue(mail, is_from_the_house(call, mail) ? "Recipient" : "Sender", is_customer);
}

static bool admits_known(struct call *call, const struct incoming_mail *mail)
{
    return has_clue(mail, "Sender", is_anybody) || admits_customers(call, mail);
}

static const struct rule {
    bool (*admits)(struct call *call, const struct incoming_mail *mail);
    const char *refusal;       /* of a message from outside */
    const char *house_refusal; /* of one that a colleague wrote */
} rules[] = {
    [MAIL_EVERYTHING] = {.admits = admits_all},
    [MAIL_REPLIES_ONLY] = {.admits = admits_replies,
                           .refusal = "NoCorrelationMatch",
                           .house_refusal = "NoCorrelationMatch"},
    [MAIL_KNOWN_PEOPLE] = {.admits = admits_customers,
                           .refusal = "NoSenderMatch",
                           .house_refusal = "NoRecipientMatch"},
    [MAIL_ANY_RECORD] = {.admits = admits_known,
                         .refusal = "NoSenderMatch",
                         .house_refusal = "NoRecipientMatch"},
    [MAIL_NOTHING] = {.admits = admits_none,
                      .refusal = "NothingIsFiled",
                      .house_refusal = "NothingIsFiled"},
};

static_assert(sizeof(rules) / sizeof(rules[0]) == MAIL_POLICIES, "a rule for each policy");

/* What colleagues write one another is their own, unless it goes on from something here, or went
 * to a queue that takes everything: a form on the web writes from the house too. NULL: let in. */
static const char *refusal_of(struct call *call, const struct incoming_mail *mail,
                              const struct mail_mailbox *mailbox)
{
    const struct rule *rule = &rules[mailbox->policy];
    bool is_open_queue =
        mailbox->policy == MAIL_EVERYTHING && strcmp(mailbox->holder.entity->name, "Queue") == 0;

    if (!rule->admits(call, mail)) {
        return is_from_the_house(call, mail) ? rule->house_refusal : rule->refusal;
    }
    return is_internal(call, mail) && !mail->is_answer && !is_open_queue ? "InternalEmailReject"
                                                                         : NULL;
}

/* The tokens of the classic model: the first that holds; NULL: nothing does. */
static const char *match_of(const struct incoming_mail *mail)
{
    return mail->is_answer                           ? "CorrelationMatch"
           : has_clue(mail, "Sender", is_anybody)    ? "SenderMatch"
           : has_clue(mail, "Recipient", is_outside) ? "RecipientMatch"
                                                     : NULL;
}

void mail_judge(struct call *call, struct incoming_mail *mail)
{
    const char *match = match_of(mail), *refusal = NULL;
    bool is_admitted = mail->mailboxes.count == 0;

    for (size_t i = 0; i < mail->mailboxes.count; i++) {
        struct mail_mailbox *mailbox = mail->mailboxes.items[i];
        const char *why = refusal_of(call, mail, mailbox);
        mailbox->is_admitting = why == NULL;
        is_admitted |= mailbox->is_admitting;
        refusal = refusal == NULL ? why : refusal;
    }
    mail->is_unmatched = match == NULL;
    mail->is_refused = !is_admitted;
    mail->reason = !is_admitted         ? refusal
                   : mail->is_filed     ? "Duplicate"
                   : mail->is_unmatched ? "AcceptAll"
                                        : match;
}
