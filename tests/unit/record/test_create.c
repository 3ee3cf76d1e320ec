/*
 * test_create.c - new records: what they get, what they refuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "record/house.h"

static struct test_platform house;

/* Tries to create and expects the code, about the field. */
static void refuse(struct call *call, struct record *record, enum error_code code,
                   const char *subject)
{
    struct write_outcome outcome = {0};
    struct error error = {0};
    assert_false(record_create(call, record, &outcome, &error));
    assert_string_equal(error_kind(error.code)->name, error_kind(code)->name);
    assert_string_equal(error.subject, subject);
    assert_true(uuid_is_empty(&outcome.id));
}

void test_create__gives_id_version_owner_and_state(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id = house_create(
        call, house_record(call, "Account", "name", "Alfreds", "creditLimit", "1000.50", NULL));
    assert_string_equal(house_text(call, "Account", &id, "name"), "Alfreds");
    assert_string_equal(house_text(call, "Account", &id, "version"), "1");
    assert_string_equal(house_text(call, "Account", &id, "state"), "Active");
    assert_string_equal(house_text(call, "Account", &id, "statusReason"), "Active");
    assert_non_null(house_text(call, "Account", &id, "owner"));
    assert_non_null(house_text(call, "Account", &id, "owningBusinessUnit"));
    assert_non_null(house_text(call, "Account", &id, "createdBy"));
    assert_null(house_text(call, "Account", &id, "accountNumber"));
    house_commit(&call);
    test_platform_close(&house);
}

void test_create__moments_come_back_to_the_millisecond(void **state)
{
    static const char *const moments[] = {
        "1753-01-01T00:00:00Z",     "9999-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z",
        "2000-02-29T12:34:56.700Z", "2026-01-01T00:00:00.001Z",
    };
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    for (size_t index = 0; index < sizeof(moments) / sizeof(moments[0]); index++) {
        struct uuid id = house_create(call, house_record(call, "Account", "name", "A",
                                                         "lastOnHoldTime", moments[index], NULL));
        const char *text = house_text(call, "Account", &id, "lastOnHoldTime");
        assert_string_equal(text, moments[index]);
    }
    house_undo(&call);
    test_platform_close(&house);
}

void test_create__keeps_the_id_that_was_given(void **state)
{
    static const char id_text[] = "0192f000-0000-7000-8000-0000000000aa";
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid id =
        house_create(call, house_record(call, "Account", "id", id_text, "name", "A", NULL));
    assert_string_equal(house_text(call, "Account", &id, "id"), id_text);
    refuse(call, house_record(call, "Account", "id", id_text, "name", "B", NULL),
           ERROR_DUPLICATE_KEY, "id");
    house_undo(&call);
    test_platform_close(&house);
}

void test_create__refuses_what_is_missing_or_not_writable(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    refuse(call, house_record(call, "Account", NULL), ERROR_FIELD_REQUIRED, "name");
    refuse(call, house_record(call, "Account", "name", "", NULL), ERROR_FIELD_REQUIRED, "name");
    refuse(call, house_record(call, "Account", "name", NULL, NULL), ERROR_FIELD_REQUIRED, "name");
    refuse(call,
           house_record(call, "Account", "name", "A", "createdOn", "2020-01-01T00:00:00Z", NULL),
           ERROR_FIELD_NOT_WRITABLE, "createdOn");
    refuse(call, house_record(call, "Account", "name", "A", "isMerged", "true", NULL),
           ERROR_FIELD_NOT_WRITABLE, "isMerged");
    refuse(call, house_record(call, "Account", "name", "A", "version", "7", NULL),
           ERROR_FIELD_NOT_WRITABLE, "version");
    refuse(call, house_record(call, "Contact", "lastName", "L", "fullName", "L", NULL),
           ERROR_FIELD_NOT_WRITABLE, "fullName");
    house_undo(&call);
    test_platform_close(&house);
}

void test_create__names_the_key_that_is_taken(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    (void)house_create(call, house_record(call, "Account", "name", "A", "accountNumber", "K-1",
                                          "externalId", "x", NULL));
    house_commit(&call);

    call = house_begin(&house);
    refuse(call, house_record(call, "Account", "name", "B", "accountNumber", "k-1", NULL),
           ERROR_DUPLICATE_KEY, "accountNumber");
    house_undo(&call);
    call = house_begin(&house);
    refuse(call, house_record(call, "Account", "name", "B", "externalId", "X", NULL),
           ERROR_DUPLICATE_KEY, "externalId");
    house_undo(&call);
    test_platform_close(&house);
}

