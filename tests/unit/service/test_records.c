/*
 * test_records.c - the operations on records, through the whole pipeline.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "generated/messages.h"
#include "metadata/record.h"
#include "query/request.h"
#include "record/file.h"
#include "support/office.h"

static struct office office;

static const struct write_result *create(struct record *record)
{
    const struct create_entity_request request = {.record = record};
    const char *entity = record->entity->name;
    const struct create_entity_response *response =
        office_run(&office, entity, arena_format(office.arena, "Create%s", entity), &request);

    return response->result;
}

static const struct record *retrieve(const char *entity, const struct uuid *id)
{
    const struct retrieve_entity_request request = {.id = {.is_set = true, .value = *id}};
    const struct retrieve_entity_response *response =
        office_run(&office, entity, arena_format(office.arena, "Retrieve%s", entity), &request);

    return response->record;
}

void test_record__is_created_and_read_back(void **state)
{
    (void)state;
    office_open(&office);
    struct record *account = office_record(&office, "Account", "name", "Ромашка");
    office_set(&office, account, "creditLimit", "1234567.8901");
    const struct write_result *result = create(account);
    assert_true(result->created.value);
    assert_int_equal(result->version.value, 1);
    const struct record *read = retrieve("Account", &result->id.value);
    assert_string_equal(office_text(&office, read, "name"), "Ромашка");
    assert_string_equal(office_text(&office, read, "creditLimit"), "1234567.8901");
    assert_non_null(office_text(&office, read, "owner"));
    office_close(&office);
}

void test_record__handlers_leave_the_request_alone(void **state)
{
    (void)state;
    office_open(&office);
    struct record *account = office_record(&office, "Account", "name", "A");
    (void)create(account);
    assert_null(office_text(&office, account, "id"));
    assert_null(office_text(&office, account, "owner"));
    /* so that the same request may be run again */
    assert_true(create(account)->created.value);
    office_close(&office);
}

void test_record__update_changes_what_is_sent(void **state)
{
    (void)state;
    office_open(&office);
    struct record *account = office_record(&office, "Account", "name", "A");
    office_set(&office, account, "telephone1", "1");
    const struct write_result *made = create(account);
    struct record *change = office_record(&office, "Account", "numberOfEmployees", "7");
    *record_value(change, change->entity->id) =
        (struct value){.state = VALUE_SET, .uuid = made->id.value};
    const struct update_entity_request request = {.record = change};
    const struct update_entity_response *response =
        office_run(&office, "Account", "UpdateAccount", &request);
    assert_int_equal(response->result->version.value, 2);
    assert_false(response->result->created.value);
    const struct record *read = retrieve("Account", &made->id.value);
    assert_string_equal(office_text(&office, read, "telephone1"), "1");
    assert_string_equal(office_text(&office, read, "numberOfEmployees"), "7");
    office_close(&office);
}

static const struct write_result *upsert(const char *number, const char *name)
{
    struct record *account = office_record(&office, "Account", "accountNumber", number);
    office_set(&office, account, "name", name);
    const struct upsert_entity_request request = {.key_name = "accountNumber", .record = account};
    const struct upsert_entity_response *response =
        office_run(&office, "Account", "UpsertAccount", &request);
    return response->result;
}

void test_record__upsert_creates_then_changes_then_keeps(void **state)
{
    (void)state;
    office_open(&office);
    const struct write_result *first = upsert("A-1", "Alfreds");
    const struct write_result *second = upsert("A-1", "Alfreds Futterkiste");
    const struct write_result *third = upsert("A-1", "Alfreds Futterkiste");
    assert_true(first->created.value);
    assert_false(second->created.value);
    assert_true(uuid_is_equal(&first->id.value, &second->id.value));
    assert_int_equal(second->version.value, 2);
    assert_int_equal(third->version.value, 2);
    office_close(&office);
}

void test_record__upsert_by_an_unknown_key_names_the_known(void **state)
{
    const struct upsert_entity_request request = {.key_name = "phase"};
    struct upsert_entity_request asked = request;

    (void)state;
    office_open(&office);
    asked.record = office_record(&office, "Account", "name", "A");
    office_expect(&office, office_try(&office, "Account", "UpsertAccount", &asked),
                  ERROR_KEY_UNKNOWN);
    assert_string_equal(office.error.subject, "keyName");
    assert_non_null(strstr(office.error.message, "accountNumber"));
    office_close(&office);
}

void test_record__is_found_by_alternate_key(void **state)
{
    const char *values[] = {"A-1"};
    struct alternate_key key = {.name = "accountNumber", .values = values, .value_count = 1};
    struct retrieve_entity_request request = {.alternate_key = &key};

    (void)state;
    office_open(&office);
    (void)upsert("A-1", "Alfreds");
    request.columns = office_list(&office, "name", NULL);
    const struct retrieve_entity_response *response =
        office_run(&office, "Account", "RetrieveAccount", &request);
    assert_string_equal(office_text(&office, response->record, "name"), "Alfreds");
    assert_null(office_text(&office, response->record, "accountNumber"));
    values[0] = "A-2";
    office_expect(&office, office_try(&office, "Account", "RetrieveAccount", &request),
                  ERROR_RECORD_NOT_FOUND);
    request.id.is_set = true;
    office_expect(&office, office_try(&office, "Account", "RetrieveAccount", &request),
                  ERROR_VALUE_INVALID);
    request = (struct retrieve_entity_request){.id.is_set = false};
    office_expect(&office, office_try(&office, "Account", "RetrieveAccount", &request),
                  ERROR_PARAMETER_REQUIRED);
    office_close(&office);
}

