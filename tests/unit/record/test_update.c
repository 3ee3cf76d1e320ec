/*
 * test_update.c - existing records: what changes, what stays, what follows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "database/row.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"
#include "query/tables.h"
#include "record/house.h"

static struct test_platform house;

static void refuse(struct call *call, struct record *record, const struct uuid *id,
                   enum error_code code, const char *subject)
{
    struct write_outcome outcome = {0};
    struct error error = {0};
    if (id != NULL) {
        struct value *value = record_value(record, record->entity->id);
        value->state = VALUE_SET;
        value->uuid = *id;
    }
    assert_false(record_update(call, record, NULL, &outcome, &error));
    assert_string_equal(error_kind(error.code)->name, error_kind(code)->name);
    assert_string_equal(error.subject, subject);
}

static struct uuid make_account(struct call *call)
{
    return house_create(call, house_record(call, "Account", "name", "Alfreds", "accountNumber",
                                           "A-1", "creditLimit", "100", "telephone1", "030", NULL));
}

static struct uuid make_order(struct call *call)
{
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct record *order = house_record(call, "SalesOrder", "name", "o", "externalId", "E", NULL);
    house_refer(order, "customer", "Account", &account);
    return house_create(call, order);
}

static struct uuid make_line(struct call *call, const struct uuid *order, const char *number,
                             const char *quantity, const char *price)
{
    struct record *line = house_record(call, "SalesOrderDetail", "lineItemNumber", number,
                                       "quantity", quantity, "pricePerUnit", price, NULL);
    house_refer(line, "salesOrder", "SalesOrder", order);
    return house_create(call, line);
}

void test_update__changes_only_what_is_given(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = make_account(call);
    int64_t version = house_update(
        call, house_record(call, "Account", "creditLimit", "200", "telephone1", NULL, NULL), &id);
    assert_int_equal(version, 2);
    assert_string_equal(house_text(call, "Account", &id, "creditLimit"), "200.0000");
    assert_null(house_text(call, "Account", &id, "telephone1"));
    assert_string_equal(house_text(call, "Account", &id, "name"), "Alfreds");
    assert_string_equal(house_text(call, "Account", &id, "accountNumber"), "A-1");
    house_undo(&call);
    test_platform_close(&house);
}

void test_update__writes_nothing_when_nothing_differs(void **state)
{
    char modified[40];
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = make_account(call);
    strcpy(modified, house_text(call, "Account", &id, "modifiedOn"));
    call->now += 5000;
    int64_t version = house_update(call,
                                   house_record(call, "Account", "name", "Alfreds", "creditLimit",
                                                "100.00", "telephone1", "030", "telephone2", NULL,
                                                "state", "Active", "version", "1", NULL),
                                   &id);
    assert_int_equal(version, 1);
    assert_string_equal(house_text(call, "Account", &id, "modifiedOn"), modified);
    version = house_update(call, house_record(call, "Account", "name", "ALFREDS", NULL), &id);
    assert_int_equal(version, 2); /* equal in a search is not the same */
    assert_string_not_equal(house_text(call, "Account", &id, "modifiedOn"), modified);
    house_undo(&call);
    test_platform_close(&house);
}

void test_update__refuses_stale_versions(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = make_account(call);
    (void)house_update(call, house_record(call, "Account", "name", "B", NULL), &id);
    refuse(call, house_record(call, "Account", "name", "C", "version", "1", NULL), &id,
           ERROR_VERSION_CONFLICT, "version");
    call->has_expected_version = true;
    call->expected_version = 1;
    refuse(call, house_record(call, "Account", "name", "C", NULL), &id, ERROR_VERSION_CONFLICT,
           "version");
    call->expected_version = 2;
    assert_int_equal(house_update(call, house_record(call, "Account", "name", "C", NULL), &id), 3);
    house_undo(&call);
    test_platform_close(&house);
}

void test_update__refuses_what_cannot_change(void **state)
{
    const struct uuid nobody = {{5}};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = make_account(call);
    refuse(call, house_record(call, "Account", "name", "x", NULL), &nobody, ERROR_RECORD_NOT_FOUND,
           "");
    refuse(call, house_record(call, "Account", "name", NULL, NULL), &id, ERROR_FIELD_REQUIRED,
           "name");
    refuse(call, house_record(call, "Account", "createdOn", "2001-01-01T00:00:00Z", NULL), &id,
           ERROR_FIELD_NOT_WRITABLE, "createdOn");
    refuse(call, house_record(call, "Account", "owner", NULL, NULL), &id, ERROR_FIELD_REQUIRED,
           "owner");
    refuse(call, house_record(call, "Account", "state", "Active", "statusReason", "Inactive", NULL),
           &id, ERROR_STATE_INVALID, "statusReason");
    refuse(call, house_record(call, "Account", "name", "x", NULL), NULL, ERROR_PARAMETER_REQUIRED,
           "id");
    assert_int_equal(house_version(call, "Account", &id), 1);
    house_undo(&call);
    test_platform_close(&house);
}

