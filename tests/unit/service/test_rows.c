/*
 * test_rows.c - rows that go together come out as if each had been alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/array.h"
#include "change/tables.h"
#include "database/database.h"
#include "database/row.h"
#include "generated/messages.h"
#include "metadata/catalog.h"
#include "metadata/record.h"
#include "query/request.h"
#include "record/tables.h"
#include "support/office.h"
#include "support/random.h"
#include "support/test_call.h"

static struct office office;

/* More than go together, so that there are several lots. */
enum { MANY = 150 };

static const char *number_of(const char *prefix, unsigned long number)
{
    return arena_format(office.arena, "%s%lu", prefix, number);
}

static struct record *account(const char *number)
{
    struct record *record = office_record(&office, "Account", "name", "A");

    office_set(&office, record, "accountNumber", number);
    return record;
}

static void refer(struct record *record, const char *field, struct reference reference)
{
    struct value *value = record_value(record, entity_find_field(record->entity, field));

    value->state = VALUE_SET;
    value->reference = reference;
}

static void refer_by_number(struct record *record, const char *number)
{
    static const char *name = "accountNumber";
    struct alternate_key *key = arena_allocate(office.arena, sizeof(*key));

    key->name = name;
    key->values = arena_copy(office.arena, &number, sizeof(number));
    key->value_count = 1;
    refer(record, "parentAccount",
          (struct reference){.entity = record->entity, .alternate_key = key});
}

static struct message_list list_of(size_t count, void *const *items)
{
    return (struct message_list){
        .is_set = true,
        .count = count,
        .items = arena_copy(office.arena, items, count * sizeof(*items)),
    };
}

static struct message_boolean yes(void)
{
    return (struct message_boolean){.is_set = true, .value = true};
}

static const struct row_result *row_of(const struct bulk_result *result, size_t row)
{
    assert_true(row < result->rows.count);
    return result->rows.items[row];
}

static const struct bulk_result *create(const struct create_multiple_entity_request *request)
{
    const struct create_multiple_entity_response *response =
        office_run(&office, "Account", "CreateMultipleAccount", request);

    return response->result;
}

static const struct bulk_result *upsert(size_t count, struct record **records)
{
    const struct upsert_multiple_entity_request request = {
        .key_name = "accountNumber", .records = list_of(count, (void **)records)};
    const struct upsert_multiple_entity_response *response =
        office_run(&office, "Account", "UpsertMultipleAccount", &request);

    return response->result;
}

static size_t count_rows(const struct table *table, const char *column)
{
    struct call *call = test_call_begin(&office.house);
    const struct row_query query = {.table = table, .columns = &column, .column_count = 1};
    struct error error = {0};
    struct row_set rows;

    assert_true(row_select(call->connection, call->arena, &query, &rows, &error));
    test_call_end(&call);
    return rows.count;
}

static int64_t count_accounts(void)
{
    struct query_request query = {.count = yes(), .page_size = {.is_set = true, .value = 1}};
    const struct retrieve_multiple_entity_request all = {.query = &query};
    const struct retrieve_multiple_entity_response *response =
        office_run(&office, "Account", "RetrieveMultipleAccount", &all);

    return response->page->total.value;
}

/* ---- one that fails ---- */

/* Each kind of failure: what the engine refuses, what is not there, what a rule refuses. */
static struct record *taken(void)
{
    return account("stored");
}

static struct record *twice(void)
{
    return account("N3"); /* as one that came before it */
}

static struct record *without_parent(void)
{
    struct record *record = account("orphan");

    refer(record, "parentAccount", (struct reference){.entity = record->entity, .id = {{1}}});
    return record;
}

static struct record *without_contact(void)
{
    const struct entity *contact = catalog_find_entity(office.house.platform.catalog, "Contact");
    struct record *record = account("nobody");

    refer(record, "primaryContact", (struct reference){.entity = contact, .id = {{1}}});
    return record;
}

static struct record *nameless(void)
{
    return office_record(&office, "Account", "accountNumber", "nameless");
}

static struct record *too_large(void)
{
    struct record *record = account("large");
    struct value *value = record_value(record, entity_find_field(record->entity, "creditLimit"));

    value->state = VALUE_SET;
    value->decimal = (struct decimal){.digits = INT64_MAX, .scale = 0};
    return record;
}

