/*
 * letters.c - the operations of the Mail service, and of the records that they make.
 */
#include "support/letters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"

/* ---- a message on its way in ---- */

static bool read_letter(struct file *file, void *bytes, size_t capacity, size_t *length_out,
                        struct error *error)
{
    struct letter *letter = file->context;
    size_t left = letter->length - letter->at;

    (void)error;
    *length_out = left < capacity ? left : capacity;
    memcpy(bytes, letter->bytes + letter->at, *length_out);
    letter->at += *length_out;
    return true;
}

static void rewind_letter(struct file *file)
{
    ((struct letter *)file->context)->at = 0;
}

struct file *letter_put(struct letter *letter, const char *bytes, size_t length)
{
    *letter = (struct letter){.bytes = bytes, .length = length};
    letter->file =
        (struct file){.size = -1, .read = read_letter, .rewind = rewind_letter, .context = letter};
    return &letter->file;
}

const char *letters_write(struct office *office, const char *from, const char *id, const char *more)
{
    return arena_format(office->arena,
                        "From: %s\nTo: sales@svyaz.example\nDate: Mon, 1 Jan 2024 12:00:00 +0300\n"
                        "Message-ID: <%s>\nSubject: Order\n%s\nPlease send three.\n",
                        from, id, more);
}

const struct delivered_email *letters_try(struct office *office, const char *text,
                                          const char *mailbox)
{
    struct letter *letter = arena_allocate(office->arena, sizeof(*letter));
    const struct deliver_incoming_email_request request = {
        .message = letter_put(letter, text, strlen(text)), .mailbox = mailbox};
    const struct deliver_incoming_email_response *response =
        office_try(office, "Mail", "DeliverIncomingEmail", &request);
    return response == NULL ? NULL : response->result;
}

const struct delivered_email *letters_deliver(struct office *office, const char *text,
                                              const char *mailbox)
{
    const struct delivered_email *result = letters_try(office, text, mailbox);

    if (result == NULL) {
        fail_msg("%s (%s)", office->error.message, office->error.cause);
    }
    return result;
}

const struct incoming_email_check *letters_check(struct office *office, const char *text,
                                                 const char *mailbox)
{
    struct letter *letter = arena_allocate(office->arena, sizeof(*letter));
    const struct check_incoming_email_request request = {
        .message = letter_put(letter, text, strlen(text)), .mailbox = mailbox};
    const struct check_incoming_email_response *response =
        office_run(office, "Mail", "CheckIncomingEmail", &request);
    return response->result;
}

/* ---- what became of it ---- */

static const void *run(struct office *office, const char *verb, const char *entity,
                       const void *request)
{
    return office_run(office, entity, arena_format(office->arena, "%s%s", verb, entity), request);
}

const struct record *letters_retrieve(struct office *office, const char *entity,
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
    const struct retrieve_entity_response *response = run(office, "Retrieve", entity, &request);
    return response->record;
}

const struct value *letters_value(const struct record *record, const char *field)
{
    return record_value(record, entity_find_field(record->entity, field));
}

struct uuid letters_create(struct office *office, struct record *record)
{
    const struct create_entity_request request = {.record = record};
    const struct create_entity_response *response =
        run(office, "Create", record->entity->name, &request);
    return response->result->id.value;
}

struct uuid letters_add(struct office *office, const char *entity, const char *name_field,
                        const char *name, const char *mail)
{
    struct record *record = office_record(office, entity, name_field, name);

    office_set(office, record, "emailAddress1", mail);
    if (strcmp(entity, "Lead") == 0) {
        office_set(office, record, "subject", name);
    }
    return letters_create(office, record);
}

void letters_refer(struct office *office, struct record *record, const char *field,
                   const char *entity, const struct uuid *id)
{
    *record_value(record, entity_find_field(record->entity, field)) = (struct value){
        .state = VALUE_SET,
        .reference = {.entity = catalog_find_entity(office->house.platform.catalog, entity),
                      .id = *id}};
}

void letters_change(struct office *office, const char *entity, const struct uuid *id,
                    const char *field, const char *text)
{
    struct record *record =
        record_make(office->arena, catalog_find_entity(office->house.platform.catalog, entity));
    const struct update_entity_request request = {.record = record};

    *record_value(record, record->entity->id) = (struct value){.state = VALUE_SET, .uuid = *id};
    if (text == NULL) {
        record_value(record, entity_find_field(record->entity, field))->state = VALUE_NULL;
    } else {
        office_set(office, record, field, text);
    }
    (void)run(office, "Update", entity, &request);
}

