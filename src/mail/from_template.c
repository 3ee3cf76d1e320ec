/*
 * from_template.c - the operations on templates: one is filled; an e-mail is made of it and
 * sent.
 */
#include "mail/from_template.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "mail/template.h"
#include "mail/unsubscribe.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "record/engine.h"
#include "record/own.h"

/* References by an alternate key become such by id. */
static bool resolve(struct call *call, const struct reference *given, struct reference *out,
                    struct error *error)
{
    *out = *given;
    return given->alternate_key == NULL || record_resolve(call, given, &out->id, error);
}

bool mail_instantiate_template(struct call *call, const struct operation *operation,
                               const void *request, void *response, struct error *error)
{
    const struct instantiate_template_request *asked = request;
    struct instantiate_template_response *answer = response;
    struct instantiated_template *result = arena_allocate(call->arena, sizeof(*result));
    struct filled_template filled;
    struct reference record;

    (void)operation;
    if (!resolve(call, asked->record, &record, error) ||
        !mail_fill_template(call, &asked->template_id.value, &record, &filled, error)) {
        return false;
    }
    result->subject = filled.subject;
    result->description = filled.description;
    result->mime_type = filled.mime_type;
    answer->result = result;
    return true;
}

/* ---- an e-mail of it ---- */

static void set_party(struct call *call, struct record *email, const char *list,
                      const struct reference *records, size_t count)
{
    struct value *value = record_value(email, entity_find_field(email->entity, list));
    struct party *parties = arena_allocate_array(call->arena, count, sizeof(*parties));

    for (size_t i = 0; i < count; i++) {
        parties[i].reference = records[i];
    }
    *value = (struct value){.state = VALUE_SET};
    value->parties.items = parties;
    value->parties.count = count;
}

static bool check_party(const struct reference *record, struct error *error)
{
    return record->entity->is_party ||
           error_set(error, ERROR_VALUE_INVALID, "recipients",
                     "No mail is sent to a %s: name the recipients", record->entity->name);
}

bool mail_from_template(struct call *call, const struct template_order *order,
                        struct outgoing_mail **mail_out, struct error *error)
{
    struct outgoing_mail *mail = arena_allocate(call->arena, sizeof(*mail));
    struct record *email = own_record(call, "Email");
    const struct field *regarding = entity_find_field(email->entity, "regarding");
    struct filled_template filled;

    for (size_t i = 0; i < order->recipient_count; i++) {
        if (!check_party(&order->recipients[i], error)) {
            return false;
        }
    }
    if (!mail_fill_template(call, &order->template_id, &order->record, &filled, error)) {
        return false;
    }
    if (field_may_refer_to(regarding, order->record.entity)) {
        *record_value(email, regarding) =
            (struct value){.state = VALUE_SET, .reference = order->record};
    }
    set_party(call, email, "to", order->recipients, order->recipient_count);
    if (order->sender.entity != NULL) {
        set_party(call, email, "from", &order->sender, 1);
    }
    mail->record = email;
    mail->is_bulk = mail->is_within = order->is_bulk;
    mail->draft.is_automatic = order->is_bulk;
    if (order->is_bulk) {
        mail->draft.unsubscribe_address = unsubscribe_address(call, &order->recipients[0]);
    }
    *mail_out = mail;
    return own_set(call, email, "subject", *filled.subject == '\0' ? "-" : filled.subject, error) &&
           own_set(call, email, "description", filled.description, error) &&
           own_set(call, email, "mimeType", filled.mime_type, error) &&
           mail_make_message(call, mail, error);
}

static bool read_order(struct call *call, const struct send_email_from_template_request *asked,
                       struct template_order *order, struct error *error)
{
    size_t count = asked->recipients.count;
    struct reference *recipients =
        arena_allocate_array(call->arena, count + 1, sizeof(*recipients));

    *order = (struct template_order){.template_id = asked->template_id.value,
                                     .recipients = recipients,
                                     .recipient_count = count == 0 ? 1 : count};
    if (!resolve(call, asked->record, &order->record, error) ||
        (asked->sender != NULL && !resolve(call, asked->sender, &order->sender, error))) {
        return false;
    }
    recipients[0] = order->record;
    for (size_t i = 0; i < count; i++) {
        if (!resolve(call, asked->recipients.items[i], &recipients[i], error)) {
            return false;
        }
    }
    return true;
}

bool mail_prepare_send_email_from_template(struct call *call, const struct operation *operation,
                                           const void *request, struct error *error)
{
    struct outgoing_mail *mail = NULL;
    struct template_order order;

    (void)operation;
    if (!read_order(call, request, &order, error) ||
        !mail_from_template(call, &order, &mail, error)) {
        return false;
    }
    call->prepared = mail;
    return true;
}

bool mail_send_email_from_template(struct call *call, const struct operation *operation,
                                   const void *request, void *response, struct error *error)
{
    const struct outgoing_mail *mail = call->prepared;
    struct send_email_from_template_response *answer = response;
    struct write_outcome outcome;

    (void)operation;
    (void)request;
    if (!mail_enqueue(call, mail, &outcome, error)) {
        return false;
    }
    answer->result = mail_tell_sent(call, mail, &outcome);
    return true;
}
