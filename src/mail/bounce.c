/*
 * bounce.c - reports that a message of ours did not arrive, noted on what was sent.
 */
#include "mail/bounce.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"
#include "text/utf8.h"

enum { STATUS_BYTES = 1000 };

static const char counter[] = "bouncedEmails";

/* The e-mail that bears the id, if we sent it; locked. NULL: there is none. */
static bool find_sent(struct call *call, const char *message_id, struct record **email_out,
                      struct error *error)
{
    static const char *const names[] = {"isOutgoing", "bouncedOn", "to", "cc", "bcc"};
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    const struct value id = {.state = VALUE_SET, .text = message_id};
    const struct field *fields[6] = {entity->id};
    const struct column_set columns = {.fields = fields, .count = 6};
    struct uuid email_id;
    bool is_found = false;

    for (size_t i = 0; i < 5; i++) {
        fields[i + 1] = entity_find_field(entity, names[i]);
    }
    *email_out = NULL;
    if (!query_find_by_key(call, entity_find_key(entity, "messageId"), &id, &email_id, &is_found,
                           error) ||
        (is_found &&
         !query_find(call, entity, &email_id, &columns, ROW_LOCK_CHANGE, email_out, error))) {
        return false;
    }
    if (*email_out != NULL &&
        (!record_has(*email_out, fields[1]) || !record_value(*email_out, fields[1])->boolean)) {
        *email_out = NULL;
    }
    return true;
}

static bool mark(struct call *call, const struct record *email, const char *status,
                 struct error *error)
{
    struct record *change = record_make(call->arena, email->entity);
    const struct uuid *id = &record_value(email, email->entity->id)->uuid;
    struct value *bounced = record_value(change, entity_find_field(email->entity, "bouncedOn"));
    struct write_outcome outcome;

    own_set_id(change, id);
    *bounced = (struct value){.state = VALUE_SET, .moment = call->now};
    return own_set(call, change, "deliveryStatus",
                   arena_copy_part(call->arena, status,
                                   text_cut_length(status, strlen(status), STATUS_BYTES)),
                   error) &&
           own_change(call, change, id, &outcome, error);
}

/* The one record that it was for; NULL: there are others, or it was for addresses. */
static const struct reference *only_reader(const struct record *email)
{
    static const char *const lists[] = {"to", "cc", "bcc"};
    const struct reference *reader = NULL;
    size_t count = 0;

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const struct value *list = record_value(email, entity_find_field(email->entity, lists[i]));
        for (size_t j = 0; list->state == VALUE_SET && j < list->parties.count; j++) {
            reader = &list->parties.items[j].reference;
            count++;
        }
    }
    return count == 1 && reader->entity != NULL ? reader : NULL;
}

static bool count_on(struct call *call, const struct reference *reader, struct error *error)
{
    const struct field *field = reader == NULL ? NULL : entity_find_field(reader->entity, counter);
    struct write_outcome outcome;
    struct record *record = NULL;

    if (field == NULL) {
        return true;
    }
    const struct field *fields[] = {reader->entity->id, field};
    const struct column_set columns = {.fields = fields, .count = 2};
    if (!query_find(call, reader->entity, &reader->id, &columns, ROW_LOCK_CHANGE, &record, error)) {
        return false;
    }
    if (record == NULL) {
        return true;
    }
    struct record *change = record_make(call->arena, reader->entity);
    int64_t count = record_has(record, field) ? record_value(record, field)->integer : 0;
    own_set_id(change, &reader->id);
    *record_value(change, field) = (struct value){.state = VALUE_SET, .integer = count + 1};
    return own_change(call, change, &reader->id, &outcome, error);
}

bool mail_note_bounce(struct call *call, const struct mime_message *message, struct error *error)
{
    struct record *email = NULL;

    if (message->kind != MIME_BOUNCE || message->bounced_id == NULL) {
        return true;
    }
    if (!find_sent(call, message->bounced_id, &email, error)) {
        return false;
    }
    if (email == NULL) {
        return true;
    }
    bool is_first = !record_has(email, entity_find_field(email->entity, "bouncedOn"));
    return mark(call, email, message->subject, error) &&
           (!is_first || count_on(call, only_reader(email), error));
}