void test_create__state_and_reason_bring_each_other(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));

    struct record *order = house_record(call, "SalesOrder", "statusReason", "Partial", NULL);
    house_refer(order, "customer", "Account", &account);
    struct uuid id = house_create(call, order);
    assert_string_equal(house_text(call, "SalesOrder", &id, "state"), "Fulfilled");

    order = house_record(call, "SalesOrder", "state", "Fulfilled", NULL);
    house_refer(order, "customer", "Account", &account);
    id = house_create(call, order);
    assert_string_equal(house_text(call, "SalesOrder", &id, "statusReason"), "Complete");

    order = house_record(call, "SalesOrder", "state", "0", "statusReason", "Partial", NULL);
    house_refer(order, "customer", "Account", &account);
    refuse(call, order, ERROR_STATE_INVALID, "statusReason");
    order = house_record(call, "SalesOrder", "state", NULL, NULL);
    house_refer(order, "customer", "Account", &account);
    refuse(call, order, ERROR_FIELD_REQUIRED, "state");
    house_undo(&call);
    test_platform_close(&house);
}

void test_create__refuses_what_it_cannot_refer_to(void **state)
{
    const struct uuid nobody = {{1, 2, 3}};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid task = house_create(call, house_record(call, "Task", "subject", "t", NULL));

    struct record *contact = house_record(call, "Contact", "lastName", "L", NULL);
    house_refer(contact, "parentCustomer", "Account", &nobody);
    refuse(call, contact, ERROR_REFERENCE_NOT_FOUND, "parentCustomer");

    contact = house_record(call, "Contact", "lastName", "L", NULL);
    house_refer(contact, "parentCustomer", "Task", &task);
    refuse(call, contact, ERROR_VALUE_INVALID, "parentCustomer");

    contact = house_record(call, "Contact", "lastName", "L", NULL);
    house_refer(contact, "owner", "SystemUser", &nobody);
    refuse(call, contact, ERROR_REFERENCE_NOT_FOUND, "owner");
    house_undo(&call);
    test_platform_close(&house);
}

void test_create__refers_by_alternate_key(void **state)
{
    const char *number = "a-1";
    struct alternate_key key = {.name = "accountNumber", .values = &number, .value_count = 1};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(
        call, house_record(call, "Account", "name", "A", "accountNumber", "A-1", NULL));
    struct record *contact = house_record(call, "Contact", "lastName", "L", NULL);
    house_refer(contact, "parentCustomer", "Account", &(struct uuid){{0}});
    const struct field *parent = entity_find_field(contact->entity, "parentCustomer");
    record_value(contact, parent)->reference.alternate_key = &key;
    struct uuid id = house_create(call, contact);
    char text[UUID_TEXT_SIZE];
    uuid_format(&account, text);
    assert_string_equal(house_text(call, "Contact", &id, "parentCustomer"), text);

    contact = house_record(call, "Contact", "lastName", "L", NULL);
    house_refer(contact, "parentCustomer", "Account", &(struct uuid){{0}});
    number = "nowhere";
    record_value(contact, parent)->reference.alternate_key = &key;
    refuse(call, contact, ERROR_REFERENCE_NOT_FOUND, "parentCustomer");
    key.name = "noKey";
    contact = house_record(call, "Contact", "lastName", "L", NULL);
    house_refer(contact, "parentCustomer", "Account", &(struct uuid){{0}});
    record_value(contact, parent)->reference.alternate_key = &key;
    refuse(call, contact, ERROR_KEY_UNKNOWN, "noKey");
    house_undo(&call);
    test_platform_close(&house);
}

