/*
 * refile.c - the operations that say what an e-mail is about: something else, or nothing.
 */
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "mail/conversation.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/access.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"
#include "security/identity.h"

static const struct field *regarding_of(const struct entity *entity)
{
    return entity_find_field(entity, "regarding");
}

static struct refiled_email *tell(struct call *call, const struct write_outcome *outcome)
{
    struct refiled_email *result = arena_allocate(call->arena, sizeof(*result));

    result->id = (struct message_uuid){.is_set = true, .value = outcome->id};
    result->version =
        (struct message_integer){.is_set = outcome->version != 0, .value = outcome->version};
    result->others = (struct message_integer){.is_set = true, .value = 0};
    result->deleted = (struct message_boolean){.is_set = true, .value = outcome->version == 0};
    call->row_count++;
    return result;
}

/* Whoever says that it is about what it was about has decided it, too. */
static bool decide(struct call *call, const struct uuid *id, struct write_outcome *outcome,
                   struct error *error)
{
    struct record *email = own_record(call, "Email");
    const struct field *mark = entity_find_field(email->entity, "isFiledByHand");

    own_set_id(email, id);
    *record_value(email, mark) = (struct value){.state = VALUE_SET, .boolean = true};
    return own_change(call, email, id, outcome, error);
}

/* Of the e-mail; entity NULL: nothing. */
static bool file_under(struct call *call, const struct uuid *id, const struct reference *record,
                       struct write_outcome *outcome_out, struct error *error)
{
    struct record *email = own_record(call, "Email");
    struct value *regarding = record_value(email, regarding_of(email->entity));

    own_set_id(email, id);
    *regarding = (struct value){.state = VALUE_NULL};
    if (record->entity != NULL) {
        *regarding = (struct value){.state = VALUE_SET, .reference = *record};
    }
    return record_update(call, email, NULL, outcome_out, error) &&
           decide(call, id, outcome_out, error);
}

/* ---- elsewhere ---- */

static const struct reference *about(const struct record *email)
{
    const struct field *field = regarding_of(email->entity);

    return record_has(email, field) ? &record_value(email, field)->reference : NULL;
}

/* Filed where the first was, or nowhere: what somebody has filed elsewhere stays there. */
static bool goes_along(const struct record *email, const struct reference *before)
{
    const struct reference *now = about(email);

    return now == NULL || (before != NULL && uuid_is_equal(&now->id, &before->id));
}

static bool refile_others(struct call *call, const struct array *emails,
                          const struct reference *record, struct refiled_email *result,
                          struct error *error)
{
    const struct reference *before = about(emails->items[0]);

    for (size_t i = 1; i < emails->count; i++) {
        const struct record *email = emails->items[i];
        const struct uuid *id = &record_value(email, email->entity->id)->uuid;
        struct write_outcome outcome;
        bool may_write = false;
        if (!goes_along(email, before)) {
            continue;
        }
        if (!query_may(call, email->entity, id, RIGHT_WRITE, &may_write, error) ||
            (may_write && !file_under(call, id, record, &outcome, error))) {
            return false;
        }
        result->others.value += may_write;
        call->row_count += may_write;
    }
    return true;
}

bool mail_refile_email(struct call *call, const struct operation *operation, const void *request,
                       void *response, struct error *error)
{
    const struct refile_email_request *asked = request;
    struct refile_email_response *answer = response;
    struct write_outcome outcome;
    struct array emails;

    (void)operation;
    if (asked->conversation.value &&
        !mail_find_conversation(call, &asked->id.value, &emails, error)) {
        return false;
    }
    if (!file_under(call, &asked->id.value, asked->regarding, &outcome, error)) {
        return false;
    }
    call->has_expected_version = false; /* it was of this e-mail */
    answer->result = tell(call, &outcome);
    return !asked->conversation.value ||
           refile_others(call, &emails, asked->regarding, answer->result, error);
}

/* ---- nowhere ---- */

static const char *const party_fields[] = {"from", "to", "cc", "bcc"};

/* Whether a user, team or queue takes part that is not the caller. */
static bool has_others(const struct call *call, const struct record *email, const char *name)
{
    static const char *const house[] = {"SystemUser", "Team", "Queue"};
    const struct value *value = record_value(email, entity_find_field(email->entity, name));

    for (size_t i = 0; value->state == VALUE_SET && i < value->parties.count; i++) {
        const struct reference *party = &value->parties.items[i].reference;
        for (size_t j = 0; party->entity != NULL && j < sizeof(house) / sizeof(house[0]); j++) {
            if (strcmp(party->entity->name, house[j]) == 0 &&
                !uuid_is_equal(&party->id, &call->identity->user_id)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_callers(const struct call *call, const struct record *email,
                       const struct field *field)
{
    return record_has(email, field) &&
           uuid_is_equal(&record_value(email, field)->reference.id, &call->identity->user_id);
}

/* Filed by the caller himself, his own, and nobody else's. */
static bool may_be_discarded(struct call *call, const struct uuid *id, bool *is_alone_out,
                             struct error *error)
{
    static const char *const names[] = {"from",  "to",        "cc",        "bcc",
                                        "owner", "createdBy", "isOutgoing"};
    const struct entity *entity = catalog_find_entity(call->catalog, "Email");
    const struct field *outgoing = entity_find_field(entity, "isOutgoing");
    struct column_set columns;
    struct record *email = NULL;

    if (!query_columns(call, entity, names, sizeof(names) / sizeof(names[0]), false, &columns,
                       error) ||
        !record_retrieve(call, entity, id, &columns, &email, error)) {
        return false;
    }
    bool is_alone = is_callers(call, email, entity->owner) &&
                    is_callers(call, email, entity->created_by) && record_has(email, outgoing) &&
                    !record_value(email, outgoing)->boolean;
    for (size_t i = 0; i < sizeof(party_fields) / sizeof(party_fields[0]) && is_alone; i++) {
        is_alone = !has_others(call, email, party_fields[i]);
    }
    *is_alone_out = is_alone;
    return true;
}

bool mail_unfile_email(struct call *call, const struct operation *operation, const void *request,
                       void *response, struct error *error)
{
    const struct reference nothing = {.entity = NULL};
    const struct unfile_email_request *asked = request;
    struct unfile_email_response *answer = response;
    struct write_outcome outcome = {.id = asked->id.value};
    bool is_alone = false;

    (void)operation;
    if (asked->discard.value && !may_be_discarded(call, &asked->id.value, &is_alone, error)) {
        return false;
    }
    bool is_done = is_alone ? record_delete(call, catalog_find_entity(call->catalog, "Email"),
                                            &asked->id.value, error)
                            : file_under(call, &asked->id.value, &nothing, &outcome, error);
    if (is_done) {
        answer->result = tell(call, &outcome);
    }
    return is_done;
}
