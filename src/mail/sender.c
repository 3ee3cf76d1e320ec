/*
 * sender.c - who sends an e-mail, and whether mail is sent from his address.
 */
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/expect.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "mail/send.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/access.h"
#include "query/query.h"
#include "security/authorise.h"
#include "security/identity.h"

enum { COLUMNS_MOST = 16 };

static bool refuse(enum error_code code, struct error *error, const char *message)
{
    return error_set_about(error, code, "Email", "from", "%s", message);
}

/* ---- whose name ---- */

/* The one party of the field; nobody: the caller himself. */
static bool choose(struct call *call, struct outgoing_mail *mail, struct error *error)
{
    const struct value *from =
        record_value(mail->record, entity_find_field(mail->record->entity, "from"));
    const struct entity *user = catalog_find_entity(call->catalog, "SystemUser");

    if (from->state != VALUE_SET || from->parties.count == 0) {
        mail->from = (struct party){
            .reference = {.entity = user, .id = call->identity->user_id},
            .participation = "Sender",
        };
        return true;
    }
    if (from->parties.count > 1) {
        return refuse(ERROR_VALUE_INVALID, error, "A message has one sender");
    }
    mail->from = from->parties.items[0];
    return mail->from.reference.entity != NULL ||
           refuse(ERROR_VALUE_INVALID, error, "The sender is a user or a queue, not an address");
}

/* Who works with a queue may write it; in the name of other users one is allowed to send, or not.
 */
static bool may_send(struct call *call, const struct reference *sender, struct error *error)
{
    bool may_write = false;

    if (strcmp(sender->entity->name, "SystemUser") == 0) {
        return uuid_is_equal(&sender->id, &call->identity->user_id) ||
               authorise_task(call->identity, TASK_SEND_AS_USER, error);
    }
    if (strcmp(sender->entity->name, "Queue") != 0) {
        return refuse(ERROR_VALUE_INVALID, error, "The sender is a user or a queue");
    }
    return query_may(call, sender->entity, &sender->id, RIGHT_WRITE, &may_write, error) &&
           (may_write || authorise_task(call->identity, TASK_SEND_AS_USER, error));
}

/* ---- from which address ---- */

/* The field of the sender that the address stands in; without one, the first that has any. */
static const char *address_of(struct call *call, const struct record *record, const char *given)
{
    const char *compared = given == NULL ? NULL : mime_compared_address(call->arena, given);

    for (size_t i = 0; i < record->entity->field_count; i++) {
        const struct field *field = record->entity->fields[i];
        if (!field->is_email || !record_has(record, field)) {
            continue;
        }
        const char *address = record_value(record, field)->text;
        if (*address != '\0' &&
            (compared == NULL ||
             strcmp(mime_compared_address(call->arena, address), compared) == 0)) {
            return address;
        }
    }
    return NULL;
}

static struct column_set columns_of(const struct entity *entity, const struct field **fields)
{
    const struct field *delivery = entity_find_field(entity, "outgoingDelivery");
    size_t count = 0;

    fields[count++] = entity->id;
    fields[count++] = entity->name_field;
    for (size_t i = 0; i < entity->field_count && count < COLUMNS_MOST - 1; i++) {
        if (entity->fields[i]->is_email) {
            fields[count++] = entity->fields[i];
        }
    }
    if (delivery != NULL) {
        fields[count++] = delivery;
    }
    return (struct column_set){.fields = fields, .count = count};
}

static bool has_choice(const struct record *record, const char *name, const char *token)
{
    const struct field *field = entity_find_field(record->entity, name);

    return field != NULL && record_has(record, field) &&
           field_find_choice(field, token)->value == record_value(record, field)->integer;
}

