/*
 * promote.c - a user files a message of his own mailbox by hand.
 *
 * He has the message, and learns nothing from filing it. An e-mail that others have filed, and that
 * he may not read, is the same only when its content is: who shows the content knows it already.
 * Then he becomes one who takes part in it, and is told that it is filed, no more. A Message-ID
 * alone proves nothing: such a message is filed as one of its own, without the id that is taken.
 */
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "mail/incoming.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "mime/mime.h"
#include "query/access.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"
#include "security/authorise.h"
#include "security/identity.h"

/* A message that is filed by hand. */
struct promotion {
    struct call *call;
    struct incoming_mail *mail;
    bool is_seen; /* what it is filed as the caller may read */
};

static const struct entity *email_entity(const struct call *call)
{
    return catalog_find_entity(call->catalog, "Email");
}

/* ---- filed already ---- */

/* Of what is out of sight only the content counts. */
static bool look_by_content(struct promotion *promotion, struct error *error)
{
    struct call *call = promotion->call;
    struct incoming_mail *mail = promotion->mail;
    const struct key *key = entity_find_key(email_entity(call), "contentDigest");
    const struct value digest = {.state = VALUE_SET, .text = mail->message->digest};
    struct uuid by_id = mail->filed_id;

    if (!query_find_by_key(call, key, &digest, &mail->filed_id, &mail->is_filed, error)) {
        return false;
    }
    mail->is_id_taken = !mail->is_filed || !uuid_is_equal(&by_id, &mail->filed_id);
    return !mail->is_filed || query_may(call, email_entity(call), &mail->filed_id, RIGHT_READ,
                                        &promotion->is_seen, error);
}

static bool find_filed(struct promotion *promotion, struct error *error)
{
    struct call *call = promotion->call;
    struct incoming_mail *mail = promotion->mail;

    promotion->is_seen = false;
    if (!mail_find_filed(call, mail, error)) {
        return false;
    }
    if (!mail->is_filed) {
        return true;
    }
    return query_may(call, email_entity(call), &mail->filed_id, RIGHT_READ, &promotion->is_seen,
                     error) &&
           (promotion->is_seen || look_by_content(promotion, error));
}

/* His own address, by which he takes part in what did not name him: a blind copy, a list. */
static bool add_own_address(struct call *call, struct incoming_mail *mail, struct error *error)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "SystemUser");
    const struct field *field = entity_find_field(entity, "internalEmailAddress");
    const struct field *fields[] = {entity->id, field};
    const struct column_set columns = {.fields = fields, .count = 2};
    struct record *user = NULL;

    if (!query_find(call, entity, &call->identity->user_id, &columns, ROW_LOCK_NONE, &user,
                    error)) {
        return false;
    }
    if (user != NULL && record_has(user, field)) {
        array_add(&mail->envelope, record_value(user, field)->text);
    }
    return true;
}

static bool begin(struct call *call, struct file *message, struct promotion *promotion,
                  struct error *error)
{
    *promotion = (struct promotion){.call = call};
    return authorise_privilege(call->identity, email_entity(call), RIGHT_CREATE, error) &&
           mail_parse(call, message, &promotion->mail, error) &&
           add_own_address(call, promotion->mail, error) && find_filed(promotion, error);
}

/* What it may be about, and who takes part. */
static bool find_clues(struct promotion *promotion, struct error *error)
{
    struct call *call = promotion->call;

    return mail_find_parties(call, promotion->mail, error) &&
           mail_find_mailboxes(call, promotion->mail, error) &&
           mail_find_clues(call, promotion->mail, error);
}

/* ---- the check ---- */

static bool read_regarding(struct promotion *promotion, struct reference *regarding_out,
                           struct error *error)
{
    struct call *call = promotion->call;
    const struct entity *entity = email_entity(call);
    const struct field *field = entity_find_field(entity, "regarding");
    const struct field *fields[] = {entity->id, field};
    const struct column_set columns = {.fields = fields, .count = 2};
    struct record *email = NULL;

    *regarding_out = (struct reference){.entity = NULL};
    if (!promotion->is_seen) {
        return true;
    }
    if (!query_read(call, entity, &promotion->mail->filed_id, &columns, &email, error)) {
        return false;
    }
    if (email != NULL && record_has(email, field)) {
        *regarding_out = record_value(email, field)->reference;
    }
    return true;
}

