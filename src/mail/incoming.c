/*
 * incoming.c - the operations of the Mail service: would a message be filed; file it.
 */
#include "mail/incoming.h"

#include "base/arena.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "mail/bounce.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "mime/mime.h"
#include "record/engine.h"

struct reference *mail_tell_reference(struct call *call, const struct reference *reference)
{
    return reference->entity == NULL ? NULL
                                     : arena_copy(call->arena, reference, sizeof(*reference));
}

static struct reference *email_reference(struct call *call, const struct uuid *id)
{
    const struct reference reference = {.entity = catalog_find_entity(call->catalog, "Email"),
                                        .id = *id};
    return uuid_is_empty(id) ? NULL : mail_tell_reference(call, &reference);
}

/* Everything that decides; in this order, since each needs what was found before. */
static bool find_all(struct call *call, struct incoming_mail *mail, struct error *error)
{
    if (!mail_find_filed(call, mail, error) || !mail_find_parties(call, mail, error) ||
        !mail_find_mailboxes(call, mail, error) || !mail_find_clues(call, mail, error)) {
        return false;
    }
    mail_judge(call, mail);
    return true;
}

struct message_list mail_tell_clues(struct call *call, const struct incoming_mail *mail)
{
    struct array candidates;

    array_init(&candidates, call->arena);
    for (size_t i = 0; i < mail->clues.count; i++) {
        const struct mail_clue *clue = mail->clues.items[i];
        struct mail_candidate *candidate = arena_allocate(call->arena, sizeof(*candidate));
        candidate->record = mail_tell_reference(call, &clue->record);
        candidate->reason = clue->reason;
        candidate->address = clue->address;
        candidate->email = email_reference(call, &clue->email);
        array_add(&candidates, candidate);
    }
    return (struct message_list){
        .is_set = true, .count = candidates.count, .items = candidates.items};
}

bool mail_check_incoming_email(struct call *call, const struct operation *operation,
                               const void *request, void *response, struct error *error)
{
    const struct check_incoming_email_request *asked = request;
    struct check_incoming_email_response *answer = response;
    struct incoming_email_check *result = arena_allocate(call->arena, sizeof(*result));
    struct incoming_mail *mail = NULL;

    (void)operation;
    if (!mail_read(call, asked->message, asked->parsed, &asked->recipients, asked->mailbox, &mail,
                   error) ||
        !find_all(call, mail, error)) {
        return false;
    }
    result->deliverable =
        (struct message_boolean){.is_set = true, .value = !mail->is_filed && !mail->is_refused};
    result->reason = mail->reason;
    result->message_kind = mail_kind(mail->message);
    result->email = mail->is_filed ? email_reference(call, &mail->filed_id) : NULL;
    result->regarding = mail_tell_reference(call, &mail->regarding);
    result->candidates = mail_tell_clues(call, mail);
    answer->result = result;
    return true;
}

/* The message is read, judged, and its files are stored before the transaction; of what is filed
 * already, or is not let in, there is nothing to store. */
bool mail_prepare_incoming_email(struct call *call, const struct operation *operation,
                                 const void *request, struct error *error)
{
    const struct deliver_incoming_email_request *asked = request;
    struct incoming_mail *mail = NULL;

    (void)operation;
    if (!mail_read(call, asked->message, asked->parsed, &asked->recipients, asked->mailbox, &mail,
                   error) ||
        !find_all(call, mail, error) ||
        (!mail->is_filed && !mail->is_refused && !mail_stage(call, mail, mail->source, error))) {
        return false;
    }
    call->prepared = mail;
    return true;
}

size_t mail_count_files(const struct incoming_mail *mail)
{
    size_t count = 0;

    for (size_t i = 0; i < mail->message->part_count && !mail->is_filed; i++) {
        count += mail->files[i] != NULL;
    }
    return count;
}

/* What was found before the transaction holds yet, but for another copy that came in between; after
 * a conflict all of it is found anew. What was refused stays so. */
static bool look_again(struct call *call, struct incoming_mail *mail, struct error *error)
{
    if (call->is_repeated) {
        return find_all(call, mail, error);
    }
    if (!mail_find_filed(call, mail, error)) {
        return false;
    }
    mail_judge(call, mail);
    return true;
}

static bool follow_calendars(struct call *call, const struct incoming_mail *mail,
                             const struct uuid *email_id, struct error *error)
{
    return !mail_may_follow_all(call) || mail_follow_calendars(call, mail, email_id, error);
}

/* What belongs with it may have come since it was looked at. */
static bool tie(struct call *call, struct incoming_mail *mail, struct error *error)
{
    bool is_changed = false;

    if (!mail_hold_ties(call, mail, &is_changed, error)) {
        return false;
    }
    if (is_changed && !mail->is_filed) {
        if (!mail_find_clues(call, mail, error)) {
            return false;
        }
        mail_judge(call, mail);
    }
    return mail_join_ties(call, mail, error);
}

static bool file(struct call *call, struct incoming_mail *mail, struct write_outcome *outcome_out,
                 struct error *error)
{
    return (!mail->is_filed || mail_find_there(call, mail, error)) && tie(call, mail, error) &&
           mail_open_case(call, mail, error) &&
           (mail->is_filed ? mail_join : mail_file)(call, mail, outcome_out, error) &&
           (mail->is_filed || (mail_note_bounce(call, mail->message, error) &&
                               follow_calendars(call, mail, &outcome_out->id, error))) &&
           mail_lay_into_queues(call, mail, &outcome_out->id, error) &&
           mail_take_along(call, mail, outcome_out, error);
}

static void tell_filed(struct call *call, const struct incoming_mail *mail,
                       const struct write_outcome *outcome, struct delivered_email *result)
{
    result->id = (struct message_uuid){.is_set = true, .value = outcome->id};
    result->version = (struct message_integer){.is_set = true, .value = outcome->version};
    result->created = (struct message_boolean){.is_set = true, .value = !mail->is_filed};
    result->regarding = mail_tell_reference(call, &mail->regarding);
    result->attachments =
        (struct message_integer){.is_set = true, .value = (int64_t)mail_count_files(mail)};
    call->row_count = 1;
}

bool mail_deliver_incoming_email(struct call *call, const struct operation *operation,
                                 const void *request, void *response, struct error *error)
{
    struct deliver_incoming_email_response *answer = response;
    struct delivered_email *result = arena_allocate(call->arena, sizeof(*result));
    struct incoming_mail mail = *(const struct incoming_mail *)call->prepared;
    struct write_outcome outcome;

    (void)operation;
    (void)request;
    if (!mail.is_refused && !look_again(call, &mail, error)) {
        return false;
    }
    result->created = (struct message_boolean){.is_set = true, .value = false};
    result->filed = (struct message_boolean){.is_set = true, .value = !mail.is_refused};
    if (!mail.is_refused) {
        call->is_filing_by_rule = true;
        if (!file(call, &mail, &outcome, error)) {
            return false;
        }
        tell_filed(call, &mail, &outcome, result);
    }
    result->reason = mail.reason;
    result->message_kind = mail_kind(mail.message);
    answer->result = result;
    return true;
}
