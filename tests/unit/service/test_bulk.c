/*
 * test_bulk.c - many records in one call: what fails leaves nothing, and the rest is done.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/time.h"
#include "change/tables.h"
#include "database/row.h"
#include "generated/messages.h"
#include "generated/settings.h"
#include "metadata/record.h"
#include "query/request.h"
#include "support/office.h"
#include "support/test_call.h"

static struct office office;

static struct record *account(const char *name)
{
    return office_record(&office, "Account", "name", name);
}

/* Without a name, which every account must have. */
static struct record *nameless(void)
{
    return office_record(&office, "Account", "telephone1", "1");
}

static struct message_list list_of(size_t count, struct record **records)
{
    struct array list;

    array_init(&list, office.arena);
    for (size_t i = 0; i < count; i++) {
        array_add(&list, records[i]);
    }
    return (struct message_list){.is_set = true, .count = count, .items = list.items};
}

static int64_t count_accounts(void)
{
    struct query_request query = {.count = {.is_set = true, .value = true},
                                  .page_size = {.is_set = true, .value = 1}};
    const struct retrieve_multiple_entity_request all = {.query = &query};
    const struct retrieve_multiple_entity_response *response =
        office_run(&office, "Account", "RetrieveMultipleAccount", &all);

    return response->page->total.value;
}

/* What became of accounts, as it is noted for the feed and the history. */
static size_t count_notes(void)
{
    static const char *const columns[] = {"number"};
    const struct row_condition of_accounts = {"entity_name", ROW_IS, cell_text("Account")};
    const struct row_query query = {
        .table = &change_table,
        .columns = columns,
        .column_count = 1,
        .conditions = &of_accounts,
        .condition_count = 1,
    };
    struct call *call = test_call_begin(&office.house);
    struct error error = {0};
    struct row_set rows;

    assert_true(row_select(call->connection, call->arena, &query, &rows, &error));
    test_call_end(&call);
    return rows.count;
}

static const struct bulk_result *create(const struct create_multiple_entity_request *request)
{
    const struct create_multiple_entity_response *response =
        office_run(&office, "Account", "CreateMultipleAccount", request);

    return response->result;
}

static const struct row_result *row_of(const struct bulk_result *result, size_t row)
{
    assert_true(row < result->rows.count);
    return result->rows.items[row];
}

static void expect_row(const struct bulk_result *result, size_t row, const char *code)
{
    const struct row_result *one = row_of(result, row);

    assert_int_equal(one->ok.value, code == NULL);
    if (code != NULL) {
        assert_string_equal(one->code, code);
    }
}

void test_bulk__rows_that_fail_leave_nothing(void **state)
{
    (void)state;
    office_open(&office);
    struct record *records[] = {account("A"), nameless(), account("B"), account("C"), account("D")};
    office_set(&office, records[2], "accountNumber", "1");
    office_set(&office, records[3], "accountNumber", "1");
    const struct create_multiple_entity_request request = {.records = list_of(5, records)};
    const struct bulk_result *result = create(&request);
    const char *const codes[] = {NULL, "FIELD_REQUIRED", NULL, "DUPLICATE_KEY", NULL};
    for (size_t i = 0; i < 5; i++) {
        expect_row(result, i, codes[i]);
    }
    assert_int_equal(result->succeeded.value, 3);
    assert_int_equal(result->failed.value, 2);
    assert_int_equal(count_accounts(), 3);
    assert_int_equal(count_notes(), 3);
    office_close(&office);
}

void test_bulk__all_or_none_names_the_row(void **state)
{
    (void)state;
    office_open(&office);
    struct record *records[] = {account("A"), account("B"), nameless()};
    const struct create_multiple_entity_request request = {
        .records = list_of(3, records), .all_or_none = {.is_set = true, .value = true}};
    office_expect(&office, office_try(&office, "Account", "CreateMultipleAccount", &request),
                  ERROR_FIELD_REQUIRED);
    assert_non_null(strstr(office.error.message, "Row 3: "));
    assert_int_equal(count_accounts(), 0);
    assert_int_equal(count_notes(), 0);
    office_close(&office);
}

void test_bulk__a_row_is_done_once(void **state)
{
    (void)state;
    office_open(&office);
    struct record *records[] = {account("A"), account("B"), account("C")};
    office_set(&office, records[0], "accountNumber", "1");
    struct create_multiple_entity_request request = {
        .records = list_of(2, records), .request_ids = office_list(&office, "1", "2", NULL)};
    const struct bulk_result *first = create(&request);
    request.records = list_of(3, records);
    request.request_ids = office_list(&office, "1", "2", "3", NULL);
    const struct bulk_result *second = create(&request);
    for (size_t i = 0; i < 2; i++) {
        assert_true(row_of(second, i)->repeated.is_set);
        assert_true(uuid_is_equal(&row_of(first, i)->id.value, &row_of(second, i)->id.value));
    }
    assert_false(row_of(second, 2)->repeated.is_set);
    assert_int_equal(count_accounts(), 3);
    /* the same, when the first failure would end the call */
    request.all_or_none = (struct message_boolean){.is_set = true, .value = true};
    const struct bulk_result *third = create(&request);
    assert_int_equal(third->succeeded.value, 3);
    assert_true(row_of(third, 2)->repeated.is_set);
    assert_int_equal(count_accounts(), 3);
    office_close(&office);
}

