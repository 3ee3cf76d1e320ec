/*
 * template.h - texts with slots, filled from a record and from who asks.
 *
 *   Dear {{Contact.fullName|customer}}, your order {{SalesOrder.orderNumber}} ...
 *
 * A slot names the entity of the record, or User, and a field of it; a lookup may be gone along, at
 * most three times: {{Opportunity.customer.fullName}}. After a bar stands what is written where the
 * field has no value, or the caller may not read it: neither a value nor that there is one is told
 * to who could not retrieve it. Nothing else is known: no condition, no loop, no code. What a value
 * says is never taken for a slot.
 *
 * Dates, numbers, amounts and names of choices are written as people of the language do; in HTML
 * values are escaped, so that none becomes markup.
 *
 * Memory: everything lives in the arena of the call.
 */
#ifndef MAIL_TEMPLATE_H
#define MAIL_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "metadata/field.h"
#include "metadata/value.h"

struct call;
struct error;

/* From what a text is filled. */
struct template_source {
    struct call *call;
    struct reference record;
    enum language language;
};

/* Fills a text. Fails with VALUE_INVALID for a slot that is none, with FIELD_UNKNOWN for a field
 * that there is not, with FIELD_NOT_USABLE for a file or a list of parties, with LIMIT_EXCEEDED
 * beyond so many bytes. */
must_check bool template_fill(const struct template_source *source, const char *text, bool is_html,
                              size_t most, const char **filled_out, struct error *error);

/* A template filled: what the e-mail will say. */
struct filled_template {
    const char *subject, *description, *mime_type;
};

/* template_read.c: reads a template that the caller may use, and fills it from the record.
 * Fails with RECORD_NOT_FOUND where he may not read one of them, with NOT_ALLOWED for a template
 * that is somebody else's own, with VALUE_INVALID for one that is for other records. */
must_check bool mail_fill_template(struct call *call, const struct uuid *template_id,
                                   const struct reference *record,
                                   struct filled_template *filled_out, struct error *error);

#endif
