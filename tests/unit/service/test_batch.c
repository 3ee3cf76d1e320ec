/*
 * test_batch.c - different writes in one call, that may refer to one another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "generated/messages.h"
#include "generated/settings.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"
#include "service/metrics.h"
#include "support/office.h"

enum { ROWS = 12 };

static struct office office;

/* The batch that is being written. */
static struct batch_row *rows[ROWS];
static size_t row_count;

static void open_office(void)
{
    office_open(&office);
    row_count = 0;
}

static void close_office(void)
{
    office_close(&office);
}

/* ---- rows ---- */

static void add_item(struct message_list *list, const void *item)
{
    void **items = arena_allocate_array(office.arena, list->count + 1, sizeof(*items));

    if (list->count > 0) {
        memcpy(items, list->items, list->count * sizeof(*items));
    }
    items[list->count] = (void *)item;
    *list = (struct message_list){.is_set = true, .count = list->count + 1, .items = items};
}

static struct batch_row *add_row(const char *operation, const char *entity, const char *tag)
{
    struct batch_row *row = arena_allocate(office.arena, sizeof(*row));

    assert_true(row_count < ROWS);
    *row = (struct batch_row){.operation = operation, .entity = entity, .tag = tag};
    rows[row_count++] = row;
    return row;
}

static struct batch_field *add_field(struct batch_row *row, const char *name)
{
    struct batch_field *field = arena_allocate(office.arena, sizeof(*field));

    *field = (struct batch_field){.name = name};
    add_item(&row->fields, field);
    return field;
}

static void set(struct batch_row *row, const char *name, const char *value)
{
    add_field(row, name)->value = value;
}

static void refer(struct batch_row *row, const char *name, const char *tag)
{
    add_field(row, name)->result_of = tag;
}

/* A row that creates an account with this name. */
static struct batch_row *add_account(const char *tag, const char *name)
{
    struct batch_row *row = add_row("create", "Account", tag);

    set(row, "name", name);
    return row;
}

static struct batch_row *add_contact(const char *tag, const char *name, const char *customer)
{
    struct batch_row *row = add_row("create", "Contact", tag);

    set(row, "lastName", name);
    refer(row, "parentCustomer", customer);
    return row;
}

static void name_record(struct batch_row *row, const struct uuid *id)
{
    row->id = (struct message_uuid){.is_set = true, .value = *id};
}

static struct execute_batch_request request_of(bool is_all_or_none)
{
    return (struct execute_batch_request){
        .rows = {.is_set = true, .count = row_count, .items = (void **)rows},
        .all_or_none = {.is_set = is_all_or_none, .value = is_all_or_none}};
}

static const struct bulk_result *run(bool is_all_or_none)
{
    const struct execute_batch_request request = request_of(is_all_or_none);
    const struct execute_batch_response *response =
        office_run(&office, "Batch", "ExecuteBatch", &request);

    return response->result;
}

static void expect_fault(bool is_all_or_none, enum error_code code)
{
    const struct execute_batch_request request = request_of(is_all_or_none);

    office_expect(&office, office_try(&office, "Batch", "ExecuteBatch", &request), code);
}

/* ---- what came of them ---- */

static const struct row_result *result_at(const struct bulk_result *result, size_t row)
{
    assert_true(row < result->rows.count);
    return result->rows.items[row];
}

/* Of each row the code with which it failed, or NULL. */
static void expect_rows(const struct bulk_result *result, const char *const *codes)
{
    int64_t failed = 0;

    assert_int_equal(result->rows.count, row_count);
    for (size_t row = 0; row < row_count; row++) {
        const struct row_result *one = result_at(result, row);
        if (codes[row] == NULL && !one->ok.value) {
            fail_msg("row %zu: %s %s", row + 1, one->code, one->message);
        }
        assert_int_equal(one->ok.value, codes[row] == NULL);
        if (codes[row] != NULL) {
            assert_string_equal(one->code, codes[row]);
            failed++;
        }
    }
    assert_int_equal(result->failed.value, failed);
    assert_int_equal(result->succeeded.value, (int64_t)row_count - failed);
}

static void expect_all_done(const struct bulk_result *result)
{
    static const char *const codes[ROWS] = {NULL};

    expect_rows(result, codes);
}

