/*
 * test_child.c - children written with their parent: changed, added, deleted, and no other's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "call/call.h"
#include "metadata/catalog.h"
#include "metadata/entity.h"
#include "metadata/record.h"
#include "query/query.h"
#include "record/house.h"

static struct test_platform house;

/* An order of the administrator with two lines, and another with one. */
struct orders {
    struct call *call;
    struct uuid order;
    struct uuid first, second; /* lines 1: 2 at 10, and 2: 1 at 5 */
    struct uuid other;
    struct uuid foreign; /* the other's line 1 */
};

static struct uuid make_order(struct call *call)
{
    struct uuid account = house_create(call, house_record(call, "Account", "name", "A", NULL));
    struct record *order = house_record(call, "SalesOrder", "name", "o", NULL);
    house_refer(order, "customer", "Account", &account);
    return house_create(call, order);
}

static struct record *line_of(struct call *call, const char *number, const char *quantity,
                              const char *price)
{
    return house_record(call, "SalesOrderDetail", "lineItemNumber", number, "quantity", quantity,
                        "pricePerUnit", price, NULL);
}

static struct uuid make_line(struct call *call, const struct uuid *order, struct record *line)
{
    house_refer(line, "salesOrder", "SalesOrder", order);
    return house_create(call, line);
}

static void open_orders(struct orders *orders)
{
    house_open(&house);
    struct call *call = house_begin(&house);
    orders->call = call;
    orders->order = make_order(call);
    orders->first = make_line(call, &orders->order, line_of(call, "1", "2", "10"));
    orders->second = make_line(call, &orders->order, line_of(call, "2", "1", "5"));
    orders->other = make_order(call);
    orders->foreign = make_line(call, &orders->other, line_of(call, "1", "1", "1"));
}

static void close_orders(struct orders *orders)
{
    house_undo(&orders->call);
    test_platform_close(&house);
}

/* A change of an order that brings its lines. */
static struct record *change(struct call *call)
{
    return house_record(call, "SalesOrder", NULL, NULL);
}

static struct record_children *lines_of(struct call *call, struct record *order)
{
    return record_children_of(call->arena, order, entity_find_children(order->entity, "lines"));
}

/* Adds a line with this id (none when NULL) to a change. */
static void add_line(struct call *call, struct record *order, const struct uuid *id,
                     struct record *line)
{
    if (id != NULL) {
        record_value(line, line->entity->id)->state = VALUE_SET;
        record_value(line, line->entity->id)->uuid = *id;
    }
    record_add_child(call->arena, lines_of(call, order), line);
}

static void add_deletions(struct call *call, struct record *order, const struct uuid *ids,
                          size_t count)
{
    struct record_children *lines = lines_of(call, order);
    lines->deleted = ids;
    lines->deleted_count = count;
}

static enum error_code update_fails(struct call *call, struct record *order, const struct uuid *id,
                                    struct error *error)
{
    struct write_outcome outcome = {0};
    record_value(order, order->entity->id)->state = VALUE_SET;
    record_value(order, order->entity->id)->uuid = *id;
    error_clear(error);
    return record_update(call, order, NULL, &outcome, error) ? ERROR_NONE : error->code;
}

static bool is_there(struct call *call, const struct uuid *line)
{
    const struct entity *entity = catalog_find_entity(call->catalog, "SalesOrderDetail");
    struct error error = {0};
    bool is_found = false;
    house_must(query_exists(call, entity, line, ROW_LOCK_NONE, &is_found, &error), &error);
    return is_found;
}

void test_child__lines_are_matched_by_their_key(void **state)
{
    struct orders at;
    (void)state;
    open_orders(&at);
    int64_t version = house_version(at.call, "SalesOrder", &at.order);
    struct record *order = change(at.call);
    add_line(at.call, order, NULL, line_of(at.call, "1", "2", "10"));
    assert_int_equal(house_update(at.call, order, &at.order), version); /* the same again */

    order = change(at.call);
    add_line(at.call, order, NULL, line_of(at.call, "1", "3", "10"));
    add_line(at.call, order, NULL, line_of(at.call, "3", "1", "1"));
    assert_int_equal(house_update(at.call, order, &at.order), version + 1);
    assert_string_equal(house_text(at.call, "SalesOrder", &at.order, "totalAmount"), "36.0000");
    assert_int_equal(house_version(at.call, "SalesOrderDetail", &at.first), 2);
    assert_int_equal(house_version(at.call, "SalesOrderDetail", &at.second), 1);
    close_orders(&at);
}

