/*
 * carried.c - what a message carries of ours: a token in its subject, a token or a number in
 * an address.
 *
 * A token was given out by us, and says enough. A number anybody can guess: it counts only in an
 * address of the house, and when the record that it names refers to somebody who has the sender's
 * address.
 */
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "call/call.h"
#include "mail/incoming.h"
#include "mail/token.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/ask.h"
#include "query/query.h"
#include "query/request.h"

enum { EARLIER_MOST = 50 };

/* ---- e-mails that bear a token ---- */

/* The newest first. */
static struct query_request ask_for(struct call *call, const char *token)
{
    static const char *const names[] = {"regarding"};
    struct order_request *order = arena_allocate(call->arena, sizeof(*order));
    struct array orders;

    array_init(&orders, call->arena);
    *order =
        (struct order_request){.field = "createdOn", .descending = {.is_set = true, .value = true}};
    array_add(&orders, order);
    return (struct query_request){
        .columns = {.is_set = true, .count = 1, .items = (void **)names},
        .filter = ask_one(call->arena, "trackingToken", token),
        .orders = {.is_set = true, .count = 1, .items = orders.items},
        .page_size = {.is_set = true, .value = EARLIER_MOST},
    };
}

static bool note_conversation(struct call *call, struct incoming_mail *mail, const char *token,
                              const char *reason, struct error *error)
{
    const struct entity *email = catalog_find_entity(call->catalog, "Email");
    const struct field *regarding = entity_find_field(email, "regarding");
    const struct query_request query = ask_for(call, token);
    struct page page = {.count = 0};

    if (!query_run(call, email, &query, &page, error)) {
        return false;
    }
    for (size_t i = 0; i < page.count; i++) {
        const struct record *record = page.records[i];
        const struct uuid *id = &record_value(record, email->id)->uuid;
        if (mail->is_filed && uuid_is_equal(id, &mail->filed_id)) {
            continue;
        }
        mail->is_answer = true;
        if (record_has(record, regarding)) {
            const struct mail_clue clue = {.record = record_value(record, regarding)->reference,
                                           .reason = reason,
                                           .email = *id,
                                           .is_about = true};
            mail_note_clue(call, mail, &clue);
        }
    }
    return true;
}

/* ---- tokens ---- */

/* The record that the token names, then what the e-mails are about that bear it. */
static bool note_token(struct call *call, struct incoming_mail *mail, const char *token,
                       const char *reason, struct error *error)
{
    struct mail_token read;
    struct reference record;

    if (!mail_token_read(call, token, &read)) {
        return true;
    }
    if (!mail_token_find(call, &read, &record, error)) {
        return false;
    }
    mail->token = mail->token == NULL ? token : mail->token;
    if (record.entity != NULL) {
        const struct mail_clue clue = {.record = record, .reason = reason, .is_about = true};
        mail->is_answer = true;
        mail_note_clue(call, mail, &clue);
    }
    return note_conversation(call, mail, token, reason, error);
}

bool mail_find_token(struct call *call, struct incoming_mail *mail, struct error *error)
{
    const char *token = mail_token_in_subject(call, mail->message->subject);

    return token == NULL || note_token(call, mail, token, "Token", error);
}

/* ---- what stands after a plus ---- */

/* The records that have the sender's address. */
static bool is_sender(struct call *call, const struct incoming_mail *mail, const struct uuid *id)
{
    for (size_t i = 0; i < mail->message->from.count; i++) {
        const struct mail_address *address =
            mail_address_of(call, mail, mail->message->from.items[i].compared);
        for (size_t j = 0; address != NULL && j < address->matches.count; j++) {
            if (uuid_is_equal(&((const struct mail_match *)address->matches.items[j])->record.id,
                              id)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether one of its lookups leads to the sender; as far as the caller may read them. */
static bool is_of_sender(struct call *call, const struct incoming_mail *mail,
                         const struct reference *record, bool *is_of_out, struct error *error)
{
    struct column_set columns;
    struct record *read = NULL;

    if (!query_columns(call, record->entity, NULL, 0, true, &columns, error) ||
        !query_read(call, record->entity, &record->id, &columns, &read, error)) {
        return false;
    }
    *is_of_out = false;
    for (size_t i = 0; read != NULL && i < columns.count && !*is_of_out; i++) {
        const struct field *field = columns.fields[i];
        *is_of_out = field->type == FIELD_LOOKUP && !field->is_system && record_has(read, field) &&
                     is_sender(call, mail, &record_value(read, field)->reference.id);
    }
    return true;
}

static bool note_number(struct call *call, struct incoming_mail *mail, const char *number,
                        struct error *error)
{
    struct reference record;
    bool is_of = false;

    if (!mail_number_find(call, number, &record, error) ||
        (record.entity != NULL && !is_of_sender(call, mail, &record, &is_of, error))) {
        return false;
    }
    if (is_of) {
        const struct mail_clue clue = {.record = record, .reason = "PlusAddress", .is_about = true};
        mail->is_answer = true;
        mail_note_clue(call, mail, &clue);
    }
    return true;
}

bool mail_find_plus_address(struct call *call, struct incoming_mail *mail, struct error *error)
{
    for (size_t i = 0; i < map_count(mail->addresses); i++) {
        const struct mail_address *address = map_value_at(mail->addresses, i);
        const char *tag =
            address->bare == NULL ? NULL : mail_tag_of_address(call, address->compared);
        struct mail_token token;
        if (tag == NULL) {
            continue;
        }
        if (mail_token_read(call, tag, &token)) {
            tag = mail_token_upper(call, tag);
            if (!note_token(call, mail, tag, "PlusAddress", error)) {
                return false;
            }
        } else if (address->is_own && !note_number(call, mail, tag, error)) {
            return false;
        }
    }
    return true;
}