void test_update__finds_the_record_by_its_key(void **state)
{
    struct write_outcome outcome;
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = make_account(call);
    struct record *record =
        house_record(call, "Account", "accountNumber", "a-1", "name", "New", NULL);
    /* The number differs in case: found by it, and changed by it. */
    house_must(record_update(call, record, NULL, &outcome, &error), &error);
    assert_true(uuid_is_equal(&outcome.id, &id));
    assert_string_equal(house_text(call, "Account", &id, "accountNumber"), "a-1");
    refuse(call, house_record(call, "Account", "accountNumber", "zzz", NULL), NULL,
           ERROR_RECORD_NOT_FOUND, "accountNumber");
    refuse(call, house_record(call, "Account", "accountNumber", "a-1", "externalId", "e", NULL),
           NULL, ERROR_PARAMETER_REQUIRED, "id");
    house_undo(&call);
    test_platform_close(&house);
}

void test_update__computed_fields_follow(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = house_create(
        call, house_record(call, "Contact", "firstName", "Ana", "lastName", "Trujillo", NULL));
    assert_string_equal(house_text(call, "Contact", &id, "fullName"), "Ana Trujillo");
    (void)house_update(call, house_record(call, "Contact", "firstName", NULL, NULL), &id);
    assert_string_equal(house_text(call, "Contact", &id, "fullName"), "Trujillo");
    (void)house_update(call, house_record(call, "Contact", "middleName", "M.", NULL), &id);
    assert_string_equal(house_text(call, "Contact", &id, "fullName"), "M. Trujillo");
    house_undo(&call);
    test_platform_close(&house);
}

void test_update__totals_follow_the_lines(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid order = make_order(call);
    struct uuid first = make_line(call, &order, "1", "12", "14");
    struct uuid second = make_line(call, &order, "2", "10", "9.8");
    assert_string_equal(house_text(call, "SalesOrder", &order, "totalAmount"), "266.0000");
    (void)house_update(call, house_record(call, "SalesOrderDetail", "quantity", "11", NULL),
                       &first);
    assert_string_equal(house_text(call, "SalesOrder", &order, "totalAmount"), "252.0000");

    int64_t version = house_version(call, "SalesOrder", &order);
    (void)house_update(call, house_record(call, "SalesOrderDetail", "description", "d", NULL),
                       &first);
    assert_int_equal(house_version(call, "SalesOrder", &order), version); /* nothing it sums */

    (void)house_update(
        call,
        house_record(call, "SalesOrder", "discountPercentage", "10", "freightAmount", "3.25", NULL),
        &order);
    assert_string_equal(house_text(call, "SalesOrder", &order, "totalAmount"), "230.0500");

    struct error error = {0};
    const struct entity *detail = house_record(call, "SalesOrderDetail", NULL)->entity;
    house_must(record_delete(call, detail, &second, &error), &error);
    assert_string_equal(house_text(call, "SalesOrder", &order, "totalLineItemAmount"), "154.0000");
    house_undo(&call);
    test_platform_close(&house);
}

void test_update__upsert_creates_once_and_then_changes(void **state)
{
    struct write_outcome outcome;
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct record *record = house_record(call, "Account", "externalId", "ERP-7", "name", "A", NULL);
    const struct key *key = entity_find_key(record->entity, "externalId");
    house_must(record_upsert(call, record, key, &outcome, &error), &error);
    assert_true(outcome.is_created);
    assert_int_equal(outcome.version, 1);
    struct uuid id = outcome.id;

    record = house_record(call, "Account", "externalId", "ERP-7", "name", "A", NULL);
    house_must(record_upsert(call, record, key, &outcome, &error), &error);
    assert_false(outcome.is_created);
    assert_int_equal(outcome.version, 1);
    assert_true(uuid_is_equal(&outcome.id, &id));

    record = house_record(call, "Account", "externalId", "ERP-7", "name", "B", NULL);
    house_must(record_upsert(call, record, key, &outcome, &error), &error);
    assert_int_equal(outcome.version, 2);

    record = house_record(call, "Account", "name", "B", NULL);
    assert_false(record_upsert(call, record, key, &outcome, &error));
    assert_int_equal(error.code, ERROR_FIELD_REQUIRED);
    assert_string_equal(error.subject, "externalId");
    house_undo(&call);
    test_platform_close(&house);
}

