/*
 * token_record.c - the token of a record, and the record of a token.
 */
#include "mail/token.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/access.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"

/* The key that is one auto-number; NULL: the entity has none. */
static const struct key *number_key(const struct entity *entity)
{
    for (size_t i = 0; i < entity->key_count; i++) {
        if (entity->keys[i]->field_count == 1 &&
            entity->keys[i]->fields[0]->type == FIELD_AUTO_NUMBER) {
            return entity->keys[i];
        }
    }
    return NULL;
}

static bool is_email(const struct entity *entity)
{
    return strcmp(entity->name, "Email") == 0;
}

static bool give_token(struct call *call, const struct reference *email, const char *token,
                       struct error *error)
{
    struct record *record = record_make(call->arena, email->entity);
    struct write_outcome outcome;

    own_set_id(record, &email->id);
    return own_set(call, record, "trackingToken", token, error) &&
           record_update(call, record, NULL, &outcome, error);
}

/* The field that the token is made of; NULL: the id. */
static const struct field *token_field(const struct entity *entity)
{
    const struct key *key = number_key(entity);

    return is_email(entity) ? entity_find_field(entity, "trackingToken")
           : key != NULL    ? key->fields[0]
                            : NULL;
}

bool mail_token_of(struct call *call, const struct reference *record, const char **token_out,
                   struct error *error)
{
    const struct entity *entity = record->entity;
    const struct field *field = token_field(entity);
    const struct field *fields[] = {field == NULL ? entity->id : field};
    const struct column_set columns = {.fields = fields, .count = 1};
    struct record *read = NULL;
    const char *token = NULL;

    if (!record_retrieve(call, entity, &record->id, &columns, &read, error)) {
        return false;
    }
    const char *text =
        field != NULL && record_has(read, field) ? record_value(read, field)->text : NULL;
    if (is_email(entity)) {
        token = text == NULL ? mail_token_new(call) : text;
    } else if (text != NULL) {
        token = mail_token_of_number(call, text);
    }
    *token_out = token == NULL ? mail_token_of_id(call, &record->id) : token;
    return !is_email(entity) || text != NULL || give_token(call, record, token, error);
}

/* ---- finding ---- */

/* What an e-mail may be about. */
static const struct field *regarding_field(const struct call *call)
{
    return entity_find_field(catalog_find_entity(call->catalog, "Email"), "regarding");
}

bool mail_number_find(struct call *call, const char *number, struct reference *record_out,
                      struct error *error)
{
    const struct field *regarding = regarding_field(call);
    const struct value value = {.state = VALUE_SET, .text = number};
    struct uuid id;
    bool is_found = false;

    *record_out = (struct reference){.entity = NULL};
    for (size_t i = 0; i < regarding->target_count && !is_found; i++) {
        const struct key *key = number_key(regarding->targets[i]);
        if (key == NULL) {
            continue;
        }
        if (!query_find_by_key(call, key, &value, &id, &is_found, error)) {
            return false;
        }
        if (is_found) {
            *record_out = (struct reference){.entity = regarding->targets[i], .id = id};
        }
    }
    return true;
}

static bool find_id(struct call *call, const struct uuid *id, struct reference *record_out,
                    struct error *error)
{
    const struct field *regarding = regarding_field(call);
    struct probe *probes =
        arena_allocate_array(call->arena, regarding->target_count, sizeof(*probes));
    struct value *values =
        arena_allocate_array(call->arena, regarding->target_count, sizeof(*values));

    for (size_t i = 0; i < regarding->target_count; i++) {
        const struct entity *entity = regarding->targets[i];
        probes[i] =
            (struct probe){.entity = entity, .id = *id, .field = entity->id, .value = &values[i]};
    }
    if (!query_probe(call, probes, regarding->target_count, error)) {
        return false;
    }
    for (size_t i = 0; i < regarding->target_count; i++) {
        if (values[i].state == VALUE_SET) {
            *record_out = (struct reference){.entity = regarding->targets[i], .id = *id};
        }
    }
    return true;
}

bool mail_token_find(struct call *call, const struct mail_token *token,
                     struct reference *record_out, struct error *error)
{
    *record_out = (struct reference){.entity = NULL};
    if (token->kind == MAIL_TOKEN_NUMBER) {
        return mail_number_find(call, token->body, record_out, error);
    }
    if (token->kind == MAIL_TOKEN_ID) {
        const struct uuid id = mail_token_id(token);
        return find_id(call, &id, record_out, error);
    }
    return true;
}

/* ---- the operation ---- */

/* Whoever has the token can have mail filed under the record: he must be one who may himself. */
static bool may_be_about(struct call *call, const struct reference *record, struct error *error)
{
    const struct entity *entity = record->entity;
    bool is_allowed = is_email(entity);

    if (!is_email(entity) && !entity->has_activities) {
        return error_set(error, ERROR_VALUE_INVALID, "record", "No e-mail can be about a %s",
                         entity->name);
    }
    if (!is_allowed && !query_may(call, entity, &record->id, RIGHT_APPEND_TO, &is_allowed, error)) {
        return false;
    }
    return is_allowed || error_set(error, ERROR_NOT_ALLOWED, "record",
                                   "Messages may not be filed under this %s", entity->name);
}

static bool own_subject(struct call *call, const struct reference *record, const char **subject_out,
                        struct error *error)
{
    const struct field *fields[] = {record->entity->name_field};
    const struct column_set columns = {.fields = fields, .count = 1};
    struct record *read = NULL;

    if (!is_email(record->entity)) {
        return true;
    }
    if (!record_retrieve(call, record->entity, &record->id, &columns, &read, error)) {
        return false;
    }
    *subject_out = record_has(read, fields[0]) ? record_value(read, fields[0])->text : NULL;
    return true;
}

bool mail_get_tracking_token(struct call *call, const struct operation *operation,
                             const void *request, void *response, struct error *error)
{
    const struct get_tracking_token_request *asked = request;
    struct get_tracking_token_response *answer = response;
    struct tracking_token *result = arena_allocate(call->arena, sizeof(*result));
    struct reference record = *asked->record;
    const char *subject = asked->subject;

    (void)operation;
    if (!record_resolve(call, asked->record, &record.id, error) ||
        !mail_token_of(call, &record, &result->token, error) ||
        !may_be_about(call, &record, error) ||
        (subject == NULL && !own_subject(call, &record, &subject, error))) {
        return false;
    }
    if (subject != NULL) {
        const struct entity *email = catalog_find_entity(call->catalog, "Email");
        result->subject =
            mail_token_into_subject(call, subject, result->token, email->name_field->length);
    }
    if (asked->address != NULL) {
        result->reply_to = mail_token_into_address(call, asked->address, result->token);
    }
    answer->result = result;
    return true;
}
