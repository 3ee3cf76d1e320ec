/*
 * kin.c - the other e-mails of a message's conversation.
 *
 * Messages come in any order: an answer before what it answers, a copy under another id after the
 * answers to that id. So a message asks what those that belong with it are about, whether it names
 * them or they name it; and when it is filed, those that came before it and are about nothing are
 * filed with it, if that was within a day. What a person had in hand last stays as he left it, and
 * what somebody said to be about nothing stays so whoever had it in hand since.
 */
#include <stddef.h>

#include "base/arena.h"
#include "base/array.h"
#include "call/call.h"
#include "mail/conversation.h"
#include "mail/incoming.h"
#include "mail/tie.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/access.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"
#include "security/identity.h"

enum { LOOKED_AT = 50, TAKEN_ALONG = 500, DAY = 86400000 };

static const char *const names[] = {"regarding", "isFiledByHand", "modifiedBy", "createdOn"};

static const struct entity *email_entity(const struct call *call)
{
    return catalog_find_entity(call->catalog, "Email");
}

/* The newest of all, or many of those that are about nothing. */
static bool list(struct call *call, const struct array *conversations, bool is_about_nothing,
                 struct page *page_out, struct error *error)
{
    const struct conversation_query query = {
        .conversations = conversations->items,
        .count = conversations->count,
        .names = names,
        .name_count = sizeof(names) / sizeof(names[0]),
        .most = is_about_nothing ? TAKEN_ALONG : LOOKED_AT,
        .is_about_nothing = is_about_nothing,
    };

    return conversations->count == 0 || mail_list_conversations(call, &query, page_out, error);
}

static const struct uuid *id_of(const struct record *email)
{
    return &record_value(email, email->entity->id)->uuid;
}

/* What an e-mail is about; NULL: nothing. */
static const struct reference *about(const struct record *email)
{
    const struct field *field = entity_find_field(email->entity, "regarding");

    return record_has(email, field) ? &record_value(email, field)->reference : NULL;
}

/* ---- what they are about ---- */

bool mail_find_kin(struct call *call, struct incoming_mail *mail, struct error *error)
{
    struct page page = {.count = 0};

    if (!list(call, &mail->ties.conversations, false, &page, error)) {
        return false;
    }
    for (size_t i = 0; i < page.count; i++) {
        const struct reference *record = about(page.records[i]);
        const struct uuid *id = id_of(page.records[i]);
        if (mail->is_filed && uuid_is_equal(id, &mail->filed_id)) {
            continue;
        }
        mail->is_answer = true;
        if (record != NULL) {
            const struct mail_clue clue = {
                .record = *record, .reason = "References", .email = *id, .is_about = true};
            mail_note_clue(call, mail, &clue);
        }
    }
    return true;
}

/* ---- one conversation ---- */

/* The e-mail that there is is part of one already, or becomes so. */
static bool meet_filed(struct call *call, const struct incoming_mail *mail, struct mail_ties *ties,
                       struct array *strays, struct error *error)
{
    const struct entity *entity = email_entity(call);
    const struct field *field = entity_find_field(entity, "conversation");
    const struct field *fields[] = {entity->id, field};
    const struct column_set columns = {.fields = fields, .count = 2};
    struct record *email = NULL;

    if (!mail->is_filed) {
        return true;
    }
    if (!query_find(call, entity, &mail->filed_id, &columns, ROW_LOCK_NONE, &email, error)) {
        return false;
    }
    if (email != NULL && record_has(email, field)) {
        mail_ties_meet(call, ties, &record_value(email, field)->uuid);
    } else if (email != NULL) {
        array_add(strays, id_of(email));
    }
    return true;
}

bool mail_hold_ties(struct call *call, struct incoming_mail *mail, bool *is_changed_out,
                    struct error *error)
{
    struct mail_ties found = mail->ties;

    mail_ties_of(call, mail->message, !mail->is_id_taken, &mail->held);
    if (!mail_ties_hold(call, &mail->held, error)) {
        return false;
    }
    *is_changed_out =
        mail_goes_by(call, mail, MAIL_BY_REFERENCES) && !mail_ties_agree(&found, &mail->held);
    return true;
}

