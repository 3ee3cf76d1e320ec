/*
 * bulk.c - a row of mail to many: made, and done.
 */
#include "mail/bulk.h"

#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "mail/from_template.h"
#include "metadata/value.h"

/* The fields of a row. */
static const char template_name[] = "template", recipient_name[] = "recipient",
                  sender_name[] = "sender";

static void add_field(struct array *fields, const char *name, const struct reference *reference)
{
    struct batch_field *field = arena_allocate(fields->arena, sizeof(*field));

    if (reference != NULL) {
        *field = (struct batch_field){.name = name, .reference = (struct reference *)reference};
        array_add(fields, field);
    }
}

struct batch_row *mail_make_row(struct arena *arena, const struct mail_to_many *mail,
                                const struct reference *recipient)
{
    struct batch_row *row = arena_allocate(arena, sizeof(*row));
    struct array fields;

    array_init(&fields, arena);
    add_field(&fields, template_name, mail->template);
    add_field(&fields, recipient_name, recipient);
    add_field(&fields, sender_name, mail->sender);
    *row = (struct batch_row){
        .operation = MAIL_ROW,
        .entity = "Email",
        .fields = {.is_set = true, .count = fields.count, .items = fields.items},
    };
    return row;
}

static const struct reference *reference_in(const struct batch_row *row, const char *name)
{
    for (size_t i = 0; i < row->fields.count; i++) {
        const struct batch_field *field = row->fields.items[i];
        if (strcmp(field->name, name) == 0) {
            return field->reference;
        }
    }
    return NULL;
}

bool mail_send_row(struct call *call, const struct batch_row *row,
                   struct write_outcome *outcome_out, struct error *error)
{
    const struct reference *template = reference_in(row, template_name);
    const struct reference *recipient = reference_in(row, recipient_name);
    const struct reference *sender = reference_in(row, sender_name);
    struct outgoing_mail *mail = NULL;

    if (template == NULL || recipient == NULL) {
        return error_set(error, ERROR_VALUE_INVALID, "operation", "The row is no mail to many");
    }
    const struct template_order order = {
        .template_id = template->id,
        .record = *recipient,
        .recipients = recipient,
        .recipient_count = 1,
        .sender = sender == NULL ? (struct reference){.entity = NULL} : *sender,
        .is_bulk = true,
    };
    return mail_from_template(call, &order, &mail, error) &&
           mail_enqueue(call, mail, outcome_out, error);
}
