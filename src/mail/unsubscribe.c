/*
 * unsubscribe.c - the operation of a reader who wants no more mail to many.
 */
#include "mail/unsubscribe.h"

#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "call/call.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "generated/messages.h"
#include "generated/operations.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/engine.h"
#include "record/own.h"
#include "security/identity.h"

enum { CHECK_LENGTH = 32 }; /* hexadecimal digits: 128 bits */

static const char wish[] = "doNotBulkEmail";
static const char slot[] = "{token}";

/* What a check is bound to, so that no token of another kind fits. */
static const char owner[] = "unsubscribe token";

static const char *check_of(const struct call *call, const char *body)
{
    char digits[SHA256_TEXT_SIZE];
    uint8_t digest[SHA256_SIZE];
    char organization[UUID_TEXT_SIZE];

    uuid_format(&call->platform->organization_id, organization);
    const char *sealed = arena_format(call->arena, "%s %s", organization, body);
    seal_digest(call->platform->seal_key, owner, sealed, strlen(sealed), digest);
    digest_format(digest, digits);
    return arena_copy_part(call->arena, digits, CHECK_LENGTH);
}

const char *unsubscribe_address(struct call *call, const struct reference *record)
{
    const char *address = call->settings->mail.unsubscribe_address;
    const char *place = strstr(address, slot);
    char id[UUID_TEXT_SIZE];

    if (place == NULL || entity_find_field(record->entity, wish) == NULL) {
        return NULL;
    }
    uuid_format(&record->id, id);
    const char *body = arena_format(call->arena, "%s.%s", record->entity->name, id);
    return arena_format(call->arena, "%.*s%s.%s%s", (int)(place - address), address, body,
                        check_of(call, body), place + strlen(slot));
}

/* ---- the other way round ---- */

static bool refuse(struct error *error)
{
    return error_set(error, ERROR_VALUE_INVALID, "token", "The token is none of ours");
}

static bool read_token(struct call *call, const char *token, struct reference *record_out,
                       struct error *error)
{
    const char *check = strrchr(token, '.');
    const char *dot = strchr(token, '.');

    if (check == NULL || dot == check || strlen(check + 1) != CHECK_LENGTH) {
        return refuse(error);
    }
    const char *body = arena_copy_part(call->arena, token, (size_t)(check - token));
    if (!digest_is_equal(check_of(call, body), check + 1, CHECK_LENGTH)) {
        return refuse(error);
    }
    const char *name = arena_copy_part(call->arena, token, (size_t)(dot - token));
    *record_out = (struct reference){.entity = catalog_find_entity(call->catalog, name)};
    return (record_out->entity != NULL && uuid_parse(body + strlen(name) + 1, &record_out->id)) ||
           refuse(error);
}

/* In the name of the platform: nobody has logged in. What is gone wants nothing. */
static bool note_wish(struct call *call, const struct reference *record, struct error *error)
{
    struct record *change = record_make(call->arena, record->entity);
    struct write_outcome outcome;
    bool is_there = false;

    if (!query_exists(call, record->entity, &record->id, ROW_LOCK_CHANGE, &is_there, error)) {
        return false;
    }
    own_set_id(change, &record->id);
    return !is_there || (own_set(call, change, wish, "true", error) &&
                         own_change(call, change, &record->id, &outcome, error));
}

bool mail_unsubscribe_by_token(struct call *call, const struct operation *operation,
                               const void *request, void *response, struct error *error)
{
    const struct unsubscribe_by_token_request *asked = request;
    const struct identity *caller = call->identity;
    struct reference record;

    (void)operation;
    (void)response;
    if (!read_token(call, asked->token, &record, error)) {
        return false;
    }
    call->identity = identity_of_server(call->arena, call->catalog);
    bool is_done = note_wish(call, &record, error);
    call->identity = caller;
    return is_done;
}
