/*
 * request_digest.c - walks a request by its shape; each value goes in with its length.
 */
#include "service/request_digest.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "call/call.h"
#include "call/platform.h"
#include "crypto/seal.h"
#include "metadata/entity.h"
#include "metadata/field.h"
#include "metadata/record.h"
#include "metadata/shape.h"
#include "security/identity.h"
#include "service/operation.h"

enum { CHUNK = 64 * 1024 };

/* One walk; the first failure ends it. */
struct walk {
    struct call *call;
    struct arena *arena;
    struct digest *digest;
    struct error *error;
    bool *has_secret; /* of what was met so far */
};

static struct walk begin_walk(struct call *call, struct error *error)
{
    return (struct walk){
        .call = call,
        .arena = call->arena,
        .digest = digest_begin(call->arena),
        .error = error,
        .has_secret = arena_allocate(call->arena, sizeof(bool)),
    };
}

static void end_walk(const struct walk *walk, uint8_t digest_out[SHA256_SIZE])
{
    const struct call *call = walk->call;
    char user[UUID_TEXT_SIZE];
    uint8_t digest[SHA256_SIZE];

    digest_end(walk->digest, digest);
    memcpy(digest_out, digest, SHA256_SIZE);
    if (*walk->has_secret) {
        uuid_format(&call->identity->user_id, user);
        seal_digest(call->platform->seal_key, user, digest, sizeof(digest), digest_out);
        digest_wipe(digest, sizeof(digest));
    }
}

/* ---- single values: none of them can be taken for two others ---- */

static void add_number(const struct walk *walk, uint64_t number)
{
    uint8_t bytes[sizeof(number)];

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
    digest_add(walk->digest, bytes, sizeof(bytes));
}

static void add_bytes(const struct walk *walk, const void *bytes, size_t length)
{
    add_number(walk, length);
    digest_add(walk->digest, bytes, length);
}

/* NULL is not the empty text. */
static void add_text(const struct walk *walk, const char *text)
{
    add_number(walk, text != NULL);
    if (text != NULL) {
        add_bytes(walk, text, strlen(text));
    }
}

/* ---- values of fields ---- */

static void add_reference(const struct walk *walk, const struct reference *reference)
{
    const struct alternate_key *key = reference->alternate_key;

    add_text(walk, reference->entity == NULL ? NULL : reference->entity->name);
    add_bytes(walk, reference->id.bytes, sizeof(reference->id.bytes));
    add_number(walk, key != NULL);
    if (key != NULL) {
        add_text(walk, key->name);
        add_number(walk, key->value_count);
        for (size_t i = 0; i < key->value_count; i++) {
            add_text(walk, key->values[i]);
        }
    }
}

static void add_parties(const struct walk *walk, const struct value *value)
{
    add_number(walk, value->parties.count);
    for (size_t i = 0; i < value->parties.count; i++) {
        const struct party *party = &value->parties.items[i];
        add_reference(walk, &party->reference);
        add_text(walk, party->participation);
        add_text(walk, party->address);
    }
}

/* A digest of its own: how many bytes a read gives depends on how they were sent. */
static bool add_content(const struct walk *walk, struct file *file)
{
    struct digest *content = digest_begin(walk->arena);
    uint8_t *bytes = arena_allocate(walk->arena, CHUNK);
    uint8_t digest[SHA256_SIZE];
    size_t length = 0;

    file->rewind(file);
    do {
        if (!file->read(file, bytes, CHUNK, &length, walk->error)) {
            return false;
        }
        digest_add(content, bytes, length);
    } while (length > 0);
    file->rewind(file);
    digest_end(content, digest);
    digest_add(walk->digest, digest, sizeof(digest));
    return true;
}

/* Without content it is a file that is there already, named by what describes it. */
static bool add_file(const struct walk *walk, struct file *file)
{
    bool is_sent = file->read != NULL && file->rewind != NULL;

    add_text(walk, file->name);
    add_text(walk, file->media_type);
    add_number(walk, is_sent);
    return !is_sent || add_content(walk, file);
}

static bool add_value(const struct walk *walk, const struct field *field, const struct value *value)
{
    *walk->has_secret |= field->is_secret;
    add_text(walk, field->name);
    add_number(walk, value->state);
    if (value->state != VALUE_SET) {
        return true;
    }
    switch (field->type) {
    case FIELD_LOOKUP:
        add_reference(walk, &value->reference);
        return true;
    case FIELD_PARTY_LIST:
        add_parties(walk, value);
        return true;
    case FIELD_FILE:
        return add_file(walk, value->file);
    default:
        add_text(walk, value_format(walk->arena, field, value));
        return true;
    }
}

/* A request without any is digested as it was by releases that did not know them. */
static void add_deleted(const struct walk *walk, const struct record_children *children)
{
    if (children->deleted_count > 0) {
        add_text(walk, children->link->relation->children_to_delete);
        add_number(walk, children->deleted_count);
    }
    for (size_t i = 0; i < children->deleted_count; i++) {
        add_bytes(walk, children->deleted[i].bytes, sizeof(children->deleted[i].bytes));
    }
}