void test_child__lines_are_changed_added_and_deleted_at_once(void **state)
{
    struct orders at;
    (void)state;
    open_orders(&at);
    int64_t version = house_version(at.call, "SalesOrder", &at.order);
    struct record *order = change(at.call);
    add_line(at.call, order, &at.first,
             house_record(at.call, "SalesOrderDetail", "quantity", "3", NULL));
    add_line(at.call, order, NULL, line_of(at.call, "3", "1", "7"));
    add_deletions(at.call, order, &at.second, 1);

    /* 3 at 10 and 1 at 7; the totals are written once */
    assert_int_equal(house_update(at.call, order, &at.order), version + 1);
    assert_string_equal(house_text(at.call, "SalesOrder", &at.order, "totalAmount"), "37.0000");
    assert_int_equal(house_version(at.call, "SalesOrderDetail", &at.first), 2);
    assert_false(is_there(at.call, &at.second));
    assert_int_equal(house_version(at.call, "SalesOrderDetail", &at.foreign), 1);
    close_orders(&at);
}

void test_child__what_is_not_mentioned_stays(void **state)
{
    struct orders at;
    (void)state;
    open_orders(&at);
    struct record *order = change(at.call);
    add_deletions(at.call, order, &at.first, 1);
    (void)house_update(at.call, order, &at.order);
    assert_string_equal(house_text(at.call, "SalesOrder", &at.order, "totalAmount"), "5.0000");
    assert_int_equal(house_version(at.call, "SalesOrderDetail", &at.second), 1);
    close_orders(&at);
}

/* A number is free for the line that comes in the place of one that goes. */
void test_child__a_line_is_replaced(void **state)
{
    struct orders at;
    (void)state;
    open_orders(&at);
    struct record *order = change(at.call);
    add_line(at.call, order, NULL, line_of(at.call, "1", "1", "100"));
    add_deletions(at.call, order, &at.first, 1);
    (void)house_update(at.call, order, &at.order);
    assert_false(is_there(at.call, &at.first));
    assert_string_equal(house_text(at.call, "SalesOrder", &at.order, "totalAmount"), "105.0000");
    close_orders(&at);
}

void test_child__a_line_of_another_is_not_taken(void **state)
{
    struct orders at;
    struct error error = {0};
    (void)state;
    open_orders(&at);
    struct record *order = change(at.call);
    add_line(at.call, order, &at.foreign,
             house_record(at.call, "SalesOrderDetail", "quantity", "3", NULL));
    assert_int_equal(update_fails(at.call, order, &at.order, &error), ERROR_VALUE_INVALID);
    assert_string_equal(error.entity, "SalesOrderDetail");
    assert_string_equal(error.subject, "salesOrder");

    order = change(at.call);
    add_deletions(at.call, order, &at.foreign, 1);
    assert_int_equal(update_fails(at.call, order, &at.order, &error), ERROR_VALUE_INVALID);
    assert_string_equal(error.subject, "salesOrder");

    /* that it is of the other is not told to who may not read the other */
    static const char *const words[] = {
        "SalesOrder read user",        "SalesOrder write user",        "SalesOrderDetail read user",
        "SalesOrderDetail write user", "SalesOrderDetail delete user", NULL};
    struct uuid ann = house_make_user(at.call, "ann", NULL, words);
    struct record *gift = house_record(at.call, "SalesOrder", NULL, NULL);
    house_refer(gift, "owner", "SystemUser", &ann);
    (void)house_update(at.call, gift, &at.order);
    house_become(at.call, &ann);
    order = change(at.call);
    add_deletions(at.call, order, &at.foreign, 1);
    assert_int_equal(update_fails(at.call, order, &at.order, &error), ERROR_RECORD_NOT_FOUND);
    order = change(at.call);
    add_line(at.call, order, &at.foreign,
             house_record(at.call, "SalesOrderDetail", "quantity", "3", NULL));
    assert_int_equal(update_fails(at.call, order, &at.order, &error), ERROR_RECORD_NOT_FOUND);
    close_orders(&at);
}

