/*
 * mail_office.c - people, drafts, and what became of them.
 */
#include "support/mail_office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "generated/messages.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"
#include "record/file.h"
#include "support/letters.h"

enum { PIECE = 4096 };

static const struct entity *entity_of(struct office *office, const char *name)
{
    return catalog_find_entity(office->house.platform.catalog, name);
}

struct uuid mail_create(struct office *office, struct record *record)
{
    const struct create_entity_request request = {.record = record};
    const char *entity = record->entity->name;
    const struct create_entity_response *response =
        office_run(office, entity, arena_format(office->arena, "Create%s", entity), &request);
    return response->result->id.value;
}

void mail_change(struct office *office, const char *entity, const struct uuid *id,
                 const char *field, const char *text)
{
    struct record *record = office_record(office, entity, field, text);
    const struct update_entity_request request = {.record = record};

    *record_value(record, record->entity->id) = (struct value){.state = VALUE_SET, .uuid = *id};
    (void)office_run(office, entity, arena_format(office->arena, "Update%s", entity), &request);
}

struct uuid mail_add_user(struct office *office, const char *name, const char *role,
                          const char *address)
{
    const struct uuid id = office_add_user(office, name, role);

    mail_change(office, "SystemUser", &id, "internalEmailAddress", address);
    return id;
}

struct uuid mail_add_contact(struct office *office, const char *name, const char *address,
                             const char *field, const char *text)
{
    struct record *contact = office_record(office, "Contact", "lastName", name);

    if (address != NULL) {
        office_set(office, contact, "emailAddress1", address);
    }
    if (field != NULL) {
        office_set(office, contact, field, text);
    }
    return mail_create(office, contact);
}

void mail_add_party(struct office *office, struct record *email, const char *list,
                    const char *entity, const struct uuid *id, const char *address)
{
    struct value *value = record_value(email, entity_find_field(email->entity, list));
    size_t count = value->state == VALUE_SET ? value->parties.count : 0;
    struct party *parties = arena_allocate_array(office->arena, count + 1, sizeof(*parties));

    for (size_t i = 0; i < count; i++) {
        parties[i] = value->parties.items[i];
    }
    parties[count].address = address;
    if (entity != NULL) {
        parties[count].reference =
            (struct reference){.entity = entity_of(office, entity), .id = *id};
    }
    *value = (struct value){.state = VALUE_SET};
    value->parties.items = parties;
    value->parties.count = count + 1;
}

void mail_refer(struct office *office, struct record *record, const char *field, const char *entity,
                const struct uuid *id)
{
    *record_value(record, entity_find_field(record->entity, field)) = (struct value){
        .state = VALUE_SET, .reference = {.entity = entity_of(office, entity), .id = *id}};
}

struct record *mail_draft(struct office *office, const char *subject, const struct uuid *contact)
{
    struct record *email = office_record(office, "Email", "subject", subject);

    office_set(office, email, "description", "<p>Добрый день!</p>");
    mail_add_party(office, email, "to", "Contact", contact, NULL);
    return email;
}

const struct record *mail_read_record(struct office *office, const char *entity,
                                      const struct uuid *id, ...)
{
    struct retrieve_entity_request request = {.id = {.is_set = true, .value = *id}};
    struct array names;
    const char *name = NULL;
    va_list list;

    array_init(&names, office->arena);
    va_start(list, id);
    while ((name = va_arg(list, const char *)) != NULL) {
        array_add(&names, name);
    }
    va_end(list);
    request.columns =
        (struct message_list){.is_set = true, .count = names.count, .items = names.items};
    const struct retrieve_entity_response *response =
        office_run(office, entity, arena_format(office->arena, "Retrieve%s", entity), &request);
    return response->record;
}

const struct value *mail_value(const struct record *record, const char *field)
{
    return record_value(record, entity_find_field(record->entity, field));
}

const char *mail_bytes(struct office *office, const struct file *kept)
{
    struct call *call = test_call_begin(&office->house);
    struct file *file = NULL;
    struct error error = {0};
    struct buffer bytes;
    size_t length = 0;

    buffer_init(&bytes, office->arena, PIECE);
    assert_true(file_open(call, &kept->id, &file, &error));
    do {
        char *room = buffer_reserve(&bytes, PIECE);
        assert_true(file->read(file, room, PIECE, &length, &error));
        buffer_commit(&bytes, length);
    } while (length > 0);
    test_call_end(&call);
    return bytes.bytes;
}

/* ---- a file of a request ---- */

struct file *mail_file_of(struct office *office, const char *text)
{
    return letter_put(arena_allocate(office->arena, sizeof(struct letter)), text, strlen(text));
}

int64_t mail_count(struct office *office, const char *entity)
{
    const struct query_request query = {.count = {.is_set = true, .value = true}};
    struct retrieve_multiple_entity_request request = {.query = (struct query_request *)&query};
    const struct retrieve_multiple_entity_response *response = office_run(
        office, entity, arena_format(office->arena, "RetrieveMultiple%s", entity), &request);

    return response->page->total.value;
}
