/*
 * case.c - what a customer writes to a queue that opens cases: it opens one, or goes on with
 * the one that it answers.
 *
 * What programs write opens none, and opens none again: two robots would do so for ever. Neither
 * does what goes on with something else, such as an order. Without a customer there is no case.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "mail/token.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"
#include "record/write.h"

enum { STATE_ACTIVE = 0, STATE_RESOLVED = 1 };

static const struct value *value_of(const struct record *record, const char *name)
{
    return record_value(record, entity_find_field(record->entity, name));
}

static bool is_entity(const struct reference *record, const char *name)
{
    return record->entity != NULL && strcmp(record->entity->name, name) == 0;
}

static bool opens_cases(const struct incoming_mail *mail)
{
    for (size_t i = 0; i < mail->mailboxes.count; i++) {
        const struct mail_mailbox *mailbox = mail->mailboxes.items[i];
        if (mailbox->is_admitting && mailbox->opens_cases) {
            return mail->message->kind == MIME_ORDINARY;
        }
    }
    return false;
}

/* The contact or account who wrote it; entity NULL: none. */
static struct reference customer_of(struct call *call, const struct incoming_mail *mail)
{
    for (size_t i = 0; i < mail->message->from.count; i++) {
        const struct mail_match *sender = mail_sender_of(
            mail, mail_address_of(call, mail, mail->message->from.items[i].compared));
        if (sender != NULL &&
            (is_entity(&sender->record, "Contact") || is_entity(&sender->record, "Account"))) {
            return sender->record;
        }
    }
    return (struct reference){.entity = NULL};
}

/* ---- a new one ---- */

static bool create_case(struct call *call, struct incoming_mail *mail,
                        const struct reference *customer, const struct reference *parent,
                        struct error *error)
{
    const struct mime_message *message = mail->message;
    struct record *record = own_record(call, "Case");
    const struct reference sender = customer_of(call, mail);
    const char *subject = mail_token_cut(call, message->subject);
    const char *title = *subject == '\0' ? "(no subject)" : subject;
    struct reference owner;
    struct write_outcome outcome;

    if (!mail_set_text(call, record, "title", title, error) ||
        !mail_set_text(call, record, "description", message->text, error) ||
        !own_set(call, record, "origin", "Email", error) ||
        !mail_owner_of(call, mail, record->entity, &owner, error)) {
        return false;
    }
    mail_set_reference(record, "customer", customer);
    mail_set_reference(record, "parentCase", parent);
    mail_set_reference(record, "owner", &owner);
    if (is_entity(&sender, "Contact")) {
        mail_set_reference(record, "responsibleContact", &sender);
    }
    if (!record_create(call, record, &outcome, error)) {
        return false;
    }
    mail->opened = (struct reference){.entity = record->entity, .id = outcome.id, .name = title};
    mail->regarding = mail->opened;
    return true;
}

/* ---- one that there is ---- */

static bool read_case(struct call *call, const struct reference *reference,
                      struct record **record_out, struct error *error)
{
    static const char *const names[] = {"state", "resolvedOn", "modifiedOn", "customer", "master"};
    const struct field *fields[sizeof(names) / sizeof(names[0])];
    const struct column_set columns = {.fields = fields, .count = sizeof(names) / sizeof(names[0])};

    for (size_t i = 0; i < columns.count; i++) {
        fields[i] = entity_find_field(reference->entity, names[i]);
    }
    return query_find(call, reference->entity, &reference->id, &columns, ROW_LOCK_CHANGE,
                      record_out, error);
}

/* Of merged cases the one that is left: the message is about it, and it is read. */
static bool follow_merges(struct call *call, struct incoming_mail *mail, struct record **record_out,
                          struct error *error)
{
    struct record *next = NULL;

    if (!read_case(call, &mail->regarding, record_out, error)) {
        return false;
    }
    for (int i = 0; i < MAIL_MERGES && *record_out != NULL; i++) {
        const struct value *master = value_of(*record_out, "master");
        if (master->state != VALUE_SET) {
            break;
        }
        if (!read_case(call, &master->reference, &next, error)) {
            return false;
        }
        if (next == NULL) {
            break;
        }
        mail->regarding = master->reference;
        *record_out = next;
    }
    return true;
}

/* The platform's own write: that an answer opens a case again is the queue's to say, whoever
 * delivers. */
static bool reopen(struct call *call, struct incoming_mail *mail, struct error *error)
{
    struct record *record = record_make(call->arena, mail->regarding.entity);
    struct work work;

    work_begin(&work, call);
    if (!own_set(call, record, "statusReason", "InProgress", error) ||
        !own_update(&work, record, &mail->regarding.id, error) || !work_end(&work, error)) {
        return false;
    }
    mail->opened = mail->regarding;
    return true;
}

static bool is_fresh(const struct call *call, const struct record *record)
{
    const struct value *resolved = value_of(record, "resolvedOn");
    int64_t ended =
        resolved->state == VALUE_SET ? resolved->moment : value_of(record, "modifiedOn")->moment;

    return value_of(record, "state")->integer == STATE_RESOLVED &&
           call->now - ended <= call->settings->filing.reopen;
}

static bool go_on(struct call *call, struct incoming_mail *mail, struct error *error)
{
    struct record *record = NULL;

    if (!follow_merges(call, mail, &record, error)) {
        return false;
    }
    if (record == NULL || value_of(record, "state")->integer == STATE_ACTIVE) {
        return true;
    }
    if (is_fresh(call, record)) {
        return reopen(call, mail, error);
    }
    const struct reference parent = mail->regarding;
    return create_case(call, mail, &value_of(record, "customer")->reference, &parent, error);
}

bool mail_open_case(struct call *call, struct incoming_mail *mail, struct error *error)
{
    mail->opened = (struct reference){.entity = NULL};
    if (mail->is_late || mail->is_decided || !opens_cases(mail)) {
        return true;
    }
    if (is_entity(&mail->regarding, "Case")) {
        /* A copy of what was filed goes on with nothing: the first did. */
        return mail->is_filed || go_on(call, mail, error);
    }
    const struct reference customer = customer_of(call, mail);
    return mail->regarding.entity != NULL || customer.entity == NULL ||
           create_case(call, mail, &customer, &(struct reference){.entity = NULL}, error);
}