static const struct {
    struct record *(*make)(void);
    const char *code;
} failures[] = {
    {taken, "DUPLICATE_KEY"},
    {twice, "DUPLICATE_KEY"},
    {without_parent, "REFERENCE_NOT_FOUND"},
    {without_contact, "REFERENCE_NOT_FOUND"},
    {nameless, "FIELD_REQUIRED"},
    {too_large, "VALUE_OUT_OF_RANGE"},
};

enum { BAD = 40 };

static struct create_multiple_entity_request with_one_bad(struct record *bad)
{
    void *records[MANY];

    for (unsigned i = 0; i < MANY; i++) {
        records[i] = i == BAD ? bad : account(number_of("N", i));
    }
    return (struct create_multiple_entity_request){.records = list_of(MANY, records)};
}

static void expect_one_failed(const struct bulk_result *result, const char *code)
{
    assert_int_equal(result->succeeded.value, MANY - 1);
    assert_int_equal(result->failed.value, 1);
    assert_string_equal(row_of(result, BAD)->code, code);
}

static void store_one(void)
{
    void *stored[] = {account("stored")};
    const struct create_multiple_entity_request request = {.records = list_of(1, stored)};

    assert_int_equal(create(&request)->succeeded.value, 1);
}

static void try_failure(size_t kind)
{
    office_open(&office);
    store_one();
    size_t notes_before = count_rows(&change_table, "number");
    struct create_multiple_entity_request request = with_one_bad(failures[kind].make());
    request.all_or_none = yes();
    assert_null(office_try(&office, "Account", "CreateMultipleAccount", &request));
    assert_string_equal(error_kind(office.error.code)->name, failures[kind].code);
    assert_non_null(strstr(office.error.message, "Row 41: "));
    assert_int_equal(count_accounts(), 1);
    assert_int_equal(count_rows(&change_table, "number"), notes_before);
    request.all_or_none.value = false;
    expect_one_failed(create(&request), failures[kind].code);
    assert_int_equal(count_accounts(), MANY);
    assert_int_equal(count_rows(&change_table, "number"), notes_before + MANY - 1);
    office_close(&office);
}

void test_rows__one_bad_row_among_many_fails_alone(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < sizeof(failures) / sizeof(failures[0]); kind++) {
        try_failure(kind);
    }
}

/* What a later row lacks is found out before what an earlier one has twice. */
void test_rows__the_first_that_fails_ends_all(void **state)
{
    (void)state;
    office_open(&office);
    store_one();
    struct create_multiple_entity_request request = with_one_bad(taken());
    request.records.items[BAD + 5] = nameless();
    request.all_or_none = yes();
    office_expect(&office, office_try(&office, "Account", "CreateMultipleAccount", &request),
                  ERROR_DUPLICATE_KEY);
    assert_non_null(strstr(office.error.message, "Row 41: "));
    office_close(&office);
}

/* ---- rows that have to do with one another ---- */

void test_rows__a_row_refers_to_the_record_of_an_earlier_one(void **state)
{
    (void)state;
    office_open(&office);
    struct record *records[] = {account("straße"), account("b"), account("c"), account("d")};
    struct value *id = record_value(records[1], records[1]->entity->id);
    id->state = VALUE_SET;
    id->uuid = (struct uuid){{7}};
    refer_by_number(records[1], "STRASSE");
    refer(records[2], "parentAccount",
          (struct reference){.entity = records[1]->entity, .id = id->uuid});
    refer_by_number(records[3], "e");
    const struct create_multiple_entity_request request = {.records = list_of(4, (void **)records)};
    const struct bulk_result *result = create(&request);
    assert_int_equal(result->succeeded.value, 3);
    assert_string_equal(row_of(result, 3)->code, "REFERENCE_NOT_FOUND");
    office_close(&office);
}

