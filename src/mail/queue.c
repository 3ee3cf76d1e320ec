/*
 * queue.c - where a message waits for somebody: the queues of its mailboxes, or the queue of
 * unsorted mail.
 *
 * An e-mail lies in a queue once, however often it comes, and what comes long afterwards is laid
 * nowhere: somebody may be done with it. One that is about a case does not lie there: the case is
 * what somebody works on.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/query.h"
#include "record/own.h"
#include "record/write.h"
#include "security/identity.h"

static struct reference reference_to(const struct call *call, const char *entity,
                                     const struct uuid *id)
{
    return (struct reference){.entity = catalog_find_entity(call->catalog, entity), .id = *id};
}

/* ---- items ---- */

static bool find_item(struct call *call, const struct reference *queue,
                      const struct reference *item, struct uuid *id_out, bool *is_found_out,
                      struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "QueueItem");
    const struct value values[] = {{.state = VALUE_SET, .reference = *queue},
                                   {.state = VALUE_SET, .reference = *item}};

    return query_find_by_key(call, entity_find_key(entity, "item"), values, id_out, is_found_out,
                             error);
}

/* The platform's own write, whatever the caller may do with queues: he brings mail, and the mailbox
 * says where it lies. Two copies that come at once may both find a record missing: one begins
 * anew. */
static bool make(struct call *call, struct record *record, struct uuid *id_out, struct error *error)
{
    if (!own_create(call, NULL, record, &call->identity->user_id, id_out, error)) {
        if (error->code == ERROR_DUPLICATE_KEY) {
            error->code = ERROR_DATABASE_CONFLICT;
        }
        return false;
    }
    return true;
}

static bool lay(struct call *call, const struct incoming_mail *mail, const struct reference *queue,
                const struct reference *item, struct error *error)
{
    struct record *record = own_record(call, "QueueItem");
    struct value *entered = record_value(record, entity_find_field(record->entity, "enteredOn"));
    struct uuid id;
    bool is_there = false;

    if (!find_item(call, queue, item, &id, &is_there, error) || is_there) {
        return is_there;
    }
    *entered = (struct value){.state = VALUE_SET, .moment = call->now};
    mail_set_reference(record, "queue", queue);
    mail_set_reference(record, "item", item);
    return mail_set_text(call, record, "title", mail->message->subject, error) &&
           make(call, record, &id, error);
}

/* ---- unsorted mail ---- */

static bool find_unsorted(struct call *call, struct reference *queue_out, bool *is_found_out,
                          struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Queue");
    const struct value name = {.state = VALUE_SET, .text = call->settings->filing.unsorted_queue};

    queue_out->entity = entity;
    return query_find_by_key(call, entity_find_key(entity, "name"), &name, &queue_out->id,
                             is_found_out, error);
}

static bool make_unsorted(struct call *call, struct reference *queue_out, struct error *error)
{
    struct record *queue = own_record(call, "Queue");

    return mail_set_text(call, queue, "name", call->settings->filing.unsorted_queue, error) &&
           make(call, queue, &queue_out->id, error);
}

static bool lay_unsorted(struct call *call, const struct incoming_mail *mail,
                         const struct reference *email, struct error *error)
{
    struct reference queue = {.entity = NULL};
    bool is_found = false;

    return find_unsorted(call, &queue, &is_found, error) &&
           (is_found || make_unsorted(call, &queue, error)) &&
           lay(call, mail, &queue, email, error);
}

bool mail_leave_unsorted(struct call *call, const struct uuid *email_id, struct error *error)
{
    const struct reference email = reference_to(call, "Email", email_id);
    struct reference queue = {.entity = NULL};
    struct uuid id;
    struct work work;
    bool is_found = false;

    if (!find_unsorted(call, &queue, &is_found, error)) {
        return false;
    }
    if (is_found && !find_item(call, &queue, &email, &id, &is_found, error)) {
        return false;
    }
    if (!is_found) {
        return true;
    }
    work_begin(&work, call);
    return own_delete(&work, "QueueItem", &id, error) && work_end(&work, error);
}

/* ---- the queues of the mailboxes ---- */

static bool is_about_case(const struct incoming_mail *mail)
{
    return mail->regarding.entity != NULL && strcmp(mail->regarding.entity->name, "Case") == 0;
}

/* What somebody has filed under a record since, or under none, is sorted. */
static bool is_unsorted(const struct incoming_mail *mail)
{
    return mail->is_unmatched &&
           !(mail->is_filed && (mail->regarding.entity != NULL || mail->is_decided));
}

/* A queue that opens cases is for cases: what nobody known wrote is sorted elsewhere. */
static bool takes_email(const struct mail_mailbox *mailbox, bool is_unmatched)
{
    return mailbox->is_admitting && strcmp(mailbox->holder.entity->name, "Queue") == 0 &&
           !(mailbox->opens_cases && is_unmatched);
}

bool mail_lay_into_queues(struct call *call, const struct incoming_mail *mail,
                          const struct uuid *email_id, struct error *error)
{
    const struct reference email = reference_to(call, "Email", email_id);
    const struct reference *item = mail->opened.entity == NULL ? &email : &mail->opened;
    bool is_laid = false;

    if (mail->is_late || (is_about_case(mail) && mail->opened.entity == NULL)) {
        return true;
    }
    for (size_t i = 0; i < mail->mailboxes.count; i++) {
        const struct mail_mailbox *mailbox = mail->mailboxes.items[i];
        if (!takes_email(mailbox, mail->is_unmatched) ||
            (item == &mail->opened && !mailbox->opens_cases)) {
            continue;
        }
        if (!lay(call, mail, &mailbox->holder, item, error)) {
            return false;
        }
        is_laid = true;
    }
    return is_laid || !is_unsorted(mail) || lay_unsorted(call, mail, &email, error);
}