bool mail_check_promote_email(struct call *call, const struct operation *operation,
                              const void *request, void *response, struct error *error)
{
    const struct check_promote_email_request *asked = request;
    struct check_promote_email_response *answer = response;
    struct promotion_check *result = arena_allocate(call->arena, sizeof(*result));
    struct promotion promotion;
    struct reference regarding;

    (void)operation;
    if (!begin(call, asked->message, &promotion, error) || !find_clues(&promotion, error) ||
        !read_regarding(&promotion, &regarding, error)) {
        return false;
    }
    const struct incoming_mail *mail = promotion.mail;
    const struct reference email = {.entity = promotion.is_seen ? email_entity(call) : NULL,
                                    .id = mail->filed_id};
    result->filed = (struct message_boolean){.is_set = true, .value = mail->is_filed};
    result->email = mail_tell_reference(call, &email);
    result->message_kind = mail_kind(mail->message);
    result->regarding = mail_tell_reference(call, mail->is_filed ? &regarding : &mail->regarding);
    result->candidates = mail_tell_clues(call, mail);
    answer->result = result;
    return true;
}

/* ---- filing ---- */

bool mail_prepare_promote_email(struct call *call, const struct operation *operation,
                                const void *request, struct error *error)
{
    const struct promote_email_request *asked = request;
    struct promotion *promotion = arena_allocate(call->arena, sizeof(*promotion));

    (void)operation;
    if (!begin(call, asked->message, promotion, error) ||
        (!promotion->mail->is_filed && !mail_stage(call, promotion->mail, asked->message, error))) {
        return false;
    }
    call->prepared = promotion;
    return true;
}