void test_child__what_is_gone_cannot_be_deleted(void **state)
{
    struct orders at;
    struct error error = {0};
    (void)state;
    open_orders(&at);
    const struct uuid twice[] = {at.first, at.first};
    struct record *order = change(at.call);
    add_deletions(at.call, order, twice, 2);
    assert_int_equal(update_fails(at.call, order, &at.order, &error), ERROR_RECORD_NOT_FOUND);

    order = change(at.call);
    add_deletions(at.call, order, &at.order, 1); /* an id, but of no line */
    assert_int_equal(update_fails(at.call, order, &at.order, &error), ERROR_RECORD_NOT_FOUND);
    assert_string_equal(error.entity, "SalesOrderDetail");

    order = change(at.call);
    add_line(at.call, order, &at.second, line_of(at.call, "2", "1", "5"));
    add_deletions(at.call, order, &at.second, 1);
    assert_int_equal(update_fails(at.call, order, &at.order, &error), ERROR_RECORD_NOT_FOUND);
    close_orders(&at);
}

/* The order is there: that one of its lines is not is told as it is. */
void test_child__a_line_that_is_missing_is_told_of_in_an_upsert(void **state)
{
    struct orders orders;
    struct write_outcome outcome;
    struct error error = {0};
    const struct uuid absent = {{9}};
    (void)state;
    open_orders(&orders);
    struct call *call = orders.call;
    (void)house_update(call, house_record(call, "SalesOrder", "externalId", "E-1", NULL),
                       &orders.order);
    struct record *order = house_record(call, "SalesOrder", "externalId", "E-1", "name", "o", NULL);
    add_line(call, order, &absent, line_of(call, "3", "1", "1"));
    assert_false(
        record_upsert(call, order, entity_find_key(order->entity, "externalId"), &outcome, &error));
    assert_int_equal(error.code, ERROR_RECORD_NOT_FOUND);
    assert_string_equal(error.entity, "SalesOrderDetail");
    close_orders(&orders);
}

/* A new order has no lines yet that could be deleted. */
void test_child__a_new_parent_has_none_to_delete(void **state)
{
    struct orders at;
    struct write_outcome outcome = {0};
    struct error error = {0};
    (void)state;
    open_orders(&at);
    struct uuid account =
        house_create(at.call, house_record(at.call, "Account", "name", "B", NULL));
    struct record *order = house_record(at.call, "SalesOrder", "name", "new", NULL);
    house_refer(order, "customer", "Account", &account);
    add_deletions(at.call, order, &at.first, 1);
    assert_false(record_create(at.call, order, &outcome, &error));
    assert_int_equal(error.code, ERROR_VALUE_INVALID);
    close_orders(&at);
}

/* Each line needs the right that it would need alone. */
void test_child__rights_are_asked_line_by_line(void **state)
{
    static const char *const words[] = {"SalesOrder read user", "SalesOrder write user",
                                        "SalesOrderDetail read user", "SalesOrderDetail write user",
                                        NULL};
    struct orders at;
    struct error error = {0};
    (void)state;
    open_orders(&at);
    struct uuid ann = house_make_user(at.call, "ann", NULL, words);
    struct record *gift = house_record(at.call, "SalesOrder", NULL, NULL);
    house_refer(gift, "owner", "SystemUser", &ann);
    (void)house_update(at.call, gift, &at.order);
    house_become(at.call, &ann);

    struct record *order = change(at.call);
    add_line(at.call, order, &at.first,
             house_record(at.call, "SalesOrderDetail", "quantity", "4", NULL));
    assert_int_equal(update_fails(at.call, order, &at.order, &error), ERROR_NONE);
    order = change(at.call);
    add_line(at.call, order, NULL, line_of(at.call, "3", "1", "7"));
    assert_int_equal(update_fails(at.call, order, &at.order, &error), ERROR_NOT_ALLOWED);
    order = change(at.call);
    add_deletions(at.call, order, &at.first, 1);
    assert_int_equal(update_fails(at.call, order, &at.order, &error), ERROR_NOT_ALLOWED);
    close_orders(&at);
}

/* A version in a line must be that of the line. */
void test_child__a_line_may_say_its_version(void **state)
{
    struct orders at;
    struct error error = {0};
    (void)state;
    open_orders(&at);
    struct record *order = change(at.call);
    add_line(at.call, order, &at.first,
             house_record(at.call, "SalesOrderDetail", "quantity", "4", "version", "2", NULL));
    assert_int_equal(update_fails(at.call, order, &at.order, &error), ERROR_VERSION_CONFLICT);
    close_orders(&at);
}