static const struct record *read(const char *entity, const struct uuid *id, const char *column)
{
    const struct retrieve_entity_request request = {.id = {.is_set = true, .value = *id},
                                                    .columns = office_list(&office, column, NULL)};
    const struct retrieve_entity_response *response =
        office_run(&office, entity, arena_format(office.arena, "Retrieve%s", entity), &request);

    return response->record;
}

static const struct value *value_of(const char *entity, const struct uuid *id, const char *field)
{
    const struct record *record = read(entity, id, field);

    return record_value(record, entity_find_field(record->entity, field));
}

static int64_t count_of(const char *entity)
{
    struct query_request query = {.count = {.is_set = true, .value = true},
                                  .page_size = {.is_set = true, .value = 1}};
    const struct retrieve_multiple_entity_request all = {.query = &query};
    const struct retrieve_multiple_entity_response *response =
        office_run(&office, entity, arena_format(office.arena, "RetrieveMultiple%s", entity), &all);

    return response->page->total.value;
}

/* ---- the tests ---- */

void test_batch__rows_refer_to_the_results_of_earlier_rows(void **state)
{
    struct batch_party to = {.result_of = "contact"};
    struct batch_party copy = {.address = "x@example.org"};

    (void)state;
    open_office();
    (void)add_account("account", "Alfreds");
    (void)add_contact("contact", "Anders", "account");
    struct batch_row *row = add_row("create", "Opportunity", "chance");
    set(row, "name", "Tea");
    refer(row, "customer", "account");
    row = add_row("update", "Account", NULL);
    row->result_of = "account";
    refer(row, "primaryContact", "contact");
    row = add_row("create", "Email", NULL);
    set(row, "subject", "Welcome");
    refer(row, "regarding", "chance");
    struct batch_field *parties = add_field(row, "to");
    add_item(&parties->parties, &to);
    add_item(&parties->parties, &copy);

    const struct bulk_result *result = run(false);
    expect_all_done(result);
    const struct uuid *account = &result_at(result, 0)->id.value;
    const struct uuid *contact = &result_at(result, 1)->id.value;
    assert_string_equal(result_at(result, 0)->row_tag, "account");
    assert_true(
        uuid_is_equal(&value_of("Contact", contact, "parentCustomer")->reference.id, account));
    assert_true(uuid_is_equal(
        &value_of("Opportunity", &result_at(result, 2)->id.value, "customer")->reference.id,
        account));
    assert_true(
        uuid_is_equal(&value_of("Account", account, "primaryContact")->reference.id, contact));
    assert_int_equal(result_at(result, 3)->version.value, 2);
    const struct value *people = value_of("Email", &result_at(result, 4)->id.value, "to");
    assert_int_equal(people->parties.count, 2);
    close_office();
}

void test_batch__does_whatever_one_does_with_records(void **state)
{
    (void)state;
    open_office();
    set(add_account("a", "A"), "externalId", "1");
    (void)add_account("b", "B");
    struct batch_row *row = add_row("upsert", "Account", NULL);
    row->key_name = "externalId";
    set(row, "externalId", "1");
    set(row, "name", "A again");
    set(row, "telephone1", "030");
    row = add_row("update", "Account", NULL);
    row->key_name = "externalId";
    set(row, "externalId", "1");
    row->fields_to_null = office_list(&office, "telephone1", NULL);
    row = add_row("delete", "Account", NULL);
    row->result_of = "b";

    const struct bulk_result *result = run(true);
    expect_all_done(result);
    const struct uuid *id = &result_at(result, 0)->id.value;
    assert_false(result_at(result, 2)->created.value);
    assert_true(uuid_is_equal(&result_at(result, 2)->id.value, id));
    assert_string_equal(office_text(&office, read("Account", id, "name"), "name"), "A again");
    assert_null(office_text(&office, read("Account", id, "telephone1"), "telephone1"));
    assert_int_equal(result_at(result, 3)->version.value, 3);
    assert_false(result_at(result, 4)->version.is_set);
    assert_int_equal(count_of("Account"), 1);
    close_office();
}