/* The door bounds how deep records nest. */
static bool add_record(const struct walk *walk, const struct record *record)
{
    const struct entity *entity = record->entity;

    add_text(walk, entity->name);
    for (size_t i = 0; i < entity->field_count; i++) {
        if (record->values[i].state != VALUE_ABSENT &&
            !add_value(walk, entity->fields[i], &record->values[i])) {
            return false;
        }
    }
    for (const struct record_children *children = record->children; children != NULL;
         children = children->next) {
        add_text(walk, children->link->name);
        add_number(walk, children->count);
        for (size_t i = 0; i < children->count; i++) {
            if (!add_record(walk, children->records[i])) {
                return false;
            }
        }
        add_deleted(walk, children);
    }
    return true;
}

/* ---- members of the request ---- */

static bool add_struct(const struct walk *walk, const struct shape *shape, const void *place);

/* What lies behind a pointer: alone, or as one of a list. */
static bool add_item(const struct walk *walk, const struct shape_member *member, const void *item)
{
    switch (member->type) {
    case SHAPE_RECORD:
        return add_record(walk, item);
    case SHAPE_STRUCT:
        return add_struct(walk, member->shape, item);
    case SHAPE_REFERENCE:
        add_reference(walk, item);
        return true;
    case SHAPE_CONTENT:
        return add_content(walk, (struct file *)item);
    case SHAPE_KEY:
        add_reference(walk, &(struct reference){.alternate_key = item});
        return true;
    default:
        add_text(walk, item);
        return true;
    }
}

static bool add_pointer(const struct walk *walk, const struct shape_member *member,
                        const void *place)
{
    const void *item = *(const void *const *)place;

    add_number(walk, item != NULL);
    return item == NULL || add_item(walk, member, item);
}

static bool add_list(const struct walk *walk, const struct shape_member *member,
                     const struct message_list *list)
{
    add_number(walk, list->is_set);
    add_number(walk, list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (!add_item(walk, member, list->items[i])) {
            return false;
        }
    }
    return true;
}

static void add_if_set(const struct walk *walk, bool is_set, uint64_t value)
{
    add_number(walk, is_set);
    add_number(walk, is_set ? value : 0);
}

static bool add_member(const struct walk *walk, const struct shape_member *member,
                       const void *place)
{
    *walk->has_secret |= member->is_secret;
    if (member->is_list) {
        return add_list(walk, member, place);
    }
    switch (member->type) {
    case SHAPE_INTEGER:
    case SHAPE_LONG: {
        const struct message_integer *integer = place;
        add_if_set(walk, integer->is_set, (uint64_t)integer->value);
        return true;
    }
    case SHAPE_BOOLEAN: {
        const struct message_boolean *boolean = place;
        add_if_set(walk, boolean->is_set, boolean->value);
        return true;
    }
    case SHAPE_DATE_TIME: {
        const struct message_moment *moment = place;
        add_if_set(walk, moment->is_set, (uint64_t)moment->value);
        return true;
    }
    case SHAPE_UUID: {
        const struct message_uuid *uuid = place;
        add_number(walk, uuid->is_set);
        add_bytes(walk, uuid->value.bytes, sizeof(uuid->value.bytes));
        return true;
    }
    case SHAPE_DECIMAL: {
        char text[DECIMAL_TEXT_SIZE] = "";
        const struct message_decimal *decimal = place;
        if (decimal->is_set) {
            decimal_format(decimal->value, text);
        }
        add_text(walk, text);
        return true;
    }
    default:
        return add_pointer(walk, member, place);
    }
}

static bool add_struct(const struct walk *walk, const struct shape *shape, const void *place)
{
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        add_text(walk, member->name);
        if (!add_member(walk, member, (const char *)place + member->offset)) {
            return false;
        }
    }
    return true;
}

bool request_digest(struct call *call, const struct operation *operation, const void *request,
                    uint8_t digest_out[SHA256_SIZE], struct error *error)
{
    const struct walk walk = begin_walk(call, error);

    add_text(&walk, operation->service->name);
    add_text(&walk, operation->name);
    add_if_set(&walk, call->has_expected_version, (uint64_t)call->expected_version);
    if (!add_struct(&walk, operation->pattern->request, request)) {
        return false;
    }
    end_walk(&walk, digest_out);
    return true;
}

bool request_digest_row(struct call *call, const struct operation *operation, const char *key,
                        const struct record *record, const struct uuid *id,
                        uint8_t digest_out[SHA256_SIZE], struct error *error)
{
    const struct walk walk = begin_walk(call, error);

    add_text(&walk, operation->service->name);
    add_text(&walk, operation->name);
    add_text(&walk, key);
    if (record == NULL) {
        add_bytes(&walk, id->bytes, sizeof(id->bytes));
    } else if (!add_record(&walk, record)) {
        return false;
    }
    end_walk(&walk, digest_out);
    return true;
}

bool request_digest_item(struct call *call, const char *service, const char *kind,
                         const struct shape *shape, const void *item,
                         uint8_t digest_out[SHA256_SIZE], struct error *error)
{
    const struct walk walk = begin_walk(call, error);

    add_text(&walk, service);
    add_text(&walk, kind);
    if (!add_struct(&walk, shape, item)) {
        return false;
    }
    end_walk(&walk, digest_out);
    return true;
}