struct uuid letters_add_mailbox(struct office *office, const char *address, const char *holder,
                                const struct uuid *holder_id, const char *field, const char *text)
{
    struct record *record = office_record(office, "Mailbox", "name", address);

    office_set(office, record, "address", address);
    letters_refer(office, record, "holder", holder, holder_id);
    if (field != NULL) {
        office_set(office, record, field, text);
    }
    return letters_create(office, record);
}

struct uuid letters_add_queue(struct office *office, const char *name, const char *address,
                              const char *field, const char *text)
{
    struct record *record = office_record(office, "Queue", "name", name);

    if (address != NULL) {
        office_set(office, record, "emailAddress", address);
    }
    if (field != NULL) {
        office_set(office, record, field, text);
    }
    return letters_create(office, record);
}

struct uuid letters_add_user(struct office *office, const char *name, const char *address,
                             const char *role)
{
    const struct uuid id = office_add_user(office, name, role);

    letters_change(office, "SystemUser", &id, "internalEmailAddress", address);
    return id;
}

static struct condition_request *condition_of(struct office *office, const char *field,
                                              const char *value)
{
    struct condition_request *condition = arena_allocate(office->arena, sizeof(*condition));

    *condition = (struct condition_request){
        .field = field, .operator= "eq", .values = office_list(office, value, NULL)};
    return condition;
}

static const struct entity_page *items_of(struct office *office, const char *queue,
                                          const struct uuid *item)
{
    char id[UUID_TEXT_SIZE];
    struct filter_request filter = {.type = "and"};
    struct filter_request of_queue = {.type = "and"};
    struct link_request link = {.field = "queue", .filter = &of_queue};
    const struct query_request query = {.filter = &filter,
                                        .count = {.is_set = true, .value = true}};
    const struct retrieve_multiple_entity_request request = {.query =
                                                                 (struct query_request *)&query};
    struct array of_item, of_name, links;

    uuid_format(item, id);
    array_init(&of_item, office->arena);
    array_init(&of_name, office->arena);
    array_init(&links, office->arena);
    array_add(&of_item, condition_of(office, "item", id));
    array_add(&of_name, condition_of(office, "name", queue));
    array_add(&links, &link);
    filter.conditions = (struct message_list){.is_set = true, .count = 1, .items = of_item.items};
    filter.links = (struct message_list){.is_set = true, .count = 1, .items = links.items};
    of_queue.conditions = (struct message_list){.is_set = true, .count = 1, .items = of_name.items};
    const struct retrieve_multiple_entity_response *response =
        run(office, "RetrieveMultiple", "QueueItem", &request);
    return response->page;
}

int64_t letters_lying(struct office *office, const char *queue, const struct uuid *item)
{
    return items_of(office, queue, item)->total.value;
}

void letters_take_away(struct office *office, const char *queue, const struct uuid *item)
{
    const struct message_list *items = &items_of(office, queue, item)->records;

    assert_int_equal(items->count, 1);
    const struct record *found = items->items[0];
    const struct delete_entity_request request = {
        .id = {.is_set = true, .value = letters_value(found, "id")->uuid}};
    (void)run(office, "Delete", "QueueItem", &request);
}

struct uuid letters_open_offer(struct office *office)
{
    office_open(office);
    (void)office_add_user(office, "postman", "mail-connector");
    (void)letters_add_user(office, "olga", "olga@svyaz.example", "salesperson");
    const struct uuid account = letters_add(office, "Account", "name", "Firm", "firm@example.com");
    struct record *offer = office_record(office, "Email", "subject", "Offer");
    office_set(office, offer, "messageId", "offer@svyaz");
    letters_refer(office, offer, "regarding", "Account", &account);
    (void)letters_create(office, offer);
    office->credentials.basic_name = "postman";
    return account;
}

void letters_expect_about(struct office *office, const struct uuid *email,
                          const struct uuid *record)
{
    const struct value *regarding =
        letters_value(letters_retrieve(office, "Email", email, "regarding", NULL), "regarding");

    assert_int_equal(regarding->state == VALUE_SET, record != NULL);
    if (record != NULL) {
        assert_true(uuid_is_equal(&regarding->reference.id, record));
    }
}

int64_t letters_count(struct office *office, const char *entity)
{
    const struct query_request query = {.count = {.is_set = true, .value = true}};
    const struct retrieve_multiple_entity_request request = {.query =
                                                                 (struct query_request *)&query};
    const struct retrieve_multiple_entity_response *response =
        run(office, "RetrieveMultiple", entity, &request);
    return response->page->total.value;
}