void test_rows__of_two_with_one_key_the_second_changes_the_first(void **state)
{
    (void)state;
    office_open(&office);
    struct record *records[] = {account("Один"), account("b"), account("ОДИН"), account("B")};
    office_set(&office, records[2], "name", "Another");
    const struct bulk_result *result = upsert(4, records);
    assert_int_equal(result->succeeded.value, 4);
    for (size_t i = 0; i < 2; i++) {
        assert_true(row_of(result, i)->created.value);
        assert_false(row_of(result, i + 2)->created.value);
        assert_true(uuid_is_equal(&row_of(result, i)->id.value, &row_of(result, i + 2)->id.value));
        assert_int_equal(row_of(result, i + 2)->version.value, 2);
    }
    assert_int_equal(count_accounts(), 2);
    office_close(&office);
}

/* ---- request ids ---- */

static struct message_list ids_of(const char *prefix, size_t count)
{
    void *ids[MANY];

    for (size_t i = 0; i < count; i++) {
        ids[i] = (void *)number_of(prefix, i);
    }
    return list_of(count, ids);
}

void test_rows__rows_done_before_are_known_among_new_ones(void **state)
{
    enum { OLD = 100 };
    (void)state;
    office_open(&office);
    struct create_multiple_entity_request request = with_one_bad(nameless());
    struct message_list all = request.records;
    request.request_ids = ids_of("id", OLD);
    request.records.count = OLD;
    const struct bulk_result *first = create(&request);
    assert_int_equal(first->succeeded.value, OLD - 1);
    assert_int_equal(count_rows(&request_table, "request_id"), OLD - 1);
    request.records = all;
    request.request_ids = ids_of("id", MANY);
    const struct bulk_result *second = create(&request);
    expect_one_failed(second, "FIELD_REQUIRED");
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(row_of(second, i)->repeated.is_set, i < OLD && i != BAD);
        assert_true(i >= OLD ||
                    uuid_is_equal(&row_of(first, i)->id.value, &row_of(second, i)->id.value));
    }
    assert_int_equal(count_accounts(), MANY - 1);
    assert_int_equal(count_rows(&request_table, "request_id"), MANY - 1);
    office_close(&office);
}

/* ---- together and one by one ---- */

/* What row number does not depend on chance: the same rows under two prefixes. */
struct plan {
    unsigned long number, parent;
    bool has_name, has_parent;
};

static struct record *make_planned(const struct plan *plan, const char *prefix)
{
    struct record *record =
        office_record(&office, "Account", "accountNumber", number_of(prefix, plan->number));

    if (plan->has_name) {
        office_set(&office, record, "name", prefix);
    }
    if (plan->has_parent) {
        refer_by_number(record, number_of(prefix, plan->parent));
    }
    return record;
}

/* Numbers come twice now and then, parents before or after those who refer to them. */
static void make_plans(struct plan *plans, uint64_t trouble)
{
    struct random_source source = random_begin();

    for (unsigned long i = 0; i < MANY; i++) {
        plans[i] = (struct plan){
            .number = random_below(&source, trouble) == 0 ? random_below(&source, MANY) : i,
            .parent = random_below(&source, MANY),
            .has_name = random_below(&source, trouble) != 0,
            .has_parent = random_below(&source, trouble) == 0,
        };
    }
}

static const char *outcome_of(const struct row_result *row)
{
    return !row->ok.value ? row->code : row->created.value ? "created" : "changed";
}

static void compare(const struct plan *plans, const char *alone, const char *together,
                    const struct bulk_result *(*run)(size_t count, struct record **records))
{
    struct record *all[MANY];
    const char *expected[MANY];

    for (size_t i = 0; i < MANY; i++) {
        struct record *one = make_planned(&plans[i], alone);
        expected[i] = outcome_of(row_of(run(1, &one), 0));
        all[i] = make_planned(&plans[i], together);
    }
    const struct bulk_result *result = run(MANY, all);
    for (size_t i = 0; i < MANY; i++) {
        assert_string_equal(outcome_of(row_of(result, i)), expected[i]);
    }
}

static const struct bulk_result *create_all(size_t count, struct record **records)
{
    const struct create_multiple_entity_request request = {.records =
                                                               list_of(count, (void **)records)};

    return create(&request);
}

void test_rows__come_out_as_one_by_one(void **state)
{
    static const uint64_t troubles[] = {200, 30, 5};
    (void)state;
    for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
        struct plan plans[MANY];
        office_open(&office);
        make_plans(plans, troubles[i]);
        compare(plans, "a", "b", create_all);
        compare(plans, "c", "d", upsert);
        office_close(&office);
    }
}
