/*
 * mail.c - the operations of the Mail service: would a message be filed; file it.
 */
#include "service/mail.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "mime/mime.h"
#include "record/engine.h"
#include "service/mail_bounce.h"

/* Those who work here: that a message is for one of them says nothing of whom it is from. */
static bool is_of_the_house(const struct reference *record)
{
    static const char *const names[] = {"SystemUser", "Team", "Queue"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(record->entity->name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_clue(const struct incoming_mail *mail, const char *reason, bool is_of_anybody)
{
    for (size_t i = 0; i < mail->clues.count; i++) {
        const struct mail_clue *clue = mail->clues.items[i];
        if (strcmp(clue->reason, reason) == 0 &&
            (is_of_anybody || !is_of_the_house(&clue->record))) {
            return true;
        }
    }
    return false;
}

/* The tokens of the classic model: the first that holds. */
static const char *reason_of(const struct incoming_mail *mail)
{
    return mail->is_filed                       ? "Duplicate"
           : mail->regarding.entity != NULL     ? "CorrelationMatch"
           : has_clue(mail, "Sender", true)     ? "SenderMatch"
           : has_clue(mail, "Recipient", false) ? "RecipientMatch"
                                                : "AcceptAll";
}

static struct reference *copy_reference(struct call *call, const struct reference *reference)
{
    return reference->entity == NULL ? NULL
                                     : arena_copy(call->arena, reference, sizeof(*reference));
}

static struct reference *email_reference(struct call *call, const struct uuid *id)
{
    const struct reference reference = {.entity = catalog_find_entity(call->catalog, "Email"),
                                        .id = *id};
    return uuid_is_empty(id) ? NULL : copy_reference(call, &reference);
}

static bool find_all(struct call *call, struct incoming_mail *mail, struct error *error)
{
    if (!mail_find_filed(call, mail, error) || !mail_find_thread(call, mail, error) ||
        !mail_find_parties(call, mail, error)) {
        return false;
    }
    mail_note_parties(call, mail);
    return true;
}

struct message_list mail_tell_clues(struct call *call, const struct incoming_mail *mail)
{
    struct array candidates;

    array_init(&candidates, call->arena);
    for (size_t i = 0; i < mail->clues.count; i++) {
        const struct mail_clue *clue = mail->clues.items[i];
        struct mail_candidate *candidate = arena_allocate(call->arena, sizeof(*candidate));
        candidate->record = copy_reference(call, &clue->record);
        candidate->reason = clue->reason;
        candidate->address = clue->address;
        candidate->email = email_reference(call, &clue->email);
        array_add(&candidates, candidate);
    }
    return (struct message_list){
        .is_set = true, .count = candidates.count, .items = candidates.items};
}

bool service_check_incoming_email(struct call *call, const struct operation *operation,
                                  const void *request, void *response, struct error *error)
{
    const struct check_incoming_email_request *asked = request;
    struct check_incoming_email_response *answer = response;
    struct incoming_email_check *result = arena_allocate(call->arena, sizeof(*result));
    struct incoming_mail *mail = NULL;

    (void)operation;
    if (!mail_read(call, asked->message, &asked->recipients, asked->mailbox, &mail, error) ||
        !find_all(call, mail, error)) {
        return false;
    }
    result->deliverable = (struct message_boolean){.is_set = true, .value = !mail->is_filed};
    result->reason = reason_of(mail);
    result->message_kind = mail_kind(mail->message);
    result->email = mail->is_filed ? email_reference(call, &mail->filed_id) : NULL;
    result->regarding = copy_reference(call, &mail->regarding);
    result->candidates = mail_tell_clues(call, mail);
    answer->result = result;
    return true;
}

/* The message is read and its files are stored before the transaction; of what is filed already
 * there is nothing to store. */
bool service_prepare_incoming_email(struct call *call, const struct operation *operation,
                                    const void *request, struct error *error)
{
    const struct deliver_incoming_email_request *asked = request;
    struct incoming_mail *mail = NULL;

    (void)operation;
    if (!mail_read(call, asked->message, &asked->recipients, asked->mailbox, &mail, error) ||
        !mail_find_filed(call, mail, error) ||
        (!mail->is_filed && !mail_stage(call, mail, asked->message, error))) {
        return false;
    }
    call->prepared = mail;
    return true;
}

static size_t count_files(const struct incoming_mail *mail)
{
    size_t count = 0;

    for (size_t i = 0; i < mail->message->part_count && !mail->is_filed; i++) {
        count += mail->files[i] != NULL;
    }
    return count;
}

bool service_deliver_incoming_email(struct call *call, const struct operation *operation,
                                    const void *request, void *response, struct error *error)
{
    struct deliver_incoming_email_response *answer = response;
    struct delivered_email *result = arena_allocate(call->arena, sizeof(*result));
    struct incoming_mail mail = *(const struct incoming_mail *)call->prepared;
    struct write_outcome outcome;

    (void)operation;
    (void)request;
    if (!find_all(call, &mail, error) ||
        !(mail.is_filed ? mail_join : mail_file)(call, &mail, &outcome, error) ||
        (!mail.is_filed && (!mail_note_bounce(call, mail.message, error) ||
                            !mail_follow_calendars(call, &mail, &outcome.id, error)))) {
        return false;
    }
    result->id = (struct message_uuid){.is_set = true, .value = outcome.id};
    result->version = (struct message_integer){.is_set = true, .value = outcome.version};
    result->created = (struct message_boolean){.is_set = true, .value = !mail.is_filed};
    result->reason = reason_of(&mail);
    result->message_kind = mail_kind(mail.message);
    result->regarding = copy_reference(call, &mail.regarding);
    result->attachments =
        (struct message_integer){.is_set = true, .value = (int64_t)count_files(&mail)};
    answer->result = result;
    call->row_count = 1;
    return true;
}