/* The first finds the key taken, though the second gives it up. */
static void give_up_after(const char *number)
{
    static const char *const codes[] = {"DUPLICATE_KEY", NULL};

    open_office();
    set(add_account(NULL, "X"), "accountNumber", "K");
    const struct bulk_result *before = run(false);
    expect_all_done(before);
    row_count = 0;
    set(add_account(NULL, "Y"), "accountNumber", "K");
    struct batch_row *row = add_row("update", "Account", NULL);
    name_record(row, &result_at(before, 0)->id.value);
    if (number != NULL) {
        set(row, "accountNumber", number);
    } else {
        row->fields_to_null = office_list(&office, "accountNumber", NULL);
    }
    expect_fault(true, ERROR_DUPLICATE_KEY);
    assert_non_null(strstr(office.error.message, "Row 1: "));
    expect_rows(run(false), codes);
    assert_int_equal(count_of("Account"), 1);
    close_office();
}

void test_batch__a_key_is_free_for_later_rows_only(void **state)
{
    (void)state;
    give_up_after("L");
    give_up_after(NULL);
}

void test_batch__what_hangs_on_a_row_that_failed_fails_too(void **state)
{
    static const char *const codes[] = {NULL, "FIELD_REQUIRED", "EARLIER_ROW_FAILED",
                                        "EARLIER_ROW_FAILED", NULL};
    (void)state;
    open_office();
    (void)add_account("good", "Good");
    (void)add_row("create", "Account", "bad");
    (void)add_contact("worse", "Worse", "bad");
    struct batch_row *row = add_row("delete", "Contact", NULL);
    row->result_of = "worse";
    (void)add_contact(NULL, "Fine", "good");
    expect_rows(run(false), codes);
    assert_int_equal(count_of("Account"), 1);
    assert_int_equal(count_of("Contact"), 1);
    close_office();
}

void test_batch__all_or_none_leaves_nothing(void **state)
{
    (void)state;
    open_office();
    (void)add_account("a", "A");
    (void)add_contact(NULL, "C", "a");
    (void)add_row("create", "Account", NULL);
    (void)add_account(NULL, "B");
    expect_fault(true, ERROR_FIELD_REQUIRED);
    assert_non_null(strstr(office.error.message, "Row 3: "));
    assert_string_equal(office.error.entity, "Account");
    assert_string_equal(office.error.subject, "name");
    assert_int_equal(count_of("Account"), 0);
    assert_int_equal(count_of("Contact"), 0);
    close_office();
}

void test_batch__refuses_references_that_lead_nowhere(void **state)
{
    static const char *const codes[] = {
        NULL,                  /* the account */
        "VALUE_INVALID",       /* no such tag */
        "VALUE_INVALID",       /* of itself */
        "VALUE_INVALID",       /* of a later row */
        "VALUE_INVALID",       /* the field takes no accounts */
        "VALUE_INVALID",       /* the row is about contacts */
        NULL,                  /* deletes the account */
        "REFERENCE_NOT_FOUND", /* which is gone */
        NULL,
    };
    (void)state;
    open_office();
    (void)add_account("account", "A");
    (void)add_contact(NULL, "C", "nobody");
    (void)add_contact("self", "C", "self");
    (void)add_contact(NULL, "C", "later");
    struct batch_row *row = add_account(NULL, "B");
    refer(row, "primaryContact", "account");
    row = add_row("update", "Contact", NULL);
    row->result_of = "account";
    set(row, "lastName", "X");
    row = add_row("delete", "Account", NULL);
    row->result_of = "account";
    (void)add_contact(NULL, "C", "account");
    (void)add_account("later", "L");
    expect_rows(run(false), codes);
    assert_int_equal(count_of("Contact"), 0);

    add_account("later", "M");
    expect_fault(false, ERROR_VALUE_INVALID);
    assert_string_equal(office.error.subject, "tag");
    assert_int_equal(count_of("Account"), 1);
    close_office();
}