/* The mailbox of the address, in whatever form it was written down; NULL: there is none. */
static bool find_mailbox(struct call *call, const char *address, struct record **mailbox_out,
                         struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "Mailbox");
    const struct field *fields[] = {entity->id, entity->state, entity_find_field(entity, "holder"),
                                    entity_find_field(entity, "outgoingDelivery")};
    const struct column_set columns = {.fields = fields, .count = 4};
    struct array forms;
    struct uuid id;
    bool is_found = false;

    *mailbox_out = NULL;
    array_init(&forms, call->arena);
    mail_add_forms(call, &forms, mime_compared_address(call->arena, address));
    for (size_t i = 0; i < forms.count && !is_found; i++) {
        const struct value value = {.state = VALUE_SET, .text = forms.items[i]};
        if (!query_find_by_key(call, entity_find_key(entity, "address"), &value, &id, &is_found,
                               error)) {
            return false;
        }
    }
    return !is_found || query_find(call, entity, &id, &columns, ROW_LOCK_NONE, mailbox_out, error);
}

static bool is_in_use(const struct record *mailbox)
{
    return mailbox != NULL && has_choice(mailbox, "state", "Active");
}

static bool is_held_by(const struct record *mailbox, const struct reference *sender)
{
    const struct value *holder =
        record_value(mailbox, entity_find_field(mailbox->entity, "holder"));

    return holder->state == VALUE_SET && holder->reference.entity == sender->entity &&
           uuid_is_equal(&holder->reference.id, &sender->id);
}

/* Whoever works with a queue may give it any address; who holds a mailbox he cannot change. So it
 * is the mailbox that makes an address the queue's, but for who may send as others. */
static bool may_use(struct call *call, const struct reference *sender, const struct record *mailbox,
                    struct error *error)
{
    if (mailbox != NULL && !is_held_by(mailbox, sender)) {
        return refuse(ERROR_NOT_ALLOWED, error, "The mailbox of the address is not the sender's");
    }
    return is_in_use(mailbox) || strcmp(sender->entity->name, "Queue") != 0 ||
           authorise_task(call->identity, TASK_SEND_AS_USER, error);
}

/* The mailbox says whether the mail server sends from the address; without one its queue does, and
 * of a user's it does. */
static bool check_address(struct call *call, const struct outgoing_mail *mail,
                          const struct record *sender, struct error *error)
{
    const char *address = mail->from.address;
    struct record *mailbox = NULL;

    if (!find_mailbox(call, address, &mailbox, error) ||
        !may_use(call, &mail->from.reference, mailbox, error)) {
        return false;
    }
    const struct record *decides = is_in_use(mailbox) ? mailbox : sender;
    return entity_find_field(decides->entity, "outgoingDelivery") == NULL ||
           has_choice(decides, "outgoingDelivery", "MailServer") ||
           error_set_about(error, ERROR_RULE_BROKEN, "Email", "from",
                           "No mail is sent from %s: outgoingDelivery of its %s is not MailServer",
                           address, decides->entity->name);
}

static bool find_address(struct call *call, struct outgoing_mail *mail, struct error *error)
{
    const struct entity *entity = mail->from.reference.entity;
    const struct field *fields[COLUMNS_MOST];
    const struct column_set columns = columns_of(entity, fields);
    struct record *sender = NULL;

    if (!query_find(call, entity, &mail->from.reference.id, &columns, ROW_LOCK_NONE, &sender,
                    error)) {
        return false;
    }
    const char *address = sender == NULL ? NULL : address_of(call, sender, mail->from.address);
    if (address != NULL && mime_sendable_address(call->arena, address) == NULL) {
        return refuse(ERROR_VALUE_INVALID, error, "No mail can be sent from the address");
    }
    if (address == NULL) {
        return refuse(ERROR_RULE_BROKEN, error,
                      mail->from.address == NULL ? "The sender has no e-mail address"
                                                 : "The address is none of the sender's");
    }
    mail->from.address = address;
    mail->mailbox = mime_compared_address(call->arena, address);
    mail->draft.from = (struct mime_address){
        .name = record_has(sender, entity->name_field)
                    ? record_value(sender, entity->name_field)->text
                    : NULL,
        .address = address,
        .compared = mail->mailbox,
    };
    return check_address(call, mail, sender, error);
}

bool mail_find_sender(struct call *call, struct outgoing_mail *mail, struct error *error)
{
    return choose(call, mail, error) && may_send(call, &mail->from.reference, error) &&
           find_address(call, mail, error);
}
