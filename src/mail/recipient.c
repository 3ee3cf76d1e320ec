/*
 * recipient.c - the addresses of those whom an e-mail is for, and whether they want it.
 */
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/map.h"
#include "base/settings.h"
#include "call/call.h"
#include "mail/send.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"

enum { COLUMNS_MOST = 20 };

/* By which a record says that it wants no mail; the second is about mail to many. */
static const char *const wishes[] = {"doNotEmail", "doNotBulkEmail"};

enum { WISHES = sizeof(wishes) / sizeof(wishes[0]) };

/* The envelope that grows. */
struct gathering {
    struct call *call;
    struct outgoing_mail *mail;
    struct map *seen; /* by compared address */
    struct buffer envelope;
    size_t count;
};

static struct column_set columns_of(const struct entity *entity, const struct field **fields)
{
    size_t count = 0;

    fields[count++] = entity->id;
    fields[count++] = entity->name_field;
    for (size_t i = 0; i < WISHES; i++) {
        const struct field *wish = entity_find_field(entity, wishes[i]);
        if (wish != NULL) {
            fields[count++] = wish;
        }
    }
    for (size_t i = 0; i < entity->field_count && count < COLUMNS_MOST; i++) {
        if (entity->fields[i]->is_email) {
            fields[count++] = entity->fields[i];
        }
    }
    return (struct column_set){.fields = fields, .count = count};
}

static const char *name_of(const struct record *record)
{
    const struct field *field = record->entity->name_field;
    return record_has(record, field) ? record_value(record, field)->text : NULL;
}

/* The first that it has. */
static const char *address_of(const struct record *record)
{
    for (size_t i = 0; i < record->entity->field_count; i++) {
        const struct field *field = record->entity->fields[i];
        if (field->is_email && record_has(record, field) &&
            *record_value(record, field)->text != '\0') {
            return record_value(record, field)->text;
        }
    }
    return NULL;
}

static bool wants_mail(const struct record *record, bool is_bulk)
{
    for (size_t i = 0; i < (is_bulk ? WISHES : 1); i++) {
        const struct field *wish = entity_find_field(record->entity, wishes[i]);
        if (wish != NULL && record_has(record, wish) && record_value(record, wish)->boolean) {
            return false;
        }
    }
    return true;
}

/* The address of a record, and its name. */
static bool ask_record(struct gathering *gathering, const struct field *list,
                       const struct party *party, struct mime_address *address, struct error *error)
{
    const struct entity *entity = party->reference.entity;
    const struct field *fields[COLUMNS_MOST];
    const struct column_set columns = columns_of(entity, fields);
    struct record *record = NULL;

    if (!query_read(gathering->call, entity, &party->reference.id, &columns, &record, error)) {
        return false;
    }
    if (record == NULL) {
        return error_set_about(error, ERROR_REFERENCE_NOT_FOUND, "Email", list->name,
                               "%s names a %s that is not there", list->name, entity->name);
    }
    const char *name = name_of(record);
    if (!wants_mail(record, gathering->mail->is_bulk)) {
        return error_set_about(error, ERROR_RULE_BROKEN, "Email", list->name, "%s wants no e-mail",
                               name == NULL ? entity->name : name);
    }
    address->name = name;
    address->address = party->address != NULL ? party->address : address_of(record);
    return address->address != NULL ||
           error_set_about(error, ERROR_RULE_BROKEN, "Email", list->name,
                           "%s has no e-mail address", name == NULL ? entity->name : name);
}

static bool add_to_envelope(struct gathering *gathering, const struct field *list,
                            const struct mime_address *address, struct error *error)
{
    size_t most = (size_t)gathering->call->settings->mail.recipients;

    const char *wire = mime_sendable_address(gathering->call->arena, address->address);

    if (wire == NULL) {
        return error_set_about(error, ERROR_VALUE_INVALID, "Email", list->name,
                               "No mail can be sent to \"%.100s\"", address->address);
    }
    if (map_get(gathering->seen, address->compared) != NULL) {
        return true;
    }
    if (gathering->count == most) {
        return error_set_about(error, ERROR_LIMIT_EXCEEDED, "Email", list->name,
                               "There may be at most %zu recipients, which is mail.recipients",
                               most);
    }
    map_set(gathering->seen, address->compared, gathering);
    buffer_add_format(&gathering->envelope, "%s%s", gathering->count == 0 ? "" : "\n", wire);
    gathering->count++;
    return true;
}

static bool add_list(struct gathering *gathering, const char *name,
                     struct mime_addresses *addresses, struct error *error)
{
    const struct record *record = gathering->mail->record;
    const struct field *list = entity_find_field(record->entity, name);
    const struct value *value = record_value(record, list);
    size_t count = value->state == VALUE_SET ? value->parties.count : 0;
    struct mime_address *items =
        arena_allocate_array(gathering->call->arena, count, sizeof(*items));

    for (size_t i = 0; i < count; i++) {
        const struct party *party = &value->parties.items[i];
        items[i].address = party->address;
        if (party->reference.entity != NULL &&
            !ask_record(gathering, list, party, &items[i], error)) {
            return false;
        }
        items[i].compared = mime_compared_address(gathering->call->arena, items[i].address);
        if (!add_to_envelope(gathering, list, &items[i], error)) {
            return false;
        }
    }
    *addresses = (struct mime_addresses){.items = items, .count = count};
    return true;
}

bool mail_find_recipients(struct call *call, struct outgoing_mail *mail, struct error *error)
{
    struct gathering gathering = {.call = call, .mail = mail, .seen = map_create(call->arena)};
    struct mime_addresses blind;

    buffer_init(&gathering.envelope, call->arena, 64);
    if (!add_list(&gathering, "to", &mail->draft.to, error) ||
        !add_list(&gathering, "cc", &mail->draft.cc, error) ||
        !add_list(&gathering, "bcc", &blind, error)) {
        return false;
    }
    mail->recipients = gathering.envelope.bytes;
    return gathering.count > 0 || error_set_about(error, ERROR_FIELD_REQUIRED, "Email", "to",
                                                  "A message needs somebody to go to");
}