void test_batch__refuses_rows_that_make_no_sense(void **state)
{
    static const char *const codes[] = {
        "ENTITY_UNKNOWN",     "CHOICE_UNKNOWN", "OPERATION_UNKNOWN",  "FIELD_UNKNOWN",
        "VALUE_INVALID",      "VALUE_INVALID",  "VALUE_OUT_OF_RANGE", "VALUE_INVALID",
        "PARAMETER_REQUIRED", "KEY_UNKNOWN",    "PARAMETER_REQUIRED", "VALUE_INVALID",
    };
    struct batch_party party = {.address = "x@example.org"};
    struct batch_row *row = NULL;

    (void)state;
    open_office();
    (void)add_row("create", "Ship", NULL);
    (void)add_row("sink", "Account", NULL);
    (void)add_row("assign", "SalesOrderDetail", NULL); /* is its order's, whoever asks */
    set(add_account(NULL, "A"), "mast", "1");
    set(add_account(NULL, "A"), "name", "B");
    (void)add_field(add_account(NULL, "A"), "telephone1");
    set(add_account(NULL, "A"), "numberOfEmployees", "-1");
    add_item(&add_field(add_account(NULL, "A"), "telephone1")->parties, &party);
    (void)add_row("upsert", "Account", NULL);
    add_row("upsert", "Account", NULL)->key_name = "mast";
    (void)add_row("delete", "Account", NULL);
    row = add_row("create", "Account", NULL);
    row->version = (struct message_integer){.is_set = true, .value = 1};
    expect_rows(run(false), codes);
    assert_int_equal(count_of("Account"), 0);
    close_office();
}

void test_batch__fields_take_what_suits_them(void **state)
{
    static const char *const codes[] = {"VALUE_INVALID", "VALUE_INVALID", "VALUE_INVALID",
                                        "VALUE_INVALID", "VALUE_INVALID", NULL,
                                        "VALUE_INVALID", "VALUE_INVALID"};
    struct batch_row *row = NULL;
    (void)state;
    open_office();
    refer(add_account(NULL, "A"), "telephone1", "x");
    row = add_row("create", "Email", NULL);
    set(row, "to", "x@example.org");
    row = add_row("create", "Note", NULL);
    set(row, "document", "AAAA");
    row = add_row("assign", "Account", NULL);
    row->id = (struct message_uuid){.is_set = true};
    set(row, "name", "B");
    row = add_account(NULL, "A");
    row->fields_to_null = office_list(&office, "name", NULL);
    set(add_account("last", "A"), "description", "");
    row = add_row("update", "Account", NULL);
    row->key_name = "externalId";
    row->id = (struct message_uuid){.is_set = true};
    row = add_row("delete", "Account", NULL);
    row->id = (struct message_uuid){.is_set = true};
    row->result_of = "last";
    expect_rows(run(false), codes);
    close_office();
}

void test_batch__a_row_is_done_once(void **state)
{
    (void)state;
    open_office();
    add_account("a", "A")->request_id = "1";
    add_contact("c", "C", "a")->request_id = "2";
    struct batch_row *row = add_row("delete", "Contact", NULL);
    row->result_of = "c";
    row->request_id = "3";
    const struct bulk_result *first = run(false);
    expect_all_done(first);

    /* again, with one row more, which refers to what was done before */
    (void)add_contact(NULL, "D", "a");
    for (int i = 0; i < 2; i++) {
        const struct bulk_result *again = run(i == 1);
        expect_all_done(again);
        for (size_t place = 0; place < 3; place++) {
            assert_true(result_at(again, place)->repeated.is_set);
            assert_true(uuid_is_equal(&result_at(again, place)->id.value,
                                      &result_at(first, place)->id.value));
        }
        assert_false(result_at(again, 3)->repeated.is_set);
        assert_true(uuid_is_equal(
            &value_of("Contact", &result_at(again, 3)->id.value, "parentCustomer")->reference.id,
            &result_at(first, 0)->id.value));
    }
    assert_int_equal(count_of("Account"), 1);
    assert_int_equal(count_of("Contact"), 2);

    /* the id of another row */
    static const char *const codes[] = {"REQUEST_ID_REUSED"};
    row_count = 0;
    add_account("a", "B")->request_id = "1";
    expect_rows(run(false), codes);
    rows[0]->request_id = "";
    expect_fault(false, ERROR_VALUE_INVALID);
    assert_string_equal(office.error.subject, "requestId");
    close_office();
}