void test_create__draws_numbers_without_gaps(void **state)
{
    char first[40];
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct record *order = house_record(call, "SalesOrder", "name", "1", NULL);
    house_refer(order, "customer", "Account", &account);
    struct uuid id = house_create(call, order);
    strcpy(first, house_text(call, "SalesOrder", &id, "orderNumber"));
    assert_memory_equal(first, "ORD-2", 5);
    assert_string_equal(first + 9, "000001");
    house_commit(&call);

    for (int attempt = 0; attempt < 2; attempt++) {
        call = house_begin(&house);
        order = house_record(call, "SalesOrder", "name", "2", NULL);
        house_refer(order, "customer", "Account", &account);
        id = house_create(call, order);
        assert_string_equal(house_text(call, "SalesOrder", &id, "orderNumber") + 9, "000002");
        house_undo(&call); /* the number is drawn again */
    }
    test_platform_close(&house);
}

void test_create__takes_children_in_one_go(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct record *order = house_record(call, "SalesOrder", "name", "deep", NULL);
    house_refer(order, "customer", "Account", &account);
    struct record *line = house_record(call, "SalesOrderDetail", "lineItemNumber", "1", "quantity",
                                       "12", "pricePerUnit", "14.0000", NULL);
    const struct field *link = entity_find_children(order->entity, "lines");
    struct record_children *lines = record_children_of(call->arena, order, link);
    record_add_child(call->arena, lines, line);
    line = house_record(call, "SalesOrderDetail", "lineItemNumber", "2", "quantity", "10",
                        "pricePerUnit", "9.8", "discountPercentage", "15", "tax", "1.23", NULL);
    record_add_child(call->arena, lines, line);

    struct write_outcome outcome;
    struct error error = {0};
    house_must(record_create(call, order, &outcome, &error), &error);
    assert_true(outcome.is_created);
    assert_int_equal(outcome.version, 2); /* created, then totalled */
    assert_int_equal(house_version(call, "SalesOrder", &outcome.id), 2);
    assert_string_equal(house_text(call, "SalesOrder", &outcome.id, "totalLineItemAmount"),
                        "266.0000");
    assert_string_equal(house_text(call, "SalesOrder", &outcome.id, "totalLineItemDiscountAmount"),
                        "14.7000");
    assert_string_equal(house_text(call, "SalesOrder", &outcome.id, "totalAmount"), "252.5300");
    assert_string_equal(house_text(call, "SalesOrder", &outcome.id, "totalAmountBase"), "252.5300");
    house_commit(&call);
    test_platform_close(&house);
}

void test_create__a_child_elsewhere_is_refused(void **state)
{
    const struct uuid other = {{9}};
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct record *order = house_record(call, "SalesOrder", "name", "deep", NULL);
    house_refer(order, "customer", "Account", &account);
    struct record *line = house_record(call, "SalesOrderDetail", "quantity", "1", NULL);
    house_refer(line, "salesOrder", "SalesOrder", &other);
    const struct field *link = entity_find_children(order->entity, "lines");
    record_add_child(call->arena, record_children_of(call->arena, order, link), line);
    refuse(call, order, ERROR_VALUE_INVALID, "salesOrder");
    house_undo(&call);
    test_platform_close(&house);
}

void test_create__amounts_have_twins_in_the_base_currency(void **state)
{
    (void)state;
    house_open(&house);
    struct call *call = house_begin(&house);
    struct uuid rouble =
        house_create(call, house_record(call, "TransactionCurrency", "name", "Rouble", "isoCode",
                                        "RUB", "symbol", "R", "exchangeRate", "80", NULL));
    struct record *account = house_record(call, "Account", "name", "A", "revenue", "1000", NULL);
    house_refer(account, "currency", "TransactionCurrency", &rouble);
    struct uuid id = house_create(call, account);
    assert_string_equal(house_text(call, "Account", &id, "revenueBase"), "12.5000");
    assert_string_equal(house_text(call, "Account", &id, "exchangeRate"), "80.0000000000");

    id = house_create(call, house_record(call, "Account", "name", "B", "revenue", "7", NULL));
    assert_string_equal(house_text(call, "Account", &id, "revenueBase"), "7.0000");
    assert_non_null(house_text(call, "Account", &id, "currency"));

    account = house_record(call, "Account", NULL, NULL);
    house_refer(account, "currency", "TransactionCurrency", &rouble);
    (void)house_update(call, account, &id);
    assert_string_equal(house_text(call, "Account", &id, "revenueBase"), "0.0875");
    house_undo(&call);
    test_platform_close(&house);
}