static bool takes_part(struct call *call, const struct record *email, const char *name,
                       const struct incoming_mail *mail)
{
    const struct value *value = record_value(email, entity_find_field(email->entity, name));

    for (size_t i = 0; value->state == VALUE_SET && i < value->parties.count; i++) {
        const struct party *party = &value->parties.items[i];
        if (uuid_is_equal(&party->reference.id, &call->identity->user_id)) {
            return true;
        }
        for (size_t j = 0; party->address != NULL && j < mail->envelope.count; j++) {
            if (strcmp(mime_compared_address(call->arena, party->address),
                       mime_compared_address(call->arena, mail->envelope.items[j])) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* The caller among the blind copies, beside those that are there. */
static void add_self(struct call *call, const struct incoming_mail *mail, const struct value *there,
                     struct value *value_out)
{
    size_t count = there->state == VALUE_SET ? there->parties.count : 0;
    struct party *parties = arena_allocate_array(call->arena, count + 1, sizeof(*parties));

    for (size_t i = 0; i < count; i++) {
        parties[i] = there->parties.items[i];
    }
    parties[count] = (struct party){
        .reference = {.entity = catalog_find_entity(call->catalog, "SystemUser"),
                      .id = call->identity->user_id},
        .address = mail->envelope.count == 0 ? NULL : mail->envelope.items[0],
    };
    *value_out = (struct value){.state = VALUE_SET};
    value_out->parties.items = parties;
    value_out->parties.count = count + 1;
}

static bool is_owner(const struct call *call, const struct record *email)
{
    const struct value *owner = record_value(email, email->entity->owner);

    return owner->state == VALUE_SET &&
           uuid_is_equal(&owner->reference.id, &call->identity->user_id);
}

/* He is known of the e-mail, whatever he may do with it; as its owner he is anyway. */
static bool join(struct call *call, const struct incoming_mail *mail,
                 struct write_outcome *outcome_out, struct error *error)
{
    static const char *const names[] = {"from", "to", "cc", "bcc"};
    const struct entity *entity = email_entity(call);
    const struct field *bcc = entity_find_field(entity, "bcc");
    const struct field *fields[7] = {entity->id, entity->version, entity->owner};
    const struct column_set columns = {.fields = fields, .count = 7};
    struct record *email = NULL, *record = record_make(call->arena, entity);

    for (size_t i = 0; i < 4; i++) {
        fields[i + 3] = entity_find_field(entity, names[i]);
    }
    if (!query_find(call, entity, &mail->filed_id, &columns, ROW_LOCK_CHANGE, &email, error)) {
        return false;
    }
    if (email == NULL) {
        return error_set(error, ERROR_DATABASE_CONFLICT, "message",
                         "The e-mail was deleted while it was filed again");
    }
    bool is_known = is_owner(call, email);
    for (size_t i = 0; i < 4; i++) {
        is_known |= takes_part(call, email, names[i], mail);
    }
    *outcome_out = (struct write_outcome){.id = mail->filed_id,
                                          .version = record_value(email, entity->version)->integer};
    if (is_known) {
        return true;
    }
    own_set_id(record, &mail->filed_id);
    add_self(call, mail, record_value(email, bcc), record_value(record, bcc));
    return own_change(call, record, &mail->filed_id, outcome_out, error);
}

/* It becomes part of what it belongs with, as far as the caller may know of that. */
static bool tie(struct promotion *promotion, struct error *error)
{
    bool is_changed = false; /* what it is about he says himself */

    return mail_hold_ties(promotion->call, promotion->mail, &is_changed, error) &&
           mail_join_ties(promotion->call, promotion->mail, error);
}

/* What is filed already is about what it was about; under nothing it comes under what the caller
 * says, as far as he may. */
static bool join_and_file(struct promotion *promotion, const struct reference *regarding,
                          struct reference *about_out, struct write_outcome *outcome_out,
                          struct error *error)
{
    struct call *call = promotion->call;
    const struct uuid *id = &promotion->mail->filed_id;
    struct record *email = record_make(call->arena, email_entity(call));
    bool may_write = false;

    if ((promotion->is_seen && !tie(promotion, error)) ||
        !join(call, promotion->mail, outcome_out, error) ||
        !read_regarding(promotion, about_out, error)) {
        return false;
    }
    if (regarding == NULL || about_out->entity != NULL || !promotion->is_seen) {
        return true;
    }
    if (!query_may(call, email->entity, id, RIGHT_WRITE, &may_write, error)) {
        return false;
    }
    if (!may_write) {
        return true;
    }
    own_set_id(email, id);
    *record_value(email, entity_find_field(email->entity, "regarding")) =
        (struct value){.state = VALUE_SET, .reference = *regarding};
    *about_out = *regarding;
    return record_update(call, email, NULL, outcome_out, error);
}

static bool file_new(struct promotion *promotion, const struct reference *regarding,
                     struct write_outcome *outcome_out, struct error *error)
{
    struct call *call = promotion->call;

    if (!find_clues(promotion, error) || !tie(promotion, error)) {
        return false;
    }
    if (regarding != NULL) {
        promotion->mail->regarding = *regarding;
    }
    return mail_file(call, promotion->mail, outcome_out, error) &&
           mail_follow_calendars(call, promotion->mail, &outcome_out->id, error);
}

static struct promoted_email *tell(const struct promotion *promotion,
                                   const struct write_outcome *outcome,
                                   const struct reference *about)
{
    struct call *call = promotion->call;
    const struct incoming_mail *mail = promotion->mail;
    struct promoted_email *result = arena_allocate(call->arena, sizeof(*result));

    result->created = (struct message_boolean){.is_set = true, .value = !mail->is_filed};
    if (!mail->is_filed || promotion->is_seen) {
        result->id = (struct message_uuid){.is_set = true, .value = outcome->id};
        result->version = (struct message_integer){.is_set = true, .value = outcome->version};
        result->regarding = mail_tell_reference(call, about);
        result->attachments =
            (struct message_integer){.is_set = true, .value = (int64_t)mail_count_files(mail)};
    }
    call->row_count = 1;
    return result;
}

/* A reference by an alternate key becomes one by id; NULL: none was given. */
static bool resolve(struct call *call, const struct reference *given,
                    const struct reference **regarding_out, struct error *error)
{
    struct reference *regarding =
        given == NULL ? NULL : arena_copy(call->arena, given, sizeof(*given));

    *regarding_out = regarding;
    return regarding == NULL || regarding->alternate_key == NULL ||
           record_resolve(call, given, &regarding->id, error);
}

bool mail_promote_email(struct call *call, const struct operation *operation, const void *request,
                        void *response, struct error *error)
{
    const struct promote_email_request *asked = request;
    struct promote_email_response *answer = response;
    struct promotion promotion = *(const struct promotion *)call->prepared;
    struct incoming_mail mail = *promotion.mail;
    const struct reference *regarding = NULL;
    struct reference about = {.entity = NULL};
    struct write_outcome outcome;

    (void)operation;
    promotion.mail = &mail;
    call->is_filing_by_rule = asked->regarding == NULL;
    if (!resolve(call, asked->regarding, &regarding, error) || !find_filed(&promotion, error)) {
        return false;
    }
    if (mail.is_filed) {
        if (!join_and_file(&promotion, regarding, &about, &outcome, error)) {
            return false;
        }
    } else {
        if (!file_new(&promotion, regarding, &outcome, error)) {
            return false;
        }
        about = mail.regarding;
    }
    answer->result = tell(&promotion, &outcome, &about);
    return true;
}