void test_record__is_deleted(void **state)
{
    struct delete_entity_request request = {.id.is_set = true};

    (void)state;
    office_open(&office);
    request.id.value = create(office_record(&office, "Account", "name", "A"))->id.value;
    (void)office_run(&office, "Account", "DeleteAccount", &request);
    office_expect(&office, office_try(&office, "Account", "DeleteAccount", &request),
                  ERROR_RECORD_NOT_FOUND);
    office_close(&office);
}

void test_record__is_listed_page_by_page(void **state)
{
    struct order_request order = {.field = "name"};
    void *orders[] = {&order};
    struct query_request query = {.orders = {.is_set = true, .count = 1, .items = orders},
                                  .page_size = {.is_set = true, .value = 2},
                                  .count = {.is_set = true, .value = true}};
    const struct retrieve_multiple_entity_request request = {.query = &query};
    const struct retrieve_multiple_entity_response *response;

    (void)state;
    office_open(&office);
    (void)upsert("1", "Anna");
    (void)upsert("2", "Boris");
    (void)upsert("3", "Clara");
    response = office_run(&office, "Account", "RetrieveMultipleAccount", &request);
    assert_int_equal(response->page->records.count, 2);
    assert_true(response->page->more.value);
    assert_int_equal(response->page->total.value, 3);
    query.cookie = response->page->next_cookie;
    assert_non_null(query.cookie);
    response = office_run(&office, "Account", "RetrieveMultipleAccount", &request);
    assert_int_equal(response->page->records.count, 1);
    assert_string_equal(office_text(&office, response->page->records.items[0], "name"), "Clara");
    assert_false(response->page->more.value);
    assert_null(response->page->next_cookie);
    office_close(&office);
}

void test_record__validate_only_leaves_nothing(void **state)
{
    (void)state;
    office_open(&office);
    office.is_validate_only = true;
    const struct write_result *result = create(office_record(&office, "Account", "name", "A"));
    const struct retrieve_entity_request request = {.id = result->id};
    office.is_validate_only = false;
    office_expect(&office, office_try(&office, "Account", "RetrieveAccount", &request),
                  ERROR_RECORD_NOT_FOUND);
    office_close(&office);
}

static struct record *with_key(const char *key)
{
    struct record *account = office_record(&office, "Account", "externalId", key);
    office_set(&office, account, "name", "A");
    return account;
}

/* The row goes with the commit; who only tries is told all the same. */
void test_record__a_taken_key_is_told(void **state)
{
    (void)state;
    office_open(&office);
    (void)create(with_key("1"));
    for (int round = 0; round < 2; round++) {
        const struct create_entity_request request = {.record = with_key("1")};
        office.is_validate_only = round == 1;
        office_expect(&office, office_try(&office, "Account", "CreateAccount", &request),
                      ERROR_DUPLICATE_KEY);
        assert_string_equal(office.error.entity, "Account");
        assert_string_equal(office.error.subject, "externalId");
    }
    office_close(&office);
}

/* Content whose first reading is broken off by a conflict in the database. */
struct source {
    size_t at;
    int conflicts;
};

static const char content[] = "from the first byte to the last";

static bool read_source(struct file *file, void *bytes, size_t capacity, size_t *length_out,
                        struct error *error)
{
    struct source *source = file->context;

    if (source->at > 0 && source->conflicts-- > 0) {
        return error_set(error, ERROR_DATABASE_CONFLICT, NULL, "Others write.");
    }
    *length_out = source->at < sizeof(content) - 1 && capacity > 0 ? 1 : 0;
    memcpy(bytes, content + source->at, *length_out);
    source->at += *length_out;
    return true;
}

static void rewind_source(struct file *file)
{
    ((struct source *)file->context)->at = 0;
}

static struct record *note_with(struct file *file, struct source *source)
{
    struct record *note = office_record(&office, "Note", "subject", "A");
    struct value *document = record_value(note, entity_find_field(note->entity, "document"));

    *file =
        (struct file){.size = -1, .read = read_source, .rewind = rewind_source, .context = source};
    *document = (struct value){.state = VALUE_SET, .file = file};
    return note;
}

void test_record__a_file_is_stored_whole_when_a_conflict_breaks_it_off(void **state)
{
    struct source source = {.conflicts = 1};
    struct file file;

    (void)state;
    office_open(&office);
    (void)create(note_with(&file, &source));
    assert_int_equal(file.size, sizeof(content) - 1);
    office_close(&office);
}

/* Whether the file is in the database. */
static bool is_kept(const struct file *file)
{
    struct call *call = test_call_begin(&office.house);
    struct file *found = NULL;
    struct error error = {0};
    bool is_found = file_open(call, &file->id, &found, &error);

    test_call_end(&call);
    return is_found;
}

void test_record__a_file_stays_only_where_the_write_did(void **state)
{
    struct source sources[3] = {{0}};
    struct file kept, tried, refused;

    (void)state;
    office_open(&office);
    const struct write_result *first = create(note_with(&kept, &sources[0]));
    assert_true(is_kept(&kept));
    office.is_validate_only = true;
    (void)create(note_with(&tried, &sources[1]));
    office.is_validate_only = false;
    assert_false(is_kept(&tried));
    struct record *note = note_with(&refused, &sources[2]);
    *record_value(note, note->entity->id) =
        (struct value){.state = VALUE_SET, .uuid = first->id.value};
    const struct create_entity_request request = {.record = note};
    office_expect(&office, office_try(&office, "Note", "CreateNote", &request),
                  ERROR_DUPLICATE_KEY);
    assert_false(uuid_is_empty(&refused.id));
    assert_false(is_kept(&refused));
    office_close(&office);
}