void test_update__upsert_says_when_another_key_is_taken(void **state)
{
    struct write_outcome outcome;
    struct error error = {0};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    (void)make_account(call);
    struct record *record = house_record(call, "Account", "externalId", "ERP-8", "accountNumber",
                                         "A-1", "name", "A", NULL);
    const struct key *key = entity_find_key(record->entity, "externalId");
    assert_false(record_upsert(call, record, key, &outcome, &error));
    assert_int_equal(error.code, ERROR_DUPLICATE_KEY);
    assert_string_equal(error.subject, "accountNumber");
    house_undo(&call);
    test_platform_close(&house);
}

void test_update__parties_are_replaced_as_a_list(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid contact = house_create(call, house_record(call, "Contact", "lastName", "L", NULL));
    struct record *email = house_record(call, "Email", "subject", "s", NULL);
    const struct field *to = entity_find_field(email->entity, "to");
    struct party parties[] = {{.address = "a@example.com"}, {.address = "b@example.com"}};
    parties[1].reference =
        (struct reference){.entity = house_record(call, "Contact", NULL)->entity, .id = contact};
    struct value *value = record_value(email, to);
    value->state = VALUE_SET;
    value->parties.items = parties;
    value->parties.count = 2;
    struct uuid id = house_create(call, email);

    struct record *again = house_record(call, "Email", NULL, NULL);
    *record_value(again, to) = *value;
    assert_int_equal(house_update(call, again, &id), 1);
    again = house_record(call, "Email", NULL, NULL);
    *record_value(again, to) = *value;
    record_value(again, to)->parties.count = 1;
    assert_int_equal(house_update(call, again, &id), 2);

    again = house_record(call, "Email", NULL, NULL);
    record_value(again, to)->state = VALUE_NULL;
    assert_int_equal(house_update(call, again, &id), 3);
    again = house_record(call, "Email", NULL, NULL);
    record_value(again, to)->state = VALUE_NULL;
    assert_int_equal(house_update(call, again, &id), 3);
    struct party nothing = {.address = NULL};
    record_value(again, to)->state = VALUE_SET;
    record_value(again, to)->parties.items = &nothing;
    record_value(again, to)->parties.count = 1;
    refuse(call, again, &id, ERROR_VALUE_INVALID, "to");
    house_undo(&call);
    test_platform_close(&house);
}

/* A list of addresses, one letter each. */
static struct record *address_to(struct call *call, const char *letters)
{
    struct record *email = house_record(call, "Email", "subject", "s", NULL);
    struct value *value = record_value(email, entity_find_field(email->entity, "to"));
    struct party *parties =
        arena_allocate_array(call->arena, strlen(letters), sizeof(struct party));
    for (size_t index = 0; index < strlen(letters); index++) {
        parties[index].address = arena_format(call->arena, "%c@example.com", letters[index]);
    }
    value->state = VALUE_SET;
    value->parties.items = parties;
    value->parties.count = strlen(letters);
    return email;
}

static const char *letters_of(struct call *call, const struct uuid *id)
{
    const struct entity *entity = house_record(call, "Email", NULL)->entity;
    const struct field *to = entity_find_field(entity, "to");
    const struct field *fields[] = {entity->id, to};
    const struct column_set columns = {.fields = fields, .count = 2};
    struct record *email = NULL;
    struct error error = {0};
    house_must(query_find(call, entity, id, &columns, ROW_LOCK_NONE, &email, &error), &error);
    const struct value *value = record_value(email, to);
    char *letters = arena_allocate(call->arena, value->parties.count + 1);
    for (size_t index = 0; index < value->parties.count; index++) {
        letters[index] = value->parties.items[index].address[0];
    }
    return letters;
}

/* A mark that no party is read with: a row that is written again is without it. */
static void mark_parties(struct call *call, const struct uuid *id)
{
    const struct row_value mark = {"party_entity", cell_text("Contact")};
    const struct row_condition of_record = {"record_id", ROW_IS, cell_uuid(id)};
    struct error error = {0};
    house_must(row_update(call->connection, call->arena, &party_table, &mark, 1, &of_record, 1,
                          NULL, &error),
               &error);
}

static int64_t count_marked(struct call *call, const struct uuid *id)
{
    const struct row_condition conditions[] = {{"record_id", ROW_IS, cell_uuid(id)},
                                               {"party_entity", ROW_IS, cell_text("Contact")}};
    struct error error = {0};
    int64_t count = 0;
    house_must(
        row_count(call->connection, call->arena, &party_table, conditions, 2, &count, &error),
        &error);
    return count;
}