void test_bulk__an_id_of_a_row_is_no_id_of_another(void **state)
{
    (void)state;
    office_open(&office);
    struct record *records[] = {account("A"), account("B")};
    struct create_multiple_entity_request request = {
        .records = list_of(2, records), .request_ids = office_list(&office, "1", "1", NULL)};
    const struct bulk_result *result = create(&request);
    expect_row(result, 0, NULL);
    expect_row(result, 1, "REQUEST_ID_REUSED");
    assert_int_equal(count_accounts(), 1);
    request.request_ids = office_list(&office, "2", "", NULL);
    office_expect(&office, office_try(&office, "Account", "CreateMultipleAccount", &request),
                  ERROR_VALUE_INVALID);
    office_close(&office);
}

void test_bulk__validate_only_leaves_nothing(void **state)
{
    (void)state;
    office_open(&office);
    struct record *records[] = {account("A")};
    const struct create_multiple_entity_request request = {
        .records = list_of(1, records), .request_ids = office_list(&office, "1", NULL)};
    office.is_validate_only = true;
    expect_row(create(&request), 0, NULL);
    office.is_validate_only = false;
    assert_int_equal(count_accounts(), 0);
    assert_false(row_of(create(&request), 0)->repeated.is_set);
    office_close(&office);
}

void test_bulk__rows_at_the_limit_and_one_above(void **state)
{
    enum { MOST = 3 };
    struct record *records[MOST + 1];

    (void)state;
    office_open(&office);
    office.house.settings.limits.rows = MOST;
    for (int i = 0; i <= MOST; i++) {
        records[i] = account("A");
    }
    struct create_multiple_entity_request request = {.records = list_of(MOST, records)};
    assert_int_equal(create(&request)->succeeded.value, MOST);
    request.records = list_of(MOST + 1, records);
    office_expect(&office, office_try(&office, "Account", "CreateMultipleAccount", &request),
                  ERROR_LIMIT_EXCEEDED);
    assert_int_equal(count_accounts(), MOST);
    office_close(&office);
}

/* More than are asked for in one statement, some twice, in another order than that of the ids. */
void test_bulk__many_are_read_by_id_in_the_order_asked(void **state)
{
    enum { MANY = 450 };
    struct record *records[MANY];
    struct array ids;

    (void)state;
    office_open(&office);
    for (int i = 0; i < MANY; i++) {
        records[i] = account(arena_format(office.arena, "%d", i));
    }
    const struct create_multiple_entity_request request = {.records = list_of(MANY, records)};
    const struct bulk_result *made = create(&request);
    array_init(&ids, office.arena);
    for (int i = MANY - 1; i >= 0; i--) {
        char *text = arena_allocate(office.arena, UUID_TEXT_SIZE);
        uuid_format(&row_of(made, (size_t)i)->id.value, text);
        array_add(&ids, text);
    }
    array_add(&ids, ids.items[0]);
    const struct retrieve_by_ids_entity_request asked = {
        .ids = {.is_set = true, .count = ids.count, .items = ids.items},
        .columns = office_list(&office, "name", NULL)};
    const struct retrieve_by_ids_entity_response *response =
        office_run(&office, "Account", "RetrieveByIdsAccount", &asked);
    assert_int_equal(response->found->records.count, MANY + 1);
    assert_int_equal(response->found->not_found.count, 0);
    for (int i = 0; i < MANY; i++) {
        const char *name = arena_format(office.arena, "%d", MANY - 1 - i);
        assert_string_equal(office_text(&office, response->found->records.items[i], "name"), name);
    }
    office_close(&office);
}

/* ---- two at once ---- */

enum { COPIES = 3, ROWS = 4 };

struct batch {
    const struct operation *operation;
    struct create_multiple_entity_request request;
    struct arena *arena;
    struct error error;
    const struct bulk_result *result;
};

static bool keep_result(void *context, struct call *call, const struct operation *operation,
                        const void *response, struct error *error)
{
    (void)call;
    (void)operation;
    (void)error;
    ((struct batch *)context)->result =
        ((const struct create_multiple_entity_response *)response)->result;
    return true;
}

static void *run_batch(void *context)
{
    struct batch *batch = context;
    struct call *call = call_make(batch->arena, &office.house.platform);
    const struct message_codec codec = {.encode = keep_result, .context = batch};

    (void)!service_run(call, batch->operation, &office.credentials, &batch->request, &codec,
                       &batch->error);
    return NULL;
}

void test_bulk__copies_that_race_do_each_row_once(void **state)
{
    struct batch batches[COPIES];
    pthread_t threads[COPIES];
    struct record *records[ROWS];

    (void)state;
    office_open(&office);
    for (int i = 0; i < ROWS; i++) {
        records[i] = account("A");
        office_set(&office, records[i], "accountNumber", arena_format(office.arena, "%d", i));
    }
    for (int i = 0; i < COPIES; i++) {
        batches[i] = (struct batch){
            .operation = office_operation(&office, "Account", "CreateMultipleAccount"),
            .request = {.records = list_of(ROWS, records),
                        .request_ids = office_list(&office, "1", "2", "3", "4", NULL)},
            .arena = arena_create()};
    }
    for (int i = 0; i < COPIES; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run_batch, &batches[i]), 0);
    }
    for (int i = 0; i < COPIES; i++) {
        pthread_join(threads[i], NULL);
        if (batches[i].result == NULL) {
            fail_msg("%s: %s", error_kind(batches[i].error.code)->name, batches[i].error.message);
        }
        assert_int_equal(batches[i].result->succeeded.value, ROWS);
        for (size_t row = 0; row < ROWS; row++) {
            assert_true(uuid_is_equal(&row_of(batches[i].result, row)->id.value,
                                      &row_of(batches[0].result, row)->id.value));
        }
    }
    for (int i = 0; i < COPIES; i++) {
        arena_destroy(&batches[i].arena);
    }
    assert_int_equal(count_accounts(), ROWS);
    office_close(&office);
}