void test_batch__a_row_says_which_version_it_expects(void **state)
{
    static const char *const codes[] = {NULL, NULL, "VERSION_CONFLICT", "VERSION_CONFLICT", NULL};
    struct batch_row *row = NULL;
    (void)state;
    open_office();
    (void)add_account("a", "A");
    for (int64_t version = 1; version <= 3; version++) {
        row = add_row(version < 3 ? "update" : "delete", "Account", NULL);
        row->result_of = "a";
        row->version = (struct message_integer){.is_set = true, .value = version == 2 ? 7 : 1};
        if (version < 3) {
            set(row, "name", version == 1 ? "B" : "C");
        }
    }
    row = add_row("delete", "Account", NULL);
    row->result_of = "a";
    row->version = (struct message_integer){.is_set = true, .value = 2};
    expect_rows(run(false), codes);
    close_office();
}

/* The version that one row expects is no matter of the next. */
void test_batch__an_expected_version_ends_with_its_row(void **state)
{
    (void)state;
    open_office();
    (void)add_account("a", "A");
    struct batch_row *row = add_row("update", "Account", NULL);
    row->result_of = "a";
    row->version = (struct message_integer){.is_set = true, .value = 1};
    set(row, "name", "B");
    row = add_row("update", "Account", NULL);
    row->result_of = "a";
    set(row, "name", "C");
    expect_all_done(run(true));
    close_office();
}

void test_batch__rights_are_those_of_each_operation(void **state)
{
    static const char *const codes[] = {NULL, "NOT_ALLOWED", "NOT_ALLOWED"};

    (void)state;
    open_office();
    (void)add_account(NULL, "Of the administrator");
    struct uuid other = result_at(run(false), 0)->id.value;
    struct uuid user = office_add_user(&office, "olga", "salesperson");
    office.credentials = (struct credentials){.basic_name = "olga", .basic_password = PASSWORD};

    row_count = 0;
    (void)add_account("own", "Own");
    set(add_row("create", "Product", NULL), "name", "P");
    name_record(add_row("delete", "Account", NULL), &other);
    const struct bulk_result *result = run(false);
    expect_rows(result, codes);
    assert_true(uuid_is_equal(
        &value_of("Account", &result_at(result, 0)->id.value, "owner")->reference.id, &user));
    expect_fault(true, ERROR_NOT_ALLOWED);
    close_office();
}

void test_batch__rows_are_counted_as_what_they_do(void **state)
{
    struct buffer text;

    (void)state;
    open_office();
    struct service_metrics *metrics = service_metrics_make(office.arena);
    office.house.platform.metrics = metrics;
    (void)add_account("a", "A");
    (void)add_contact(NULL, "C", "a");
    (void)add_row("create", "Contact", NULL);
    (void)run(false);
    buffer_init(&text, office.arena, 1000);
    service_metrics_write(metrics, &text);
    assert_non_null(
        strstr(text.bytes, "crm_calls_total{operation=\"Create{Entity}\",outcome=\"ok\"} 2\n"));
    assert_non_null(strstr(
        text.bytes, "crm_calls_total{operation=\"Create{Entity}\",outcome=\"client_fault\"} 1\n"));
    assert_non_null(
        strstr(text.bytes, "crm_calls_total{operation=\"ExecuteBatch\",outcome=\"ok\"} 1\n"));
    close_office();
}

void test_batch__validate_only_leaves_nothing(void **state)
{
    (void)state;
    open_office();
    add_account("a", "A")->request_id = "1";
    (void)add_contact(NULL, "C", "a");
    office.is_validate_only = true;
    expect_all_done(run(false));
    office.is_validate_only = false;
    assert_int_equal(count_of("Account"), 0);
    assert_false(result_at(run(false), 0)->repeated.is_set);
    close_office();
}

void test_batch__rows_at_the_limit_and_one_above(void **state)
{
    (void)state;
    open_office();
    office.house.settings.limits.rows = 2;
    expect_all_done(run(false)); /* none at all */
    (void)add_account(NULL, "A");
    (void)add_account(NULL, "A");
    expect_all_done(run(false));
    (void)add_account(NULL, "A");
    expect_fault(false, ERROR_LIMIT_EXCEEDED);
    assert_int_equal(count_of("Account"), 2);
    close_office();
}