void test_update__of_parties_only_what_differs_is_written(void **state)
{
    static const struct {
        const char *before, *after;
        int64_t untouched;
    } cases[] = {
        {"abcd", "abcdef", 4}, {"abcd", "axcd", 3},  {"abcd", "ab", 2}, {"abcd", "bcd", 0},
        {"abcd", "axcdef", 3}, {"abcd", "xbcdy", 3}, {"a", "ab", 1},    {"ab", "ba", 0},
    };
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct uuid id = house_create(call, address_to(call, cases[index].before));
        mark_parties(call, &id);
        (void)house_update(call, address_to(call, cases[index].after), &id);
        assert_string_equal(letters_of(call, &id), cases[index].after);
        assert_int_equal(count_marked(call, &id), cases[index].untouched);
    }
    house_undo(&call);
    test_platform_close(&house);
}

void test_update__only_what_may_follow_a_state_follows_it(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = make_order(call);
    struct error error = {0};
    struct write_outcome outcome;
    (void)house_update(call, house_record(call, "SalesOrder", "state", "Submitted", NULL), &id);
    (void)house_update(call, house_record(call, "SalesOrder", "state", "Fulfilled", NULL), &id);
    refuse(call, house_record(call, "SalesOrder", "state", "Canceled", NULL), &id,
           ERROR_STATE_INVALID, "state");
    /* a reason brings its state along */
    refuse(call, house_record(call, "SalesOrder", "statusReason", "NoMoney", NULL), &id,
           ERROR_STATE_INVALID, "state");
    struct record *record = house_record(call, "SalesOrder", "state", "Active", NULL);
    record_value(record, record->entity->id)->state = VALUE_SET;
    record_value(record, record->entity->id)->uuid = id;
    assert_false(record_update(call, record, NULL, &outcome, &error));
    assert_string_equal(error.message,
                        "A SalesOrder that is Fulfilled cannot become Active, only Invoiced");
    /* staying is no going, and another reason of the same state is free */
    (void)house_update(call, house_record(call, "SalesOrder", "state", "Fulfilled", NULL), &id);
    (void)house_update(call, house_record(call, "SalesOrder", "statusReason", "Partial", NULL),
                       &id);
    (void)house_update(call, house_record(call, "SalesOrder", "state", "Invoiced", NULL), &id);
    house_undo(&call);
    test_platform_close(&house);
}

static struct uuid make_currency(struct call *call, const char *code, const char *rate)
{
    return house_create(call, house_record(call, "TransactionCurrency", "name", code, "isoCode",
                                           code, "symbol", code, "exchangeRate", rate, NULL));
}

static struct record *in_currency(struct call *call, const char *entity,
                                  const struct uuid *currency)
{
    struct record *record = house_record(call, entity, NULL, NULL);
    house_refer(record, "currency", "TransactionCurrency", currency);
    return record;
}

static struct record *line_of(struct call *call, const struct uuid *order)
{
    struct record *line =
        house_record(call, "SalesOrderDetail", "quantity", "1", "pricePerUnit", "1000", NULL);
    house_refer(line, "salesOrder", "SalesOrder", order);
    return line;
}

void test_update__lines_are_in_the_currency_of_their_order(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid rouble = make_currency(call, "RUB", "80");
    struct uuid yen = make_currency(call, "JPY", "160");
    struct uuid order = make_order(call);
    struct write_outcome outcome;
    struct error error = {0};

    /* without lines the currency is free; a new line takes it */
    (void)house_update(call, in_currency(call, "SalesOrder", &rouble), &order);
    struct uuid line = house_create(call, line_of(call, &order));
    assert_string_equal(house_text(call, "SalesOrderDetail", &line, "baseAmountBase"), "12.5000");
    assert_string_equal(house_text(call, "SalesOrder", &order, "totalAmountBase"), "12.5000");

    /* with them it is not, and none may be in another */
    refuse(call, in_currency(call, "SalesOrder", &yen), &order, ERROR_RULE_BROKEN, "currency");
    refuse(call, in_currency(call, "SalesOrderDetail", &yen), &line, ERROR_RULE_BROKEN, "currency");
    struct record *foreign = line_of(call, &order);
    house_refer(foreign, "currency", "TransactionCurrency", &yen);
    assert_false(record_create(call, foreign, &outcome, &error));
    assert_int_equal(error.code, ERROR_RULE_BROKEN);
    error_clear(&error);
    (void)house_update(call, in_currency(call, "SalesOrder", &rouble), &order);

    /* the lines gone, it is free again */
    house_must(record_delete(call, foreign->entity, &line, &error), &error);
    (void)house_update(call, in_currency(call, "SalesOrder", &yen), &order);
    house_undo(&call);
    test_platform_close(&house);
}