bool mail_join_ties(struct call *call, struct incoming_mail *mail, struct error *error)
{
    struct mail_ties *ties = &mail->held;
    struct array strays;

    array_init(&strays, call->arena);
    for (size_t i = 0; i < mail->strays.count; i++) {
        array_add(&strays, mail->strays.items[i]);
    }
    for (size_t i = 0; i < mail->ties.conversations.count; i++) {
        mail_ties_meet(call, ties, mail->ties.conversations.items[i]);
    }
    if (!meet_filed(call, mail, ties, &strays, error)) {
        return false;
    }
    mail->has_kin = strays.count + ties->conversations.count > (mail->is_filed ? 1 : 0);
    if (!mail_ties_join(call, ties, &mail->conversation, error)) {
        return false;
    }
    for (size_t i = 0; i < strays.count; i++) {
        if (!mail_ties_put(call, strays.items[i], &mail->conversation, error)) {
            return false;
        }
    }
    return true;
}

/* ---- those that came before ---- */

/* Whether somebody has said that it is about nothing: nobody has of one of an earlier release. */
static bool is_decided(const struct record *email)
{
    const struct field *field = entity_find_field(email->entity, "isFiledByHand");

    return record_has(email, field) && record_value(email, field)->boolean;
}

/* Whether who brings mail had an e-mail in hand last, or another program, and no person. */
static bool is_untouched(struct call *call, const struct record *email, bool *is_untouched_out,
                         struct error *error)
{
    const struct entity *user = catalog_find_entity(call->catalog, "SystemUser");
    const struct field *field = entity_find_field(user, "isApplication");
    const struct field *fields[] = {user->id, field};
    const struct column_set columns = {.fields = fields, .count = 2};
    const struct value *by = record_value(email, email->entity->modified_by);
    struct record *record = NULL;

    *is_untouched_out =
        by->state == VALUE_SET && uuid_is_equal(&by->reference.id, &call->identity->user_id);
    if (by->state != VALUE_SET || *is_untouched_out) {
        return true;
    }
    if (!query_find(call, user, &by->reference.id, &columns, ROW_LOCK_NONE, &record, error)) {
        return false;
    }
    *is_untouched_out =
        record != NULL && record_has(record, field) && record_value(record, field)->boolean;
    return true;
}

bool mail_subject_of(struct call *call, const struct uuid *conversation,
                     struct reference *subject_out, struct error *error)
{
    struct uuid id = *conversation;
    const struct array one = {.items = (void *[]){&id}, .count = 1};
    const struct reference *subject = NULL;
    struct page page = {.count = 0};
    bool may = false;

    if (!list(call, &one, false, &page, error)) {
        return false;
    }
    for (size_t i = 0; i < page.count && subject == NULL; i++) {
        subject = about(page.records[i]);
    }
    if (subject != NULL &&
        !query_may(call, subject->entity, &subject->id, RIGHT_APPEND_TO, &may, error)) {
        return false;
    }
    *subject_out = may ? *subject : (struct reference){.entity = NULL};
    return true;
}

static bool take(struct call *call, const struct uuid *id, const struct reference *subject,
                 struct write_outcome *outcome_out, struct error *error)
{
    struct record *email = record_make(call->arena, email_entity(call));

    own_set_id(email, id);
    mail_set_reference(email, "regarding", subject);
    return own_change(call, email, id, outcome_out, error) && mail_leave_unsorted(call, id, error);
}

/* Messages come in any order, but not for long. Whoever writes one may name what he likes, and who
 * reads its record would by that read for ever what lies hidden from him. */
static bool is_late(const struct call *call, const struct record *email)
{
    return call->now - record_value(email, email->entity->created_on)->moment > DAY;
}

static bool take_all(struct call *call, struct incoming_mail *mail, const struct page *page,
                     const struct reference *subject, struct write_outcome *outcome,
                     struct error *error)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct record *email = page->records[i];
        bool is_own = uuid_is_equal(id_of(email), &outcome->id), is_free = false;
        struct write_outcome taken;
        if (is_decided(email) || (!is_own && is_late(call, email))) {
            continue;
        }
        if (!is_untouched(call, email, &is_free, error) ||
            (is_free && !take(call, id_of(email), subject, &taken, error))) {
            return false;
        }
        if (is_free && is_own) {
            outcome->version = taken.version;
            mail->regarding = *subject;
        }
    }
    return true;
}

bool mail_take_along(struct call *call, struct incoming_mail *mail, struct write_outcome *outcome,
                     struct error *error)
{
    const struct array one = {.items = (void *[]){&mail->conversation}, .count = 1};
    struct reference subject = mail->regarding;
    struct page page = {.count = 0};

    if (!mail->has_kin || !mail_goes_by(call, mail, MAIL_BY_REFERENCES)) {
        return true;
    }
    if ((subject.entity == NULL && !mail_subject_of(call, &mail->conversation, &subject, error)) ||
        (subject.entity != NULL && !list(call, &one, true, &page, error))) {
        return false;
    }
    return take_all(call, mail, &page, &subject, outcome, error);
}
